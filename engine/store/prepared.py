"""Inserts worked out once per table: their SQL text and how each value is bound, so that a row costs no statement building."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

_Bind = Callable[[Any], Any] | None


_REMEMBERED_KINDS = (sa.DateTime, sa.Date)
"""Kinds of column whose text is dear to make and the same in many rows (the instant of a unit of work, a day)."""


class Insert:
    """One table's insert on one dialect, of all columns; a missing value is NULL."""

    def __init__(self, table: sa.Table, dialect: sa.Dialect) -> None:
        names = [column.name for column in table.columns]
        compiled = table.insert().compile(dialect=dialect, column_keys=names)
        self._sql = str(compiled)
        self._positional = bool(compiled.positional)
        self._order: tuple[str, ...] = tuple(compiled.positiontup or names)
        binds = [(place, _bind(table.c[name], dialect)) for place, name in enumerate(self._order)]
        self._binds = tuple((place, bind) for place, bind in binds if bind is not None)

    def run(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, given as values by column name; other names in them are passed over."""
        parameters = [self._parameters(row) for row in rows]
        connection.exec_driver_sql(self._sql, parameters[0] if len(parameters) == 1 else parameters)

    def _parameters(self, row: Mapping[str, Any]) -> Any:
        get = row.get
        values = [get(name) for name in self._order]
        for place, bind in self._binds:
            if values[place] is not None:
                values[place] = bind(values[place])
        return tuple(values) if self._positional else dict(zip(self._order, values, strict=True))


def _bind(column: sa.Column[Any], dialect: sa.Dialect) -> _Bind:
    """How a column's values are handed to the driver; None: as they are."""
    found: _Bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(maxsize=256)(found) if found is not None and isinstance(column.type, _REMEMBERED_KINDS) else found


_inserts: WeakKeyDictionary[sa.Table, dict[str, Insert]] = WeakKeyDictionary()


def insert_into(table: sa.Table, connection: sa.Connection) -> Insert:
    """The insert of a table for a connection's dialect."""
    by_dialect = _inserts.setdefault(table, {})
    name = connection.dialect.name
    found = by_dialect.get(name)
    if found is None:
        found = by_dialect[name] = Insert(table, connection.dialect)
    return found
