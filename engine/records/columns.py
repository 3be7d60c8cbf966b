"""What a name in a question stands for: a field, a system field, or what a path of references leads to (``caller.name``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine import access
from engine.language import types as t
from engine.model.app import App
from engine.model.kinds.entity import NOT_ALONG, SYSTEM_FIELDS, Entity, Field
from engine.model.kinds.role import FieldRight
from engine.records import filters
from engine.records.derive import value_column
from engine.store import UnitOfWork

_SYSTEM_TYPES: dict[str, t.Type] = {
    "id": t.Ref(""),
    "version": t.Integer(),
    "created_at": t.DateTime(),
    "updated_at": t.DateTime(),
    "deleted_at": t.DateTime(),
    "created_by": t.Ref("system.user"),
    "updated_by": t.Ref("system.user"),
    "deleted_by": t.Ref("system.user"),
}


def type_of(app: App, entity: Entity, name: str) -> t.Type:
    """The type of a field, a system field, or the field at the end of a path."""
    field = app.field_at(entity.name, name)
    return field.type if field is not None else _SYSTEM_TYPES[name]


def right_on(work: UnitOfWork, entity: Entity, name: str) -> FieldRight:
    """The actor's right on a field, a system field, or what a path leads to."""
    if name in SYSTEM_FIELDS:
        return "read"
    if "." in name:
        return access.along(work.app, work.actor, entity.name, name) if _in_lists(work.app.field_at(entity.name, name)) else "none"
    return access.fields(work.app, work.actor, entity.name).get(name, "none")


def _in_lists(field: Field | None) -> bool:
    return field is not None and field.kind not in NOT_ALONG and len(field.targets) < 2


def value_of(work: UnitOfWork, entity: Entity, name: str) -> sa.ColumnElement[Any]:
    """A field, a system field or what a path leads to as a column expression."""
    return filters.value_at(work, entity, name) if "." in name else value_column(work, entity, name)


def readable_fields(work: UnitOfWork, entity: Entity) -> Mapping[str, FieldRight]:
    """The fields the actor sees, truly or masked, with the right."""
    return {name: right for name, right in access.fields(work.app, work.actor, entity.name).items() if right != "none"}
