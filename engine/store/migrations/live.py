"""The database as it stands: tables, columns by how they are stored, and indexes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from engine.language import types as t

_OURS = re.compile(r"(ix|ux)_.*_[0-9a-f]{10}")

_STORAGE: Mapping[str, str] = {
    "VARCHAR": "text",
    "TEXT": "text",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DOUBLE": "float",
    "DOUBLE PRECISION": "float",
    "FLOAT": "float",
    "REAL": "float",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIME WITHOUT TIME ZONE": "time",
    "DATETIME": "instant",
    "TIMESTAMP": "instant",
    "TIMESTAMP WITHOUT TIME ZONE": "instant",
    "UUID": "key",
    "JSONB": "json",
}

_READ_AS: Mapping[str, t.Type] = {
    "text": t.Text(),
    "integer": t.Integer(),
    "float": t.Float(),
    "boolean": t.Boolean(),
    "date": t.Date(),
    "time": t.Time(),
    "instant": t.DateTime(),
    "key": t.Text(),
    "json": t.Json(),
}


@dataclass(frozen=True, slots=True)
class LiveIndex:
    """An index; a column is None where it stands on an expression."""

    name: str
    columns: tuple[str | None, ...]
    unique: bool

    @property
    def ours(self) -> bool:
        """Whether the engine made it; what an operator added by hand is left alone."""
        return _OURS.fullmatch(self.name) is not None


@dataclass(frozen=True, slots=True)
class LiveTable:
    """A table: each column's way of storing (text, integer, float, boolean, date, time, instant, key, json), its indexes."""

    name: str
    columns: Mapping[str, str]
    indexes: Mapping[str, LiveIndex]


def storage(type_: sa.types.TypeEngine[object], dialect: Dialect) -> str:
    """How a column type stores its values, the same word for what a definition asks and what the database has."""
    if isinstance(type_, sa.types.NullType):
        return "other"  # SQLite takes a column without a type; its columns are somebody else's
    words = re.sub(r"\([^)]*\)|COLLATE.*", "", type_.compile(dialect=dialect).upper())
    return _STORAGE.get(" ".join(words.split()), "other")


def readable_as(stored: str) -> t.Type | None:
    """The language type as which a column of unknown history can be read, None where it cannot."""
    return _READ_AS.get(stored)


def inspect_table(connection: sa.Connection, name: str) -> LiveTable:
    """One table as it stands; raises NoSuchTableError where it is not there."""
    inspector = sa.inspect(connection)
    columns = {each["name"]: storage(each["type"], connection.dialect) for each in inspector.get_columns(name)}
    found = [
        LiveIndex(each["name"], tuple(each["column_names"]), bool(each["unique"])) for each in inspector.get_indexes(name) if each["name"]
    ]
    return LiveTable(name, columns, {each.name: each for each in found})


def inspect(connection: sa.Connection) -> dict[str, LiveTable]:
    """All tables of the database's default schema."""
    inspector = sa.inspect(connection)
    indexes = {key[1]: found for key, found in inspector.get_multi_indexes().items()}
    tables = {}
    for (_, name), columns in inspector.get_multi_columns().items():
        found = {}
        for each in indexes.get(name, ()):
            if each["name"] is not None:
                found[each["name"]] = LiveIndex(each["name"], tuple(each["column_names"]), bool(each["unique"]))
        tables[name] = LiveTable(name, {each["name"]: storage(each["type"], connection.dialect) for each in columns}, found)
    return tables
