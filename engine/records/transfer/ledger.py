"""What is kept of imports: how far each one is, what it counted, which rows it made, changed and refused."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, TextIO

import sqlalchemy as sa

from engine import access, limits
from engine.errors import Conflict, FieldProblem, NotFound
from engine.i18n import Language, LocalizedText
from engine.ids import is_id, new_id
from engine.model.kinds.import_format import ImportFormat
from engine.records.naming import displays
from engine.records.transfer.batch import Taken
from engine.records.transfer.guarding import guarded
from engine.records.transfer.mapping import mapping_to_json
from engine.records.transfer.rows import Outcome
from engine.records.transfer.tabular import Survey
from engine.store import UnitOfWork
from engine.store.prepared import insert_into
from engine.store.schema import IMPORT, IMPORT_REFUSAL, IMPORT_ROW
from engine.wording import say_problem


@dataclass(frozen=True, slots=True)
class ImportState:
    """One import (one pass over one file) as it stands: ``state`` is running, done, undoing or undone."""

    id: str
    entity: str
    format: str
    file_name: str
    state: str
    started_at: datetime
    started_by: str | None
    started_by_name: str
    ended_at: datetime | None
    undone_at: datetime | None
    rows_total: int
    rows_done: int
    created: int
    updated: int
    unchanged: int
    refused: int
    headers: tuple[str, ...]

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        return self.rows_done / self.rows_total if self.rows_total else 1.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken: its number below the headers, its line in the file, why, and its cells."""

    row: int
    line: int
    problems: tuple[FieldProblem, ...]
    cells: tuple[str, ...]


def open_import(work: UnitOfWork, seen: Survey, format: ImportFormat) -> ImportState:
    """The import of this file by this mapping that the actor has begun and not ended, or a new one."""
    mapping = {**mapping_to_json(format), "headers": list(seen.headers)}
    waiting = sa.select(IMPORT).where(
        IMPORT.c.file_sha256 == seen.sha256,
        IMPORT.c.entity == format.entity,
        IMPORT.c.state == "running",
        IMPORT.c.started_by.is_(None) if work.actor.id is None else IMPORT.c.started_by == work.actor.id,
    )
    for row in work.connection.execute(waiting.order_by(IMPORT.c.id.desc())):
        if row.mapping == mapping:
            return _state(work, row, {})
    key = new_id()
    counts = dict.fromkeys(("rows_done", "created", "updated", "unchanged", "refused"), 0)
    work.connection.execute(
        sa.insert(IMPORT).values(
            id=key,
            entity=format.entity,
            started_at=work.now,
            started_by=work.actor.id,
            file_name=seen.name[:200],
            file_sha256=seen.sha256,
            mapping=mapping,
            state="running",
            rows_total=seen.rows,
            problems=[],
            **counts,
        )
    )
    return import_state(work, key)


def note_batch(work: UnitOfWork, before: ImportState, taken: Sequence[Taken]) -> ImportState:
    """Keep what became of a batch of rows. Raises Conflict where another process has gone on with the import meanwhile."""
    counts = dict.fromkeys(("created", "updated", "unchanged", "refused"), 0)
    made: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for each in taken:
        outcome = each.outcome
        counts[outcome.fate] += 1
        if outcome.fate in ("created", "updated"):
            made.append(
                {
                    "import_id": before.id,
                    "row": outcome.row.number,
                    "record": outcome.record,
                    "created": outcome.fate == "created",
                    "version": each.version,
                    "before": each.before,
                }
            )
        elif outcome.fate == "refused":
            refused.append(_refusal(before.id, outcome))
    done = taken[-1].outcome.row.number
    moved = {name: getattr(before, name) + count for name, count in counts.items()}
    statement = sa.update(IMPORT).where(IMPORT.c.id == before.id, IMPORT.c.rows_done == before.rows_done, IMPORT.c.state == "running")
    if work.connection.execute(statement.values(rows_done=done, **moved)).rowcount != 1:
        raise Conflict("import-elsewhere", id=before.id)
    if made:
        insert_into(IMPORT_ROW, work.connection).run(work.connection, made)
    if refused:
        insert_into(IMPORT_REFUSAL, work.connection).run(work.connection, refused)
    return ImportState(**{**_as_dict(before), "rows_done": done, **moved})


def end_import(work: UnitOfWork, state: ImportState) -> ImportState:
    """Mark an import as done."""
    work.connection.execute(
        sa.update(IMPORT).where(IMPORT.c.id == state.id, IMPORT.c.state == "running").values(state="done", ended_at=work.now)
    )
    return import_state(work, state.id)


def _refusal(key: str, outcome: Outcome) -> dict[str, Any]:
    problems = [problem_to_json(problem) for problem in outcome.problems]
    cells = [cell_text(cell) for cell in outcome.row.cells]
    return {"import_id": key, "row": outcome.row.number, "line": outcome.row.line, "problems": problems, "cells": cells}


def problem_to_json(problem: FieldProblem) -> dict[str, Any]:
    """A problem as data, to be kept."""
    text = {"en": problem.text.en, "zh": problem.text.zh} if problem.text is not None else None
    params = {key: _plain(value) for key, value in problem.params.items()}
    return {"field": problem.field, "code": problem.code, "params": params, "text": text}


def problem_from_json(said: Mapping[str, Any]) -> FieldProblem:
    """A problem as it was kept."""
    text = LocalizedText(said["text"]["en"], said["text"]["zh"]) if said.get("text") else None
    return FieldProblem(said["field"], said["code"], said["params"], text)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float, bool, list)) else str(value)


def cell_text(cell: Any) -> str:
    """A cell of a file as text."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return str(cell)


_FIELDS = tuple(name for name in ImportState.__slots__)


def _as_dict(state: ImportState) -> dict[str, Any]:
    return {name: getattr(state, name) for name in _FIELDS}


def import_state(work: UnitOfWork, key: str) -> ImportState:
    """How far an import is. Raises NotFound unless the actor began it or is an administrator."""
    row = work.connection.execute(sa.select(IMPORT).where(IMPORT.c.id == key)).first() if is_id(key) else None
    if row is None or not (work.actor.id == row.started_by or access.is_admin(work.app, work.actor)):
        raise NotFound("no-import", id=key[:60])
    return _state(work, row, _names(work, [row]))


def imports(work: UnitOfWork, *, limit: int = 50) -> list[ImportState]:
    """The newest imports: the actor's own, an administrator's everybody's."""
    statement = sa.select(IMPORT).order_by(IMPORT.c.id.desc()).limit(limit)
    if not access.is_admin(work.app, work.actor):
        statement = statement.where(IMPORT.c.started_by == work.actor.id)
    rows = work.connection.execute(statement).all()
    names = _names(work, rows)
    return [_state(work, row, names) for row in rows]


def _names(work: UnitOfWork, rows: Sequence[Any]) -> dict[str, str]:
    found = displays(work, work.app.entities["system.user"], [row.started_by for row in rows if row.started_by])
    return {key: text for key, (text, _deleted) in found.items()}


def _state(work: UnitOfWork, row: Any, names: Mapping[str, str]) -> ImportState:
    return ImportState(
        id=row.id,
        entity=row.entity,
        format=row.mapping.get("format", ""),
        file_name=row.file_name,
        state=row.state,
        started_at=row.started_at,
        started_by=row.started_by,
        started_by_name=names.get(row.started_by or "", ""),
        ended_at=row.ended_at,
        undone_at=row.undone_at,
        rows_total=row.rows_total,
        rows_done=row.rows_done,
        created=row.created,
        updated=row.updated,
        unchanged=row.unchanged,
        refused=row.refused,
        headers=tuple(row.mapping.get("headers", ())),
    )


def refusals(work: UnitOfWork, key: str, *, limit: int | None = None, after: int = 0) -> Iterator[Refusal]:
    """The refused rows of an import in the file's order. Raises NotFound as import_state does."""
    import_state(work, key)
    statement = sa.select(IMPORT_REFUSAL).where(IMPORT_REFUSAL.c.import_id == key, IMPORT_REFUSAL.c.row > after)
    for row in work.connection.execute(statement.order_by(IMPORT_REFUSAL.c.row).limit(limit)):
        yield Refusal(row.row, row.line, tuple(problem_from_json(each) for each in row.problems), tuple(row.cells))


def refusal_of(outcome: Outcome) -> Refusal:
    """A row that a trial refused, in the same form."""
    return Refusal(outcome.row.number, outcome.row.line, outcome.problems, tuple(cell_text(cell) for cell in outcome.row.cells))


def write_refusals(
    file: TextIO, headers: Sequence[str], refused: Iterable[Refusal], label: Callable[[str], str], language: Language
) -> int:
    """Refused rows as CSV that can be mended and imported again: the file's columns, then the line and the reasons."""
    said = {"en": ("Line", "Reason"), "zh": ("行号", "原因")}[language]
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([guarded(name) for name in (*headers, *said)])
    count = 0
    for each in refused:
        cells = [guarded(cell) for cell in each.cells[: len(headers)]]
        cells += [""] * (len(headers) - len(cells))
        reasons = "; ".join(f"{label(problem.field)}: {say_problem(problem, language)}".removeprefix(": ") for problem in each.problems)
        writer.writerow([*cells, each.line, guarded(reasons)])
        count += 1
    return count


def first_problems(state: ImportState, work: UnitOfWork) -> tuple[Refusal, ...]:
    """The first refused rows, as many as a report shows."""
    return tuple(refusals(work, state.id, limit=limits.import_report_problems_max))
