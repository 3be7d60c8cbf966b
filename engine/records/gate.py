"""The actor's permission as part of every statement: row conditions, field rights, and the check that a write was allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from engine import access
from engine.access import RowDecision
from engine.errors import FieldProblem, Forbidden, NotFound
from engine.model.kinds.entity import Entity
from engine.model.kinds.role import FieldRight, Verb
from engine.store import UnitOfWork, statements
from engine.store.prepared import lookup_in
from engine.store.schema import SHARE


def entity_of(work: UnitOfWork, name: str) -> Entity:
    """The entity of this full name; raises NotFound."""
    entity = work.app.entities.get(name)
    if entity is None:
        raise NotFound("unknown-entity", entity=name)
    return entity


def decide(work: UnitOfWork, entity: Entity, verb: Verb) -> RowDecision:
    """Which records the actor may treat so; raises Forbidden where it is none."""
    decision = access.rows(work.app, work.actor, entity.name, verb)
    if decision.none:
        raise Forbidden("not-allowed", verb=verb, entity=entity.name)
    return decision


def condition(work: UnitOfWork, entity: Entity, decision: RowDecision, verb: Verb) -> sa.ColumnElement[bool] | None:
    """A decision as a condition over the entity's table; None: every row."""
    if decision.all:
        return None
    if entity.parent is not None:
        parent = work.app.entities[entity.parent]
        inner = condition(work, parent, decision, verb)
        mine, owners = work.tables[entity.name], work.tables[parent.name]
        return None if inner is None else mine.c.parent.in_(sa.select(owners.c.id).where(inner))
    table = work.tables[entity.name]
    parts = [statements.condition(each, work.database.dialect, table.name, work.variables) for each in decision.conditions]
    if decision.shared:
        me = sa.bindparam(None, work.variables.get("user"), type_=SHARE.c.user_id.type)
        shared = sa.select(SHARE.c.record).where(SHARE.c.user_id == me, SHARE.c.entity == entity.name)
        if verb != "read":
            shared = shared.where(SHARE.c.may_update.is_(True))
        parts.append(table.c.id.in_(shared))
    return sa.or_(*parts) if parts else sa.false()


def rights(work: UnitOfWork, entity: Entity) -> Mapping[str, FieldRight]:
    """The actor's right on each field."""
    return access.fields(work.app, work.actor, entity.name)


def writable(field_rights: Mapping[str, FieldRight], names: frozenset[str]) -> frozenset[str]:
    """Those of the names that the actor may write: for them problems_of_rights finds nothing."""
    return frozenset(name for name in names if field_rights.get(name) == "write")


def problems_of_rights(field_rights: Mapping[str, FieldRight], writable: frozenset[str], given: Iterable[str]) -> list[FieldProblem]:
    """Which of the given names may not be written: unknown, computed or numbered by the system, or not for this actor."""
    found = []
    for name in given:
        right = field_rights.get(name)
        if right is None or right == "none":
            found.append(FieldProblem(name, "unknown-field"))
        elif name not in writable:
            found.append(FieldProblem(name, "not-writable"))
        elif right != "write":
            found.append(FieldProblem(name, "field-read-only"))
    return found


def ids_allowed(work: UnitOfWork, entity: Entity, verb: Verb, keys: list[str], *, lent: bool = True) -> set[str]:
    """Those of the live records with these ids that the actor may treat so; without ``lent``, not only because somebody shared them."""
    decision = access.rows(work.app, work.actor, entity.name, verb)
    if not lent:
        decision = replace(decision, shared=False)
    if decision.none:
        return set()
    table = work.tables[entity.name]
    if decision.all and len(keys) == 1:
        return set(lookup_in(table, ("id",), work.connection).run(work.connection, keys))
    allowed = condition(work, entity, decision, verb)
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        statement = sa.select(table.c.id).where(table.c.id.in_(keys[start : start + 500]), table.c.deleted_at.is_(None))
        if allowed is not None:
            statement = statement.where(allowed)
        found.update(work.connection.execute(statement).scalars())
    return found


def decided_without_query(work: UnitOfWork, entity: Entity, decision: RowDecision, record: Mapping[str, Any]) -> bool:
    """Whether the decision plainly covers this record: everything is allowed, or the record belongs to the actor."""
    if decision.all:
        return True
    owner = record.get(entity.owner_field)
    return (
        owner is not None
        and owner == work.actor.id
        and any(reason.scope in ("own", "department", "subtree", "team") for reason in decision.reasons)
    )
