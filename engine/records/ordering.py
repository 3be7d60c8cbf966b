"""The order of a list, and the page of it that a cursor tells of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import limits
from engine.errors import BadRequest
from engine.language import types as t
from engine.model.kinds.entity import SYSTEM_FIELDS, Entity, Field
from engine.records import cursor
from engine.records.columns import right_on, type_of, value_of
from engine.records.plan import display_fields, plan_of
from engine.records.values import ValueProblem, parse, to_json
from engine.store import UnitOfWork

_PLACE = t.Integer()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an order: its name in the rows, the column, which way; ``field`` parses a cursor's value, where it is one."""

    name: str
    column: sa.ColumnElement[Any]
    descending: bool
    type: t.Type
    field: Field | None = None


def order_of(work: UnitOfWork, entity: Entity, sort: Sequence[str]) -> list[Step]:
    """The steps of an order, made total by the id at the end. Raises BadRequest.

    A choice goes by its options' places, a link by the name of the record that it leads to: what people see decides.
    """
    if len(sort) > limits.sort_fields_max:
        raise BadRequest("too-many-sort-fields", max=limits.sort_fields_max)
    order: list[Step] = []
    for said in sort:
        descending, name = said.startswith("-"), said.removeprefix("-")
        known = "." in name or name in SYSTEM_FIELDS or (name in entity.fields and entity.fields[name].lines is None)
        if not known or right_on(work, entity, name) not in ("read", "write"):
            raise BadRequest("unknown-field-in-query", field=name[:60], entity=entity.name)
        if isinstance(type_of(work.app, entity, name), t.Json | t.MultiChoice):
            raise BadRequest("not-sortable", field=name)
        order.append(_step(work, entity, name, descending))
    if not any(step.name == "id" for step in order):
        order.append(Step("id", work.tables[entity.name].c.id, order[-1].descending if order else True, type_of(work.app, entity, "id")))
    return order


def _step(work: UnitOfWork, entity: Entity, name: str, descending: bool) -> Step:
    field = work.app.field_at(entity.name, name)
    if field is not None and field.kind == "choice" and field.options:
        places = {option.code: place for place, option in enumerate(field.options)}
        place = sa.case(places, value=value_of(work, entity, name), else_=None)
        return Step(f"{name}#place", sa.type_coerce(place, sa.Integer()), descending, _PLACE)
    shown = _shown(work, entity, name, field)
    field = work.app.field_at(entity.name, shown)
    return Step(shown, value_of(work, entity, shown), descending, type_of(work.app, entity, shown), field)


def _shown(work: UnitOfWork, entity: Entity, name: str, field: Field | None) -> str:
    """The path to the text that stands for a link, where the actor may read it; else the name itself."""
    target = work.app.linked(entity.name, name) if field is not None and field.targets and "." not in name else None
    named = display_fields(work.app.entities[target]) if target is not None else ()
    path = f"{name}.{named[0]}" if named else name
    readable = path != name and path.count(".") <= limits.path_hops_max and right_on(work, entity, path) == "read"
    return path if readable and isinstance(type_of(work.app, entity, path), t.Text) else name


def directed(step: Step, dialect: str, *, backward: bool) -> sa.ColumnElement[Any]:
    """A step as ORDER BY wants it; blanks come first where small comes first, on both databases."""
    descending = step.descending != backward
    column = step.column.desc() if descending else step.column.asc()
    if dialect == "sqlite" or step.name == "id":
        return column
    return column.nulls_last() if descending else column.nulls_first()


def cursor_of(order: Sequence[Step], row: Mapping[str, Any], *, backward: bool = False) -> str:
    """The cursor of the page after this row, or before it."""
    text = cursor.encode([to_json(step.type, row[step.name]) for step in order])
    return f"-{text}" if backward else text


def beyond(work: UnitOfWork, entity: Entity, order: Sequence[Step], text: str) -> sa.ColumnElement[bool]:
    """The rows after the place that a cursor names, or before it. Raises BadRequest for one that is not of this order."""
    backward = text.startswith("-")
    zone = plan_of(work.app, entity.name).zone
    found = []
    for step, raw in zip(order, cursor.decode(text.removeprefix("-"), len(order)), strict=True):
        if step.field is None:
            value = _system_value(step, raw)
        else:
            try:
                value = parse(step.field, raw, zone)
            except ValueProblem:
                raise BadRequest("bad-cursor") from None
        found.append((step.column, step.descending != backward, value))
    return cursor.after(found)


def _system_value(step: Step, raw: Any) -> Any:
    """A system field's value, or an option's place, out of a cursor."""
    if raw is None or (isinstance(step.type, t.Integer) and type(raw) is int):
        return raw
    if not isinstance(raw, str) or isinstance(step.type, t.Integer):
        raise BadRequest("bad-cursor")
    if not isinstance(step.type, t.DateTime):
        return raw
    try:
        return datetime.fromisoformat(raw.removesuffix("Z"))
    except ValueError:
        raise BadRequest("bad-cursor") from None
