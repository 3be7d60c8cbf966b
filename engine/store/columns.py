"""Field types as column types: how each value of the kept form lies in SQLite and PostgreSQL."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from engine.language import types as t

# What is kept came in as JSON or was made of plain values, so it holds no circle to look for.
_to_text = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode

KEY: sa.types.TypeEngine[Any] = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
TEXT: sa.types.TypeEngine[Any] = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT: sa.types.TypeEngine[Any] = sa.DateTime()


class Codes(sa.types.TypeDecorator[tuple[str, ...]]):
    """A multi-choice: a JSON array of codes."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.JSONB(none_as_null=True))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        return list(value) if dialect.name == "postgresql" else _to_text(list(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...] | None:
        if value is None:
            return None
        return tuple(value if dialect.name == "postgresql" else json.loads(value))


class Structure(sa.types.TypeDecorator[Any]):
    """Any JSON value; None is SQL NULL."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.JSONB(none_as_null=True))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return "{}" if value == {} else _to_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else json.loads(value)


_SIMPLE: dict[type[t.Type], sa.types.TypeEngine[Any]] = {
    t.Text: TEXT,
    t.Integer: sa.BigInteger(),
    t.Float: sa.Double(),
    t.Decimal: sa.BigInteger(),
    t.Money: sa.BigInteger(),
    t.Boolean: sa.Boolean(),
    t.Date: sa.Date(),
    t.Time: sa.Time(),
    t.DateTime: INSTANT,
    t.Duration: sa.BigInteger(),
    t.Choice: TEXT,
    t.MultiChoice: Codes(),
    t.Ref: KEY,
    t.Json: Structure(),
}


def column_type(type_: t.Type) -> sa.types.TypeEngine[Any]:
    """The column type that holds values of a language type."""
    return _SIMPLE[type(type_)]
