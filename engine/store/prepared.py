"""Statements of the hot paths, worked out once per table: SQL text and how each value is bound, so that a use builds nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from operator import itemgetter
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import exc

from engine.store.late import Late

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


class WholeList(sa.types.UserDefinedType[Any]):
    """A list that is one parameter (a JSON text, an array): statements with lists of any length are one statement."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """Unused: no column is of this type, and parameters carry their own cast."""
        raise NotImplementedError


class Select:
    """One statement that reads rows, on one dialect; values of variables (``Late``) come when it runs."""

    def __init__(self, statement: sa.Select[Any], dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._keys: tuple[str, ...] = tuple(statement.selected_columns.keys())
        self._types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
        self._dialect = dialect
        self._reading: list[tuple[int, Callable[[Any], Any]]] | None = None
        self._fixed: dict[str, Any] = {}
        self._late: list[tuple[str, str, _Bind]] = []
        for bind, name in compiled.bind_names.items():
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if isinstance(bind.value, Late):
                whole = list if dialect.name == "postgresql" else _json_list
                self._late.append((name, bind.value.name, whole if isinstance(bind.type, WholeList) else process))
            else:
                self._fixed[name] = bind.value if process is None or bind.value is None else process(bind.value)
        self._order = tuple(compiled.positiontup or ()) if compiled.positional else None

    def run(self, connection: sa.Connection, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows, each as values in kept form by column name."""
        values = dict(self._fixed)
        for name, variable, process in self._late:
            value = variables.get(variable)
            if value is None and process in (list, _json_list):
                value = ()
            values[name] = value if process is None or value is None else process(value)
        parameters: Any = values if self._order is None else tuple(values[name] for name in self._order)
        cursor = connection.connection.cursor()
        with _wrapped(connection, self._sql):
            cursor.execute(self._sql, parameters)
            rows = cursor.fetchall()
        if self._reading is None:
            self._reading = self._processors(cursor.description)
        cursor.close()
        found = []
        for row in rows:
            kept = list(row)
            for place, process in self._reading:
                if kept[place] is not None:
                    kept[place] = process(kept[place])
            found.append(dict(zip(self._keys, kept, strict=True)))
        return found

    def _processors(self, description: Any) -> list[tuple[int, Callable[[Any], Any]]]:
        processors = [type_.result_processor(self._dialect, told[1]) for type_, told in zip(self._types, description, strict=True)]
        return [(place, process) for place, process in enumerate(processors) if process is not None]


def _json_list(values: Iterable[Any]) -> str:
    return json.dumps(list(values))


_inserts: WeakKeyDictionary[sa.Table, dict[str, Insert]] = WeakKeyDictionary()


def insert_into(table: sa.Table, connection: sa.Connection) -> Insert:
    """The insert of a table for a connection's dialect."""
    by_dialect = _inserts.setdefault(table, {})
    name = connection.dialect.name
    found = by_dialect.get(name)
    if found is None:
        found = by_dialect[name] = Insert(table, connection.dialect)
    return found
