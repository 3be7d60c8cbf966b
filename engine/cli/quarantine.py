"""``dougong quarantine list|purge``: what changes of an app took out of use and kept, and removing it for good."""

from __future__ import annotations

import argparse
import sys

from engine import deployment, settings
from engine.i18n import Language
from engine.store import Database, migrations

NAME = "quarantine"
HELP = "list what changes took out of use, or remove it for good"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("action", choices=("list", "purge"))
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to purge, as it is listed")
    parser.add_argument("--all", action="store_true", help="purge everything in quarantine")
    parser.add_argument("--yes", action="store_true", help="really purge; without it, what would be purged is listed")
    parser.add_argument("--db", metavar="URL", help="database (default: DOUGONG_DB, else a SQLite file in dougong-data/)")
    parser.add_argument("--lang", choices=("en", "zh"), default="en", help="language of messages")


def run(args: argparse.Namespace) -> int:
    """0 when done, 1 where a name is not in quarantine, 2 where nothing is named or --yes is missing."""
    language: Language = args.lang
    if args.action == "purge" and bool(args.names) == args.all:
        print(migrations.say("purge-what", language), file=sys.stderr)
        return 2
    database = Database(settings.read(args.db).database_url)
    try:
        found = deployment.quarantined(database)
        chosen = found if args.all or args.action == "list" else migrations.choose(found, args.names)
        if not chosen:
            print(migrations.say("quarantine-empty", language))
        for each in chosen:
            print(migrations.say("held", language, name=each.name, was=each.was, rows=each.rows, at=f"{each.at:%Y-%m-%d %H:%M}"))
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
