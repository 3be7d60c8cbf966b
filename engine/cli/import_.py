"""``dougong import``: read a CSV or XLSX file into records, see what it would do, or take an import back."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from engine import deployment, records, settings
from engine.access import Actor
from engine.cli.speech import language_of, tell
from engine.cli.speech import say as say_own
from engine.diagnostics import printable, width
from engine.errors import BadRequest, DougongError, FieldProblem, NotFound, Unavailable
from engine.i18n import Language
from engine.model import App
from engine.model.kinds.import_format import ImportFormat
from engine.records import Query, transfer
from engine.records.transfer import ImportResult, Outcome, Survey
from engine.runtime import Runtime
from engine.wording import say_problem

NAME = "import"

_SHOWN = 20
_COLUMNS = ("id", "begun", "state", "entity", "format", "file", "done", "created", "updated", "unchanged", "refused")
_FIRST_NUMBER = _COLUMNS.index("done")
_WORDS = {
    "en": {
        "done": "{title}: {rows} rows: {created} created, {updated} updated, {unchanged} unchanged, {refused} refused",
        "trial": "Nothing was written: this was a dry run.",
        "number": "  import {id}; to take it back: dougong import --undo {id}",
        "resumed": "  went on after row {resumed}, where an earlier run had stopped",
        "unused": "  columns that fill no field: {names}",
        "line": "  line {line}: {reasons}",
        "more": "  … and {count} more; --refused FILE.csv writes them all, with the reasons",
        "read": "{name}: {kind}, {encoding}, {rows} rows",
        "guessed": "  the text is not UTF-8; it was read as {encoding} (say --encoding if that is wrong)",
        "format": "Using the format {name}.",
        "undone": "Taken back: {deleted} records deleted, {restored} restored, {kept} left as they are.",
        "kept": "  row {row}: {display} ({reason})",
    },
    "zh": {
        "done": "{title}：共 {rows} 行，新建 {created}，更新 {updated}，未变 {unchanged}，拒绝 {refused}",
        "trial": "这是试运行，没有写入任何数据。",
        "number": "  导入编号 {id}；撤销请运行：dougong import --undo {id}",
        "resumed": "  从上次中断处（第 {resumed} 行之后）继续",
        "unused": "  未对应字段的列：{names}",
        "line": "  第 {line} 行：{reasons}",
        "more": "  … 另有 {count} 行；用 --refused FILE.csv 可写出全部被拒的行及原因",
        "read": "{name}：{kind}，{encoding}，{rows} 行",
        "guessed": "  文件不是 UTF-8，已按 {encoding} 读取（如不对请用 --encoding 指定）",
        "format": "使用导入格式 {name}。",
        "undone": "已撤销：删除 {deleted} 条，恢复 {restored} 条，保留 {kept} 条。",
        "kept": "  第 {row} 行：{display}（{reason}）",
    },
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="CSV or XLSX file")
    parser.add_argument("--format", metavar="NAME", help="import format of an app, e.g. desk.legacy_tickets")
    parser.add_argument("--entity", metavar="NAME", help="entity, e.g. desk.ticket: columns are matched by their titles")
    parser.add_argument(
        "--map", action="append", default=[], metavar="HEADER=FIELD", help="what a column fills (with --entity; may be repeated)"
    )
    parser.add_argument("--key", metavar="FIELD,…", help="fields by which a row finds its record (with --entity)")
    parser.add_argument("--date-format", metavar="PATTERN", help="how dates are written, e.g. %%m/%%d/%%Y (with --entity)")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
    parser.add_argument("--report", type=Path, metavar="FILE.csv", help="write what became of every row")
    parser.add_argument(
        "--refused", type=Path, metavar="FILE.csv", help="write the refused rows with their reasons, to mend and import again"
    )
    parser.add_argument("--encoding", metavar="NAME", help="encoding of the file (default: detected)")
    parser.add_argument("--undo", metavar="IMPORT", help="take an import back")
    parser.add_argument("--list", action="store_true", help="list the latest imports")
    parser.add_argument("--user", metavar="LOGIN", help="act as this user, with their rights (default: the system)")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    parser.add_argument("--db", metavar="URL", help="database (default: DOUGONG_DB, else a SQLite file in dougong-data/)")


def run(args: argparse.Namespace) -> int:
    """0 when every row was taken, 1 when some were refused or kept, 2 when nothing could be done."""
    language = language_of(args)
    try:
        runtime = deployment.open_prepared(settings.read(args.db).database_url)
        actor = _actor(runtime, args.user)
        if args.list:
            return _list(runtime, actor, args, language)
        if args.undo:
            return _undo(runtime, actor, args, language)
        return _import(runtime, actor, args, language)
    except DougongError as error:
        tell(error, language)
        return 2


def _actor(runtime: Runtime, login: str | None) -> Actor:
    if login is None:
        return Actor.system("import")
    with runtime.read(Actor.system("import")) as work:
        people = records.find(work, Query("system.user", equal={"login": login, "active": True}, limit=1)).items
    actor = runtime.actor_of(people[0].id) if people else None
    if actor is None:
        raise NotFound("no-such-user", login=login)
    return actor


def _import(runtime: Runtime, actor: Actor, args: argparse.Namespace, language: Language) -> int:
    if args.file is None:
        print(say_own("import-what", language), file=sys.stderr)
        return 2
    if not args.file.is_file():
        raise NotFound("no-file", name=str(args.file))
    seen = transfer.survey(args.file, encoding=args.encoding)
    app = runtime.app
    format = _format(app, args, seen)
    say = _teller(args, language)
    say("read", name=seen.name, kind=seen.kind.upper(), encoding=seen.encoding, rows=seen.rows)
    if seen.guessed:
        say("guessed", encoding=seen.encoding)
    if format.name and not args.format:
        say("format", name=format.name)
    with ExitStack() as open_files:
        watch = _reporter(open_files, args.report, app, format)
        refused = _Refused(open_files, args.refused)
        watches = [each for each in (watch, refused.note if args.refused else None) if each is not None]

        def note(step: str, outcomes: Sequence[Outcome]) -> None:
            for each in watches:
                each(step, outcomes)

        begin = _beginner(runtime, actor)
        if args.dry_run:
            results = transfer.try_import(begin, args.file, seen, format, watch=note)
        else:
            progress = _progress if sys.stderr.isatty() and not args.json else None
            try:
                results = transfer.run_import(begin, args.file, seen, format, watch=note, progress=progress)
            except (Unavailable, KeyboardInterrupt):
                print(say_own("import-cut-short", language), file=sys.stderr)
                raise
        if args.refused:
            refused.write(runtime, actor, app, results, seen, language)
    _tell_results(app, format, results, args, language)
    return 1 if any(result.refused for result in results) else 0


def _beginner(runtime: Runtime, actor: Actor) -> Any:
    return lambda: runtime.begin(actor)


def _format(app: App, args: argparse.Namespace, seen: Survey) -> ImportFormat:
    """The format that was named, or made of the options, or the only one that fits the file's headers."""
    if args.format:
        found = app.imports.get(args.format)
        if found is None:
            raise BadRequest("no-format-named", names=", ".join(sorted(app.imports)) or "-")
        return found
    if args.entity:
        return _made(app, args, seen)
    fitting = [each for each in app.imports.values() if transfer.fits(app, each, seen.headers)]
    if len(fitting) != 1:
        raise BadRequest("no-format-named", names=", ".join(sorted(app.imports)) or "-")
    return fitting[0]


def _made(app: App, args: argparse.Namespace, seen: Survey) -> ImportFormat:
    samples = [row.cells for row, _ in zip(transfer.read(args.file, seen), range(50), strict=False)]
    suggested = transfer.suggest_mapping(app, args.entity, seen.headers, samples)
    said = dict(each.partition("=")[::2] for each in args.map)
    columns: dict[str, Any] = {
        each.header: {"field": each.field, "format": args.date_format or each.format, "match": each.match}
        for each in suggested.columns
        if each.header not in said and each.field not in said.values()
    }
    columns |= {header: {"field": field, "format": args.date_format} for header, field in said.items() if field}
    key = tuple(args.key.split(",")) if args.key else suggested.key
    return replace(transfer.chosen_mapping(app, args.entity, columns, key=key), name="")


def _teller(args: argparse.Namespace, language: Language) -> Callable[..., None]:
    def say(code: str, **params: Any) -> None:
        if not args.json:
            print(_WORDS[language][code].format(**params))

    return say


def _progress(state: transfer.ImportState) -> None:
    end = "\n" if state.rows_done >= state.rows_total else ""
    print(f"\r{state.rows_done}/{state.rows_total}", end=end, file=sys.stderr, flush=True)


def _label(app: App, entity: str, language: Language) -> Callable[[str], str]:
    def label(name: str) -> str:
        field = app.entities[entity].fields.get(name)
        return field.title.text(language) if field is not None else name

    return label


def _reasons(app: App, entity: str, problems: Sequence[FieldProblem], language: Language) -> str:
    label = _label(app, entity, language)
    return "; ".join(f"{label(each.field)}: {say_problem(each, language)}".removeprefix(": ") for each in problems)


def _entity_of(format: ImportFormat, step: str) -> str:
    return next(each.entity for each in transfer.steps_of(format) if each.name == step)


def _reporter(open_files: ExitStack, path: Path | None, app: App, format: ImportFormat) -> Callable[[str, Sequence[Outcome]], None] | None:
    """What writes one line per row into the report file."""
    if path is None:
        return None
    file = open_files.enter_context(path.open("w", encoding="utf-8-sig", newline=""))
    writer = csv.writer(file)
    writer.writerow(("step", "line", "row", "outcome", "record", "fields", "codes", "reason", "原因"))

    def write(step: str, outcomes: Sequence[Outcome]) -> None:
        entity = _entity_of(format, step)
        for each in outcomes:
            fields = ";".join(problem.field for problem in each.problems)
            codes = ";".join(problem.code for problem in each.problems)
            reasons = [transfer.guarded(_reasons(app, entity, each.problems, language)) for language in ("en", "zh")]
            writer.writerow((step, each.row.line, each.row.number, each.fate, each.record or "", fields, codes, *reasons))

    return write


class _Refused:
    """The refused rows of a run, written out once it is over: of a real run those of earlier, interrupted runs as well."""

    def __init__(self, open_files: ExitStack, path: Path | None) -> None:
        # Opened before anything is imported: whoever wants the file must not learn afterwards that there can be none.
        self._file = open_files.enter_context(path.open("w", encoding="utf-8-sig", newline="")) if path is not None else None
        self._noted: list[tuple[str, Outcome]] = []

    def note(self, step: str, outcomes: Sequence[Outcome]) -> None:
        """Remember the refused rows of a batch."""
        self._noted += [(step, each) for each in outcomes if each.fate == "refused"]

    def write(self, runtime: Runtime, actor: Actor, app: App, results: Sequence[ImportResult], seen: Survey, language: Language) -> None:
        """Write the file."""
        assert self._file is not None
        for result in results:
            self._write_step(self._file, runtime, actor, app, result, seen, language)

    def _write_step(
        self, file: TextIO, runtime: Runtime, actor: Actor, app: App, result: ImportResult, seen: Survey, language: Language
    ) -> None:
        label = _label(app, result.entity, language)
        if not result.import_id:
            mine = [transfer.refusal_of(each) for step, each in self._noted if step == result.step]
            if mine:
                transfer.write_refusals(file, seen.headers, mine, label, language)
            return
        if result.refused:
            with runtime.read(actor) as work:
                transfer.write_refusals(file, seen.headers, transfer.refusals(work, result.import_id), label, language)


def _tell_results(app: App, format: ImportFormat, results: Sequence[ImportResult], args: argparse.Namespace, language: Language) -> None:
    if args.json:
        print(json.dumps({"dry_run": args.dry_run, "steps": [_json(app, result, language) for result in results]}, ensure_ascii=False))
        return
    words = _WORDS[language]
    titles = {step.name: step.title.text(language) for step in transfer.steps_of(format)}
    for result in results:
        counts = {name: getattr(result, name) for name in ("rows", "created", "updated", "unchanged", "refused")}
        print(words["done"].format(title=titles.get(result.step) or app.entities[result.entity].title.text(language), **counts))
        if result.resumed:
            print(words["resumed"].format(resumed=result.resumed))
        for refusal in result.first_refusals[:_SHOWN]:
            reasons = _reasons(app, result.entity, refusal.problems, language)
            print(words["line"].format(line=refusal.line, reasons=reasons))
        if result.refused > _SHOWN:
            print(words["more"].format(count=result.refused - _SHOWN))
        if result.unused and not format.steps:
            print(words["unused"].format(names=", ".join(result.unused)))
        if result.import_id:
            print(words["number"].format(id=result.import_id))
    if args.dry_run:
        print(words["trial"])


def _json(app: App, result: ImportResult, language: Language) -> dict[str, Any]:
    names = ("step", "entity", "import_id", "rows", "created", "updated", "unchanged", "refused", "resumed", "unused")
    refused = [
        {"line": each.line, "row": each.row, "problems": [_problem_json(app, result.entity, problem) for problem in each.problems]}
        for each in result.first_refusals
    ]
    return {**{name: getattr(result, name) for name in names}, "refusals": refused}


def _problem_json(app: App, entity: str, problem: FieldProblem) -> dict[str, Any]:
    said = {language: say_problem(problem, language) for language in ("en", "zh")}
    return {"field": problem.field, "code": problem.code, "message": said}


def _list(runtime: Runtime, actor: Actor, args: argparse.Namespace, language: Language) -> int:
    with runtime.read(actor) as work:
        found = transfer.imports(work)
    names = ("id", "state", "entity", "format", "file_name", "rows_total", "rows_done", "created", "updated", "unchanged", "refused")
    if args.json:
        print(json.dumps([{name: getattr(each, name) for name in names} for each in found], ensure_ascii=False))
    else:
        print("\n".join(_table(runtime, found, language)) if found else say_own("no-imports", language))
    return 0


def _table(runtime: Runtime, found: Sequence[transfer.ImportState], language: Language) -> list[str]:
    """The imports in columns under their headings; numbers stand to the right."""
    words = [say_own(f"import-{name}", language) for name in _COLUMNS]
    lines = [[words, *(_listed(runtime, each, language) for each in found)][row] for row in range(len(found) + 1)]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(_padded(cell, *place) for cell, place in zip(line, enumerate(widths), strict=True)).rstrip() for line in lines]


def _padded(cell: str, column: int, cells: int) -> str:
    space = " " * (cells - width(cell))
    return space + cell if column >= _FIRST_NUMBER else cell + space


def _listed(runtime: Runtime, each: transfer.ImportState, language: Language) -> list[str]:
    entity = runtime.app.entities.get(each.entity)
    rows = f"{each.rows_done}/{each.rows_total}"
    told = [each.id, f"{each.started_at:%Y-%m-%d %H:%M}", say_own(f"state-{each.state}", language)]
    told += [entity.title.text(language) if entity is not None else each.entity, each.format or "-", printable(each.file_name)]
    return [*told, rows, *(str(getattr(each, name)) for name in ("created", "updated", "unchanged", "refused"))]


def _undo(runtime: Runtime, actor: Actor, args: argparse.Namespace, language: Language) -> int:
    result = transfer.undo_import(_beginner(runtime, actor), args.undo)
    kept = [{"row": each.row, "record": each.record, "display": each.display, "reason": each.reason} for each in result.kept]
    if args.json:
        print(json.dumps({"deleted": result.deleted, "restored": result.restored, "kept": kept}, ensure_ascii=False))
    else:
        words = _WORDS[language]
        print(words["undone"].format(deleted=result.deleted, restored=result.restored, kept=len(kept)))
        for each in result.kept[:_SHOWN]:
            reason = say_problem(FieldProblem("", each.reason), language)
            print(words["kept"].format(row=each.row, display=each.display, reason=reason))
    return 1 if kept else 0
