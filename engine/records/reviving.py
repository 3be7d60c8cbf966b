"""Giving records back values that a change of definitions took out of use, unless somebody has written the field since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.errors import DougongError, FieldProblem, Invalid
from engine.records import gate
from engine.records.naming import displays
from engine.records.plan import plan_of
from engine.records.service import read_for_update, update
from engine.records.values import to_json
from engine.store import UnitOfWork
from engine.store.schema import AUDIT


@dataclass(frozen=True, slots=True)
class NotRevived:
    """A record that stays as it is, and why."""

    record: str
    display: str
    reason: FieldProblem


@dataclass(frozen=True, slots=True)
class Revived:
    """How many records got a value back, how many had it already, and which stay as they are."""

    restored: int
    alike: int
    kept: tuple[NotRevived, ...]


def revive(
    work: UnitOfWork, entity: str, field: str, values: Mapping[str, Any], since: datetime, *, only_blank: bool, write: bool
) -> Revived:
    """Give a field of records (by id) these values in kept form; with ``write`` False only say what would become of each.

    A record whose field was written after ``since`` (naive UTC) keeps what it says; with ``only_blank`` any that says something.
    """
    definition = gate.entity_of(work, entity)
    plan, type_ = plan_of(work.app, entity), definition.fields[field].type
    records = read_for_update(work, plan, list(values))
    written = _written_since(work, entity, field, list(values), since)
    restored, alike, kept = 0, 0, []
    for key, value in values.items():
        record = records.get(key)
        problem = None
        if record is None:
            problem = FieldProblem(field, "record-in-trash")
        elif record[field] == value:
            alike += 1
            continue
        elif only_blank and record[field] is not None:
            problem = FieldProblem(field, "has-a-value")
        elif key in written:
            problem = FieldProblem(field, "written-since")
        elif write:
            problem = _update(work, entity, key, field, to_json(type_, value))
        if problem is None:
            restored += 1
        else:
            kept.append((key, problem))
    names = displays(work, definition, [key for key, _ in kept])
    return Revived(restored, alike, tuple(NotRevived(key, names.get(key, ("", False))[0] or key, problem) for key, problem in kept))


def _update(work: UnitOfWork, entity: str, key: str, field: str, value: Any) -> FieldProblem | None:
    try:
        with work.savepoint():
            update(work, entity, key, {field: value}, None)
    except Invalid as error:
        return error.problems[0]
    except DougongError as error:
        return FieldProblem(field, error.code, error.params)
    return None


def _written_since(work: UnitOfWork, entity: str, field: str, keys: list[str], since: datetime) -> set[str]:
    """Records in which somebody has changed the field."""
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        some = AUDIT.c.record.in_(keys[start : start + 500])
        rows = work.connection.execute(sa.select(AUDIT.c.record, AUDIT.c.changes).where(AUDIT.c.entity == entity, some, AUDIT.c.at > since))
        found.update(row.record for row in rows if field in row.changes)
    return found
