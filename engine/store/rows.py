"""Business rows as they lie in their tables: no permission, no validation. Only the gate (``engine.records``) may import this."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from engine.errors import Conflict, TooLong
from engine.store.database import too_long_for
from engine.store.prepared import insert_into

Row = Mapping[str, Any]

_KEYS_PER_STATEMENT = 500


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write new rows; all must have the same columns. Raises Conflict where a unique key is taken, TooLong where a text fits no index."""
    if not rows:
        return
    try:
        insert_into(table, connection).run(connection, rows)
    except exc.DBAPIError as error:
        raise _refused(table, error) from error


def update(connection: sa.Connection, table: sa.Table, key: str, version: int, values: Mapping[str, Any]) -> bool:
    """Write a row's new values if it still has ``version``; the new version is the caller's business. False: it moved on."""
    try:
        done = connection.execute(sa.update(table).where(table.c.id == key, table.c.version == version).values(dict(values)))
    except exc.DBAPIError as error:
        raise _refused(table, error) from error
    return done.rowcount == 1


def update_many(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write many rows' new values at once, each keyed by ``b_id`` and ``b_version``; gives how many still had that version."""
    if not rows:
        return 0
    columns: dict[str, Any] = {name: sa.bindparam(name) for name in rows[0] if name not in ("b_id", "b_version")}
    statement = sa.update(table).where(table.c.id == sa.bindparam("b_id"), table.c.version == sa.bindparam("b_version")).values(columns)
    try:
        return connection.execute(statement, list(rows)).rowcount
    except exc.DBAPIError as error:
        raise _refused(table, error) from error


def _refused(table: sa.Table, error: exc.DBAPIError) -> Exception:
    """What the database's refusal of a row means to whoever wrote it; the error itself where it is none of theirs."""
    if isinstance(error, exc.IntegrityError):
        return Conflict("duplicate", table=table.name)
    index = too_long_for(error)
    if index is None:
        return error
    columns = next((each.info["columns"] for each in table.indexes if each.name == index), ())
    texts = [name for name in columns if isinstance(table.c[name].type, sa.Text)]
    return TooLong(field=texts[-1] if texts else index)


def delete(connection: sa.Connection, table: sa.Table, keys: Iterable[str]) -> int:
    """Remove rows for good."""
    count = 0
    for part in _parts(list(keys)):
        count += connection.execute(sa.delete(table).where(table.c.id.in_(part))).rowcount
    return count


def select_by(connection: sa.Connection, table: sa.Table, column: str, keys: Iterable[Any], *columns: str) -> list[sa.Row[Any]]:
    """Rows whose ``column`` is one of ``keys``, with the named columns (all, where none are named)."""
    chosen: list[Any] = [table.c[name] for name in columns] or [table]
    found: list[sa.Row[Any]] = []
    for part in _parts(list(dict.fromkeys(keys))):
        found += connection.execute(sa.select(*chosen).where(table.c[column].in_(part))).all()
    return found


def _parts(keys: list[Any]) -> Iterable[list[Any]]:
    for start in range(0, len(keys), _KEYS_PER_STATEMENT):
        yield keys[start : start + _KEYS_PER_STATEMENT]
