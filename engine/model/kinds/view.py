"""A view: which records of an entity a list shows, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.diagnostics.source import Span
from engine.i18n import LocalizedText
from engine.language.expression import Expression

Total = Literal["count", "sum", "min", "max", "avg"]


@dataclass(frozen=True, slots=True)
class View:
    """A list over ``entity``; ``sort`` holds field names, a leading '-' for descending; ``totals`` the footer's aggregates."""

    name: str
    app: str
    entity: str
    title: LocalizedText
    span: Span
    kind: Literal["table", "kanban", "calendar", "gantt", "cards", "tree"] = "table"
    where: Expression | None = None
    columns: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    totals: Mapping[str, Total] = field(default_factory=dict)
    by: str | None = None
    generated: bool = False
    start: str | None = None
    end: str | None = None
    """The date fields at which a calendar's or gantt's bar begins and ends."""
