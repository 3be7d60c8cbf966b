"""Links between records: what they lead to exists and may be seen; what happens to them when the target is deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import access
from engine.errors import Conflict, FieldProblem
from engine.model.app import App
from engine.model.kinds.entity import Entity, Field
from engine.records import gate
from engine.records.derive import Values
from engine.records.draft import Draft
from engine.records.plan import EntityPlan
from engine.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class _Lead:
    """One filled reference of a draft: the values that hold it, under which name, and where a problem of it stands."""

    draft: Draft
    values: Values
    name: str
    place: str


def missing_references(work: UnitOfWork, plan: EntityPlan, drafts: Sequence[Draft], *, given: bool) -> None:
    """Add a problem to every draft that leads to a record that is not there, or not for the actor to see.

    Such a link is then left blank in the draft: what is worked out from it would tell of the record. ``given`` looks at
    what the writer said, which must come before anything is worked out; otherwise at what defaults filled in.
    """
    by_target: dict[str, dict[str, list[_Lead]]] = {}
    for draft in drafts:
        for target, lead in _leads(plan, draft, given=given):
            by_target.setdefault(target, {}).setdefault(lead.values[lead.name], []).append(lead)
    for target, leading in by_target.items():
        leading.pop(work.actor.id or "", None)
        seen = gate.ids_allowed(work, work.app.entities[target], "read", sorted(leading)) if leading else set()
        for key in leading.keys() - seen:
            for lead in leading[key]:
                lead.draft.problems.append(FieldProblem(lead.place, "no-such-record", {"entity": target}))
                lead.values[lead.name] = None


def _leads(plan: EntityPlan, draft: Draft, *, given: bool) -> Iterator[tuple[str, _Lead]]:
    """The changed, filled references of a draft and of its lines, each with the entity that it leads to."""
    for definition in plan.references:
        if (definition.name in draft.given) == given:
            target = _target(definition, draft.values, draft.before)
            if target is not None:
                yield target, _Lead(draft, draft.values, definition.name, definition.name)
    for name, line_plan in plan.lines.items() if given else ():
        if not line_plan.references or name not in draft.given:
            continue
        before = {line["id"]: line for line in (draft.before or {}).get(name) or ()}
        for position, line in enumerate(draft.values.get(name) or ()):
            for definition in line_plan.references:
                target = _target(definition, line, before.get(line["id"]))
                if target is not None:
                    yield target, _Lead(draft, line, definition.name, f"{name}.{position}.{definition.name}")


def _target(definition: Field, values: Values, before: Values | None) -> str | None:
    """The entity that a changed, filled reference leads to."""
    value = values.get(definition.name)
    if value is None or (before is not None and before.get(definition.name) == value):
        return None
    if len(definition.targets) == 1:
        return definition.targets[0]
    named = values.get(f"{definition.name}__entity")
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
    """Raise Conflict where records that insist on the target (when_deleted: refuse) still lead to it.

    It names the fields and how many records those are that the actor may read; of others it says only that they are there.
    """
    holders = []
    linked = False
    for entity, definition in links_to(work.app, target):
        if definition.when_deleted != "refuse" or (entity.parent is not None and entity.parent == target):
            continue
        mine = linking_condition(work, entity, definition, target, key)
        table = work.tables[entity.name]
        if work.connection.execute(sa.select(table.c.id).where(mine).limit(1)).first() is None:
            continue
        linked = True
        count = _readable(work, entity, mine)
        if count:
            holders.append({"entity": entity.name, "field": definition.name, "count": count})
    if linked:
        raise Conflict("still-referenced", entity=target, id=key, holders=holders)


def _readable(work: UnitOfWork, entity: Entity, condition: sa.ColumnElement[bool]) -> int:
    """How many rows of a condition the actor may read."""
    decision = access.rows(work.app, work.actor, entity.name, "read")
    if decision.none:
        return 0
    statement = sa.select(sa.func.count()).select_from(work.tables[entity.name]).where(condition)
    allowed = gate.condition(work, entity, decision, "read")
    return int(work.connection.execute(statement if allowed is None else statement.where(allowed)).scalar_one())
