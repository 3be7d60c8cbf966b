"""The command ``dougong``: one module per command, each with NAME, add_arguments(parser) and run(args) -> exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from engine import __version__
from engine.errors import DougongError, NoDatabase
from engine.wording import say_error


class Command(Protocol):
    """What a command's module offers."""

    NAME: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what the command takes."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; the exit code."""


COMMANDS: Mapping[str, str] = {
    "new": "begin an app package in a new folder",
    "check": "tell everything that is wrong with app packages",
    "explain": "explain a diagnostic by its code",
    "eval": "evaluate expressions, on any back end",
    "fmt": "print expressions in canonical English or Chinese",
    "serve": "run the web application",
    "plan": "say what an apply would change in a database",
    "apply": "bring a database to its app",
    "releases": "list what was applied to a database",
    "quarantine": "list what changes took out of use, or remove it for good",
    "import": "read a CSV or XLSX file into records",
    "export": "write records to a CSV or XLSX file",
    "user": "add a user, set a password, disable or enable a user",
    "token": "print a new API token of a user",
}
"""All commands with their help, in the order in which it lists them. A command's module (of the same name, ``import_`` for
``import``) is loaded when it is asked for: checking files must not wait for a web framework and a database library."""


def command(name: str) -> Command:
    """The module of a command."""
    module = f"{name}_" if name == "import" else name
    return cast("Command", import_module(f"{__name__}.{module}"))


def parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """The command line of ``dougong``; with the options of the chosen command, or of all."""
    top = argparse.ArgumentParser(prog="dougong", description="Business applications said in files.")
    top.add_argument("--version", action="version", version=f"dougong {__version__}")
    listed = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        own = listed.add_parser(name, help=summary, description=summary[:1].upper() + summary[1:] + ".")
        if chosen in (None, name):
            found = command(name)
            found.add_arguments(own)
            own.set_defaults(run=found.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code (0 fine, 1 the answer is no, 2 wrong use)."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen = next((word for word in given if word in COMMANDS), "")
    args = parser(chosen).parse_args(given)
    try:
        code: int = args.run(args)
    except DougongError as error:
        print(say_error(error, getattr(args, "lang", None) or "en"), file=sys.stderr)
        if isinstance(error, NoDatabase) and error.reason:
            print(error.reason, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing more can be said, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return code
