"""Values and types between JSON and the forms that the language has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from engine import limits
from engine.errors import BadRequest
from engine.language import types as t

_TYPE = re.compile(r"\s*([a-z_-]+)\s*(?:\(([^()]*)\))?\s*")
_PLAIN: dict[str, t.Type] = {
    "text": t.Text(),
    "integer": t.Integer(),
    "number": t.Float(),
    "float": t.Float(),
    "boolean": t.Boolean(),
    "bool": t.Boolean(),
    "date": t.Date(),
    "time": t.Time(),
    "datetime": t.DateTime(),
    "duration": t.Duration(),
    "months": t.Duration(calendar=True),
    "json": t.Json(),
}

KNOWN_TYPES = ", ".join((*_PLAIN, "decimal(2)", "money(CNY)", "choice(a, b)", "multi_choice(a, b)", "ref(entity)", "user"))
"""How types are written, for people."""


def type_of(text: str) -> t.Type:
    """The type that a word names: ``decimal(2)``, ``money(CNY)``, ``choice(a, b)``, ``ref(desk.person)``. Raises BadRequest."""
    match = _TYPE.fullmatch(text)
    word, inside = (match[1].replace("-", "_"), match[2]) if match else ("", None)
    parts = tuple(part.strip() for part in (inside or "").split(",") if part.strip())
    if word in _PLAIN and not parts:
        return _PLAIN[word]
    if word in ("decimal", "money"):
        numbers = [int(part) for part in parts if part.isdecimal()]
        words = [part for part in parts if not part.isdecimal()]
        scale = numbers[0] if numbers else 2
        if len(numbers) <= 1 and len(words) <= (word == "money") and scale <= limits.decimal_scale_max:
            return t.Decimal(scale) if word == "decimal" else t.Money(scale, words[0] if words else "CNY")
    if word in ("choice", "multi_choice") and parts:
        return t.Choice(parts) if word == "choice" else t.MultiChoice(parts)
    if word in ("ref", "user") and len(parts) <= 1:
        return t.Ref(parts[0] if parts else "system.user" if word == "user" else "")
    raise BadRequest("bad-field-type", text=text[:80], known=KNOWN_TYPES)


def spoken_type(type_: t.Type) -> str:
    """The word of a type, as ``type_of`` takes it."""
    match type_:
        case t.Decimal(scale=scale):
            return f"decimal({scale})"
        case t.Money(scale=scale, currency=currency):
            return f"money({currency or '*'}, {scale})"
        case t.Choice(codes=codes):
            return f"choice({', '.join(codes)})"
        case t.MultiChoice(codes=codes):
            return f"multi_choice({', '.join(codes)})"
        case t.Ref(entity=entity):
            return f"ref({entity})" if entity else "ref"
        case t.ListOf(item=item):
            return f"list({spoken_type(item)})"
        case t.Duration(calendar=True):
            return "months"
    return _WORDS.get(type(type_), "blank")


def is_spoken(type_: t.Type) -> bool:
    """Whether ``type_of`` gives the type of its word."""
    try:
        return type_of(spoken_type(type_)) == type_
    except BadRequest:
        return False


_WORDS: dict[type[t.Type], str] = {
    t.Text: "text",
    t.Integer: "integer",
    t.Float: "number",
    t.Boolean: "boolean",
    t.Date: "date",
    t.Time: "time",
    t.DateTime: "datetime",
    t.Duration: "duration",
    t.Workdays: "workdays",
    t.Json: "json",
}


def json_of(value: Any, type_: t.Type) -> Any:
    """A value as JSON: numbers as numbers, decimals and money as text, dates and instants as ISO 8601, durations too."""
    if value is None:
        return None
    match type_:
        case t.Decimal(scale=scale) | t.Money(scale=scale):
            return f"{Decimal(value).scaleb(-scale):f}"
        case t.Duration(calendar=True):
            return f"{'-' if value < 0 else ''}P{abs(value)}M"
        case t.Duration():
            return _duration(value)
        case t.DateTime():
            return value.isoformat() + "Z"
        case t.Date() | t.Time():
            return value.isoformat()
        case t.MultiChoice() | t.ListOf():
            return list(value)
    return value


def _duration(seconds: int) -> str:
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = "".join(f"{amount}{unit}" for amount, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if amount)
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return f"{'-' if seconds < 0 else ''}P{text or 'T0S'}"


def _scaled(value: Any, scale: int) -> int:
    number = Decimal(repr(value) if isinstance(value, float) else value).scaleb(scale)
    whole = int(number)
    if whole != number or abs(whole) >= 10**limits.decimal_digits_max:
        raise ValueError
    return whole


def _integer(value: Any, _type: t.Type, _zone: ZoneInfo) -> int:
    whole = int(value)
    if isinstance(value, bool) or whole != Decimal(repr(value) if isinstance(value, float) else value) or not -(2**63) <= whole < 2**63:
        raise ValueError
    return whole


_LENGTH = re.compile(r"(-?)P(?:([0-9]{1,9})D)?(?:T(?=[0-9])(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})S)?)?")
_MONTHS = re.compile(r"(-?)P(?:([0-9]{1,6})Y)?(?:([0-9]{1,6})M)?")


def _read_duration(value: Any, type_: t.Type, zone: ZoneInfo) -> int:
    """Seconds (or months) as a number, or the text of ISO 8601 in which durations are written."""
    if not isinstance(value, str):
        return _integer(value, type_, zone)
    months = isinstance(type_, t.Duration) and type_.calendar
    match = (_MONTHS if months else _LENGTH).fullmatch(value)
    if match is None or value[-1] in "PT":
        raise ValueError
    sizes = (12, 1) if months else (86_400, 3_600, 60, 1)
    total = sum(int(part) * size for part, size in zip(match.groups()[1:], sizes, strict=True) if part)
    return -total if match[1] else total


def _decimal(value: Any, type_: t.Type, _zone: ZoneInfo) -> int:
    if isinstance(value, bool) or not isinstance(type_, t.Decimal | t.Money):
        raise ValueError
    return _scaled(value, type_.scale)


def _text(value: Any, _type: t.Type, _zone: ZoneInfo) -> str | None:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    value.encode("utf-8")
    return (value if value.isascii() else unicodedata.normalize("NFC", value)) or None


def _boolean(value: Any, _type: t.Type, _zone: ZoneInfo) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _float(value: Any, _type: t.Type, _zone: ZoneInfo) -> float:
    number = float(value)
    if isinstance(value, bool) or number - number != 0:
        raise ValueError
    return number + 0.0


def instant(value: Any, zone: ZoneInfo) -> datetime:
    """An instant from ISO 8601; one without an offset is local time. Raises ValueError."""
    found = datetime.fromisoformat(value)
    aware = found if found.tzinfo else found.replace(tzinfo=zone)
    return aware.astimezone(UTC).replace(tzinfo=None)


def _choice(value: Any, type_: t.Type, _zone: ZoneInfo) -> str:
    if not isinstance(type_, t.Choice | t.MultiChoice) or value not in type_.codes:
        raise ValueError
    return str(value)


def _choices(value: Any, type_: t.Type, zone: ZoneInfo) -> tuple[str, ...] | None:
    chosen = {_choice(each, type_, zone) for each in value}
    return tuple(code for code in getattr(type_, "codes", ()) if code in chosen) or None


_READ: dict[type[t.Type], Callable[[Any, t.Type, ZoneInfo], Any]] = {
    t.Text: _text,
    t.Integer: _integer,
    t.Decimal: _decimal,
    t.Money: _decimal,
    t.Float: _float,
    t.Boolean: _boolean,
    t.Date: lambda value, _type, _zone: date.fromisoformat(value),
    t.Time: lambda value, _type, _zone: time.fromisoformat(value),
    t.DateTime: lambda value, _type, zone: instant(value, zone),
    t.Duration: _read_duration,
    t.Choice: _choice,
    t.MultiChoice: _choices,
    t.Ref: _text,
    t.ListOf: lambda value, type_, zone: tuple(read_value(each, getattr(type_, "item", t.Text()), zone, "") for each in value),
}


def read_value(value: Any, type_: t.Type, zone: ZoneInfo, name: str) -> Any:
    """JSON as a value in kept form. Raises BadRequest."""
    if value is None:
        return None
    read = _READ.get(type(type_))
    if read is None:
        return value
    try:
        return read(value, type_, zone)
    except (ValueError, TypeError, OverflowError, InvalidOperation):
        raise BadRequest("bad-case-value", field=name, type=spoken_type(type_), value=str(value)[:60]) from None
