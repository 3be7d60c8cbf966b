"""Bringing back what a change took out of use: values into the field that they came from, rows into their table.

Only where the definitions say again what they said then; what people wrote since stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import deployment, limits, records
from engine.access import Actor
from engine.errors import BadRequest
from engine.model.app import App
from engine.model.kinds.entity import Entity, Field
from engine.records import NotRevived
from engine.runtime import Runtime
from engine.store import Tables, migrations, releases
from engine.store.columns import KEY, column_type
from engine.store.migrations import Held

_ACTOR = Actor.system("quarantine")


@dataclass(frozen=True, slots=True)
class Recovery:
    """What came back: ``restored`` values or rows, how many were there ``alike`` already, and which records keep what they say.

    ``field`` is None where whole rows came back.
    """

    entity: Entity
    field: Field | None
    restored: int
    alike: int
    kept: tuple[NotRevived, ...] = ()


def restore(runtime: Runtime, name: str, field: str | None = None, *, write: bool = True) -> Recovery:
    """Bring back what is in quarantine under a name; with ``write`` False only say what would come of it.

    ``field`` is the one to fill, where it is another than the values came from. Raises NotFound (no such name),
    BadRequest (there is no place for it as the definitions are now), Conflict (a unique key would not hold).
    """
    held = migrations.choose(deployment.quarantined(runtime.database), [name])[0]
    with runtime.database.read() as connection:
        then = deployment.compile_files(releases.files_of(connection, held.release)) if held.release is not None else None
    if held.column is None:
        return _rows(runtime, held, then, write=write)
    return _values(runtime, held, held.column, then, field, write=write)


def _no_place(held: Held, code: str = "quarantine-no-place") -> BadRequest:
    return BadRequest(code, name=held.name, was=held.was, release=held.release if held.release is not None else "…")


def _values(runtime: Runtime, held: Held, column: str, then: App | None, field: str | None, *, write: bool) -> Recovery:
    app = runtime.current().app
    table, _, was = held.was.partition(".")
    old = next((each for each in _entity(then, table).fields.values() if each.column == was), None) if then is not None else None
    entity = next((each for each in app.entities.values() if each.table == held.table), None)
    wanted = field or was
    new = entity.fields.get(wanted) if entity is not None else None
    if old is None or entity is None or new is None or new.computed or entity.parent is not None or len(new.targets) > 1:
        raise _no_place(held)
    if migrations.needs_conversion(old, new):
        raise _no_place(held, "quarantine-other-type")
    restored = alike = 0
    kept: list[NotRevived] = []
    for batch in _batches(runtime, held.table, column, column_type(old.type)):
        with runtime.begin(_ACTOR) if write else runtime.read(_ACTOR) as work:
            done = records.revive(work, entity.name, new.name, batch, held.at, only_blank=new.column != was, write=write)
        restored, alike = restored + done.restored, alike + done.alike
        kept += done.kept
    return Recovery(entity, new, restored, alike, tuple(kept))


def _entity(app: App, table: str) -> Entity:
    return next(each for each in app.entities.values() if each.table == table)


def _batches(runtime: Runtime, table: str, column: str, type_: sa.types.TypeEngine[Any]) -> Iterator[dict[str, Any]]:
    """The values that are held, by record, in the order of the records' keys."""
    rows = sa.table(table, sa.column("id", KEY), sa.column(column, type_))
    chosen = sa.select(rows.c.id, rows.c[column].label("held")).where(rows.c[column].is_not(None)).order_by(rows.c.id)
    after: str | None = None
    while True:
        with runtime.database.read() as connection:
            limited = (chosen if after is None else chosen.where(rows.c.id > after)).limit(limits.migration_batch_rows)
            found = {row.id: row.held for row in connection.execute(limited)}
        if not found:
            return
        yield found
        after = next(reversed(found))


def _rows(runtime: Runtime, held: Held, then: App | None, *, write: bool) -> Recovery:
    """Rows go back into a table that is as theirs was, those whose record is not there."""
    app = runtime.current().app
    entity = next((each for each in app.entities.values() if each.table == held.was), None)
    old = _entity(then, held.was) if then is not None else None
    if old is None or entity is None or not _alike(old, entity):
        raise _no_place(held, "quarantine-other-table")
    with migrations.session(runtime.database, runtime.clock) as session, session.transaction() as connection:
        coming, there = migrations.copy_back(connection, held, Tables(app)[entity.name], write=write)
    return Recovery(entity, None, coming, there)


def _alike(old: Entity, new: Entity) -> bool:
    """Whether two definitions of an entity keep the same values in the same columns."""
    before, after = (_kept(each.fields.values()) for each in (old, new))
    return before.keys() == after.keys() and all(
        not migrations.needs_conversion(before[column], after[column])
        and before[column].targets == after[column].targets
        and before[column].computed == after[column].computed
        for column in before
    )


def _kept(fields: Iterable[Field]) -> dict[str, Field]:
    return {each.column: each for each in fields if each.column}
