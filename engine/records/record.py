"""A record as the gate hands it out: values in kept form, already restricted to what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reference:
    """What a reference leads to, for people: the target's entity, id and display text ("" where it may not be seen)."""

    entity: str
    id: str
    display: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    ``values`` holds every field the actor may read (masked ones as masked text) and the system fields; child lines are
    tuples of mappings. ``references`` gives the display of each reference field that has a value.
    """

    entity: str
    id: str
    version: int
    values: Mapping[str, Any]
    display: str = ""
    references: Mapping[str, Reference] = field(default_factory=dict)
    masked: frozenset[str] = frozenset()
    may_update: bool = False
    may_delete: bool = False
