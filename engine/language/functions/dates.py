"""Operations and functions on dates, instants and spans; day boundaries are those of the app's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.language.core import INTEGER, Apply, Const, Var
from engine.language.functions.numbers import constant
from engine.language.functions.rows import Function, Mismatch, Operation, examples
from engine.language.functions.texts import TEXT
from engine.language.types import Date, DateTime, Duration

DATE = Date()
DATETIME = DateTime()
EXACT = Duration()
CALENDAR = Duration(calendar=True)
_DAY = 86_400
_SPAN_MAX = 400_000_000_000


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
    if abs(seconds) > _SPAN_MAX:
        return None
    ordinal = day.toordinal() + seconds // _DAY
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
    if abs(seconds) > _SPAN_MAX:
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


_UNITS = ("day", "week", "month", "quarter", "year")


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
_MOMENTS = "BETWEEN TIMESTAMP '0001-01-01 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59.999999'"


def _pg_local(moment: str, zone: str) -> str:
    return f"(({moment} AT TIME ZONE 'UTC') AT TIME ZONE {zone})"


def _pg_utc(local: str, zone: str) -> str:
    # The server takes the second of two equal local times; the language takes the first: try the earlier offset.
    late = f"(({local} AT TIME ZONE {zone}) AT TIME ZONE 'UTC')"
    before = f"({late} - interval '3 hours')"
    early = f"({local} - ({_pg_local(before, zone)} - {before}))"
    return f"CASE WHEN {_pg_local(early, zone)} = {local} THEN {early} ELSE {late} END"


def _pg_checked(value: str, bounds: str) -> str:
    return f"(SELECT CASE WHEN x {bounds} THEN x END FROM (SELECT {value} AS x OFFSET 0) AS w)"


def _pg_trunc(unit: str) -> str:
    return f"CAST(date_trunc('{unit}', a0) AS date)"


_PG_STARTS = " ".join(f"WHEN '{unit}' THEN {_pg_checked(_pg_trunc(unit), _RANGE)}" for unit in _UNITS[1:])
_PG_ENDS = " ".join(
    f"WHEN '{unit}' THEN " + _pg_checked(f"CAST(date_trunc('{unit}', a0) + interval '{length}' - interval '1 day' AS date)", _RANGE)
    for unit, length in (("week", "7 days"), ("month", "1 month"), ("quarter", "3 months"), ("year", "1 year"))
)
_PG_MONTHS = "CASE WHEN abs(a1) <= 120000 THEN {} END"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "date_add",
        _date_add,
        "di",
        "d",
        "let:CASE WHEN abs(a1) <= 400000000000 THEN " + _pg_checked("a0 + CAST(floor(a1 / 86400.0) AS integer)", _RANGE) + " END",
    ),
    Operation(
        "date_add_months",
        _date_add_months,
        "di",
        "d",
        "let:" + _PG_MONTHS.format(_pg_checked("CAST(a0 + make_interval(months => CAST(a1 AS integer)) AS date)", _RANGE)),
    ),
    Operation("date_difference", lambda a, b: a.toordinal() - b.toordinal(), "dd", "i", "CAST({0} - {1} AS bigint)"),
    Operation(
        "moment_add",
        _moment_add,
        "mi",
        "m",
        "let:CASE WHEN abs(a1) <= 400000000000 THEN " + _pg_checked("a0 + a1 * interval '1 second'", _MOMENTS) + " END",
    ),
    Operation(
        "moment_add_months",
        _moment_add_months,
        "mit",
        "m",
        "let:"
        + _PG_MONTHS.format(
            _pg_checked(
                f"(SELECT {_pg_utc('l', 'a2')} FROM (SELECT {_pg_local('a0', 'a2')} + make_interval(months => CAST(a1 AS integer)) AS l OFFSET 0) AS q)",
                _MOMENTS,
            )
        ),
    ),
    Operation("moment_difference", _moment_difference, "mm", "i", "CAST(floor(extract(epoch FROM {0} - {1})) AS bigint)"),
    Operation("moment_date", _moment_date, "mt", "d", "let:" + _pg_checked(f"CAST({_pg_local('a0', 'a1')} AS date)", _RANGE)),
    Operation(
        "date_moment",
        _date_moment,
        "dt",
        "m",
        "let:" + _pg_checked(f"(SELECT {_pg_utc('l', 'a1')} FROM (SELECT CAST(a0 AS timestamp) AS l OFFSET 0) AS q)", _MOMENTS),
    ),
    Operation(
        "make_date",
        _make_date,
        "iii",
        "d",
        "let:CASE WHEN a0 BETWEEN 1 AND 9999 AND a1 BETWEEN 1 AND 12 AND a2 BETWEEN 1 AND 31 THEN (SELECT CASE WHEN extract(day FROM x) = a2 THEN CAST(x AS date) END "
        "FROM (SELECT make_date(CAST(a0 AS integer), CAST(a1 AS integer), 1) + CAST(a2 - 1 AS integer) AS x OFFSET 0) AS w) END",
    ),
    Operation("year", lambda day: day.year, "d", "i", "CAST(extract(year FROM {0}) AS bigint)", None, "{0}.year"),
    Operation("month", lambda day: day.month, "d", "i", "CAST(extract(month FROM {0}) AS bigint)", None, "{0}.month"),
    Operation("day", lambda day: day.day, "d", "i", "CAST(extract(day FROM {0}) AS bigint)", None, "{0}.day"),
    Operation("weekday", date.isoweekday, "d", "i", "CAST(extract(isodow FROM {0}) AS bigint)"),
    Operation("quarter", lambda day: (day.month + 2) // 3, "d", "i", "CAST(extract(quarter FROM {0}) AS bigint)"),
    Operation("iso_week", lambda day: day.isocalendar()[1], "d", "i", "CAST(extract(week FROM {0}) AS bigint)"),
    Operation("hour", _hour, "mt", "i", "CAST(extract(hour FROM " + _pg_local("{0}", "{1}") + ") AS bigint)"),
    Operation("minute", _minute, "mt", "i", "CAST(extract(minute FROM " + _pg_local("{0}", "{1}") + ") AS bigint)"),
    Operation(
        "months_between",
        _months_between,
        "dd",
        "i",
        "let:(SELECT CASE WHEN n > 0 AND db < da AND db < lb THEN n - 1 WHEN n < 0 AND db > da AND da < la THEN n + 1 ELSE n END FROM (SELECT "
        "CAST((extract(year FROM a1) - extract(year FROM a0)) * 12 + extract(month FROM a1) - extract(month FROM a0) AS bigint) AS n, "
        "extract(day FROM a0) AS da, extract(day FROM a1) AS db, extract(day FROM date_trunc('month', a0) + interval '1 month - 1 day') AS la, "
        "extract(day FROM date_trunc('month', a1) + interval '1 month - 1 day') AS lb OFFSET 0) AS w)",
    ),
    Operation("start_of", _start_of, "dt", "d", "let:CASE a1 " + _PG_STARTS + " ELSE a0 END"),
    Operation("end_of", _end_of, "dt", "d", "let:CASE a1 " + _PG_ENDS + " ELSE a0 END"),
)


def as_day(node: Any, zone: str) -> Any:
    """A date, or the day of an instant in the app's time zone."""
    if isinstance(node.type, DateTime):
        return Apply("moment_date", (node, Const(zone, TEXT)), DATE)
    return node


def today(zone: str) -> Any:
    """Today's date, known at evaluation."""
    return Var("today", DATE, nullable=False)


def _day_part(op: str) -> Any:
    def build(args: tuple[Any, ...], zone: str) -> Any:
        return Apply(op, (as_day(args[0], zone),), INTEGER, args[0].nullable)

    return build


def _moment_part(op: str) -> Any:
    def build(args: tuple[Any, ...], zone: str) -> Any:
        return Apply(op, (args[0], Const(zone, TEXT)), INTEGER)

    return build


def _date_call(args: tuple[Any, ...], zone: str) -> Any:
    if len(args) == 1:
        if not isinstance(args[0].type, DateTime):
            raise Mismatch("wrong-type", 0, expected=DATETIME, found=args[0].type)
        return as_day(args[0], zone)
    if len(args) != 3:
        raise Mismatch("argument-count", 0, name="date", expected="3", found=len(args))
    for index, arg in enumerate(args):
        if arg.type != INTEGER:
            raise Mismatch("wrong-type", index, expected=INTEGER, found=arg.type)
    return Apply("make_date", args, DATE)


def _days_between(args: tuple[Any, ...], zone: str) -> Any:
    return Apply("date_difference", (as_day(args[1], zone), as_day(args[0], zone)), INTEGER, args[0].nullable or args[1].nullable)


def _hours_between(args: tuple[Any, ...], zone: str) -> Any:
    seconds = Apply("moment_difference", (args[1], args[0]), EXACT)
    return Apply("floor_divide", (seconds, constant(3_600)), INTEGER)


def _months_call(args: tuple[Any, ...], zone: str) -> Any:
    return Apply("months_between", (as_day(args[0], zone), as_day(args[1], zone)), INTEGER)


def _since(args: tuple[Any, ...], zone: str) -> Any:
    return Apply("date_difference", (today(zone), as_day(args[0], zone)), INTEGER)


def _until(args: tuple[Any, ...], zone: str) -> Any:
    return Apply("date_difference", (as_day(args[0], zone), today(zone)), INTEGER)


def _age(args: tuple[Any, ...], zone: str) -> Any:
    months = Apply("months_between", (as_day(args[0], zone), today(zone)), INTEGER)
    return Apply("trunc_divide", (months, constant(12)), INTEGER)


def _edge(op: str) -> Any:
    def build(args: tuple[Any, ...], zone: str) -> Any:
        day, unit = args
        if not isinstance(unit, Const) or unit.value not in _UNITS:
            raise Mismatch("unknown-unit", 1, found=getattr(unit, "value", ""), known=", ".join(_UNITS))
        edge = Apply(op, (as_day(day, zone), unit), DATE)
        if not isinstance(day.type, DateTime):
            return edge
        if op == "start_of":
            return Apply("date_moment", (edge, Const(zone, TEXT)), DATETIME)
        following = Apply("date_add", (edge, constant(_DAY)), DATE)
        return Apply("moment_add", (Apply("date_moment", (following, Const(zone, TEXT)), DATETIME), constant(-1)), DATETIME)

    return build


def _span(factor: int, *, calendar: bool = False) -> Any:
    def build(args: tuple[Any, ...], zone: str) -> Any:
        type_ = CALENDAR if calendar else EXACT
        if isinstance(args[0], Const):
            return Const(None if args[0].value is None else args[0].value * factor, type_)
        return Apply("multiply", (args[0], constant(factor)), type_)

    return build


def _add(args: tuple[Any, ...], zone: str) -> Any:
    return add_span(args[0], args[1], zone)


def add_span(moment: Any, span: Any, zone: str) -> Any:
    """A date or instant moved by a duration."""
    if isinstance(moment.type, Date):
        return Apply("date_add_months" if span.type.calendar else "date_add", (moment, span), DATE)
    if span.type.calendar:
        return Apply("moment_add_months", (moment, span, Const(zone, TEXT)), DATETIME)
    return Apply("moment_add", (moment, span), DATETIME)


def _today_call(args: tuple[Any, ...], zone: str) -> Any:
    return today(zone)


def _now_call(args: tuple[Any, ...], zone: str) -> Any:
    return Var("now", DATETIME, nullable=False)


FUNCTIONS: tuple[Function, ...] = (
    Function(
        "today",
        ("今天", "今日"),
        (),
        _today_call,
        "date",
        "date",
        "Today's date in the app's time zone.",
        "今天的日期（按应用时区）。",
        examples("today() = today() → true"),
    ),
    Function(
        "now",
        ("现在",),
        (),
        _now_call,
        "datetime",
        "date",
        "The present instant; the same all through one evaluation.",
        "当前时刻；一次计算中保持不变。",
        examples("now() = now() → true"),
    ),
    Function(
        "date",
        ("日期",),
        ("any", "integer?", "integer?"),
        _date_call,
        "date",
        "date",
        "A date from year, month and day (blank when there is none), or the day of an instant.",
        "由年月日组成的日期（不存在则为空），或时刻所在的日期。",
        examples("date(2026, 2, 28) → @2026-02-28", "date(2026, 2, 30) → blank", "date(@2026-01-31T23:30+00:00) → @2026-02-01"),
    ),
    Function(
        "year", ("年份",), ("day",), _day_part("year"), "integer", "date", "The year.", "年份。", examples("year(@2026-03-05) → 2026")
    ),
    Function(
        "month",
        ("月份",),
        ("day",),
        _day_part("month"),
        "integer",
        "date",
        "The month, 1 to 12.",
        "月份，1 到 12。",
        examples("month(@2026-03-05) → 3"),
    ),
    Function(
        "day",
        ("几号",),
        ("day",),
        _day_part("day"),
        "integer",
        "date",
        "The day of the month.",
        "当月第几天。",
        examples("day(@2026-03-05) → 5"),
    ),
    Function(
        "weekday",
        ("星期几",),
        ("day",),
        _day_part("weekday"),
        "integer",
        "date",
        "The day of the week: Monday is 1.",
        "星期几：周一为 1。",
        examples("weekday(@2026-03-02) → 1"),
    ),
    Function(
        "quarter",
        ("第几季度",),
        ("day",),
        _day_part("quarter"),
        "integer",
        "date",
        "The quarter, 1 to 4.",
        "季度，1 到 4。",
        examples("quarter(@2026-03-05) → 1"),
    ),
    Function(
        "iso_week",
        ("第几周",),
        ("day",),
        _day_part("iso_week"),
        "integer",
        "date",
        "The ISO 8601 week of the year.",
        "ISO 8601 周数。",
        examples("iso_week(@2026-01-01) → 1", "iso_week(@2027-01-01) → 53"),
    ),
    Function(
        "hour",
        ("小时数",),
        ("datetime",),
        _moment_part("hour"),
        "integer",
        "date",
        "The hour of the day in the app's time zone.",
        "几点（按应用时区）。",
        examples("hour(@2026-01-31T23:30+00:00) → 7"),
    ),
    Function(
        "minute",
        ("分钟数",),
        ("datetime",),
        _moment_part("minute"),
        "integer",
        "date",
        "The minute of the hour.",
        "几分。",
        examples("minute(@2026-01-31T23:30+00:00) → 30"),
    ),
    Function(
        "days_between",
        ("相隔天数",),
        ("day", "day"),
        _days_between,
        "integer",
        "date",
        "Days from a to b; negative when b is earlier.",
        "从 a 到 b 的天数；b 较早则为负。",
        examples("days_between(@2026-01-31, @2026-03-01) → 29", "days_between(@2026-01-02, @2026-01-01) → -1"),
    ),
    Function(
        "hours_between",
        ("相隔小时",),
        ("datetime", "datetime"),
        _hours_between,
        "integer",
        "date",
        "Whole hours from a to b, rounded down.",
        "从 a 到 b 的整小时数（向下取整）。",
        examples("hours_between(@2026-01-01T00:00Z, @2026-01-01T05:30Z) → 5"),
    ),
    Function(
        "months_between",
        ("相隔月数",),
        ("day", "day"),
        _months_call,
        "integer",
        "date",
        "Whole months from a to b, toward zero; month ends count as whole.",
        "从 a 到 b 的整月数（向零取整），月末视为整月。",
        examples(
            "months_between(@2026-01-31, @2026-02-28) → 1",
            "months_between(@2026-01-15, @2026-03-14) → 1",
            "months_between(@2026-03-14, @2026-01-15) → -1",
        ),
    ),
    Function(
        "days_since",
        ("已过天数",),
        ("day",),
        _since,
        "integer",
        "date",
        "Days from then until today.",
        "从那天到今天的天数。",
        examples("days_since(today() - 3 days) → 3"),
    ),
    Function(
        "days_until",
        ("剩余天数",),
        ("day",),
        _until,
        "integer",
        "date",
        "Days from today until then.",
        "从今天到那天的天数。",
        examples("days_until(today() + 30 days) → 30"),
    ),
    Function(
        "age",
        ("周岁",),
        ("day",),
        _age,
        "integer",
        "date",
        "Whole years until today.",
        "到今天的整年数。",
        examples("age(today() - 1 year) → 1"),
    ),
    Function(
        "start_of",
        ("期初",),
        ("day", "text"),
        _edge("start_of"),
        "day",
        "date",
        "The first day or instant of the 'day', 'week', 'month', 'quarter' or 'year'.",
        "所在日、周、月、季、年的开始。",
        examples("start_of(@2026-03-05, 'week') → @2026-03-02", "start_of(@2026-05-05, 'quarter') → @2026-04-01"),
    ),
    Function(
        "end_of",
        ("期末",),
        ("day", "text"),
        _edge("end_of"),
        "day",
        "date",
        "The last day (of an instant: last second) of the 'day', 'week', 'month', 'quarter' or 'year'.",
        "所在日、周、月、季、年的结束。",
        examples("end_of(@2026-02-05, 'month') → @2026-02-28", "end_of(@2026-05-05, 'year') → @2026-12-31"),
    ),
    Function(
        "add",
        ("加时长",),
        ("day", "duration"),
        _add,
        "day",
        "date",
        "A date or instant moved by a duration; months end on the last day where the day is missing.",
        "日期或时刻加上时长；没有该日时取月末。",
        examples("add(@2026-01-31, 1 month) → @2026-02-28", "@2028-01-31 + 1 month → @2028-02-29", "@2026-03-01 - 1 day → @2026-02-28"),
    ),
    Function(
        "days",
        ("天数",),
        ("integer",),
        _span(_DAY),
        "duration",
        "date",
        "A duration of so many days.",
        "若干天的时长。",
        examples("@2026-01-01 + days(2) → @2026-01-03"),
    ),
    Function(
        "hours",
        ("小时",),
        ("integer",),
        _span(3_600),
        "duration",
        "date",
        "A duration of so many hours.",
        "若干小时的时长。",
        examples("hours(24) = 1 day → true"),
    ),
    Function(
        "minutes",
        ("分钟",),
        ("integer",),
        _span(60),
        "duration",
        "date",
        "A duration of so many minutes.",
        "若干分钟的时长。",
        examples("minutes(60) = 1 hour → true"),
    ),
    Function(
        "months",
        ("月数",),
        ("integer",),
        _span(1, calendar=True),
        "duration",
        "date",
        "A duration of so many months.",
        "若干月的时长。",
        examples("@2026-01-31 + months(1) → @2026-02-28"),
    ),
    Function(
        "years",
        ("年数",),
        ("integer",),
        _span(12, calendar=True),
        "duration",
        "date",
        "A duration of so many years.",
        "若干年的时长。",
        examples("@2024-02-29 + years(1) → @2025-02-28"),
    ),
)
