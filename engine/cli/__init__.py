"""The command ``dougong``: one module per command, each with NAME, HELP, add_arguments(parser) and run(args) -> exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Protocol, cast

from engine import __version__

COMMANDS = ("new", "check", "explain", "serve", "user", "token")
"""All commands by the name of their module, in the order in which help lists them."""


class Command(Protocol):
    """What a command's module offers."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what the command takes."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; the exit code."""


def parser(names: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The command line of ``dougong`` with these commands."""
    top = argparse.ArgumentParser(prog="dougong", description="Business applications said in files.")
    top.add_argument("--version", action="version", version=f"dougong {__version__}")
    listed = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in names:
        command = _load(name)
        own = listed.add_parser(command.NAME, help=command.HELP, description=command.HELP[:1].upper() + command.HELP[1:] + ".")
        command.add_arguments(own)
        own.set_defaults(run=command.run)
    return top


def _load(name: str) -> Command:
    """A command's module, imported only when it is asked for: checking files has no use for a web server."""
    return cast(Command, importlib.import_module(f"engine.cli.{name}"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code (0 fine, 1 the answer is no, 2 wrong use)."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    wanted = given[:1] if given[:1] and given[0] in COMMANDS else COMMANDS
    args = parser(wanted).parse_args(given)
    try:
        code: int = args.run(args)
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing more can be said, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return code
