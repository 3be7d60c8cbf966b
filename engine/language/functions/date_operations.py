"""Operations on dates and instants; day boundaries are those of the app's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.language.functions.rows import Operation

DAY_SECONDS = 86_400
SPAN_MAX = 400_000_000_000


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def to_local(moment: datetime, zone: str) -> datetime:
    """A naive UTC instant as naive local time."""
    return moment.replace(tzinfo=UTC).astimezone(_zone(zone)).replace(tzinfo=None)


def to_utc(local: datetime, zone: str) -> datetime:
    """Naive local time as a naive UTC instant: the first of two, and a skipped time as if the clock had not moved yet."""
    return local.replace(tzinfo=_zone(zone), fold=0).astimezone(UTC).replace(tzinfo=None)


def _date_add(day: date, seconds: int) -> date | None:
    if abs(seconds) > SPAN_MAX:
        return None
    ordinal = day.toordinal() + seconds // DAY_SECONDS
    return date.fromordinal(ordinal) if 1 <= ordinal <= 3_652_059 else None


def _shift_months(year: int, month: int, day: int, months: int) -> tuple[int, int, int] | None:
    index = year * 12 + month - 1 + months
    year, month = index // 12, index % 12 + 1
    if not 1 <= year <= 9999:
        return None
    return year, month, min(day, month_days(year, month))


def month_days(year: int, month: int) -> int:
    """How many days a month has."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _date_add_months(day: date, months: int) -> date | None:
    shifted = _shift_months(day.year, day.month, day.day, months)
    return date(*shifted) if shifted else None


def _moment_add(moment: datetime, seconds: int) -> datetime | None:
    if abs(seconds) > SPAN_MAX:
        return None
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return None


def _moment_add_months(moment: datetime, months: int, zone: str) -> datetime | None:
    try:
        local = to_local(moment, zone)
        shifted = _shift_months(local.year, local.month, local.day, months)
        return to_utc(local.replace(year=shifted[0], month=shifted[1], day=shifted[2]), zone) if shifted else None
    except OverflowError:
        return None


def _moment_difference(a: datetime, b: datetime) -> int:
    return (a - b) // timedelta(seconds=1)


def _moment_date(moment: datetime, zone: str) -> date | None:
    try:
        return to_local(moment, zone).date()
    except OverflowError:
        return None


def _date_moment(day: date, zone: str) -> datetime | None:
    try:
        return to_utc(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001 - naive by the kept form
    except OverflowError:
        return None


def _make_date(year: int, month: int, day: int) -> date | None:
    if 1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= month_days(year, month):
        return date(year, month, day)
    return None


def _months_between(a: date, b: date) -> int:
    months = (b.year - a.year) * 12 + b.month - a.month
    if months > 0 and b.day < a.day and b.day < month_days(b.year, b.month):
        months -= 1
    elif months < 0 and b.day > a.day and a.day < month_days(a.year, a.month):
        months += 1
    return months


UNITS = ("day", "week", "month", "quarter", "year")


def _start_of(day: date, unit: str) -> date | None:
    if unit == "week":
        ordinal = day.toordinal() - day.weekday()
        return date.fromordinal(ordinal) if ordinal >= 1 else None
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def _end_of(day: date, unit: str) -> date | None:
    if unit == "week":
        ordinal = day.toordinal() + 6 - day.weekday()
        return date.fromordinal(ordinal) if ordinal <= 3_652_059 else None
    if unit == "month":
        return day.replace(day=month_days(day.year, day.month))
    if unit == "quarter":
        month = (day.month - 1) // 3 * 3 + 3
        return day.replace(month=month, day=month_days(day.year, month))
    return day.replace(month=12, day=31) if unit == "year" else day


def _hour(moment: datetime, zone: str) -> int | None:
    try:
        return to_local(moment, zone).hour
    except OverflowError:
        return None


def _minute(moment: datetime, zone: str) -> int | None:
    try:
        return to_local(moment, zone).minute
    except OverflowError:
        return None


_RANGE = "BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'"
MOMENTS = "BETWEEN TIMESTAMP '0001-01-01 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59.999999'"


def pg_local(moment: str, zone: str) -> str:
    """SQL of a UTC instant in a zone."""
    return f"(({moment} AT TIME ZONE 'UTC') AT TIME ZONE {zone})"


def pg_utc(local: str, zone: str) -> str:
    """SQL of the UTC instant of a local time."""
    # The server takes the second of two equal local times; the language takes the first: try the earlier offset.
    late = f"(({local} AT TIME ZONE {zone}) AT TIME ZONE 'UTC')"
    before = f"({late} - interval '3 hours')"
    early = f"({local} - ({pg_local(before, zone)} - {before}))"
    return f"CASE WHEN {pg_local(early, zone)} = {local} THEN {early} ELSE {late} END"


def pg_checked(value: str, bounds: str) -> str:
    """SQL of a value, or NULL where it is out of bounds."""
    return f"(SELECT CASE WHEN x {bounds} THEN x END FROM (SELECT {value} AS x OFFSET 0) AS w)"


def _pg_trunc(unit: str) -> str:
    return f"CAST(date_trunc('{unit}', a0) AS date)"


_PG_STARTS = " ".join(f"WHEN '{unit}' THEN {pg_checked(_pg_trunc(unit), _RANGE)}" for unit in UNITS[1:])
_PG_ENDS = " ".join(
    f"WHEN '{unit}' THEN " + pg_checked(f"CAST(date_trunc('{unit}', a0) + interval '{length}' - interval '1 day' AS date)", _RANGE)
    for unit, length in (("week", "7 days"), ("month", "1 month"), ("quarter", "3 months"), ("year", "1 year"))
)
_PG_DATE_ADD = (
    "(SELECT CASE WHEN x BETWEEN 0 AND 3652058 THEN DATE '0001-01-01' + CAST(x AS integer) END "
    "FROM (SELECT a0 - DATE '0001-01-01' + floor(a1 / 86400.0) AS x OFFSET 0) AS w)"
)
_PG_MOMENT_ADD = (
    "(SELECT CASE WHEN x >= -62135596800 AND x < 253402300800 THEN a0 + a1 * interval '1 second' END "
    "FROM (SELECT extract(epoch FROM a0) + a1 AS x OFFSET 0) AS w)"
)
_PG_LOCAL_MONTHS = f"(SELECT {pg_utc('l', 'a2')} FROM (SELECT l0 + make_interval(months => CAST(a1 AS integer)) AS l OFFSET 0) AS q)"


def _pg_month_in_range(moment: str) -> str:
    # Checked before adding, because the server raises an error beyond its own calendar.
    return f"extract(year FROM {moment}) * 12 + extract(month FROM {moment}) - 1 + a1 BETWEEN 12 AND 119999"


OPERATIONS: tuple[Operation, ...] = (
    Operation("date_add", _date_add, "di", "d", f"let:CASE WHEN abs(a1::numeric) <= {SPAN_MAX} THEN {_PG_DATE_ADD} END"),
    Operation(
        "date_add_months",
        _date_add_months,
        "di",
        "d",
        f"let:CASE WHEN {_pg_month_in_range('a0')} THEN CAST(a0 + make_interval(months => CAST(a1 AS integer)) AS date) END",
    ),
    Operation("moment_add", _moment_add, "mi", "m", f"let:CASE WHEN abs(a1::numeric) <= {SPAN_MAX} THEN {_PG_MOMENT_ADD} END"),
    Operation(
        "moment_add_months",
        _moment_add_months,
        "mit",
        "m",
        f"let:(SELECT CASE WHEN {_pg_month_in_range('l0')} THEN {pg_checked(_PG_LOCAL_MONTHS, MOMENTS)} END "
        f"FROM (SELECT {pg_local('a0', 'a2')} AS l0 OFFSET 0) AS k)",
    ),
    Operation(
        "date_difference", lambda a, b: a.toordinal() - b.toordinal(), "dd", "i", "CAST({0} - {1} AS bigint)", None, "({0} - {1}).days"
    ),
    Operation("moment_difference", _moment_difference, "mm", "i", "CAST(floor(extract(epoch FROM {0} - {1})) AS bigint)"),
    Operation("moment_date", _moment_date, "mt", "d", "let:" + pg_checked(f"CAST({pg_local('a0', 'a1')} AS date)", _RANGE)),
    Operation(
        "date_moment",
        _date_moment,
        "dt",
        "m",
        "let:" + pg_checked(f"(SELECT {pg_utc('l', 'a1')} FROM (SELECT CAST(a0 AS timestamp) AS l OFFSET 0) AS q)", MOMENTS),
    ),
    Operation(
        "make_date",
        _make_date,
        "iii",
        "d",
        "let:CASE WHEN a0 BETWEEN 1 AND 9999 AND a1 BETWEEN 1 AND 12 AND a2 BETWEEN 1 AND 31 THEN "
        "(SELECT CASE WHEN extract(day FROM x) = a2 THEN CAST(x AS date) END "
        "FROM (SELECT make_date(CAST(a0 AS integer), CAST(a1 AS integer), 1) + CAST(a2 - 1 AS integer) AS x OFFSET 0) AS w) END",
    ),
    Operation("year", lambda day: day.year, "d", "i", "CAST(extract(year FROM {0}) AS bigint)", None, "{0}.year"),
    Operation("month", lambda day: day.month, "d", "i", "CAST(extract(month FROM {0}) AS bigint)", None, "{0}.month"),
    Operation("day", lambda day: day.day, "d", "i", "CAST(extract(day FROM {0}) AS bigint)", None, "{0}.day"),
    Operation("weekday", date.isoweekday, "d", "i", "CAST(extract(isodow FROM {0}) AS bigint)"),
    Operation("quarter", lambda day: (day.month + 2) // 3, "d", "i", "CAST(extract(quarter FROM {0}) AS bigint)"),
    Operation("iso_week", lambda day: day.isocalendar()[1], "d", "i", "CAST(extract(week FROM {0}) AS bigint)"),
    Operation("hour", _hour, "mt", "i", "CAST(extract(hour FROM " + pg_local("{0}", "{1}") + ") AS bigint)"),
    Operation("minute", _minute, "mt", "i", "CAST(extract(minute FROM " + pg_local("{0}", "{1}") + ") AS bigint)"),
    Operation(
        "months_between",
        _months_between,
        "dd",
        "i",
        "let:(SELECT CASE WHEN n > 0 AND db < da AND db < lb THEN n - 1 "
        "WHEN n < 0 AND db > da AND da < la THEN n + 1 ELSE n END FROM (SELECT "
        "CAST((extract(year FROM a1) - extract(year FROM a0)) * 12 + extract(month FROM a1) - extract(month FROM a0) AS bigint) AS n, "
        "extract(day FROM a0) AS da, extract(day FROM a1) AS db, "
        "extract(day FROM date_trunc('month', a0) + interval '1 month - 1 day') AS la, "
        "extract(day FROM date_trunc('month', a1) + interval '1 month - 1 day') AS lb OFFSET 0) AS w)",
    ),
    Operation("start_of", _start_of, "dt", "d", "let:CASE a1 " + _PG_STARTS + " ELSE a0 END"),
    Operation("end_of", _end_of, "dt", "d", "let:CASE a1 " + _PG_ENDS + " ELSE a0 END"),
)
