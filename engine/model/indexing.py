"""Which fields deserve an index because a list sorts, groups or selects by them, or a right depends on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from engine.language.expression import Expression
from engine.model.keys import may_be_long
from engine.model.kinds.entity import Entity, Field
from engine.model.kinds.role import Role
from engine.model.kinds.view import View

_NOT_INDEXABLE = ("lines", "long_text", "json", "attachment", "image", "multi_choice")


def with_indexes(entities: Mapping[str, Entity], views: Iterable[View], roles: Iterable[Role]) -> dict[str, Entity]:
    """The entities, with ``indexed`` set on what views and rights look records up by."""
    wanted: dict[str, set[str]] = {}
    for view in views:
        names = wanted.setdefault(view.entity, set())
        names.update(each.removeprefix("-") for each in view.sort)
        names.update(_reads(view.where))
        if view.by is not None:
            names.add(view.by)
    for role in roles:
        for rights in role.may.values():
            for grant in rights.grants.values():
                wanted.setdefault(rights.entity, set()).update(_reads(grant.where))
    return {name: _indexed(entity, wanted.get(name, set())) for name, entity in entities.items()}


def _reads(condition: Expression | None) -> Iterable[str]:
    return condition.reads if condition is not None else ()


def _indexed(entity: Entity, wanted: set[str]) -> Entity:
    changed = {field.name: replace(field, indexed=True) for field in entity.fields.values() if field.name in wanted and _gains(field)}
    return replace(entity, fields=MappingProxyType({**entity.fields, **changed})) if changed else entity


def _gains(field: Field) -> bool:
    return not field.indexed and bool(field.column) and field.kind not in _NOT_INDEXABLE and not may_be_long(field)
