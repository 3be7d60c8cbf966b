"""Statements of the hot paths, worked out once per table: SQL text and how each value is bound, so that a use builds nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

_Bind = Callable[[Any], Any] | None


class Insert:
    """One table's insert on one dialect, of all columns; a missing value is NULL."""

    def __init__(self, table: sa.Table, dialect: sa.Dialect) -> None:
        self.names: tuple[str, ...] = tuple(column.name for column in table.columns)
        compiled = table.insert().compile(dialect=dialect, column_keys=list(self.names))
        self._sql = str(compiled)
        self._positional = bool(compiled.positional)
        self._order: tuple[str, ...] = tuple(compiled.positiontup or self.names)
        self._binds: dict[str, _Bind] = {column.name: column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns}

    def run(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, given as values by column name."""
        parameters = [self._parameters(row) for row in rows]
        connection.exec_driver_sql(self._sql, parameters[0] if len(parameters) == 1 else parameters)

    def _parameters(self, row: Mapping[str, Any]) -> Any:
        binds, get = self._binds, row.get
        if self._positional:
            return tuple(
                value if (bind := binds[name]) is None or value is None else bind(value) for name in self._order for value in (get(name),)
            )
        return {
            name: value if (bind := binds[name]) is None or value is None else bind(value) for name in self.names for value in (get(name),)
        }


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
        return [str(row[0]) for row in connection.exec_driver_sql(self._sql, parameters)]


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
