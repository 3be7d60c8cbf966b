"""Statements of the hot paths, worked out once per table: SQL text and how each value is bound, so that a use builds nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from operator import itemgetter
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import exc

_Bind = Callable[[Any], Any] | None


_REMEMBERED_KINDS = (sa.DateTime, sa.Date)
"""Kinds of column whose text is dear to make and the same in many rows (the instant of a unit of work, a day)."""


@contextmanager
def _wrapped(connection: sa.Connection, statement: str) -> Iterator[None]:
    """The driver's own cursor spares most of a statement's cost; its errors leave here as SQLAlchemy's, as from anywhere else."""
    errors: Any = connection.dialect.loaded_dbapi
    try:
        yield
    except errors.Error as error:
        raise exc.DBAPIError.instance(statement, None, error, errors.Error, dialect=connection.dialect) from error


class Insert:
    """One table's insert on one dialect, of all columns; a missing value is NULL."""

    def __init__(self, table: sa.Table, dialect: sa.Dialect) -> None:
        names = [column.name for column in table.columns]
        compiled = table.insert().compile(dialect=dialect, column_keys=names)
        self._sql = str(compiled)
        self._positional = bool(compiled.positional)
        self._order: tuple[str, ...] = tuple(compiled.positiontup or names)
        self._all_of = itemgetter(*self._order)
        binds = [(place, _bind(table.c[name], dialect)) for place, name in enumerate(self._order)]
        self._binds = tuple((place, bind) for place, bind in binds if bind is not None)

    def run(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, given as values by column name; other names in them are passed over."""
        parameters = [self._parameters(row) for row in rows]
        cursor = connection.connection.cursor()
        with _wrapped(connection, self._sql):
            if len(parameters) == 1:
                cursor.execute(self._sql, parameters[0])
            else:
                cursor.executemany(self._sql, parameters)
        cursor.close()

    def _parameters(self, row: Mapping[str, Any]) -> Any:
        try:
            values = list(self._all_of(row))
        except KeyError:
            values = [row.get(name) for name in self._order]
        for place, bind in self._binds:
            if values[place] is not None:
                values[place] = bind(values[place])
        return tuple(values) if self._positional else dict(zip(self._order, values, strict=True))


def _bind(column: sa.Column[Any], dialect: sa.Dialect) -> _Bind:
    """How a column's values are handed to the driver; None: as they are."""
    found: _Bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(maxsize=256)(found) if found is not None and isinstance(column.type, _REMEMBERED_KINDS) else found


class Lookup:
    """The ids of one table's live rows by the values of some columns."""

    def __init__(self, table: sa.Table, columns: tuple[str, ...], dialect: sa.Dialect) -> None:
        matches = [table.c[name] == sa.bindparam(f"v{place}", type_=table.c[name].type) for place, name in enumerate(columns)]
        compiled = sa.select(table.c.id).where(*matches, table.c.deleted_at.is_(None)).compile(dialect=dialect)
        self._sql = str(compiled)
        self._positional = bool(compiled.positional)
        self._binds = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns]

    def run(self, connection: sa.Connection, values: Sequence[Any]) -> list[str]:
        """The ids of the rows with exactly these values, none of them blank."""
        bound = [value if bind is None else bind(value) for bind, value in zip(self._binds, values, strict=True)]
        parameters: Any = tuple(bound) if self._positional else {f"v{place}": value for place, value in enumerate(bound)}
        cursor = connection.connection.cursor()
        with _wrapped(connection, self._sql):
            cursor.execute(self._sql, parameters)
            found = [str(row[0]) for row in cursor.fetchall()]
        cursor.close()
        return found


_lookups: WeakKeyDictionary[sa.Table, dict[tuple[str, ...], Lookup]] = WeakKeyDictionary()


def lookup_in(table: sa.Table, columns: tuple[str, ...], connection: sa.Connection) -> Lookup:
    """The look-up of a table by columns for a connection's dialect."""
    by_columns = _lookups.setdefault(table, {})
    key = (connection.dialect.name, *columns)
    found = by_columns.get(key)
    if found is None:
        found = by_columns[key] = Lookup(table, columns, connection.dialect)
    return found


_inserts: WeakKeyDictionary[sa.Table, dict[str, Insert]] = WeakKeyDictionary()


def insert_into(table: sa.Table, connection: sa.Connection) -> Insert:
    """The insert of a table for a connection's dialect."""
    by_dialect = _inserts.setdefault(table, {})
    name = connection.dialect.name
    found = by_dialect.get(name)
    if found is None:
        found = by_dialect[name] = Insert(table, connection.dialect)
    return found
