"""Working days and rates in the form that expressions carry them: short texts that every back end reads.

A calendar: which days of the week are worked (Monday first, 1 or 0), then the numbers of days that are off although
their weekday is worked, then of days that are worked although it is not: ``1111100|739663,739664|739675``. Days are
counted from 0001-01-01 = 1, which was a Monday. Rates: a JSON map from the first day of each to its value times 10**8.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

RATE_SCALE = 8
LAST_DAY = 3_652_059


def calendar_text(week: Sequence[bool], days: Mapping[date, bool]) -> str:
    """The text of a calendar: ``week`` says for Monday to Sunday whether it is worked, ``days`` for days that differ."""
    mask = "".join("1" if worked else "0" for worked in week)
    off = sorted(day.toordinal() for day, worked in days.items() if not worked and week[day.weekday()])
    on = sorted(day.toordinal() for day, worked in days.items() if worked and not week[day.weekday()])
    return "|".join((mask, ",".join(map(str, off)), ",".join(map(str, on))))


STANDARD = calendar_text((True,) * 5 + (False,) * 2, {})
"""Monday to Friday."""


def rates_text(rates: Mapping[date, int]) -> str:
    """The text of a currency's rates, each times 10**RATE_SCALE."""
    return json.dumps({day.isoformat(): rate for day, rate in sorted(rates.items())}, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar that counts: ``sums[n]`` are the working days among the first n of a week."""

    sums: tuple[int, ...]
    off: tuple[int, ...]
    on: tuple[int, ...]

    def until(self, day: int) -> int:
        """How many working days there are up to a day, itself included."""
        weeks, rest = divmod(day, 7)
        return weeks * self.sums[7] + self.sums[rest] - bisect_right(self.off, day) + bisect_right(self.on, day)


@lru_cache(maxsize=256)
def read_calendar(text: str) -> Calendar:
    """The calendar of a text."""
    mask, off, on = text.split("|")
    sums = tuple(mask[:length].count("1") for length in range(8))
    numbers = [tuple(int(day) for day in days.split(",") if day) for days in (off, on)]
    return Calendar(sums, numbers[0], numbers[1])


@lru_cache(maxsize=256)
def read_rates(text: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The days of a text of rates in their order, and the rates."""
    found: dict[str, int] = json.loads(text)
    return tuple(found), tuple(found.values())
