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

from engine.errors import NotFound, Unavailable
from engine.store import releases
from engine.store.migrations import live
from engine.store.migrations.live import LiveTable
from engine.store.schema import QUARANTINE


@dataclass(frozen=True, slots=True)
class Held:
    """A column, or with ``column`` None a table, that is kept out of use.

    ``was`` is its former name, ``rows`` how many values or rows it held when it was set aside at ``at`` (naive UTC).
    """

    table: str
    column: str | None
    was: str
    rows: int
    at: datetime

    @property
    def name(self) -> str:
        """How it is called when it is to be removed: ``table`` or ``table.column``, as they are stored."""
        return self.table if self.column is None else f"{self.table}.{self.column}"


def held(connection: sa.Connection) -> tuple[Held, ...]:
    """Everything in quarantine, oldest first."""
    if not releases.is_prepared(connection):
        return ()
    notes = connection.execute(sa.select(QUARANTINE).where(QUARANTINE.c.purged_at.is_(None)).order_by(QUARANTINE.c.id)).all()
    found = [each for table in live.inspect(connection).values() for each in _held_in(table, notes)]
    return tuple(sorted(found, key=lambda each: (each.at, each.name)))


def _held_in(table: LiveTable, notes: Sequence[sa.Row[tuple[object, ...]]]) -> Iterator[Held]:
    whole = next((each for each in notes if each.column_name is None and each.stored_as == table.name), None)
    if whole is not None:
        yield Held(table.name, None, whole.table_name, whole.rows_held, whole.at)
    for column in table.columns:
        note = next((each for each in notes if each.column_name is not None and each.stored_as == column), None)
        if note is not None:
            yield Held(table.name, column, f"{note.table_name}.{note.column_name}", note.rows_held, note.at)


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
