"""``dougong plan``: what an apply would change in the database, what data it touches or would lose, and what depends on it."""

from __future__ import annotations

import argparse
import json

from engine import deployment, settings
from engine.cli.packages import add_what, as_typed, compile_what, says_what, tell_originals
from engine.store import Database, migrations

NAME = "plan"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_what(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="form of the plan (default text)")


def run(args: argparse.Namespace) -> int:
    """Print the plan; 0 where it can be applied or nothing is to do, 1 where the app has errors or the plan is refused, 2 for wrong use."""
    if not says_what(args):
        return 2
    database = Database(settings.read(args.db).database_url)
    try:
        compilation = compile_what(args, database)
        if compilation is None or compilation.app is None:
            return 1
        plan = deployment.plan(database, compilation.app)
        if args.format == "json":
            print(json.dumps(plan.to_json(), ensure_ascii=False, indent=2))
        else:
            print(plan.text(args.lang, as_typed(args)))
            tell_originals(args, database, compilation.app)
            if not plan.empty and not plan.refusals and not plan.destructive:
                print(migrations.say("ready", args.lang, arguments=as_typed(args)))
    finally:
        database.close()
    return 1 if plan.refusals else 0
