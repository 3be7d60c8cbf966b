"""Statements of lists, worked out once per shape of query: what is asked, by holders of which roles.

A list's next poll, or the same view opened by a colleague, then costs a look-up and the statement itself. Only what
the shape does not tell (who asks, when) comes in as the statement's variables.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from engine.model.kinds.role import FieldRight
from engine.records.ordering import Step
from engine.store import UnitOfWork
from engine.store.prepared import Select
from engine.store.tables import Tables

_REMEMBERED_MAX = 512


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list needs besides its rows: the statement, its order, the fields shown and their rights."""

    statement: sa.Select[Any]
    order: tuple[Step, ...]
    rights: Mapping[str, FieldRight]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A listing whose statement is ready to run; ``held`` keeps alive what the shape names by identity."""

    listing: Listing
    select: Select
    held: object


@dataclass(slots=True)
class _Memory:
    seen: set[Hashable] = field(default_factory=set)
    prepared: dict[Hashable, Prepared] = field(default_factory=dict)


_memories: WeakKeyDictionary[Tables, _Memory] = WeakKeyDictionary()


def prepared(work: UnitOfWork, shape: Hashable, held: object, plan: Callable[[UnitOfWork], Listing]) -> Prepared | None:
    """The prepared listing of a shape from its second use on; None at its first, which may well be its last.

    ``plan`` makes the listing in a unit of work; it may depend on the shape and on the actor's roles and scopes alone.
    """
    memory = _memories.setdefault(work.tables, _Memory())
    key = (shape, work.actor.roles, work.actor.admin, work.actor.scopes, work.database.dialect)
    found = memory.prepared.get(key)
    if found is not None:
        return found
    if key not in memory.seen:
        if len(memory.seen) >= _REMEMBERED_MAX:
            memory.seen.clear()
        memory.seen.add(key)
        return None
    if len(memory.prepared) >= _REMEMBERED_MAX:
        memory.prepared.clear()
    listing = plan(replace(work, late=True))
    found = memory.prepared[key] = Prepared(listing, Select(listing.statement, work.connection.dialect), held)
    return found
