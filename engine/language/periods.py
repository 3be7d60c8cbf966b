"""Periods of the calendar (this month, last 7 days) as first and last day, seen from today."""

from __future__ import annotations

from typing import Any

from engine.language import core
from engine.language.functions.dates import CALENDAR, DATE, DATETIME, EXACT, add_span, today
from engine.language.functions.rows import Mismatch
from engine.language.functions.texts import TEXT
from engine.language.lexicon import PERIOD_NAMES
from engine.language.types import Date, DateTime

_DAY = 86_400
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_NAMED = {"today": 0, "yesterday": -1, "tomorrow": 1}


def is_period(name: str) -> bool:
    """Whether a word names a period (``this_month``, ``last_7_days``)."""
    if name in PERIOD_NAMES:
        return True
    words = name.split("_")
    return (
        len(words) == 3
        and words[0] in ("last", "next")
        and words[1].isdecimal()
        and 0 < len(words[1]) <= 4
        and words[2] in ("days", "weeks", "months")
    )


def _moved(day: Any, unit: str, count: int) -> Any:
    if count == 0:
        return day
    if unit in _MONTHS:
        return add_span(day, core.Const(_MONTHS[unit] * count, CALENDAR), "")
    return add_span(day, core.Const((7 if unit == "week" else 1) * _DAY * count, EXACT), "")


def bounds(name: str, zone: str) -> tuple[Any, Any]:
    """The first and last day of a period."""
    now = today(zone)
    if name in _NAMED:
        day = _moved(now, "day", _NAMED[name])
        return day, day
    words = name.split("_")
    if len(words) == 2:
        offset = {"last": -1, "this": 0, "next": 1}[words[0]]
        start = core.Apply("start_of", (now, core.Const(words[1], TEXT)), DATE)
        return _moved(start, words[1], offset), _moved(_moved(start, words[1], offset + 1), "day", -1)
    count, unit = int(words[1]), words[2][:-1]
    if words[0] == "last":
        return _moved(_moved(now, unit, -count), "day", 1), now
    return now, _moved(_moved(now, unit, count), "day", -1)


def in_period(item: Any, name: str, zone: str) -> Any:
    """Whether a date or instant lies in a period. Raises Mismatch for other types and unknown names."""
    if not is_period(name):
        raise Mismatch("unknown-period", 1, None, found=name, known=", ".join(sorted(PERIOD_NAMES)))
    first, last = bounds(name, zone)
    if isinstance(item.type, Date):
        return core.Logic("and", (core.Compare(">=", item, first), core.Compare("<=", item, last)))
    if isinstance(item.type, DateTime):
        place = core.Const(zone, TEXT)
        start = core.Apply("date_moment", (first, place), DATETIME)
        end = core.Apply("date_moment", (_moved(last, "day", 1), place), DATETIME)
        return core.Logic("and", (core.Compare(">=", item, start), core.Compare("<", item, end)))
    raise Mismatch("wrong-type", 0, expected=DATE, found=item.type)
