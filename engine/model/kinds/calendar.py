"""A calendar of working time, and a currency with its rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from engine.diagnostics.source import Span
from engine.i18n import LocalizedText

Hours = tuple[tuple[time, time], ...]
"""Stretches of working time of one day, in order; () where the day is not worked."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working hours of Monday to Sunday (``week``), and of the ``days`` that differ: holidays have none."""

    name: str
    app: str
    title: LocalizedText
    span: Span
    week: tuple[Hours, ...]
    days: Mapping[date, Hours]


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency by its ISO 4217 code; ``rates`` say what one unit is worth in the installation's currency from a day on, times 10**8."""

    code: str
    app: str
    title: LocalizedText
    span: Span
    symbol: str
    scale: int
    rates: Mapping[date, int]
