"""Literal values in definitions (defaults, bounds, settings) turned into kept form, as engine.language.types has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from engine.language import types as t
from engine.model.node import Node

_UNIT_SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds", "秒"), 1),
    **dict.fromkeys(("min", "minute", "minutes", "分", "分钟"), 60),
    **dict.fromkeys(("h", "hour", "hours", "小时"), 3_600),
    **dict.fromkeys(("d", "day", "days", "天", "日"), 86_400),
    **dict.fromkeys(("w", "week", "weeks", "周"), 604_800),
}
_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+|[秒分钟小时天日周]+)")
_ISO_SPAN = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_INT64 = 2**63


class NotAValue(Exception):
    """The literal is no value of the type; ``wanted`` says in words what would be."""

    def __init__(self, wanted: Mapping[str, str]) -> None:
        super().__init__(wanted)
        self.wanted = wanted


def keep(node: Node, wanted: t.Type, time_zone: str = "UTC") -> Any:
    """The kept form of a literal as a type; None for nothing. Raises NotAValue."""
    if node.value is None or node.value == "":
        return None
    reader = _READERS.get(type(wanted))
    if reader is None:
        return node.plain() if isinstance(wanted, t.Json) else _refuse(wanted)
    return reader(node, wanted, time_zone)


def describe(wanted: t.Type) -> Mapping[str, str]:
    """A type in words, with the form of its literals."""
    en, zh = _WORDS.get(type(wanted), ("a value", "值"))
    if isinstance(wanted, (t.Decimal, t.Money)):
        return {"en": f"{en} with at most {wanted.scale} digits after the point", "zh": f"{zh}，最多 {wanted.scale} 位小数"}
    if isinstance(wanted, (t.Choice, t.MultiChoice)):
        codes = ", ".join(wanted.codes[:20])
        return {"en": f"{en} of: {codes}", "zh": f"{zh}:{codes}"}
    return {"en": en, "zh": zh}


_WORDS: Mapping[type[t.Type], tuple[str, str]] = {
    t.Text: ("a text", "文本"),
    t.Integer: ("a whole number", "整数"),
    t.Float: ("a number", "数字"),
    t.Decimal: ("a number", "数字"),
    t.Money: ("an amount", "金额"),
    t.Boolean: ("true or false", "true 或 false"),
    t.Date: ("a date such as 2026-01-31", "日期，如 2026-01-31"),
    t.Time: ("a time such as 09:30", "时间，如 09:30"),
    t.DateTime: ("a date and time such as 2026-01-31T09:30", "日期时间，如 2026-01-31T09:30"),
    t.Duration: ("a span such as 4 h or 3 days", "时长，如 4 h 或 3 days"),
    t.Choice: ("one", "以下之一"),
    t.MultiChoice: ("a list", "以下选项的列表"),
    t.Ref: ("an expression in initial", "写在 initial 中的表达式"),
}


def _refuse(wanted: t.Type) -> Any:
    raise NotAValue(describe(wanted))


def _scalar(node: Node, wanted: t.Type) -> str:
    return node.text if not node.is_map and not node.is_list and not isinstance(node.value, bool) else _refuse(wanted)


def _text(node: Node, wanted: t.Type, _: str) -> Any:
    return node.value if isinstance(node.value, str) else _refuse(wanted)


def _integer(node: Node, wanted: t.Type, _: str) -> Any:
    value = node.value
    return value if type(value) is int and -_INT64 <= value < _INT64 else _refuse(wanted)


def _float(node: Node, wanted: t.Type, _: str) -> Any:
    return float(node.value) if type(node.value) in (int, float) and abs(node.value) < 1e300 else _refuse(wanted)


def _decimal(node: Node, wanted: t.Type, _: str) -> Any:
    if not isinstance(wanted, (t.Decimal, t.Money)):
        return _refuse(wanted)
    text = _scalar(node, wanted)
    percent = text.endswith("%")
    try:
        value = Decimal(text.rstrip("% ")) / (100 if percent else 1)
        scaled = value.scaleb(wanted.scale)
        whole = int(scaled) if scaled.is_finite() and abs(scaled) < _INT64 else None
    except (InvalidOperation, ValueError, OverflowError):
        return _refuse(wanted)
    return whole if whole is not None and whole == scaled else _refuse(wanted)


def _boolean(node: Node, wanted: t.Type, _: str) -> Any:
    return node.value if isinstance(node.value, bool) else _refuse(wanted)


def _date(node: Node, wanted: t.Type, _: str) -> Any:
    try:
        return date.fromisoformat(_scalar(node, wanted))
    except ValueError:
        return _refuse(wanted)


def _time(node: Node, wanted: t.Type, _: str) -> Any:
    try:
        return time.fromisoformat(_scalar(node, wanted)).replace(tzinfo=None)
    except ValueError:
        return _refuse(wanted)


def _datetime(node: Node, wanted: t.Type, time_zone: str) -> Any:
    try:
        value = datetime.fromisoformat(_scalar(node, wanted))
        if value.tzinfo is None:
            value = value.replace(tzinfo=ZoneInfo(time_zone))
        return value.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return _refuse(wanted)


def duration_seconds(text: str) -> int | None:
    """``4 h``, ``1 day 2 hours``, ``3天`` or ISO ``PT4H`` in seconds; None where it is no exact span."""
    iso = _ISO_SPAN.fullmatch(text.strip())
    if iso and any(iso.groups()):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return _bounded(weeks * 604_800 + days * 86_400 + hours * 3_600 + minutes * 60 + seconds)
    total, at = Decimal(0), 0
    for match in _SPAN.finditer(text):
        if match.start() != at or match[2] not in _UNIT_SECONDS:
            return None
        total += Decimal(match[1]) * _UNIT_SECONDS[match[2]]
        at = match.end()
    if at == 0 or text[at:].strip() or total != int(total):
        return None
    return _bounded(int(total))


def _bounded(seconds: int) -> int | None:
    return seconds if seconds < 10**11 else None


def _duration(node: Node, wanted: t.Type, _: str) -> Any:
    text = _scalar(node, wanted)
    seconds = duration_seconds(text) if len(text) < 60 else None
    return seconds if seconds is not None else _refuse(wanted)


def _choice(node: Node, wanted: t.Type, _: str) -> Any:
    codes = wanted.codes if isinstance(wanted, (t.Choice, t.MultiChoice)) else ()
    return node.text if not node.is_map and not node.is_list and node.text in codes else _refuse(wanted)


def _multi_choice(node: Node, wanted: t.Type, zone: str) -> Any:
    if not node.is_list:
        return _refuse(wanted)
    chosen = {_choice(each, wanted, zone) for each in node.value}
    codes = wanted.codes if isinstance(wanted, t.MultiChoice) else ()
    return tuple(code for code in codes if code in chosen) or None


_READERS: Mapping[type[t.Type], Callable[[Node, t.Type, str], Any]] = {
    t.Text: _text,
    t.Integer: _integer,
    t.Float: _float,
    t.Decimal: _decimal,
    t.Money: _decimal,
    t.Boolean: _boolean,
    t.Date: _date,
    t.Time: _time,
    t.DateTime: _datetime,
    t.Duration: _duration,
    t.Choice: _choice,
    t.MultiChoice: _multi_choice,
}
