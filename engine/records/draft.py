"""A record on its way into the database."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.errors import FieldProblem
from engine.records.derive import Values


@dataclass(slots=True)
class Draft:
    """A record on its way in: its values in kept form, what stood there before, and what is wrong with it."""

    values: Values
    given: frozenset[str]
    before: Values | None = None
    problems: list[FieldProblem] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The record's key, new or old."""
        return str(self.values["id"])
