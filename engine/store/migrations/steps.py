"""Doing one step: structure by Alembic's operations, values by whole-set statements over ranges of keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from engine import limits
from engine.ids import new_id
from engine.language import types as t
from engine.model.app import App
from engine.model.kinds.entity import Field
from engine.store import releases, statements
from engine.store.columns import KEY, column_type
from engine.store.database import Dialect
from engine.store.migrations import conversions, filling, impact, live
from engine.store.migrations.conversions import LOST, Convert
from engine.store.migrations.logs import rename_in_logs
from engine.store.migrations.operations import (
    BATCHED,
    Activate,
    AddColumn,
    ConvertValues,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropIndex,
    DropTable,
    FillComputed,
    FillDefault,
    FillInitial,
    FillNumbers,
    FillTarget,
    Operation,
    QuarantineColumn,
    QuarantineTable,
    RenameColumn,
    RenameInLogs,
    RenameTable,
    RenameTarget,
)
from engine.store.schema import QUARANTINE, STATE
from engine.store.tables import Tables

Batched = FillDefault | FillInitial | FillNumbers | FillTarget | FillComputed | ConvertValues


class ValueLost(Exception):
    """A value that the plan did not count as lost turned up while applying; ``samples`` shows some."""

    def __init__(self, operation: ConvertValues, samples: tuple[str, ...]) -> None:
        super().__init__(operation.table, operation.source, samples)
        self.operation = operation
        self.samples = samples


@dataclass(frozen=True, slots=True)
class Bench:
    """What steps work with: both Apps, the release's files, who applies and when."""

    old: App | None
    new: App
    packages: Mapping[str, releases.Files]
    by: str | None
    now: Callable[[], datetime]
    allow_destructive: bool
    summary: Any = None
    tables: Tables = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", Tables(self.new))


def do(bench: Bench, connection: sa.Connection, operation: Operation) -> int:
    """Do one whole step in the transaction at hand; the number of rows written. Doing it again changes nothing."""
    if isinstance(operation, BATCHED):
        return fill(bench, connection, operation, None, None)
    step = cast("Callable[[Bench, sa.Connection, Operation], None]", _STEPS[type(operation)])
    step(bench, connection, operation)
    return 0


def fill_batch(bench: Bench, connection: sa.Connection, operation: Batched, after: str | None) -> tuple[str | None, int]:
    """Write the values of the next batch of rows: the key it came to, None where no row is left, and how many were written."""
    if isinstance(operation, FillNumbers):
        return filling.number_batch(connection, bench.new, operation)
    until = next_key(connection, operation.table, after)
    return until, fill(bench, connection, operation, after, until) if until is not None else 0


def next_key(connection: sa.Connection, table: str, after: str | None) -> str | None:
    """The last key of the next batch of rows, None where no row is left."""
    key: sa.ColumnClause[str] = sa.column("id", KEY)
    keys = sa.select(key).select_from(sa.table(table, key)).order_by(key).limit(limits.migration_batch_rows)
    batch = (keys.where(key > after) if after is not None else keys).subquery()
    found = connection.execute(sa.select(batch.c.id).order_by(batch.c.id.desc()).limit(1)).scalar_one_or_none()
    return str(found) if found is not None else None


def fill(bench: Bench, connection: sa.Connection, operation: Batched, after: str | None, until: str | None) -> int:
    """Write the values of one step for the keys in (after, until]; None is no bound. Rows that are right stay untouched."""
    if isinstance(operation, ConvertValues):
        return _convert(bench, connection, operation, after, until)
    if isinstance(operation, FillNumbers):
        return _number(bench, connection, operation)
    type_ = _type_of(bench, operation)
    target: sa.ColumnClause[Any] = sa.column(operation.column, type_)
    rows = sa.table(operation.table, sa.column("id", KEY), target)
    wanted: Any
    if isinstance(operation, FillComputed):
        wanted = _formula(bench, connection, operation)
        changed = target.is_distinct_from(wanted)
    elif isinstance(operation, FillTarget):
        link: sa.ColumnClause[Any] = sa.column(operation.link)
        wanted, changed = operation.target, target.is_(None) & link.is_not(None)
    elif isinstance(operation, FillInitial):
        field = _field(bench.new, operation.entity, operation.field)
        wanted = filling.initial_value(connection, bench.new, operation.entity, field, operation.table)
        changed = target.is_(None)
    else:
        wanted, changed = _field(bench.new, operation.entity, operation.field).default, target.is_(None)
    update = sa.update(rows).values({operation.column: wanted}).where(changed, *_range(rows.c.id, after, until))
    return connection.execute(update).rowcount


def _number(bench: Bench, connection: sa.Connection, operation: FillNumbers) -> int:
    """All that have no number yet, in batches within the transaction at hand."""
    written = 0
    while True:
        until, rows = filling.number_batch(connection, bench.new, operation)
        if until is None:
            return written
        written += rows


def _range(key: sa.ColumnElement[str], after: str | None, until: str | None) -> list[sa.ColumnElement[bool]]:
    return [*([key > after] if after is not None else []), *([key <= until] if until is not None else [])]


def _field(app: App, entity: str, name: str) -> Field:
    return app.entities[entity].fields[name]


def _type_of(bench: Bench, operation: FillDefault | FillInitial | FillTarget | FillComputed) -> sa.types.TypeEngine[Any]:
    return sa.Text() if isinstance(operation, FillTarget) else column_type(_field(bench.new, operation.entity, operation.field).type)


def _formula(bench: Bench, connection: sa.Connection, operation: FillComputed) -> sa.ColumnElement[Any]:
    formula = _field(bench.new, operation.entity, operation.field).compute
    if formula is None:
        raise AssertionError(f"{operation.entity}.{operation.field} has no formula")
    return statements.value(formula, cast("Dialect", connection.dialect.name), operation.table, {"now": bench.now()})


def _convert(bench: Bench, connection: sa.Connection, operation: ConvertValues, after: str | None, until: str | None) -> int:
    """Values go through Python, where both databases convert alike; those that are right already are not written."""
    while True:
        upper = until if until is not None else next_key(connection, operation.table, after)
        if upper is None:
            return 0
        written = _convert_range(bench, connection, operation, after, upper)
        if until is not None:
            return written
        after = upper


def _convert_range(bench: Bench, connection: sa.Connection, operation: ConvertValues, after: str | None, until: str) -> int:
    convert, old_type, companion = _conversion(bench, connection, operation)
    new_type = column_type(_field(bench.new, operation.entity, operation.field).type)
    source: sa.ColumnClause[Any] = sa.column(operation.source, column_type(old_type))
    target: sa.ColumnClause[Any] = sa.column(operation.column, new_type)
    beside: list[sa.ColumnClause[Any]] = [sa.column(companion)] if companion else []
    rows = sa.table(operation.table, sa.column("id", KEY), source, target, *beside)
    chosen = sa.select(rows.c.id, source, target, *beside).where(*_range(rows.c.id, after, until))
    changes, lost = [], []
    for key, value, present, *entity in connection.execute(chosen.where(sa.or_(source.is_not(None), target.is_not(None)))):
        converted = convert(entity[0] if entity else value, value) if value is not None else None
        wanted = converted.value if converted is not None else None
        if converted is not None and not converted.exact:
            lost.append(value)
        if wanted != present or type(wanted) is not type(present):
            changes.append({"key": key, "value": wanted})
    if lost and not bench.allow_destructive:
        raise ValueLost(operation, tuple(impact.show(value, old_type) for value in lost[: impact.SAMPLES]))
    if changes:
        update = (
            sa.update(rows)
            .where(rows.c.id == sa.bindparam("key", type_=KEY))
            .values({operation.column: sa.bindparam("value", type_=new_type)})
        )
        connection.execute(update, changes)
    return len(changes)


def _conversion(
    bench: Bench, connection: sa.Connection, operation: ConvertValues
) -> tuple[Callable[[Any, Any], conversions.Converted], t.Type, str | None]:
    """How values convert, the type to read them as, and for links to several entities the column that says which."""
    new = _field(bench.new, operation.entity, operation.field)
    if operation.old_entity is None or operation.old_field is None or bench.old is None:
        stored = live.readable_as(live.inspect_table(connection, operation.table).columns[operation.source])
        found: Convert = conversions.conversion(stored, new, bench.new.defaults.time_zone) if stored is not None else (lambda _: LOST)
        return (lambda _, value: found(value)), stored or t.Text(), None
    old = _field(bench.old, operation.old_entity, operation.old_field)
    if old.targets and new.targets:
        names = conversions.kept_targets(bench.old, bench.new, old, new)
        kept = frozenset(names)
        several = len(old.targets) > 1

        def follow(entity: Any, value: Any) -> conversions.Converted:
            return conversions.Converted(value) if several and entity in kept else LOST

        return follow, old.type, f"{operation.source}__entity" if several else None
    plain = conversions.conversion(old.type, new, bench.new.defaults.time_zone)
    return (lambda _, value: plain(value)), old.type, None


def _operations(connection: sa.Connection) -> Operations:
    return Operations(MigrationContext.configure(connection))


def _create_table(bench: Bench, connection: sa.Connection, step: CreateTable) -> None:
    bench.tables[step.entity].create(connection, checkfirst=True)


_NOT_BLANK: Mapping[str, str] = {"version": "1", "position": "0"}


def _add_column(bench: Bench, connection: sa.Connection, step: AddColumn) -> None:
    if step.column in live.inspect_table(connection, step.table).columns:
        return
    wanted = bench.tables[step.entity].c[step.like]
    default = sa.text(_NOT_BLANK[step.like]) if step.like in _NOT_BLANK and not wanted.nullable else None
    _operations(connection).add_column(
        step.table, sa.Column(sa.quoted_name(step.column, quote=True), wanted.type, nullable=default is None, server_default=default)
    )


def _create_index(bench: Bench, connection: sa.Connection, step: CreateIndex) -> None:
    index = next(each for each in bench.tables[step.entity].indexes if each.name == step.index)
    index.create(connection, checkfirst=True)


def _drop_index(_: Bench, connection: sa.Connection, step: DropIndex) -> None:
    _operations(connection).drop_index(step.index, step.table, if_exists=True)


def _rename_table(_: Bench, connection: sa.Connection, step: RenameTable) -> None:
    _operations(connection).rename_table(step.table, step.new)


def _rename_column(_: Bench, connection: sa.Connection, step: RenameColumn) -> None:
    new = sa.quoted_name(step.new, quote=True)
    _operations(connection).alter_column(step.table, sa.quoted_name(step.column, quote=True), new_column_name=new)


def _hold(bench: Bench, connection: sa.Connection, table: str, column: str | None, stored_as: str, rows: int) -> None:
    held = {"id": new_id(), "at": bench.now(), "table_name": table, "column_name": column, "stored_as": stored_as, "rows_held": rows}
    release = connection.execute(sa.select(STATE.c.release)).scalar_one()
    connection.execute(sa.insert(QUARANTINE).values(release=release, **held))


def _quarantine_column(bench: Bench, connection: sa.Connection, step: QuarantineColumn) -> None:
    rows = impact.count_values(connection, step.table, step.column)
    _operations(connection).alter_column(step.table, sa.quoted_name(step.column, quote=True), new_column_name=step.stored_as)
    _hold(bench, connection, step.table, step.column, step.stored_as, rows)


def _quarantine_table(bench: Bench, connection: sa.Connection, step: QuarantineTable) -> None:
    rows = impact.count(connection, step.table)
    _operations(connection).rename_table(step.table, step.stored_as)
    _hold(bench, connection, step.table, None, step.stored_as, rows)


def _drop_column(_: Bench, connection: sa.Connection, step: DropColumn) -> None:
    """SQLite refuses while an index stands on the column."""
    for index in live.inspect_table(connection, step.table).indexes.values():
        if step.column in index.columns:
            _operations(connection).drop_index(index.name, step.table)
    _operations(connection).drop_column(step.table, sa.quoted_name(step.column, quote=True))


def _drop_table(_: Bench, connection: sa.Connection, step: DropTable) -> None:
    _operations(connection).drop_table(step.table)


def _rename_in_logs(_: Bench, connection: sa.Connection, step: RenameInLogs) -> None:
    rename_in_logs(connection, step)


def _rename_target(_: Bench, connection: sa.Connection, step: RenameTarget) -> None:
    column: sa.ColumnClause[str] = sa.column(step.column)
    rows = sa.table(step.table, column)
    connection.execute(sa.update(rows).values({step.column: step.new_entity}).where(column == step.old_entity))


def _activate(bench: Bench, connection: sa.Connection, step: Activate) -> None:
    stored = releases.store_release(connection, bench.packages, step.content_hash, at=bench.now(), by=bench.by, summary=bench.summary)
    releases.activate(connection, stored)


_STEPS: Mapping[type[Operation], Any] = {
    CreateTable: _create_table,
    AddColumn: _add_column,
    CreateIndex: _create_index,
    DropIndex: _drop_index,
    RenameTable: _rename_table,
    RenameColumn: _rename_column,
    QuarantineColumn: _quarantine_column,
    QuarantineTable: _quarantine_table,
    DropColumn: _drop_column,
    DropTable: _drop_table,
    RenameInLogs: _rename_in_logs,
    RenameTarget: _rename_target,
    Activate: _activate,
}
