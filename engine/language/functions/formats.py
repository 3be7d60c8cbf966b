"""Values as text by a fixed list of formats, and text as a number: the same characters on every back end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from engine.language.core import BOOLEAN, Apply, Const, scale_of
from engine.language.functions.date_operations import to_local
from engine.language.functions.numbers import constant, rescale
from engine.language.functions.rows import Function, Mismatch, Operation, examples
from engine.language.functions.texts import TEXT
from engine.language.types import Date, DateTime, Decimal, Integer, Money, Text

_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,6})?")
_NUMBER_FORMATS: dict[str, tuple[int, bool, bool]] = {
    "0": (0, False, False),
    "0.00": (2, False, False),
    "#,##0": (0, True, False),
    "#,##0.00": (2, True, False),
    "0%": (0, False, True),
    "0.0%": (1, False, True),
}
"""Places, whether thousands are set apart, whether it is a percentage."""

_DATE_FORMATS: dict[str, tuple[Callable[[date], str], str]] = {
    "yyyy-MM-dd": (lambda day: day.isoformat(), "to_char(a0, 'YYYY-MM-DD')"),
    "yyyy-MM": (lambda day: day.isoformat()[:7], "to_char(a0, 'YYYY-MM')"),
    "yyyy年M月d日": (lambda day: f"{day.year:04}年{day.month}月{day.day}日", 'to_char(a0, \'YYYY"年"FMMM"月"FMDD"日"\')'),
}


def _of_day(make: Callable[[date], str]) -> Callable[[datetime], str]:
    return lambda moment: make(moment.date())


_MOMENT_FORMATS: dict[str, tuple[Callable[[datetime], str], str]] = {
    **{name: (_of_day(make), sql) for name, (make, sql) in _DATE_FORMATS.items()},
    "HH:mm": (lambda moment: f"{moment:%H:%M}", "to_char(a0, 'HH24') || chr(58) || to_char(a0, 'MI')"),
    "yyyy-MM-dd HH:mm": (
        lambda moment: f"{moment.date().isoformat()} {moment:%H:%M}",
        "to_char(a0, 'YYYY-MM-DD HH24') || chr(58) || to_char(a0, 'MI')",
    ),
}
"""How Python and PostgreSQL write each format; a moment is local by then."""


def _format_number(value: int, places: int, grouped: bool, percent: bool) -> str:
    digits = str(abs(value)).rjust(places + 1, "0")
    whole, fraction = (digits[:-places], "." + digits[-places:]) if places else (digits, "")
    whole = f"{int(whole):,}" if grouped else whole
    return ("-" if value < 0 else "") + whole + fraction + ("%" if percent else "")


def _format_date(day: date, form: str) -> str:
    return _DATE_FORMATS[form][0](day)


def _format_moment(moment: datetime, form: str, zone: str) -> str | None:
    try:
        return _MOMENT_FORMATS[form][0](to_local(moment, zone))
    except OverflowError:
        return None


def _parse_number(text: str) -> int | None:
    if not _NUMBER.fullmatch(text):
        return None
    whole, _, fraction = text.lstrip("+-").partition(".")
    value = int(whole + fraction.ljust(6, "0"))
    return -value if text.startswith("-") else value


def _cases(formats: dict[str, Any]) -> str:
    # No colon may stand in a fragment but before a parameter's name.
    colon = "' || chr(58) || '"
    cases = (f"WHEN '{name.replace(':', colon)}' THEN {sql}" for name, (_, sql) in formats.items())
    return f"CASE a1 {' '.join(cases)} END"


_PG_UNIT = "power(10::numeric, a1)::numeric(20,0)"
_PG_WHOLE = f"div(abs(a0::numeric), {_PG_UNIT})"
_PG_FRACTION = f"lpad(mod(abs(a0::numeric), {_PG_UNIT})::text, CAST(a1 AS integer), '0')"
_PG_GROUPED = f"regexp_replace(CAST({_PG_WHOLE} AS text), '([0-9])(?=([0-9]{{3}})+$)', '\\1,', 'g')"
_PG_NUMBER = (
    "let:CASE WHEN a0 < 0 THEN '-' ELSE '' END || "
    f"CASE WHEN a2 THEN {_PG_GROUPED} ELSE CAST({_PG_WHOLE} AS text) END || "
    f"CASE WHEN a1 > 0 THEN '.' || {_PG_FRACTION} ELSE '' END || CASE WHEN a3 THEN '%' ELSE '' END"
)

OPERATIONS: tuple[Operation, ...] = (
    Operation("format_number", _format_number, "iibb", "t", _PG_NUMBER),
    Operation("format_date", _format_date, "dt", "t", "let:" + _cases(_DATE_FORMATS)),
    Operation(
        "format_moment",
        _format_moment,
        "mtt",
        "t",
        f"let:(SELECT {_cases(_MOMENT_FORMATS)} "
        "FROM (SELECT ((g.a0 AT TIME ZONE 'UTC') AT TIME ZONE g.a2) AS a0, g.a1 AS a1 OFFSET 0) AS l)",
    ),
    Operation(
        "parse_number",
        _parse_number,
        "t",
        "i",
        "let:CASE WHEN a0 ~ '^[+-]?[0-9]{1,12}(\\.[0-9]{1,6})?$' THEN CAST(CAST(a0 AS numeric) * 1000000 AS bigint) END",
    ),
)


def _format_of(args: tuple[Any, ...], known: dict[str, Any], default: str) -> str:
    if len(args) == 1:
        return default
    form = args[1]
    if not isinstance(form, Const) or form.value not in known:
        raise Mismatch("unknown-format", 1, found=getattr(form, "value", ""), known=", ".join(known))
    return str(form.value)


def _text(args: tuple[Any, ...], zone: str) -> Any:
    item = args[0]
    if isinstance(item.type, Integer | Decimal | Money):
        return _number_text(args)
    if isinstance(item.type, Date):
        return Apply("format_date", (item, Const(_format_of(args, _DATE_FORMATS, "yyyy-MM-dd"), TEXT)), TEXT)
    if isinstance(item.type, DateTime):
        form = _format_of(args, _MOMENT_FORMATS, "yyyy-MM-dd HH:mm")
        return Apply("format_moment", (item, Const(form, TEXT), Const(zone, TEXT)), TEXT)
    if isinstance(item.type, Text) and len(args) == 1:
        return item
    raise Mismatch("no-text-form", 0, found=item.type)


def _number_text(args: tuple[Any, ...]) -> Any:
    item = args[0]
    scale = scale_of(item.type)
    places, grouped, percent = scale, False, False
    if len(args) > 1:
        places, grouped, percent = _NUMBER_FORMATS[_format_of(args, _NUMBER_FORMATS, "0")]
    # A percentage is the number a hundred times: the same digits with the point two places on.
    had, wanted = scale, places + (2 if percent else 0)
    if wanted >= had:
        item = rescale(item, wanted)
    else:
        item = Apply("divide_round", (item, constant(10 ** (had - wanted)), constant(1)), Decimal(wanted), item.nullable)
    return Apply("format_number", (item, constant(places), Const(grouped, BOOLEAN), Const(percent, BOOLEAN)), TEXT)


def _number(args: tuple[Any, ...], zone: str) -> Any:
    return Apply("parse_number", args, Decimal(6))


FUNCTIONS: tuple[Function, ...] = (
    Function(
        "text",
        ("转文本",),
        ("any", "text?"),
        _text,
        "text",
        "text",
        "A number, date or instant as text: '0' '0.00' '#,##0' '#,##0.00' '0%' '0.0%', "
        "'yyyy-MM-dd' 'yyyy-MM' 'yyyy年M月d日' 'HH:mm' 'yyyy-MM-dd HH:mm'.",
        "把数字、日期或时刻写成文本，格式同上所列。",
        examples(
            "text(1234.5, '#,##0.00') → '1,234.50'",
            "text(-0.125, '0.0%') → '-12.5%'",
            "text(2.5, '0') → '3'",
            "text(7.10) → '7.10'",
            "text(-3) → '-3'",
            "text(@2026-03-05, 'yyyy年M月d日') → '2026年3月5日'",
            "text(@2026-01-31T23:30+00:00, 'yyyy-MM-dd HH:mm') → '2026-02-01 07:30'",
        ),
    ),
    Function(
        "number",
        ("转数字",),
        ("text",),
        _number,
        "decimal",
        "text",
        "The number that a text holds (at most 12 digits and 6 places); blank when it holds none.",
        "文本中的数字（最多 12 位整数、6 位小数）；不是数字则为空。",
        examples("number('-12.50') → -12.5", "number('12a') → blank", "number('1e5') → blank"),
    ),
)
