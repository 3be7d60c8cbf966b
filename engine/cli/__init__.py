"""The command ``dougong``: one module per command, each with NAME, add_arguments(parser) and run(args) -> exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Protocol

from engine import __version__
from engine.cli import check, explain, new


class Command(Protocol):
    """What a command's module offers; its docstring's first line is its help."""

    NAME: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what the command takes."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; the exit code."""


COMMANDS = (new, check, explain)
"""All commands, in the order in which help lists them."""


def parser() -> argparse.ArgumentParser:
    """The command line of ``dougong`` with all its commands."""
    top = argparse.ArgumentParser(prog="dougong", description="Business applications said in files.")
    top.add_argument("--version", action="version", version=f"dougong {__version__}")
    listed = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        summary = (command.__doc__ or "").strip().partition("\n")[0]
        own = listed.add_parser(command.NAME, help=summary, description=summary)
        command.add_arguments(own)
        own.set_defaults(run=command.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code (0 fine, 1 the answer is no, 2 wrong use)."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    args = parser().parse_args(arguments)
    try:
        code: int = args.run(args)
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing more can be said, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return code
