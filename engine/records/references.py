"""Links between records: what they lead to exists and may be seen; what happens to them when the target is deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from engine.errors import Conflict, FieldProblem
from engine.model.app import App
from engine.model.kinds.entity import Entity, Field
from engine.records import gate
from engine.records.draft import Draft
from engine.records.plan import EntityPlan
from engine.store import UnitOfWork


def missing_references(work: UnitOfWork, plan: EntityPlan, drafts: Sequence[Draft]) -> None:
    """Add a problem to every draft that leads to a record that is not there, or not for the actor to see."""
    for definition in plan.references:
        name = definition.name
        by_target: dict[str, dict[str, list[Draft]]] = {}
        for draft in drafts:
            value = draft.values.get(name)
            target = None if value is None else _target(definition, draft)
            if target is not None and value is not None:
                by_target.setdefault(target, {}).setdefault(value, []).append(draft)
        for target, leading in by_target.items():
            leading.pop(work.actor.id or "", None)
            seen = gate.ids_allowed(work, work.app.entities[target], "read", sorted(leading)) if leading else set()
            for key in leading.keys() - seen:
                for draft in leading[key]:
                    draft.problems.append(FieldProblem(definition.name, "no-such-record", {"entity": target}))


def _target(definition: Field, draft: Draft) -> str | None:
    """The entity that a changed, filled reference of a draft leads to."""
    value = draft.values.get(definition.name)
    if value is None or (draft.before is not None and draft.before.get(definition.name) == value):
        return None
    if len(definition.targets) == 1:
        return definition.targets[0]
    named = draft.values.get(f"{definition.name}__entity")
    return str(named) if named else None


def links_to(app: App, target: str) -> Iterator[tuple[Entity, Field]]:
    """Every field of any entity that may lead to records of ``target``."""
    for entity in app.entities.values():
        for definition in entity.fields.values():
            if target in definition.targets and definition.column:
                yield entity, definition


def linking_condition(work: UnitOfWork, entity: Entity, definition: Field, target: str, key: str) -> sa.ColumnElement[bool]:
    """Which live rows of an entity lead to one record by one field."""
    table = work.tables[entity.name]
    found: Any = (table.c[definition.column] == key) & table.c.deleted_at.is_(None)
    if len(definition.targets) > 1:
        found &= table.c[f"{definition.column}__entity"] == target
    return found  # type: ignore[no-any-return]


def refuse_while_linked(work: UnitOfWork, target: str, key: str) -> None:
    """Raise Conflict where records that insist on the target (when_deleted: refuse) still lead to it."""
    holders = []
    for entity, definition in links_to(work.app, target):
        if definition.when_deleted != "refuse" or (entity.parent is not None and entity.parent == target):
            continue
        table = work.tables[entity.name]
        count = work.connection.execute(
            sa.select(sa.func.count()).select_from(table).where(linking_condition(work, entity, definition, target, key))
        ).scalar_one()
        if count:
            holders.append({"entity": entity.name, "field": definition.name, "count": count})
    if holders:
        raise Conflict("still-referenced", entity=target, id=key, holders=holders)
