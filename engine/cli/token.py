"""``dougong token USER``: print a new API token of a user."""

from __future__ import annotations

import argparse
import sys

from engine import deployment, records, settings
from engine.access import Actor
from engine.cli.speech import language_of, say
from engine.records import Query

NAME = "token"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("user", metavar="USER", help="login of the user")
    parser.add_argument("--db", metavar="URL", help="database (default: DOUGONG_DB, else a SQLite file in dougong-data/)")
    parser.add_argument("--name", default="command line", help="what the token is for")
    parser.add_argument("--read-only", action="store_true", help="a token that can change nothing")


def run(args: argparse.Namespace) -> int:
    """Print the token and nothing else; 1 where there is no such active user."""
    runtime = deployment.open_prepared(settings.read(args.db).database_url)
    try:
        with runtime.read(Actor.system("command line")) as work:
            people = records.find(work, Query("system.user", equal={"login": args.user, "active": True}, limit=1)).items
        if not people:
            print(say("no-active-login", language_of(args), login=args.user), file=sys.stderr)
            return 1
        print(runtime.identity.issue_token(people[0].id, args.name, ("read",) if args.read_only else ("read", "write")))
        return 0
    finally:
        runtime.database.close()
