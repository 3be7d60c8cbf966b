"""Keys that may be taken once: looked up in bulk before a write, so that the message stands at the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine.errors import FieldProblem
from engine.model.kinds.entity import Entity
from engine.records.draft import Draft
from engine.records.plan import EntityPlan
from engine.store import UnitOfWork


def unique_keys(entity: Entity) -> list[tuple[str, ...]]:
    """The lists of fields that identify a live record."""
    single = [(name,) for name, field in entity.fields.items() if field.unique and field.column]
    return single + [tuple(fields) for fields in entity.unique.values()]


def taken_keys(work: UnitOfWork, plan: EntityPlan, drafts: Sequence[Draft]) -> None:
    """Add a problem to every draft whose key another live record, or an earlier draft, has."""
    for fields in unique_keys(plan.entity):
        wanted: dict[tuple[Any, ...], list[Draft]] = {}
        for draft in drafts:
            values, before = draft.values, draft.before
            key = tuple([values.get(name) for name in fields])
            if None in key or (before is not None and key == tuple([before.get(name) for name in fields])):
                continue
            wanted.setdefault(key, []).append(draft)
        if not wanted:
            continue
        taken = holders_of(work, plan.entity, fields, list(wanted))
        for key, claimants in wanted.items():
            others = {draft.id for draft in claimants}
            refused = claimants if taken.get(key, set()) - others else claimants[1:]
            for draft in refused:
                draft.problems.append(FieldProblem(fields[-1] if len(fields) > 1 else fields[0], "not-unique", {"fields": list(fields)}))


def holders_of(
    work: UnitOfWork, entity: Entity, fields: tuple[str, ...], keys: Sequence[tuple[Any, ...]]
) -> dict[tuple[Any, ...], set[str]]:
    """The ids of the live records that hold each key; for the gate's own decisions, whoever may read them."""
    table = work.tables[entity.name]
    columns = [table.c[entity.fields[name].column] for name in fields]
    found: dict[tuple[Any, ...], set[str]] = {}
    for start in range(0, len(keys), 300):
        part = keys[start : start + 300]
        matches: sa.ColumnElement[bool] = columns[0].in_([key[0] for key in part]) if len(fields) == 1 else sa.tuple_(*columns).in_(part)
        for row in work.connection.execute(sa.select(table.c.id, *columns).where(matches, table.c.deleted_at.is_(None))):
            found.setdefault(tuple(row[1:]), set()).add(row[0])
    return found
