"""A list's records counted and added up by the values of one field, within what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.errors import BadRequest
from engine.model.kinds.entity import makes_groups
from engine.records import gate
from engine.records.columns import right_on
from engine.records.derive import value_column
from engine.records.naming import references_of
from engine.records.query import Query, conditions_of
from engine.records.record import Reference
from engine.records.totals import aggregates, told
from engine.store import UnitOfWork

GROUPS_MAX = 200


@dataclass(frozen=True, slots=True)
class Group:
    """The records with one value (kept form, None: blank) of the field; ``reference`` names what a link leads to."""

    value: Any
    totals: Mapping[str, Any]
    reference: Reference | None = None


def groups(work: UnitOfWork, query: Query, by: str) -> tuple[Group, ...]:
    """The groups of a list by the values of the field ``by``, the largest first, at most ``GROUPS_MAX``.

    The query's conditions and totals count, not its order or page. Raises NotFound, Forbidden, BadRequest.
    """
    entity = gate.entity_of(work, query.entity)
    field = entity.fields.get(by)
    if field is None or not makes_groups(field) or right_on(work, entity, by) not in ("read", "write"):
        raise BadRequest("unknown-field-in-query", field=by[:60], entity=entity.name)
    totals = {"": ("count", None), **query.totals}
    column = value_column(work, entity, by)
    statement = (
        sa.select(column, *aggregates(work, entity, totals))
        .select_from(work.tables[entity.name])
        .where(*conditions_of(work, entity, query))
        .group_by(column)
        .order_by(sa.desc("t0"), column)
        .limit(GROUPS_MAX)
    )
    found = [(row[0], told(entity, totals, row[1:])) for row in work.connection.execute(statement)]
    names = references_of(work, entity, [{"id": value, by: value} for value, _totals in found], [by]) if field.targets else {}
    return tuple(Group(value, counted, names.get(value, {}).get(by)) for value, counted in found)
