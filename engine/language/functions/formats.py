"""Values as text by a fixed list of formats, and text as a number: the same characters on every back end."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal as DecimalNumber
from typing import Any

from engine.language.core import BOOLEAN, Apply, Const, Default, Var, scale_of
from engine.language.functions.date_operations import to_local
from engine.language.functions.dates import as_day
from engine.language.functions.number_operations import round_divide
from engine.language.functions.numbers import constant, rescale
from engine.language.functions.rows import Function, Mismatch, Operation, examples
from engine.language.functions.texts import TEXT
from engine.language.scope import Scope
from engine.language.types import Date, DateTime, Decimal, Float, Integer, Money, Text

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


def _format_float(value: float) -> str:
    return format(DecimalNumber(repr(value)), "f") if value != int(value) else str(int(DecimalNumber(repr(value))))


def _format_date(day: date, form: str) -> str:
    return _DATE_FORMATS[form][0](day)


def _format_moment(moment: datetime, form: str, zone: str) -> str | None:
    try:
        return _MOMENT_FORMATS[form][0](to_local(moment, zone))
    except OverflowError:
        return None


_WEEKDAYS = {"en": "MonTueWedThuFriSatSun", "zh": "周一　周二　周三　周四　周五　周六　周日　"}


def _weekday_name(day: date, language: str) -> str:
    at = day.weekday() * 3
    return _WEEKDAYS["zh" if language == "zh" else "en"][at : at + 3].rstrip("　")


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟", "万", "拾", "佰", "仟", "亿", "拾", "佰", "仟", "万", "拾", "佰", "仟")
_MENDED = (("零[拾佰仟]", "零"), ("零+", "零"), ("零万", "万"), ("零亿", "亿"), ("亿万", "亿"), ("零+$", ""))
"""How digits with their places become words as they are written on invoices, one step after the other."""


def _money_upper(cents: int) -> str | None:
    whole, rest = divmod(abs(cents), 100)
    digits = str(whole)
    if len(digits) > len(_PLACES):
        return None
    words = "".join(_DIGITS[int(digit)] + _PLACES[len(digits) - 1 - at] for at, digit in enumerate(digits))
    for pattern, by in _MENDED:
        words = re.sub(pattern, by, words)
    tenths, last = divmod(rest, 10)
    text = words + "元" if words or not rest else ""
    text += _DIGITS[tenths] + "角" if tenths else "零" if words and last else ""
    text += _DIGITS[last] + "分" if last else "整"
    return ("负" if cents < 0 else "") + (text if text != "元整" else "零元整")


def _similar(one: str, other: str) -> int:
    first, second = _pairs(one), _pairs(other)
    both = sum(min(count, second.get(pair, 0)) for pair, count in first.items())
    total = sum(first.values()) + sum(second.values())
    return round_divide(2 * both * 10_000, total) if total else 10_000 * (one == other)


def _pairs(text: str) -> Counter[str]:
    return Counter(text[at : at + 2] for at in range(len(text) - 1))


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

_PG_WEEKDAY = (
    "CASE WHEN a1 = 'zh' THEN substr('周一周二周三周四周五周六周日', {0} * 2 - 1, 2) "
    "ELSE substr('MonTueWedThuFriSatSun', {0} * 3 - 2, 3) END"
)
_PG_PLACE = "(CAST('{" + ",".join(f'"{place}"' for place in _PLACES) + "}' AS text[]))[p]"


def _pg_mended(text: str) -> str:
    for pattern, by in _MENDED:
        text = f"regexp_replace({text}, '{pattern}', '{by}', 'g')"
    return text


def _pg_digit(number: str) -> str:
    return f"substr('{_DIGITS}', CAST({number} AS integer) + 1, 1)"


_PG_WORDS = _pg_mended(
    f"(SELECT string_agg({_pg_digit('substr(w, length(w) - p + 1, 1)')} || {_PG_PLACE}, '' ORDER BY p DESC) "
    "FROM generate_series(1, length(w)) AS p)"
)
_PG_REST = (
    f"CASE WHEN r / 10 > 0 THEN {_pg_digit('r / 10')} || '角' WHEN words <> '' AND r > 0 THEN '零' ELSE '' END || "
    f"CASE WHEN r % 10 > 0 THEN {_pg_digit('r % 10')} || '分' ELSE '整' END"
)
_PG_MONEY = (
    "(SELECT CASE WHEN length(w) <= 16 THEN CASE WHEN a0 < 0 THEN '负' ELSE '' END || CASE WHEN words = '' AND r = 0 THEN '零元' "
    f"WHEN words <> '' THEN words || '元' ELSE '' END || {_PG_REST} END "
    f"FROM (SELECT m.*, CASE WHEN length(w) <= 16 THEN {_PG_WORDS} END AS words FROM (SELECT div(abs(a0::numeric), 100)::text AS w, "
    "CAST(mod(abs(a0::numeric), 100) AS integer) AS r OFFSET 0) AS m OFFSET 0) AS n)"
)
_PG_PAIRS = (
    "(SELECT substr({0}, p, 2) AS pair, count(*) AS times FROM generate_series(1, char_length({0}) - 1) AS p GROUP BY substr({0}, p, 2))"
)
_PG_SIMILAR = (
    "(SELECT CASE WHEN a0 IS NULL OR a1 IS NULL THEN NULL WHEN total = 0 THEN CASE WHEN a0 = a1 THEN 10000 ELSE 0 END "
    "ELSE CAST(div(2 * 2 * both_of * 10000 + total, 2 * total::numeric) AS bigint) END FROM (SELECT "
    f"(SELECT coalesce(sum(LEAST(x.times, y.times)), 0) FROM {_PG_PAIRS.format('a0')} AS x JOIN {_PG_PAIRS.format('a1')} AS y "
    "ON x.pair = y.pair) AS both_of, "
    "greatest(char_length(a0) - 1, 0) + greatest(char_length(a1) - 1, 0) AS total OFFSET 0) AS w)"
)

# The server's own shortest form of a float shuns decimals that lie half-way between two floats; other back ends take them.
_PG_SIXTEEN = "to_char(a0, '9.999999999999999EEEE')"
_PG_FLOAT = (
    # Below the normal range fewer than fifteen digits are enough.
    "CASE WHEN a0 <> 0 AND abs(a0) < 2.2250738585072014e-308::float8 THEN CAST(CAST(CAST(a0 AS text) AS numeric) AS text) "
    "WHEN abs(a0) < 1e300 THEN CASE WHEN a0::numeric::float8 = a0 THEN CAST(a0::numeric AS text) "
    f"WHEN CAST({_PG_SIXTEEN} AS float8) = a0 THEN CAST(trim_scale(CAST({_PG_SIXTEEN} AS numeric)) AS text) "
    "ELSE CAST(CAST(CAST(a0 AS text) AS numeric) AS text) END ELSE CAST(CAST(CAST(a0 AS text) AS numeric) AS text) END"
)

OPERATIONS: tuple[Operation, ...] = (
    Operation("format_number", _format_number, "iibb", "t", _PG_NUMBER),
    Operation("format_float", _format_float, "f", "t", "let:" + _PG_FLOAT),
    Operation("weekday_name", _weekday_name, "dt", "t", "let:" + _PG_WEEKDAY.format("CAST(extract(isodow FROM a0) AS integer)")),
    Operation("money_upper", _money_upper, "i", "t", "let:" + _PG_MONEY),
    Operation("similar", _similar, "tt", "i", "let:" + _PG_SIMILAR),
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


def _text(args: tuple[Any, ...], scope: Scope) -> Any:
    item = args[0]
    if isinstance(item.type, Integer | Decimal | Money):
        return _number_text(args)
    if isinstance(item.type, Float) and len(args) == 1:
        return Apply("format_float", (item,), TEXT)
    if isinstance(item.type, Date | DateTime) and len(args) > 1 and getattr(args[1], "value", None) == "EEE":
        return Apply("weekday_name", (as_day(item, scope.time_zone), language(scope)), TEXT)
    if isinstance(item.type, Date):
        return Apply("format_date", (item, Const(_format_of(args, _DATE_FORMATS, "yyyy-MM-dd"), TEXT)), TEXT)
    if isinstance(item.type, DateTime):
        form = _format_of(args, _MOMENT_FORMATS, "yyyy-MM-dd HH:mm")
        return Apply("format_moment", (item, Const(form, TEXT), Const(scope.time_zone, TEXT)), TEXT)
    if isinstance(item.type, Text) and len(args) == 1:
        return item
    raise Mismatch("no-text-form", 0, found=item.type)


def language(scope: Scope) -> Any:
    """The language of whoever asks, else the installation's."""
    fallback = Const(scope.conventions.language, TEXT)
    return Default((Var("user.language", TEXT), fallback), TEXT, False) if "user" in scope.variables else fallback


def label_of(item: Any, shown: tuple[tuple[str, str, str], ...], scope: Scope) -> Any:
    """The label of a choice in the language of whoever asks."""
    return Apply("label", (item, labels_of(shown), language(scope)), TEXT, item.nullable)


def labels_of(shown: tuple[tuple[str, str, str], ...]) -> Const:
    """Codes and labels as the constant that operations on labels read."""
    return Const(json.dumps({code: [en, zh] for code, en, zh in shown}, ensure_ascii=False, separators=(",", ":")), TEXT)


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


def _money_upper_call(args: tuple[Any, ...], scope: Scope) -> Any:
    item = args[0]
    if isinstance(item.type, Float):
        raise Mismatch("float-not-exact", 0)
    had = scale_of(item.type)
    if had > 2:
        cents = Apply("divide_round", (item, constant(10 ** (had - 2)), constant(1)), Decimal(2), item.nullable)
        return Apply("money_upper", (cents,), TEXT)
    return Apply("money_upper", (rescale(item, 2),), TEXT)


def _similar_call(args: tuple[Any, ...], scope: Scope) -> Any:
    return Apply("similar", args, Decimal(4), any(arg.nullable for arg in args))


def _number(args: tuple[Any, ...], scope: Scope) -> Any:
    return Apply("parse_number", args, Decimal(6))


FUNCTIONS: tuple[Function, ...] = (
    Function(
        "money_upper",
        ("金额大写",),
        ("number",),
        _money_upper_call,
        "text",
        "number",
        "An amount in the capital Chinese numerals of invoices, up to 16 digits before the point.",
        "人民币大写金额，整数部分最多 16 位。",
        examples(
            "money_upper(1234.56) → '壹仟贰佰叁拾肆元伍角陆分'",
            "money_upper(100000001) → '壹亿零壹元整'",
            "money_upper(10010000.5) → '壹仟零壹万元伍角整'",
            "money_upper(20.05) → '贰拾元零伍分'",
            "money_upper(0) → '零元整'",
            "money_upper(-0.3) → '负叁角整'",
        ),
    ),
    Function(
        "similar",
        ("相似度",),
        ("text", "text"),
        _similar_call,
        "decimal",
        "text",
        "How alike two texts are, from 0 to 1: the share of neighbouring character pairs that they have in common.",
        "两段文本的相似度，从 0 到 1：相邻两字组合的相同比例。",
        examples(
            "similar('night', 'nacht') → 0.25",
            "similar('斗拱结构', '斗拱结构') → 1",
            "similar('a', 'b') → 0",
            "similar('a', blank) → blank",
        ),
    ),
    Function(
        "text",
        ("转文本",),
        ("any", "text?"),
        _text,
        "text",
        "text",
        "A number, date or instant as text, by a format or in full: '0' '0.00' '#,##0' '#,##0.00' '0%' '0.0%', "
        "'yyyy-MM-dd' 'yyyy-MM' 'yyyy年M月d日' 'HH:mm' 'yyyy-MM-dd HH:mm' 'EEE'. A choice as its label.",
        "把数字、日期或时刻写成文本，格式同英文所列；选项写成其名称。",
        examples(
            "text(1234.5, '#,##0.00') → '1,234.50'",
            "text(-0.125, '0.0%') → '-12.5%'",
            "text(2.5, '0') → '3'",
            "text(7.10) → '7.10'",
            "text(-3) → '-3'",
            "text(@2026-03-05, 'yyyy年M月d日') → '2026年3月5日'",
            "text(@2026-01-31T23:30+00:00, 'yyyy-MM-dd HH:mm') → '2026-02-01 07:30'",
            "text(@2026-03-05, 'EEE') → 'Thu'",
            "text(float(0.1)) → '0.1'",
            "text(if(1 > 2, status, 'open')) → 'Open'",
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
