"""``dougong quarantine list|restore|purge``: what changes took out of use, bringing it back, and removing it for good."""

from __future__ import annotations

import argparse
import sys

from engine import deployment, recovery, settings
from engine.cli.speech import language_of
from engine.i18n import Language
from engine.store import Database, migrations
from engine.store.migrations import Held
from engine.wording import say_problem

NAME = "quarantine"
_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    actions = ("list", "restore", "purge")
    parser.add_argument(
        "action", nargs="?", default="list", choices=actions, metavar="ACTION", help="list, restore or purge (default: list)"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to restore or purge, as it is listed")
    parser.add_argument(
        "--to", metavar="FIELD", help="the field that gets the values (restore; default: the one that they were taken from)"
    )
    parser.add_argument("--all", action="store_true", help="purge everything in quarantine")
    parser.add_argument("--yes", action="store_true", help="really do it; without it, what would be done is told")
    parser.add_argument("--db", metavar="URL", help="database (default: DOUGONG_DB, else a SQLite file in dougong-data/)")


def run(args: argparse.Namespace) -> int:
    """0 when done, 1 where it cannot be or a record keeps what it says, 2 where nothing is named or --yes is missing."""
    language = language_of(args)
    if args.action == "restore":
        return _restore(args, language)
    if args.action == "purge" and bool(args.names) == args.all:
        print(migrations.say("purge-what", language), file=sys.stderr)
        return 2
    database = Database(settings.read(args.db).database_url)
    try:
        found = deployment.quarantined(database)
        chosen = found if args.all or args.action == "list" else migrations.choose(found, args.names)
        _tell(chosen, language)
        if args.action == "list" or not chosen:
            return 0
        if not args.yes:
            print(migrations.say("purge-yes", language), file=sys.stderr)
            return 2
        deployment.purge(database, [each.name for each in chosen])
        print(migrations.say("purged", language, number=len(chosen)))
        return 0
    finally:
        database.close()


def _tell(chosen: tuple[Held, ...], language: Language) -> None:
    if not chosen:
        print(migrations.say("quarantine-empty", language))
    for each in chosen:
        print(migrations.say("held", language, name=each.name, was=each.was, rows=each.rows, at=f"{each.at:%Y-%m-%d %H:%M}"))


def _restore(args: argparse.Namespace, language: Language) -> int:
    if len(args.names) != 1 or args.all:
        print(migrations.say("restore-what", language), file=sys.stderr)
        return 2
    runtime = deployment.open_prepared(settings.read(args.db).database_url)
    try:
        done = recovery.restore(runtime, args.names[0], args.to, write=args.yes)
    finally:
        runtime.database.close()
    title = done.entity.title.text(language)
    if done.field is not None:
        title += (" / " if language == "en" else "／") + done.field.title.text(language)
    code = ("restored-" if args.yes else "restore-") + ("rows" if done.field is None else "values")
    print(migrations.say(code, language, title=title, restored=done.restored, alike=done.alike, kept=len(done.kept)))
    for each in done.kept[:_SHOWN]:
        print(migrations.say("restore-kept", language, display=each.display, reason=say_problem(each.reason, language)))
    if len(done.kept) > _SHOWN:
        print(migrations.say("restore-more", language, number=len(done.kept) - _SHOWN))
    if not args.yes:
        print(migrations.say("restore-yes", language), file=sys.stderr)
        return 2
    return 1 if done.kept else 0
