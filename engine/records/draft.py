"""A record on its way into the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.errors import FieldProblem
from engine.records.derive import Values


@dataclass(slots=True)
class Draft:
    """A record on its way in: its values in kept form, what stood there before, and what is wrong with it."""

    values: Values
    given: frozenset[str]
    before: Values | None = None
    problems: list[FieldProblem] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)
    """What writing it changed: field to [old, new] in JSON form; filled when it is written."""

    @property
    def id(self) -> str:
        """The record's key, new or old."""
        return str(self.values["id"])
