"""Compiled expressions inside SQLAlchemy statements: the only place where the language's SQL text is taken in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import sqlalchemy as sa

from engine import language
from engine.language import types as t
from engine.language.expression import Expression, Sql, Variable
from engine.store.columns import column_type
from engine.store.database import Dialect


def condition(expression: Expression, dialect: Dialect, alias: str, variables: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """An expression as a WHERE condition over the table alias."""
    return cast(
        "sa.ColumnElement[bool]", _clause(language.to_sql(expression, dialect, alias=alias, condition=True), variables, sa.Boolean())
    )


def value(expression: Expression, dialect: Dialect, alias: str, variables: Mapping[str, Any]) -> sa.ColumnElement[Any]:
    """An expression as a value over the table alias, typed so that rows come back in kept form."""
    return _clause(language.to_sql(expression, dialect, alias=alias, condition=False), variables, column_type(expression.type))


def _clause(sql: Sql, variables: Mapping[str, Any], type_: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    binds = []
    for name, given, kind in sql.params:
        actual = variables.get(given.name) if isinstance(given, Variable) else given
        if isinstance(kind, t.ListOf):
            binds.append(sa.bindparam(name, list(actual or ()), type_=column_type(kind.item), unique=True, expanding=True))
        else:
            binds.append(sa.bindparam(name, actual, type_=column_type(kind), unique=True))
    return sa.type_coerce(sa.text(f"({sql.text})").bindparams(*binds), type_)
