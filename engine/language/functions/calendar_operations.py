"""Operations that count working days, look up rates, and make instants of local times."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, time, timedelta

from engine.language.calendars import LAST_DAY, Calendar, read_calendar, read_rates
from engine.language.functions.date_operations import MOMENTS, pg_checked, pg_local, pg_utc, to_local, to_utc
from engine.language.functions.rows import Operation

WORKDAYS_MAX = 1_000_000


def _is_workday(day: date, calendar: str) -> bool:
    found, number = read_calendar(calendar), day.toordinal()
    return found.until(number) > found.until(number - 1)


def _later(calendar: Calendar, start: int, count: int) -> int | None:
    # A step of as many days as working days are missing never passes the one that is looked for.
    day, wanted = start, calendar.until(start) + count
    while 0 < day <= LAST_DAY:
        missing = wanted - calendar.until(day)
        if missing == 0:
            return day
        day += missing
    return None


def _earlier(calendar: Calendar, start: int, count: int) -> int | None:
    day, before = start, calendar.until(start - 1)
    while 0 < day <= LAST_DAY:
        missing = count - (before - calendar.until(day - 1))
        if missing == 0:
            return day
        day -= missing
    return None


def _add_workdays(day: date, count: int, calendar: str) -> date | None:
    if count == 0 or abs(count) > WORKDAYS_MAX:
        return day if count == 0 else None
    found = read_calendar(calendar)
    number = (_later if count > 0 else _earlier)(found, day.toordinal(), abs(count))
    return None if number is None else date.fromordinal(number)


def _workdays_between(a: date, b: date, calendar: str) -> int:
    found = read_calendar(calendar)
    return found.until(b.toordinal()) - found.until(a.toordinal())


def _moment_add_workdays(moment: datetime, count: int, zone: str, calendar: str) -> datetime | None:
    try:
        local = to_local(moment, zone)
        day = _add_workdays(local.date(), count, calendar)
        return None if day is None else to_utc(datetime.combine(day, local.time()), zone)
    except OverflowError:
        return None


def _make_moment(day: date, hour: int, minute: int, zone: str) -> datetime | None:
    if not (0 <= hour <= 23 and 0 <= minute <= 59):
        return None
    try:
        return to_utc(datetime.combine(day, time(hour, minute)), zone)
    except OverflowError:
        return None


def _hour_start(moment: datetime, zone: str) -> datetime | None:
    try:
        local = to_local(moment, zone)
        return moment - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    except OverflowError:
        return None


def _rate_at(day: date, rates: str) -> int | None:
    days, values = read_rates(rates)
    place = bisect_right(days, day.isoformat())
    return values[place - 1] if place else None


def _pg_parts(calendar: str) -> str:
    numbers = [f"CAST(string_to_array(split_part({calendar}, '|', {part}), ',') AS integer[])" for part in (2, 3)]
    return f"split_part({calendar}, '|', 1) AS mask, {numbers[0]} AS off, {numbers[1]} AS worked"


def _pg_until(day: str) -> str:
    days = f"(({day}) / 7) * length(replace(mask, '0', '')) + length(replace(left(mask, CAST(({day}) % 7 AS integer)), '0', ''))"
    exceptions = f"(SELECT count(*) FROM unnest(off) AS u WHERE u <= {day}) + (SELECT count(*) FROM unnest(worked) AS u WHERE u <= {day})"
    return "(" + days + " - " + exceptions + ")"


def _pg_number(day: str) -> str:
    return f"CAST({day} - DATE '0001-01-01' + 1 AS bigint)"


def _pg_walk(start: str, count: str, missing: str, sign: str) -> str:
    """The number of the day so many working days on: a walk whose steps are the working days that are missing."""
    return (
        f"(WITH RECURSIVE walk(x, m) AS (SELECT {start}, {count} UNION ALL SELECT x {sign} m, {missing} "
        f"FROM walk WHERE m > 0 AND x {sign} m BETWEEN 1 AND {LAST_DAY}) SELECT x FROM walk WHERE m = 0)"
    )


def _pg_add(day: str, count: str, calendar: str) -> str:
    """SQL of the date so many working days after another; NULL where there is none."""
    later = _pg_walk("o", "n", f"o0 + n - {_pg_until('x + m')}", "+")
    earlier = _pg_walk("o", "- n", f"- n - (o1 - {_pg_until('x - m - 1')})", "-")
    walked = f"CASE WHEN n > 0 THEN {later} ELSE {earlier} END"
    prepared = (
        f"SELECT c.*, {_pg_until('o')} AS o0, {_pg_until('o - 1')} AS o1 FROM "
        f"(SELECT {_pg_number(day)} AS o, CAST({count} AS bigint) AS n, {_pg_parts(calendar)} OFFSET 0) AS c OFFSET 0"
    )
    return (
        f"CASE WHEN {count} = 0 THEN {day} WHEN abs(CAST({count} AS numeric)) <= {WORKDAYS_MAX} THEN "
        f"(SELECT DATE '0001-01-01' + CAST({walked} - 1 AS integer) FROM ({prepared}) AS p) END"
    )


_PG_IS_WORKDAY = f"(SELECT {_pg_until('o')} > {_pg_until('o - 1')} FROM (SELECT {_pg_number('a0')} AS o, {_pg_parts('a1')} OFFSET 0) AS c)"
_PG_BETWEEN = (
    f"(SELECT CAST({_pg_until('o1')} - {_pg_until('o0')} AS bigint) FROM "
    f"(SELECT {_pg_number('a0')} AS o0, {_pg_number('a1')} AS o1, {_pg_parts('a2')} OFFSET 0) AS c)"
)
_PG_MOMENT_ADD = (
    f"(SELECT {pg_checked(pg_utc('l', 'z'), MOMENTS)} FROM (SELECT {_pg_add('CAST(l0 AS date)', 'k', 'cal')} + CAST(l0 AS time) AS l, z "
    f"FROM (SELECT {pg_local('a0', 'a2')} AS l0, a1 AS k, a2 AS z, a3 AS cal OFFSET 0) AS q OFFSET 0) AS w)"
)
_PG_CLOCK = "make_time(CAST(a1 AS integer), CAST(a2 AS integer), 0)"
_PG_MADE = f"(SELECT {pg_utc('l', 'z')} FROM (SELECT a0 + {_PG_CLOCK} AS l, a3 AS z OFFSET 0) AS q)"
_PG_MAKE = f"CASE WHEN a1 BETWEEN 0 AND 23 AND a2 BETWEEN 0 AND 59 THEN {pg_checked(_PG_MADE, MOMENTS)} END"
_PG_RATE = (
    "(SELECT CAST(value AS bigint) FROM jsonb_each_text(CAST(a1 AS jsonb)) "
    "WHERE CAST(key AS date) <= a0 ORDER BY CAST(key AS date) DESC LIMIT 1)"
)

OPERATIONS: tuple[Operation, ...] = (
    Operation("is_workday", _is_workday, "dt", "b", "let:" + _PG_IS_WORKDAY),
    Operation("add_workdays", _add_workdays, "dit", "d", "let:" + _pg_add("a0", "a1", "a2")),
    Operation("workdays_between", _workdays_between, "ddt", "i", "let:" + _PG_BETWEEN),
    Operation("moment_add_workdays", _moment_add_workdays, "mitt", "m", "let:" + _PG_MOMENT_ADD),
    Operation("make_moment", _make_moment, "diit", "m", "let:" + _PG_MAKE),
    Operation(
        "hour_start",
        _hour_start,
        "mt",
        "m",
        f"let:(SELECT a0 - (l - date_trunc('hour', l)) FROM (SELECT {pg_local('a0', 'a1')} AS l OFFSET 0) AS q)",
    ),
    Operation("rate_at", _rate_at, "dt", "i", "let:" + _PG_RATE),
)
