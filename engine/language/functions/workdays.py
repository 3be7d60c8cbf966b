"""Functions on working days and currencies: what an installation's calendars and rates are for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.language.calendars import RATE_SCALE
from engine.language.core import INTEGER, Apply, Const, Predicate
from engine.language.functions.dates import DATE, DATETIME, as_day, today
from engine.language.functions.numbers import constant
from engine.language.functions.rows import Function, Mismatch, examples
from engine.language.functions.texts import TEXT
from engine.language.scope import Scope
from engine.language.types import Date, DateTime, Money, Text, Workdays

WORKDAYS = Workdays()
_ONE = 10**RATE_SCALE


def _calendar(args: tuple[Any, ...], index: int, scope: Scope) -> Const:
    """The calendar that a call names, or the installation's. Raises Mismatch where there is none."""
    said = scope.conventions
    known = dict(said.calendars)
    name = said.calendar
    if len(args) > index:
        given = args[index]
        if not isinstance(given, Const) or given.value not in known:
            raise Mismatch("unknown-calendar", index, found=getattr(given, "value", ""), known=", ".join(known))
        name = str(given.value)
    if name is None or name not in known:
        raise Mismatch("workdays-need-calendar", 0)
    return Const(known[name], TEXT)


def _is_workday(args: tuple[Any, ...], scope: Scope) -> Any:
    return Predicate("is_workday", (as_day(args[0], scope.time_zone), _calendar(args, 1, scope)))


def _workdays_between(args: tuple[Any, ...], scope: Scope) -> Any:
    zone = scope.time_zone
    return Apply("workdays_between", (as_day(args[0], zone), as_day(args[1], zone), _calendar(args, 2, scope)), INTEGER)


def _add_workdays(args: tuple[Any, ...], scope: Scope) -> Any:
    return _moved(args[0], args[1], _calendar(args, 2, scope), scope)


def add_span_of_workdays(moment: Any, span: Any, scope: Scope) -> Any:
    """A date or instant moved by a span of working days, by the installation's calendar."""
    return _moved(moment, span, _calendar((), 0, scope), scope)


def _moved(moment: Any, count: Any, calendar: Const, scope: Scope) -> Any:
    if isinstance(moment.type, Date):
        return Apply("add_workdays", (moment, count, calendar), DATE)
    if isinstance(moment.type, DateTime):
        return Apply("moment_add_workdays", (moment, count, Const(scope.time_zone, TEXT), calendar), DATETIME)
    raise Mismatch("wrong-type", 0, expected=DATE, found=moment.type)


def _workdays(args: tuple[Any, ...], scope: Scope) -> Any:
    return replace(args[0], type=WORKDAYS)


def _rate(code: str, day: Any, scope: Scope, index: int) -> Any:
    said = scope.conventions
    if code == said.currency:
        return constant(_ONE)
    rates = dict(said.rates)
    if code not in rates:
        raise Mismatch("no-rates", index, found=code, known=", ".join(filter(None, (said.currency, *rates))))
    return Apply("rate_at", (day, Const(rates[code], TEXT)), INTEGER)


def _convert(args: tuple[Any, ...], scope: Scope) -> Any:
    amount, target = args[0], args[1]
    if not isinstance(amount.type, Money) or amount.type.currency is None:
        raise Mismatch("wrong-type" if not isinstance(amount.type, Money) else "currency-open", 0, expected=Money(2, ""), found=amount.type)
    if not isinstance(target, Const) or not isinstance(target.type, Text) or target.value is None:
        raise Mismatch("constant-text-needed", 1)
    day = as_day(args[2], scope.time_zone) if len(args) > 2 else today(scope.time_zone)
    wanted = Money(amount.type.scale, target.value)
    if amount.type.currency == target.value:
        return replace(amount, type=wanted)
    source, other = _rate(amount.type.currency, day, scope, 0), _rate(target.value, day, scope, 1)
    return Apply("divide_round", (Apply("multiply", (amount, source), wanted), other, constant(1)), wanted)


FUNCTIONS: tuple[Function, ...] = (
    Function(
        "is_workday",
        ("是工作日",),
        ("day", "text?"),
        _is_workday,
        "boolean",
        "date",
        "Whether a day is worked, by the installation's calendar or the one named.",
        "某天是否工作日，按系统日历或所指定的日历。",
        examples(
            "is_workday(@2026-03-06) → true",
            "is_workday(@2026-03-07) → false",
            "is_workday(@2026-02-14) → true",
            "is_workday(blank) → false",
        ),
    ),
    Function(
        "add_workdays",
        ("加工作日",),
        ("any", "integer", "text?"),
        _add_workdays,
        "day",
        "date",
        "The day so many working days later (earlier for negative n); an instant keeps its local time.",
        "若干个工作日之后（n 为负则之前）；时刻保留当地时间。",
        examples(
            "add_workdays(@2026-03-06, 1) → @2026-03-09",
            "add_workdays(@2026-03-07, -1) → @2026-03-06",
            "add_workdays(@2026-03-07, 0) → @2026-03-07",
            "@2026-02-13 + 2 workdays → @2026-02-24",
            "@2026-03-06T10:00+08:00 + 1 workday → @2026-03-09T10:00+08:00",
        ),
    ),
    Function(
        "workdays_between",
        ("相隔工作日",),
        ("day", "day", "text?"),
        _workdays_between,
        "integer",
        "date",
        "Working days after a up to b; negative when b is earlier.",
        "a 之后到 b 为止的工作日数；b 较早则为负。",
        examples("workdays_between(@2026-03-06, @2026-03-13) → 5", "workdays_between(@2026-03-13, @2026-03-06) → -5"),
    ),
    Function(
        "workdays",
        ("工作日数",),
        ("integer",),
        _workdays,
        "workdays",
        "date",
        "A span of so many working days, to be added to a date or an instant.",
        "若干个工作日，可加到日期或时刻上。",
        examples("@2026-03-06 + workdays(2) → @2026-03-10", "@2026-03-10 - workdays(2) → @2026-03-06"),
    ),
    Function(
        "convert",
        ("换算",),
        ("number", "text", "day?"),
        _convert,
        "money",
        "number",
        "An amount in another currency at the rate of a day (today's when none is given); blank where there is none yet.",
        "按某天（缺省为今天）的汇率换算成另一币种；尚无汇率则为空。",
        examples(
            "convert(if(1 > 2, price_usd, 100.00), 'CNY', @2026-01-15) = 710.00 → true",
            "convert(if(1 > 2, price_usd, 100.00), 'CNY', @2026-02-01) = 700.00 → true",
            "convert(if(1 > 2, amount, 710.00), 'USD', @2026-01-15) = 100.00 → true",
            "convert(if(1 > 2, price_usd, 1.00), 'CNY', @1999-01-01) → blank",
        ),
    ),
)
