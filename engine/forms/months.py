"""A month as a sheet of whole weeks, and which of a list's records fall on its days."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.language import types as t
from engine.model.kinds.entity import Field
from engine.records import Record

FIRST_YEAR, LAST_YEAR = 1900, 2199


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the sheet with the records that fall on it; ``inside`` the month itself."""

    at: date
    inside: bool
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month in weeks that begin on Monday."""

    first: date
    weeks: tuple[tuple[Day, ...], ...]

    @property
    def before(self) -> date:
        """The first day of the month before."""
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> date:
        """The first day of the month after."""
        return (self.first + timedelta(days=31)).replace(day=1)


def month_named(text: str, today: date) -> date:
    """The first day of a month written ``2026-11``; of the present one where nothing of the kind is written."""
    try:
        found = date.fromisoformat(f"{text}-01") if len(text) == len("2026-11") else today
    except ValueError:
        return today.replace(day=1)
    return (found if FIRST_YEAR <= found.year <= LAST_YEAR else today).replace(day=1)


def _sheet(first: date) -> list[list[date]]:
    return Calendar().monthdatescalendar(first.year, first.month)


def month_condition(first: date, start: Field, end: Field | None, zone: ZoneInfo) -> str:
    """The condition, in the language, of the records that touch the sheet of a month."""
    weeks = _sheet(first)
    return days_condition(weeks[0][0], weeks[-1][-1], start, end, zone)


def days_condition(begins: date, last: date, start: Field, end: Field | None, zone: ZoneInfo) -> str:
    """The condition, in the language, of the records that touch some days, both ends included."""
    ends = last + timedelta(days=1)

    def literal(field: Field, at: date) -> str:
        if isinstance(field.type, t.Date):
            return f"@{at.isoformat()}"
        return f"@{datetime(at.year, at.month, at.day, tzinfo=zone).isoformat(timespec='minutes')}"

    within = f"{start.name} < {literal(start, ends)}"
    since = f"{start.name} >= {literal(start, begins)}"
    if end is None:
        return f"{within} and {since}"
    return f"{within} and ({since} or {end.name} >= {literal(end, begins)})"


def month_of(first: date, records: Sequence[Record], start: Field, end: Field | None, zone: ZoneInfo) -> Month:
    """The sheet of a month with each record on every day that it covers."""
    by_day: dict[date, list[Record]] = {}
    weeks = _sheet(first)
    begins, ends = weeks[0][0], weeks[-1][-1]
    for record in records:
        day = _day(record.values.get(start.name), zone)
        if day is None:
            continue
        last = _day(record.values.get(end.name), zone) if end is not None else None
        at, until = max(day, begins), min(max(last or day, day), ends)
        while at <= until:
            by_day.setdefault(at, []).append(record)
            at += timedelta(days=1)
    return Month(
        first,
        tuple(tuple(Day(at, (at.year, at.month) == (first.year, first.month), tuple(by_day.get(at, ()))) for at in week) for week in weeks),
    )


def _day(value: Any, zone: ZoneInfo) -> date | None:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).astimezone(zone).date()
    return value if isinstance(value, date) else None
