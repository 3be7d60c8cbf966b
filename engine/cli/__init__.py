"""The command ``dougong``: one module per command, each with NAME, add_arguments(parser) and run(args) -> exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from engine import __version__
from engine.cli.command_line import CommandLine, in_chinese
from engine.cli.speech import say, say_system, spoken, tell
from engine.errors import DougongError
from engine.i18n import Language


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
    "quarantine": "list what changes took out of use, bring it back, or remove it for good",
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


def parser(language: Language, chosen: str | None = None) -> CommandLine:
    """The command line of ``dougong``; with the options of the chosen command, or of all."""
    top = CommandLine(language=language, prog="dougong", description="Business applications said in files.")
    top.add_argument("--version", action="version", version=f"dougong {__version__}", help="show program's version number and exit")
    listed = top.add_subparsers(dest="command", metavar="COMMAND", required=True, title=say("commands", language))
    for name, summary in COMMANDS.items():
        told = in_chinese(summary) if language == "zh" else summary
        own = listed.add_parser(name, language=language, help=told, description=f"{summary[:1].upper()}{summary[1:]}.")
        if chosen in (None, name):
            found = command(name)
            found.add_arguments(own)
            own.add_language()
            own.set_defaults(run=found.run)
        own.translate()
    top.translate()
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code (0 fine, 1 the answer is no, 2 wrong use, 130 interrupted)."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    language = spoken(given)
    chosen = next((word for word in given if word in COMMANDS), "")
    args = parser(language, chosen).parse_args(given)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except DougongError as error:
        tell(error, language)
        return 1
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing more can be said, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(say_system(error, language), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{say('interrupted', language)}", file=sys.stderr)
        return 130
    except Exception as error:
        if not type(error).__module__.startswith(_DATABASE):
            raise
        # Its tables are not what this engine makes of them (somebody else's, changed by hand), or there is no server.
        what = "no-server" if type(error).__module__ == "psycopg" else "strange-database"
        print(say(what, language, problem=str(error).splitlines()[0]), file=sys.stderr)
        return 1
    return code


_DATABASE = ("sqlalchemy.", "sqlite3", "psycopg")
"""Where the errors of databases come from, by name: most commands load none of it."""
