"""What changes took out of use and kept: which columns and tables there are, and removing them for good.

The database itself says what is there: a table may have got another name since, or have gone into quarantine as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import exc

from engine.errors import Conflict, NotFound, Unavailable
from engine.store.migrations import live
from engine.store.migrations.live import LiveTable
from engine.store.schema import QUARANTINE


@dataclass(frozen=True, slots=True)
class Held:
    """A column, or with ``column`` None a table, that is kept out of use.

    ``was`` is its former name, ``rows`` how many values or rows it held when it was set aside at ``at`` (naive UTC);
    ``release`` was in force until then (None: nobody noted it).
    """

    table: str
    column: str | None
    was: str
    rows: int
    at: datetime
    release: int | None = None

    @property
    def name(self) -> str:
        """How it is called when it is to be removed: ``table`` or ``table.column``, as they are stored."""
        return self.table if self.column is None else f"{self.table}.{self.column}"


def held(connection: sa.Connection) -> tuple[Held, ...]:
    """Everything in quarantine, oldest first."""
    tables = live.inspect(connection)
    if QUARANTINE.name not in tables:
        return ()
    # A database of an earlier engine lacks what is noted since.
    known = [column if column.name in tables[QUARANTINE.name].columns else sa.null().label(column.name) for column in QUARANTINE.c]
    notes = connection.execute(sa.select(*known).where(QUARANTINE.c.purged_at.is_(None)).order_by(QUARANTINE.c.id)).all()
    found = [each for table in tables.values() for each in _held_in(table, notes)]
    return tuple(sorted(found, key=lambda each: (each.at, each.name)))


def _held_in(table: LiveTable, notes: Sequence[sa.Row[tuple[object, ...]]]) -> Iterator[Held]:
    whole = next((each for each in notes if each.column_name is None and each.stored_as == table.name), None)
    if whole is not None:
        yield Held(table.name, None, whole.table_name, whole.rows_held, whole.at, whole.release)
    for column in table.columns:
        note = next((each for each in notes if each.column_name is not None and each.stored_as == column), None)
        if note is not None:
            yield Held(table.name, column, f"{note.table_name}.{note.column_name}", note.rows_held, note.at, note.release)


def purge(connection: sa.Connection, chosen: Sequence[Held], at: datetime) -> None:
    """Remove these columns and tables with all that they hold. Nothing brings it back."""
    try:
        _drop(connection, chosen)
    except exc.OperationalError as error:
        if type(error.orig).__name__ == "LockNotAvailable":
            raise Unavailable("table-in-use") from error
        raise
    left = {each.column or each.table for each in held(connection)}
    gone = {each.column or each.table for each in chosen} - left
    if gone:
        connection.execute(
            sa.update(QUARANTINE).where(QUARANTINE.c.stored_as.in_(sorted(gone)), QUARANTINE.c.purged_at.is_(None)).values(purged_at=at)
        )


def copy_back(connection: sa.Connection, kept: Held, target: sa.Table, *, write: bool) -> tuple[int, int]:
    """Copy the rows of a table in quarantine that the target lacks: how many those are, and how many it has already.

    Raises Conflict where a unique key would not hold; nothing is copied then.
    """
    names = [each.name for each in target.columns]
    source = sa.table(kept.table, *(sa.column(each.name, each.type) for each in target.columns))
    missing = source.c.id.not_in(sa.select(target.c.id))
    counted = sa.select(sa.func.count()).select_from(source)
    coming, there = (int(connection.execute(counted.where(which)).scalar_one()) for which in (missing, ~missing))
    if write:
        try:
            connection.execute(sa.insert(target).from_select(names, sa.select(*(source.c[name] for name in names)).where(missing)))
        except exc.IntegrityError as error:
            raise Conflict("quarantine-key-taken", name=kept.name) from error
    return coming, there


def _drop(connection: sa.Connection, chosen: Sequence[Held]) -> None:
    operations = Operations(MigrationContext.configure(connection))
    tables = {each.table for each in chosen if each.column is None}
    for each in chosen:
        if each.column is None:
            operations.drop_table(each.table)
        elif each.table not in tables:
            for index in live.inspect_table(connection, each.table).indexes.values():
                if each.column in index.columns:
                    operations.drop_index(index.name, each.table)
            operations.drop_column(each.table, sa.quoted_name(each.column, quote=True))


def choose(everything: Sequence[Held], names: Sequence[str]) -> tuple[Held, ...]:
    """Those of these names, each once. Raises NotFound for a name that nothing in quarantine has."""
    by_name = {each.name: each for each in everything}
    unknown = next((name for name in names if name not in by_name), None)
    if unknown is not None:
        raise NotFound("not-in-quarantine", name=unknown)
    return tuple(by_name[name] for name in dict.fromkeys(names))
