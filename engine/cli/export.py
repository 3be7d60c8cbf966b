"""``dougong export``: write the records that a user may export to a CSV or XLSX file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine import deployment, records, settings
from engine.access import Actor
from engine.cli.speech import language_of, say, tell
from engine.diagnostics import Diagnostic, Span, render_text
from engine.errors import DougongError, NotFound
from engine.records import Query, transfer
from engine.runtime import Runtime
from engine.store import UnitOfWork

NAME = "export"
_WHERE = "--where"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("entity", metavar="ENTITY", help="entity, e.g. desk.ticket")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="where to: .csv or .xlsx (default: CSV to standard output)")
    parser.add_argument("--where", metavar="EXPRESSION", help="which records")
    parser.add_argument("--fields", metavar="FIELD,…", help="which fields, in this order (default: all)")
    parser.add_argument("--sort", metavar="FIELD,…", help="order; -FIELD for descending")
    parser.add_argument("--codes", action="store_true", help="field names and choice codes instead of titles and labels")
    parser.add_argument("--user", metavar="LOGIN", help="act as this user, with their rights (default: the system)")
    parser.add_argument("--db", metavar="URL", help="database (default: DOUGONG_DB, else a SQLite file in dougong-data/)")


_SUFFIXES = ("", ".csv", ".txt", ".xlsx")


def run(args: argparse.Namespace) -> int:
    """0 when written, 2 with the reason where it cannot be."""
    language = language_of(args)
    if args.file is not None and args.file.suffix.lower() not in _SUFFIXES:
        print(say("export-suffix", language, suffix=args.file.suffix), file=sys.stderr)
        return 2
    try:
        runtime = deployment.open_prepared(settings.read(args.db).database_url)
        actor = _actor(runtime, args)
        query = Query(
            args.entity,
            where=args.where,
            fields=tuple(args.fields.split(",")) if args.fields else None,
            sort=tuple(args.sort.split(",")) if args.sort else (),
        )
        with runtime.read(actor) as work:
            _write(work, query, args)
    except DougongError as error:
        tell(error, language)
        found = [
            Diagnostic(each["code"], "error", Span(_WHERE, 0, each["start"], 0, each["end"]), each["params"], each["fix"])
            for each in error.params.get("problems", ())
        ]
        if found:
            print(render_text(found, {_WHERE: args.where}, language), file=sys.stderr)
        return 2
    return 0


def _actor(runtime: Runtime, args: argparse.Namespace) -> Actor:
    if args.user is None:
        return Actor.system("export")
    with runtime.read(Actor.system("export")) as work:
        people = records.find(work, Query("system.user", equal={"login": args.user, "active": True}, limit=1)).items
    actor = runtime.actor_of(people[0].id) if people else None
    if actor is None:
        raise NotFound("no-such-user", login=args.user)
    return actor


def _write(work: UnitOfWork, query: Query, args: argparse.Namespace) -> None:
    if args.file is None:
        for piece in transfer.export_csv(work, query, codes=args.codes):
            sys.stdout.write(piece.removeprefix("\ufeff"))
        return
    with _whole(args.file) as path:
        if args.file.suffix.lower() == ".xlsx":
            with path.open("wb") as file:
                transfer.export_xlsx(work, query, file, codes=args.codes)
            return
        with path.open("w", encoding="utf-8", newline="") as text:
            text.writelines(transfer.export_csv(work, query, codes=args.codes))


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Where to write, so that a file of that name is there once it is whole, and else stays as it was."""
    if path.exists() and not path.is_file():
        yield path  # a pipe or a device
        return
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
