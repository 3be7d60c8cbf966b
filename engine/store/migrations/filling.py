"""What records that are there get where a field now wants a value: its default, its initial value, or the next numbers.

An initial value is what it would have been when the record was created: ``user`` is who created it, ``now`` is then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine import language, limits
from engine.language.expression import Expression
from engine.model.app import App
from engine.model.kinds.entity import Field
from engine.store import numbering, statements
from engine.store.columns import INSTANT, KEY, TEXT
from engine.store.database import Dialect
from engine.store.migrations.changes import ColumnChange, TableChange
from engine.store.migrations.operations import FillNumbers
from engine.store.settings import read_settings

Filling = Literal["default", "initial", "numbers"]

_AT_CREATION: Mapping[str, str] = {
    "user": "created_by",
    "user.department": "created_by.department",
    "now": "created_at",
    "today": "date(created_at)",
}


def filling_of(change: TableChange, column: ColumnChange) -> Filling | None:
    """How blank values of a column are filled, or None where they stay as they are."""
    field, old = column.field, column.old
    if field is None or field.computed or column.fate == "recompute":
        return None
    if field.sequence is not None:
        new = column.fate == "add" or (old is not None and old.sequence is None)
        return "numbers" if new and change.entity.parent is None else None
    if not field.required or (column.fate == "keep" and old is not None and old.required):
        return None
    if field.initial is not None and len(field.targets) < 2:
        return "initial"
    return "default" if field.default is not None else None


def at_creation(app: App, entity: str, initial: Expression) -> Expression:
    """An initial value as an expression over records that are there."""
    scope = app.scope(entity)
    known = {}
    for name in initial.variables & _AT_CREATION.keys():
        found = language.compile_expression(_AT_CREATION[name], scope).expression
        if found is None:
            raise AssertionError(f"{_AT_CREATION[name]} means nothing in {entity}")
        known[name] = found
    return language.substitute(initial, known)


def initial_value(connection: sa.Connection, app: App, entity: str, field: Field, table: str) -> sa.ColumnElement[Any]:
    """The initial value of each record of a table."""
    if field.initial is None:
        raise AssertionError(f"{entity}.{field.name} has no initial value")
    formula = at_creation(app, entity, field.initial)
    return statements.value(formula, cast("Dialect", connection.dialect.name), table, read_settings(connection, app))


def count_left_blank(connection: sa.Connection, app: App, entity: str, field: Field, table: str, source: str | None) -> int:
    """The live records that have no value (in ``source``, if it is there) and would get none; the table must have its final names."""
    rows = sa.table(table, sa.column("deleted_at"), *([sa.column(source)] if source else []))
    blank = initial_value(connection, app, entity, field, table).is_(None)
    chosen = sa.select(sa.func.count()).select_from(rows).where(rows.c.deleted_at.is_(None), blank)
    if source:
        chosen = chosen.where(rows.c[source].is_(None))
    return int(connection.execute(chosen).scalar_one())


def number_batch(connection: sa.Connection, app: App, step: FillNumbers) -> tuple[str | None, int]:
    """Number the next records without a number, oldest first: the last one's key (None: none was left) and how many.

    The first batch begins to count at 1: a release that does not know the field holds none of its numbers.
    """
    field = app.entities[step.entity].fields[step.field]
    if field.sequence is None:
        raise AssertionError(f"{step.entity}.{step.field} has no numbers")
    counter, zone = numbering.counter_of(step.entity, step.field), ZoneInfo(app.defaults.time_zone)
    number: sa.ColumnClause[str] = sa.column(step.column, TEXT)
    rows = sa.table(step.table, sa.column("id", KEY), sa.column("created_at", INSTANT), number)
    lacking = sa.select(rows.c.id, rows.c.created_at).where(number.is_(None)).order_by(rows.c.created_at, rows.c.id)
    found = connection.execute(lacking.limit(limits.migration_batch_rows)).all()
    if not found:
        return None, 0
    if not connection.execute(sa.select(sa.exists().where(number.is_not(None)).select_from(rows))).scalar():
        numbering.forget_counter(connection, counter)
    periods: dict[str, list[Any]] = {}
    for key, created in found:
        local = created.replace(tzinfo=UTC).astimezone(zone)
        periods.setdefault(numbering.period_of(field.sequence, local), []).append((key, local))
    numbers = []
    for records in periods.values():
        first = numbering.take_numbers(connection, counter, field.sequence, records[0][1], len(records), number)
        for position, (key, local) in enumerate(records, first):
            before, digits, after = numbering.number_form(field.sequence, local)
            numbers.append({"key": key, "value": f"{before}{position:0{digits}d}{after}"})
    update = sa.update(rows).where(rows.c.id == sa.bindparam("key", type_=KEY)).values({step.column: sa.bindparam("value", type_=TEXT)})
    connection.execute(update, numbers)
    return found[-1].id, len(found)
