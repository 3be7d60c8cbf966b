"""The tables of an App: one real table per entity, its indexes derived from what the definitions ask of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

from engine.model.app import App
from engine.model.keys import may_be_long
from engine.model.kinds.entity import Entity
from engine.store.columns import INSTANT, KEY, TEXT, column_type


def index_name(kind: str, table: str, columns: tuple[str, ...]) -> str:
    """A stable name within PostgreSQL's 63 bytes: two tables or column lists never share one."""
    digest = hashlib.sha256("\0".join((kind, table, *columns)).encode()).hexdigest()[:10]
    return f"{kind}_{table[:40]}_{digest}"


def _quoted(name: str) -> sa.quoted_name:
    """A name that stands in quotes in every statement: an author's word may be a keyword of some database's next version."""
    return sa.quoted_name(name, quote=True)


def _system_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("id", KEY, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", KEY),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("updated_by", KEY),
        sa.Column("deleted_at", INSTANT),
        sa.Column("deleted_by", KEY),
    ]


def _columns(entity: Entity) -> Iterator[sa.Column[object]]:
    yield from _system_columns()
    if entity.parent is not None:
        yield sa.Column("parent", KEY, nullable=False)
        yield sa.Column("position", sa.Integer, nullable=False)
    for field in entity.fields.values():
        if field.column:
            yield sa.Column(_quoted(field.column), column_type(field.type))
            if len(field.targets) > 1:
                yield sa.Column(_quoted(f"{field.column}__entity"), TEXT)


class Tables:
    """The tables of one App by full entity name, and the index list that each should have."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.metadata = sa.MetaData()
        self.by_entity: dict[str, sa.Table] = {}
        for entity in app.entities.values():
            self.by_entity[entity.name] = sa.Table(_quoted(entity.table), self.metadata, *_columns(entity))
        for entity in app.entities.values():
            self._add_indexes(entity)

    def __getitem__(self, entity: str) -> sa.Table:
        return self.by_entity[entity]

    @cached_property
    def names(self) -> frozenset[str]:
        """The SQL names of all tables."""
        return frozenset(table.name for table in self.by_entity.values())

    def _add_indexes(self, entity: Entity) -> None:
        table = self.by_entity[entity.name]
        live = sa.text("deleted_at IS NULL")
        for columns in _unique_keys(entity):
            sa.Index(
                index_name("ux", table.name, columns),
                *(table.c[name] for name in columns),
                unique=True,
                sqlite_where=live,
                postgresql_where=live,
                info={"columns": columns},
            )
        for columns in dict.fromkeys(_index_columns(self.app, entity)):
            expressions = (_index_column(table.c[name]) for name in columns)
            sa.Index(index_name("ix", table.name, columns), *expressions, info={"columns": columns})


class _BlanksFirst(sa.ColumnElement[object]):
    """A column in an index. Lists have blanks first on both databases; SQLite does so by itself and has no words for it."""

    inherit_cache = False
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]  # an index finds its table by the columns inside

    def __init__(self, column: sa.Column[object]) -> None:
        self.column = column
        self.type = column.type


@compiles(_BlanksFirst)
def _plainly(element: _BlanksFirst, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.column, **options)


@compiles(_BlanksFirst, "postgresql")
def _explicitly(element: _BlanksFirst, compiler: SQLCompiler, **options: Any) -> str:
    return f"{compiler.process(element.column, **options)} NULLS FIRST"


def _index_column(column: sa.Column[object]) -> sa.ColumnElement[object]:
    return _BlanksFirst(column) if column.nullable else column


def _unique_keys(entity: Entity) -> Iterator[tuple[str, ...]]:
    for field in entity.fields.values():
        if field.unique and field.column:
            yield (field.column,)
    for fields in entity.unique.values():
        yield tuple(entity.fields[name].column for name in fields)


def _index_columns(app: App, entity: Entity) -> Iterator[tuple[str, ...]]:
    """What lists, scopes and links will search by: declared indexes, references, the owner, each view's order."""
    fields = entity.fields
    if entity.parent is not None:
        yield ("parent", "position")
        return
    yield ("created_at",)
    owner = entity.owner_field
    owner_column = owner if owner == "created_by" else fields[owner].column
    yield (owner_column, "created_at")
    for field in fields.values():
        # A unique key has an index of its own, over the live rows, which are the ones that are looked for.
        if field.column and ((field.indexed and not field.unique) or field.targets) and field.column != owner_column:
            yield (field.column,)
    for names in entity.indexes:
        yield tuple(_column_of(entity, name) for name in names)
    for view in app.views_of(entity.name):
        if view.sort:
            name = view.sort[0].removeprefix("-")
            # An order by a linked record's field has no index here; a text that may be long would not fit into one.
            column = _column_of(entity, name) if "." not in name else ""
            if column and not (name in fields and may_be_long(fields[name])):
                yield (column,)
                yield (owner_column, column)


def _column_of(entity: Entity, name: str) -> str:
    return entity.fields[name].column if name in entity.fields else name
