"""Why an actor may or may not do something with a record: the verdict of each verb with the roles and scopes behind it."""

from __future__ import annotations

from dataclasses import dataclass

from engine import access
from engine.access import Reason
from engine.model.kinds.role import Verb
from engine.records import gate
from engine.records.query import get
from engine.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verb on one record: whether it is allowed, and every grant that was looked at."""

    verb: Verb
    allowed: bool
    reasons: tuple[Reason, ...]


def why(work: UnitOfWork, entity: str, key: str) -> list[Verdict]:
    """The verdict of read, update, delete and export on a record that the actor may read. Raises NotFound otherwise."""
    definition = gate.entity_of(work, entity)
    get(work, entity, key)
    verdicts = []
    verbs: tuple[Verb, ...] = ("read", "update", "delete", "export")
    for verb in verbs:
        decision = access.rows(work.app, work.actor, entity, verb)
        verdicts.append(Verdict(verb, key in gate.ids_allowed(work, definition, verb, [key]), decision.reasons))
    return verdicts
