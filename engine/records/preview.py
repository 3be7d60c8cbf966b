"""A record as it would be if somebody saved now: defaults, computed values and every problem, with nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import FieldProblem, NotFound
from engine.model.kinds.role import Verb
from engine.records import gate
from engine.records.derive import load_related
from engine.records.plan import plan_of
from engine.records.service import draft_changes, draft_new, read_for_update
from engine.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Preview:
    """Values in kept form, with the dotted paths that conditions read, and what is wrong with them."""

    values: Mapping[str, Any]
    problems: tuple[FieldProblem, ...]


def preview(work: UnitOfWork, entity: str, key: str | None, given: Mapping[str, Any], *, verb: Verb = "create") -> Preview:
    """What creating (``key`` None) or changing a record with these values would give.

    ``verb`` is what the actor must be allowed where there is no record: "update" for one that was there and is gone.

    Raises NotFound and Forbidden as the write would. Whoever shows it must leave out what the actor may not read.
    """
    definition = gate.entity_of(work, entity)
    plan = plan_of(work.app, entity)
    if key is None:
        gate.decide(work, definition, verb)
        draft = draft_new(work, plan, [given])[0]
    else:
        gate.decide(work, definition, "update")
        before = read_for_update(work, plan, [key]).get(key)
        if before is None:
            raise NotFound("no-record", entity=entity, id=key)
        draft = draft_changes(work, plan, [(before, given)])[0]
    load_related(work, plan, [draft.values])
    return Preview(draft.values, tuple(draft.problems))
