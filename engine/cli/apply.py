"""``dougong apply``: bring the database to the app, resuming what an interrupted apply left undone."""

from __future__ import annotations

import argparse
import getpass
import sys

from engine import deployment, settings
from engine.cli.packages import add_what, as_typed, compile_what, says_what, tell_originals
from engine.cli.speech import say
from engine.i18n import Language
from engine.model import Compilation
from engine.store import Database, migrations
from engine.store.migrations.operations import Operation

NAME = "apply"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_what(parser)
    parser.add_argument("--allow-destructive", action="store_true", help="go ahead where values go out of use (they stay in quarantine)")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> int:
    """Apply; 0 where the database is up to date at the end, 1 where it could not be, 2 where nobody could be asked."""
    if not says_what(args):
        return 2
    database = Database(settings.read(args.db).database_url)
    try:
        compilation = compile_what(args, database)
        if compilation is None:
            return 1
        return _apply(database, compilation, args)
    except migrations.Refused as refused:
        print(refused.plan.text(args.lang, as_typed(args)), file=sys.stderr)
        return 1
    finally:
        database.close()


def _apply(database: Database, compilation: Compilation, args: argparse.Namespace) -> int:
    assert compilation.app is not None
    language: Language = args.lang
    plan = deployment.plan(database, compilation.app)
    print(plan.text(language, as_typed(args), allowed=args.allow_destructive))
    tell_originals(args, database, compilation.app)
    if plan.empty:
        return 0
    if plan.refusals or (plan.destructive and not args.allow_destructive):
        return 1
    if not args.yes and plan.before is not None:
        if not sys.stdin.isatty():
            print(migrations.say("say-yes", language), file=sys.stderr)
            return 2
        if not _agrees(language):
            return 2
    progress = _Progress(language)
    try:
        deployment.apply_packages(
            database, compilation.packages, allow_destructive=args.allow_destructive, by=getpass.getuser(), observe=progress.tell
        )
    except KeyboardInterrupt:
        print("\n" + say("apply-cut-short", language), file=sys.stderr)
        raise
    print(migrations.say("applied", language))
    return 0


def _agrees(language: Language) -> bool:
    try:
        return input(migrations.say("ask", language)).strip().casefold() in ("y", "yes", "是")
    except EOFError:
        print()
        return False


class _Progress:
    """One line per step as it begins, on standard error."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language
        self._last = 0

    def tell(self, number: int, total: int, step: Operation, _rows: int) -> None:
        """Called at every step and batch."""
        if number != self._last:
            self._last = number
            print(f"[{number}/{total}] {migrations.tell_step(step, self._language)}", file=sys.stderr, flush=True)
