"""Aggregates over lists: of the whole list, or of each group of its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine import access
from engine.errors import BadRequest
from engine.language import types as t
from engine.model.kinds.entity import Entity
from engine.records.derive import value_column
from engine.records.values import to_json
from engine.store import UnitOfWork

Totals = Mapping[str, tuple[str, str | None]]
"""Name in the answer → (function, field); ("count", None) counts records."""

_TOTALS: Mapping[str, Any] = {"sum": sa.func.sum, "min": sa.func.min, "max": sa.func.max, "avg": sa.func.avg}


def totals_of(work: UnitOfWork, entity: Entity, conditions: Sequence[sa.ColumnElement[bool]], totals: Totals) -> dict[str, Any]:
    """Aggregates over all records that the conditions leave, in one statement, in JSON form."""
    columns = aggregates(work, entity, totals)
    row = work.connection.execute(sa.select(*columns).select_from(work.tables[entity.name]).where(*conditions)).one()
    return told(entity, totals, row)


def aggregates(work: UnitOfWork, entity: Entity, totals: Totals) -> list[sa.ColumnElement[Any]]:
    """The totals as columns of a statement over the entity's table. Raises BadRequest for what cannot be added up or may not be read."""
    return [_aggregate(work, entity, function, name).label(f"t{index}") for index, (function, name) in enumerate(totals.values())]


def _aggregate(work: UnitOfWork, entity: Entity, function: str, name: str | None) -> sa.ColumnElement[Any]:
    if function == "count" and name is None:
        return sa.func.count(work.tables[entity.name].c.id)
    rights = access.fields(work.app, work.actor, entity.name)
    if name is None or name not in entity.fields or not access.readable(rights, name) or entity.fields[name].lines:
        raise BadRequest("unknown-field-in-query", field=str(name)[:60], entity=entity.name)
    column = value_column(work, entity, name)
    if function == "count":
        return sa.func.count(column)
    type_ = entity.fields[name].type
    numeric = isinstance(type_, t.Integer | t.Float | t.Decimal | t.Money | t.Duration)
    if (
        function not in _TOTALS
        or (not numeric and function in ("sum", "avg"))
        or isinstance(type_, t.Json | t.MultiChoice | t.Boolean | t.Ref)
    ):
        raise BadRequest("bad-total", function=function[:20], field=name)
    aggregate = _TOTALS[function](column)
    return sa.type_coerce(aggregate, sa.Numeric(asdecimal=False) if function == "avg" else column.type)


def told(entity: Entity, totals: Totals, values: Sequence[Any]) -> dict[str, Any]:
    """What the columns of ``aggregates`` came to, in JSON form by the totals' names."""
    return {key: _told(entity, function, name, value) for (key, (function, name)), value in zip(totals.items(), values, strict=True)}


def _told(entity: Entity, function: str, name: str | None, value: Any) -> Any:
    if function == "count" or name is None:
        return int(value)
    type_ = entity.fields[name].type
    if value is None:
        return to_json(type_, 0) if function == "sum" and not isinstance(type_, t.Float) else (0.0 if function == "sum" else None)
    if function == "avg":
        return to_json(type_, round(float(value))) if isinstance(type_, t.Decimal | t.Money | t.Duration) else float(value)
    if isinstance(type_, t.Integer | t.Decimal | t.Money | t.Duration):
        value = int(value)
    return to_json(type_, value)
