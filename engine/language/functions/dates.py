"""Functions on dates, instants and spans; a call becomes operations and variables."""

from __future__ import annotations

from typing import Any

from engine.language.core import INTEGER, Apply, Const, Var
from engine.language.functions.date_operations import DAY_SECONDS, UNITS
from engine.language.functions.numbers import constant
from engine.language.functions.rows import Function, Mismatch, examples
from engine.language.functions.texts import TEXT
from engine.language.scope import Scope
from engine.language.types import Date, DateTime, Duration

DATE = Date()
DATETIME = DateTime()
EXACT = Duration()
CALENDAR = Duration(calendar=True)


def as_day(node: Any, zone: str) -> Any:
    """A date, or the day of an instant in the app's time zone."""
    if isinstance(node.type, DateTime):
        return Apply("moment_date", (node, Const(zone, TEXT)), DATE)
    return node


def today(zone: str) -> Any:
    """Today's date, known at evaluation."""
    return Var("today", DATE, nullable=False)


def _day_part(op: str) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        day = as_day(args[0], scope.time_zone)
        return Apply(op, (day,), INTEGER, day.nullable)

    return build


def _moment_part(op: str) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        return Apply(op, (args[0], Const(scope.time_zone, TEXT)), INTEGER)

    return build


def _date_call(args: tuple[Any, ...], scope: Scope) -> Any:
    if len(args) == 1:
        if not isinstance(args[0].type, DateTime):
            raise Mismatch("wrong-type", 0, expected=DATETIME, found=args[0].type)
        return as_day(args[0], scope.time_zone)
    if len(args) != 3:
        raise Mismatch("argument-count", 0, name="date", expected="3", found=len(args))
    for index, arg in enumerate(args):
        if arg.type != INTEGER:
            raise Mismatch("wrong-type", index, expected=INTEGER, found=arg.type)
    return Apply("make_date", args, DATE)


def _days_between(args: tuple[Any, ...], scope: Scope) -> Any:
    earlier, later = as_day(args[0], scope.time_zone), as_day(args[1], scope.time_zone)
    return Apply("date_difference", (later, earlier), INTEGER, earlier.nullable or later.nullable)


def _hours_between(args: tuple[Any, ...], scope: Scope) -> Any:
    seconds = Apply("moment_difference", (args[1], args[0]), EXACT)
    return Apply("floor_divide", (seconds, constant(3_600)), INTEGER)


def _months_call(args: tuple[Any, ...], scope: Scope) -> Any:
    return Apply("months_between", (as_day(args[0], scope.time_zone), as_day(args[1], scope.time_zone)), INTEGER)


def _since(args: tuple[Any, ...], scope: Scope) -> Any:
    return Apply("date_difference", (today(scope.time_zone), as_day(args[0], scope.time_zone)), INTEGER)


def _until(args: tuple[Any, ...], scope: Scope) -> Any:
    return Apply("date_difference", (as_day(args[0], scope.time_zone), today(scope.time_zone)), INTEGER)


def _age(args: tuple[Any, ...], scope: Scope) -> Any:
    months = Apply("months_between", (as_day(args[0], scope.time_zone), today(scope.time_zone)), INTEGER)
    return Apply("trunc_divide", (months, constant(12)), INTEGER)


def _day_edge(op: str, day: Any, unit: str, scope: Scope) -> Any:
    if unit != "fiscal_year":
        return Apply(op, (day, Const(unit, TEXT)), DATE)
    # A fiscal year is a calendar year that begins some months later.
    ahead = scope.conventions.fiscal_month - 1
    early = Apply("start_of", (add_span(day, Const(-ahead, CALENDAR), ""), Const("year", TEXT)), DATE)
    start = add_span(early, Const(ahead, CALENDAR), "")
    return start if op == "start_of" else add_span(add_span(start, Const(12, CALENDAR), ""), Const(-DAY_SECONDS, EXACT), "")


def _edge(op: str) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        day, unit = args
        zone = Const(scope.time_zone, TEXT)
        timed = isinstance(day.type, DateTime)
        known = ("hour", *UNITS, "fiscal_year") if timed else (*UNITS, "fiscal_year")
        if not isinstance(unit, Const) or unit.value not in known:
            raise Mismatch("unknown-unit", 1, found=getattr(unit, "value", ""), known=", ".join(known))
        if unit.value == "hour":
            hour = Apply("hour_start", (day, zone), DATETIME)
            return hour if op == "start_of" else Apply("moment_add", (hour, constant(3_599)), DATETIME)
        edge = _day_edge(op, as_day(day, scope.time_zone), unit.value, scope)
        if not timed:
            return edge
        if op == "start_of":
            return Apply("date_moment", (edge, zone), DATETIME)
        following = Apply("date_add", (edge, constant(DAY_SECONDS)), DATE)
        return Apply("moment_add", (Apply("date_moment", (following, zone), DATETIME), constant(-1)), DATETIME)

    return build


def _datetime_call(args: tuple[Any, ...], scope: Scope) -> Any:
    if isinstance(args[0].type, Date):
        if len(args) > 3:
            raise Mismatch("argument-count", 0, name="datetime", expected="1…3", found=len(args))
        day, clock = args[0], args[1:]
    else:
        if not 3 <= len(args) <= 5:
            raise Mismatch("argument-count", 0, name="datetime", expected="3…5", found=len(args))
        day, clock = _date_call(args[:3], scope), args[3:]
    for index, arg in enumerate(clock, len(args) - len(clock)):
        if arg.type != INTEGER:
            raise Mismatch("wrong-type", index, expected=INTEGER, found=arg.type)
    hour, minute = (*clock, constant(0), constant(0))[:2]
    return Apply("make_moment", (day, hour, minute, Const(scope.time_zone, TEXT)), DATETIME)


def _span(factor: int, *, calendar: bool = False) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        type_ = CALENDAR if calendar else EXACT
        if isinstance(args[0], Const):
            return Const(None if args[0].value is None else args[0].value * factor, type_)
        return Apply("multiply", (args[0], constant(factor)), type_)

    return build


def _add(args: tuple[Any, ...], scope: Scope) -> Any:
    return add_span(args[0], args[1], scope.time_zone)


def add_span(moment: Any, span: Any, zone: str) -> Any:
    """A date or instant moved by a duration."""
    if isinstance(moment.type, Date):
        return Apply("date_add_months" if span.type.calendar else "date_add", (moment, span), DATE)
    if span.type.calendar:
        return Apply("moment_add_months", (moment, span, Const(zone, TEXT)), DATETIME)
    return Apply("moment_add", (moment, span), DATETIME)


def _today_call(args: tuple[Any, ...], scope: Scope) -> Any:
    return today(scope.time_zone)


def _now_call(args: tuple[Any, ...], scope: Scope) -> Any:
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
        "datetime",
        ("日期时间",),
        ("any", "integer?", "integer?", "integer?", "integer?"),
        _datetime_call,
        "datetime",
        "date",
        "An instant from a date, or from year, month and day, and an hour and minute in the app's time zone (else midnight).",
        "由日期（或年月日）和时、分（按应用时区，缺省为零点）组成的时刻。",
        examples(
            "datetime(2026, 2, 28, 10, 30) → @2026-02-28T10:30+08:00",
            "datetime(@2026-02-28, 9) → @2026-02-28T09:00+08:00",
            "datetime(2026, 2, 30) → blank",
            "datetime(@2026-02-28, 24) → blank",
        ),
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
        "The first day or instant of the 'day', 'week', 'month', 'quarter', 'year' or 'fiscal_year' (of an instant also 'hour').",
        "所在日、周、月、季、年、财年的开始（时刻还可取小时 'hour'）。",
        examples(
            "start_of(@2026-03-05, 'week') → @2026-03-02",
            "start_of(@2026-05-05, 'quarter') → @2026-04-01",
            "start_of(@2026-03-05, 'fiscal_year') → @2025-04-01",
            "start_of(@2026-03-05T10:45+08:00, 'hour') → @2026-03-05T10:00+08:00",
        ),
    ),
    Function(
        "end_of",
        ("期末",),
        ("day", "text"),
        _edge("end_of"),
        "day",
        "date",
        "The last day or second of the 'day', 'week', 'month', 'quarter', 'year' or 'fiscal_year' (of an instant also 'hour').",
        "所在日、周、月、季、年、财年的结束（时刻还可取小时 'hour'）。",
        examples(
            "end_of(@2026-02-05, 'month') → @2026-02-28",
            "end_of(@2026-05-05, 'year') → @2026-12-31",
            "end_of(@2026-03-05, 'fiscal_year') → @2026-03-31",
        ),
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
        _span(DAY_SECONDS),
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
