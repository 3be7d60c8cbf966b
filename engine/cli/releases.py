"""``dougong releases``: what was applied to a database, newest first; each can be planned and applied again by its number."""

from __future__ import annotations

import argparse

from engine import deployment, settings
from engine.store import Database, migrations

NAME = "releases"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--db", metavar="URL", help="database (default: DOUGONG_DB, else a SQLite file in dougong-data/)")


def run(args: argparse.Namespace) -> int:
    """Print one line per release; 1 where none was ever applied."""
    database = Database(settings.read(args.db).database_url)
    found = deployment.past_releases(database)
    database.close()
    for each in found:
        words = {"number": each.number, "hash": each.content_hash[:12], "by": each.by or "?", "at": f"{each.at:%Y-%m-%d %H:%M}"}
        print(migrations.say("release-in-force" if each.in_force else "release", args.lang, **words))
    if not found:
        print(migrations.say("release-none", args.lang))
    return 0 if found else 1
