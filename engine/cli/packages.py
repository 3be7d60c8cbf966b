"""What several commands do with the app packages named on the command line: compile them, or print what is wrong."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence

from engine import deployment
from engine.diagnostics import render_text
from engine.i18n import Language
from engine.model import App, Compilation, compile, compile_packages
from engine.store import Database, migrations


def add_what(parser: argparse.ArgumentParser) -> None:
    """APP… or --release, and the database."""
    parser.add_argument("apps", nargs="*", metavar="APP", help="folder of an app package")
    parser.add_argument("--release", metavar="N", help="an earlier release of the database instead: its number or hash (dougong releases)")
    parser.add_argument("--db", metavar="URL", help="database (default: DOUGONG_DB, else a SQLite file in dougong-data/)")


def says_what(args: argparse.Namespace) -> bool:
    """Whether apps or a release are named, and not both; if not, it has been said."""
    if bool(args.apps) == (args.release is not None):
        print(migrations.say("app-or-release", args.lang), file=sys.stderr)
        return False
    return True


def compile_what(args: argparse.Namespace, database: Database) -> Compilation | None:
    """The compiled apps or release that are named, or None after every diagnostic has been printed to standard error."""
    if args.release is None:
        return compile_or_report(args.apps, args.lang)
    return _or_report(compile_packages(deployment.packages_of(database, args.release)), args.lang)


def as_typed(args: argparse.Namespace) -> str:
    """The apps (or the release) and the database as they were given, quoted for a shell: for a command that can be pasted."""
    release = getattr(args, "release", None)
    return shlex.join([*args.apps, *(("--release", release) if release else ()), *(("--db", args.db) if args.db else ())])


def tell_originals(args: argparse.Namespace, database: Database, app: App) -> None:
    """After an earlier release, say what of its fields and tables lies in quarantine, and how it is brought back."""
    places = {each.table for each in app.entities.values()}
    places |= {f"{each.table}.{field.column}" for each in app.entities.values() for field in each.fields.values() if field.column}
    found = [each for each in deployment.quarantined(database) if each.was in places] if args.release else []
    if found:
        print(migrations.say("originals", args.lang))
    for each in found:
        arguments = shlex.join([each.name, *(("--db", args.db) if args.db else ())])
        print(migrations.say("original", args.lang, was=each.was, rows=each.rows, at=f"{each.at:%Y-%m-%d %H:%M}", arguments=arguments))


def compile_or_report(paths: Sequence[str], language: Language) -> Compilation | None:
    """The compiled packages, or None after every diagnostic has been printed to standard error."""
    return _or_report(compile(paths), language)


def _or_report(compilation: Compilation, language: Language) -> Compilation | None:
    if compilation.app is None:
        print(render_text(compilation.diagnostics, compilation.sources, language), file=sys.stderr)
        return None
    return compilation
