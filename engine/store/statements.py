"""Compiled expressions inside SQLAlchemy statements: the only place where the language's SQL text is taken in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

import sqlalchemy as sa

from engine import language
from engine.errors import BadRequest
from engine.language import types as t
from engine.language.expression import Expression, Sql, Variable
from engine.store.columns import column_type
from engine.store.database import Dialect
from engine.store.late import Late
from engine.store.prepared import WholeList
from engine.store.schema import SHARE

_UNGUARDED: Mapping[str, Sql] = MappingProxyType({})


def condition(
    expression: Expression, dialect: Dialect, alias: str, variables: Mapping[str, Any], guards: Mapping[str, Sql] = _UNGUARDED
) -> sa.ColumnElement[bool]:
    """An expression as a WHERE condition over the table alias; ``guards`` as in ``language.to_sql``."""
    return cast(
        "sa.ColumnElement[bool]",
        _clause(_sql(expression, dialect, alias, condition=True, guards=guards), dialect, variables, sa.Boolean()),
    )


def value(
    expression: Expression, dialect: Dialect, alias: str, variables: Mapping[str, Any], guards: Mapping[str, Sql] = _UNGUARDED
) -> sa.ColumnElement[Any]:
    """An expression as a value over the table alias, typed so that rows come back in kept form; ``guards`` as in ``condition``."""
    return _clause(_sql(expression, dialect, alias, condition=False, guards=guards), dialect, variables, column_type(expression.type))


def _sql(expression: Expression, dialect: Dialect, alias: str, *, condition: bool, guards: Mapping[str, Sql] = _UNGUARDED) -> Sql:
    """The SQL text of an expression. Raises BadRequest for one about a change: there is none when records are looked up."""
    try:
        return language.to_sql(expression, dialect, alias=alias, condition=condition, guards=guards)
    except language.NotInSql as error:
        raise BadRequest("not-in-a-filter", part=str(error)) from error


def guard(conditions: Sequence[Expression], dialect: Dialect, *, prefix: str, shared: bool = False, owner: str | None = None) -> Sql:
    """A guard for ``language.to_sql``: records that satisfy one of the conditions, or are shared with the user.

    ``owner`` is the table of the records that own these lines, where the conditions are about the owners. ``prefix``
    keeps the parameters apart from those of other fragments.
    """
    alias = "owner" if owner else language.GUARDED
    texts: list[str] = []
    params: list[tuple[str, Any, t.Type]] = []
    for index, each in enumerate(conditions):
        sql = language.to_sql(each, dialect, alias=alias, condition=True, prefix=f"{prefix}{index}_")
        texts.append(sql.text)
        params.extend(sql.params)
    if shared:
        user = f"CAST(:{prefix}user AS uuid)" if dialect == "postgresql" else f":{prefix}user"
        texts.append(f'"{alias}"."id" IN (SELECT "record" FROM "{SHARE.name}" WHERE "user_id" = {user})')
        params.append((f"{prefix}user", Variable("user"), t.Ref("system.user")))
    text = f"({' OR '.join(texts)})" if texts else "(1 = 0)"
    if owner:
        text = f'("{language.GUARDED}"."parent" IN (SELECT "owner"."id" FROM "{owner}" AS "owner" WHERE {text}))'
    return Sql(text, tuple(params))


def _clause(sql: Sql, dialect: Dialect, variables: Mapping[str, Any], type_: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    binds = []
    for name, given, kind in sql.params:
        actual = variables.get(given.name) if isinstance(given, Variable) else given
        if isinstance(kind, t.ListOf):
            # A whole list is one parameter (a JSON text, an array), so that statements with lists of any length are one statement.
            value = actual if isinstance(actual, Late) else language.bind_value(tuple(actual or ()), dialect)
            binds.append(sa.bindparam(name, value, type_=WholeList(), unique=True))
        else:
            binds.append(sa.bindparam(name, actual, type_=column_type(kind), unique=True))
    return sa.type_coerce(sa.text(f"({sql.text})").bindparams(*binds), type_)
