"""Compiled expressions inside SQLAlchemy statements: the only place where the language's SQL text is taken in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import sqlalchemy as sa

from engine import language
from engine.errors import BadRequest
from engine.language import types as t
from engine.language.expression import Expression, Sql, Variable
from engine.store.columns import column_type
from engine.store.database import Dialect

_AS_GIVEN = sa.types.NullType()


def condition(expression: Expression, dialect: Dialect, alias: str, variables: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """An expression as a WHERE condition over the table alias."""
    return cast(
        "sa.ColumnElement[bool]",
        _clause(_sql(expression, dialect, alias, condition=True), dialect, variables, sa.Boolean()),
    )


def value(expression: Expression, dialect: Dialect, alias: str, variables: Mapping[str, Any]) -> sa.ColumnElement[Any]:
    """An expression as a value over the table alias, typed so that rows come back in kept form."""
    return _clause(_sql(expression, dialect, alias, condition=False), dialect, variables, column_type(expression.type))


def _sql(expression: Expression, dialect: Dialect, alias: str, *, condition: bool) -> Sql:
    """The SQL text of an expression. Raises BadRequest for one about a change: there is none when records are looked up."""
    try:
        return language.to_sql(expression, dialect, alias=alias, condition=condition)
    except language.NotInSql as error:
        raise BadRequest("not-in-a-filter", part=str(error)) from error


def _clause(sql: Sql, dialect: Dialect, variables: Mapping[str, Any], type_: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    binds = []
    for name, given, kind in sql.params:
        actual = variables.get(given.name) if isinstance(given, Variable) else given
        if isinstance(kind, t.ListOf):
            # A whole list is one parameter (a JSON text, an array), so that statements with lists of any length are one statement.
            binds.append(sa.bindparam(name, language.bind_value(tuple(actual or ()), dialect), type_=_AS_GIVEN, unique=True))
        else:
            binds.append(sa.bindparam(name, actual, type_=column_type(kind), unique=True))
    return sa.type_coerce(sa.text(f"({sql.text})").bindparams(*binds), type_)
