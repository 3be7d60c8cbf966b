"""Values at the edge: from what people and programs send (text, JSON) to the kept form, and back to JSON.

One row per kind of value; every path into the database (form, API, import, data file) parses here and nowhere else.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from operator import methodcaller
from typing import Any
from zoneinfo import ZoneInfo

from engine import ids, limits
from engine.language import types as t
from engine.model.kinds.entity import Field

_INT64 = 2**63 - 1
_ISO_DURATION = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SPAN_UNITS = {
    "s": 1,
    "m": 60,
    "min": 60,
    "h": 3600,
    "d": 86400,
    "day": 86400,
    "days": 86400,
    "hour": 3600,
    "hours": 3600,
    "minutes": 60,
    "seconds": 1,
}
_SPAN = re.compile(r"(-?\d+)\s*(days|day|hours|hour|minutes|min|seconds|d|h|m|s)", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s<>\"(),:;\\\[\]]+@[^@\s<>\"(),:;\\\[\]]+\.[^@\s<>\"(),:;\\\[\].]+")
_URL = re.compile(r"(https?://|mailto:)[^\s<>\"]+", re.IGNORECASE)
_PHONE = re.compile(r"\+?[0-9][0-9 ()\-./]{2,30}(?:\s*(?:x|ext\.?|转)\s*\d{1,6})?")
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d{1,3})?")
_UNSEEN = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc"})
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u180b\u180c\u180d\ufe0e\ufe0f")
"""Characters that take no ink though Unicode counts them as letters, marks or symbols."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class ValueProblem(ValueError):
    """A value that cannot be taken: the code of the message and its parameters."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def _is_visible(text: str) -> bool:
    """Whether there is anything to read: spaces and characters of no width alone say nothing."""
    return any(unicodedata.category(each) not in _UNSEEN and each not in _FILLERS for each in text)


_NULL_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000|[\ud800-\udfff]")
_DURATION_CHARS_MAX = 60


def _text(field: Field, value: Any, _zone: ZoneInfo) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise ValueProblem("not-text")
    text = str(value)
    if text.isascii() and text.isprintable():
        return text.strip()
    text = unicodedata.normalize("NFC", text)
    if _CONTROL.search(text):
        raise ValueProblem("control-character")
    if not _is_visible(text):
        return ""
    if field.kind != "long_text":
        text = text.strip().replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
    else:
        text = text.replace("\r\n", "\n")
    return text


def _email(field: Field, value: Any, zone: ZoneInfo) -> str:
    text = _text(field, value, zone)
    if not _EMAIL.fullmatch(text) or len(text) > 254:
        raise ValueProblem("not-email")
    return text


def _url(field: Field, value: Any, zone: ZoneInfo) -> str:
    text = _text(field, value, zone)
    if "://" not in text and re.fullmatch(r"[\w-]+(\.[\w-]+)+(/\S*)?", text):
        text = "https://" + text
    if not _URL.fullmatch(text):
        raise ValueProblem("not-url")
    return text


def _phone(field: Field, value: Any, zone: ZoneInfo) -> str:
    text = unicodedata.normalize("NFKC", _text(field, value, zone))
    if not _PHONE.fullmatch(text):
        raise ValueProblem("not-phone")
    return text


def _numeric(value: Any) -> Decimal:
    """A finite decimal out of a JSON number or text (thousands separators and full-width digits accepted)."""
    if isinstance(value, bool):
        raise ValueProblem("not-number")
    if isinstance(value, (int, Decimal)):
        number = Decimal(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueProblem("not-number")
        number = Decimal(repr(value))
    elif isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip().replace("\u2212", "-")
        if len(text) > 64 or not text or not _NUMBER.fullmatch(text):
            raise ValueProblem("not-number")
        try:
            number = Decimal(text.replace(",", ""))
        except InvalidOperation:
            raise ValueProblem("not-number") from None
    else:
        raise ValueProblem("not-number")
    if not number.is_finite() or number.adjusted() > 30:
        raise ValueProblem("number-too-large")
    return number


def _integer(_field: Field, value: Any, _zone: ZoneInfo) -> int:
    number = _numeric(value)
    if number != number.to_integral_value():
        raise ValueProblem("not-integer")
    whole = int(number)
    if abs(whole) > _INT64:
        raise ValueProblem("number-too-large")
    return whole


def _float(_field: Field, value: Any, _zone: ZoneInfo) -> float:
    return float(_numeric(value))


def _scaled(scale: int, value: Any) -> int:
    number = _numeric(value)
    scaled = number.scaleb(scale)
    whole = scaled.to_integral_value(rounding=ROUND_HALF_UP)
    if whole != scaled:
        raise ValueProblem("too-many-decimals", scale=scale)
    if abs(whole) >= 10**limits.decimal_digits_max:
        raise ValueProblem("number-too-large")
    return int(whole)


def _decimal(field: Field, value: Any, _zone: ZoneInfo) -> int:
    assert isinstance(field.type, t.Decimal | t.Money)
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip()
        if field.kind == "percent" and text.endswith("%"):
            return _scaled(field.type.scale, _numeric(text[:-1]) / 100)
        if field.kind == "money":
            text = text.lstrip("¥$€£").strip()
        value = text
    return _scaled(field.type.scale, value)


_TRUE = frozenset({"true", "yes", "1", "on", "y", "是", "真"})
_FALSE = frozenset({"false", "no", "0", "off", "n", "否", "假"})


def _boolean(_field: Field, value: Any, _zone: ZoneInfo) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, str) or value in (0, 1) else ""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueProblem("not-boolean")


def _date(_field: Field, value: Any, _zone: ZoneInfo) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", unicodedata.normalize("NFKC", value).strip())
        if match:
            try:
                return date(*(int(part) for part in match.groups()))
            except ValueError:
                pass
    raise ValueProblem("not-date")


def _time(_field: Field, value: Any, _zone: ZoneInfo) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str):
        match = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?", unicodedata.normalize("NFKC", value).strip())
        if match:
            hour, minute, second, fraction = match.groups()
            try:
                return time(int(hour), int(minute), int(second or 0), int((fraction or "0").ljust(6, "0")))
            except ValueError:
                pass
    raise ValueProblem("not-time")


def _instant(_field: Field, value: Any, zone: ZoneInfo) -> datetime:
    """An instant; one without an offset is read in the app's time zone."""
    if isinstance(value, str):
        text = value.strip().replace("/", "-")
        if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", text):
            text = "T".join((_date(_field, text, zone).isoformat(), "00:00"))
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            raise ValueProblem("not-datetime") from None
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=zone)
    if not isinstance(value, datetime):
        raise ValueProblem("not-datetime")
    aware = value if value.tzinfo else value.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise ValueProblem("not-datetime") from None


def _duration(_field: Field, value: Any, _zone: ZoneInfo) -> int:
    """Seconds, out of a number of seconds, ISO 8601 (``PT4H``) or plain words (``4 h``, ``1 day 2 hours``)."""
    seconds = value if isinstance(value, int) and not isinstance(value, bool) else _seconds(value) if isinstance(value, str) else None
    if seconds is None:
        raise ValueProblem("not-duration")
    if abs(seconds) > limits.duration_seconds_max:
        raise ValueProblem("number-too-large")
    return seconds


def _seconds(text: str) -> int | None:
    text = text.strip()
    if len(text) > _DURATION_CHARS_MAX:
        return None
    match = _ISO_DURATION.fullmatch(text)
    if match and any(match.groups()[1:]):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
        total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        return -total if match[1] else total
    if text.removeprefix("-").isdecimal():
        return int(text)
    parts = _SPAN.findall(text)
    if parts and not _SPAN.sub("", text).strip(" ,"):
        return sum(int(amount) * _SPAN_UNITS[unit.lower()] for amount, unit in parts)
    return None


def _code(field: Field, value: Any) -> str:
    if isinstance(value, str):
        text = value.strip()
        for option in field.options:
            if text == option.code:
                return option.code
        for option in field.options:
            if text in (option.title.en, option.title.zh):
                return option.code
    raise ValueProblem("not-a-choice", value=str(value)[:60])


def _choice(field: Field, value: Any, _zone: ZoneInfo) -> str:
    return _code(field, value)


def _choices(field: Field, value: Any, _zone: ZoneInfo) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part for part in re.split(r"[,;，；、|]", value) if part.strip()]
    if not isinstance(value, (list, tuple)):
        raise ValueProblem("not-a-list")
    if len(value) > limits.list_items_max:
        raise ValueProblem("too-many-items", max=limits.list_items_max)
    chosen = {_code(field, item) for item in value}
    return tuple(option.code for option in field.options if option.code in chosen)


def _key(_field: Field, value: Any, _zone: ZoneInfo) -> str:
    if isinstance(value, str) and ids.is_id(value.strip().lower()):
        return value.strip().lower()
    raise ValueProblem("not-a-reference")


def _structure(_field: Field, value: Any, _zone: ZoneInfo) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise ValueProblem("not-json") from None
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > limits.long_text_chars_max:
        raise ValueProblem("too-long", max=limits.long_text_chars_max)
    # Neither a text nor a name within may hold what PostgreSQL's JSON can't.
    if _NULL_IN_JSON.search(text):
        raise ValueProblem("control-character")
    return value


def _files(_field: Field, value: Any, _zone: ZoneInfo) -> list[dict[str, str]]:
    """Files by their ids: one, a list, or the kept form itself, whose other words are not taken from the writer."""
    if isinstance(value, str) and not ids.is_id(value.strip().lower()):
        value = _structure(_field, value, _zone)
    listed = value if isinstance(value, list | tuple) else [value]
    if len(listed) > limits.field_files_max:
        raise ValueProblem("too-many-items", max=limits.field_files_max)
    found = []
    for each in listed:
        key = each.get("id") if isinstance(each, Mapping) else each
        key = key.strip().lower() if isinstance(key, str) else ""
        if not ids.is_id(key):
            raise ValueProblem("not-a-file")
        found.append(key)
    return [{"id": key} for key in dict.fromkeys(found)]


Parser = Callable[[Field, Any, ZoneInfo], Any]

_PARSERS: dict[str, Parser] = {
    "text": _text,
    "long_text": _text,
    "sequence": _text,
    "phone": _phone,
    "email": _email,
    "url": _url,
    "integer": _integer,
    "float": _float,
    "decimal": _decimal,
    "money": _decimal,
    "percent": _decimal,
    "boolean": _boolean,
    "date": _date,
    "time": _time,
    "datetime": _instant,
    "duration": _duration,
    "choice": _choice,
    "multi_choice": _choices,
    "ref": _key,
    "user": _key,
    "department": _key,
    "attachment": _files,
    "image": _files,
    "json": _structure,
}


def parse(field: Field, value: Any, zone: ZoneInfo) -> Any:
    """A value in kept form, or None for a blank one (null, "" and whitespace are blank).

    Raises ValueProblem for what cannot be read as the field's kind. Constraints are checked elsewhere, on the result.
    """
    if value is None or (not value.strip() if isinstance(value, str) else value == []):
        return None
    parsed = _PARSERS[field.kind](field, value, zone)
    return None if parsed == "" or parsed == () else parsed


def scaled_text(number: int, scale: int) -> str:
    """A scaled integer as exact decimal text: 1250 at scale 2 is "12.50"."""
    if scale == 0:
        return str(number)
    digits = f"{abs(number):0{scale + 1}d}"
    return f"{'-' if number < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


def duration_text(seconds: int) -> str:
    """Seconds as ISO 8601."""
    sign, rest = ("-", -seconds) if seconds < 0 else ("", seconds)
    days, rest = divmod(rest, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    clock = "".join(f"{amount}{unit}" for amount, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if amount)
    if not seconds:
        return "PT0S"
    return f"{sign}P{f'{days}D' if days else ''}{'T' + clock if clock else ''}"


def instant_json(value: datetime) -> str:
    """An instant as JSON, in UTC."""
    return value.isoformat() + "Z"


def json_writer(type_: t.Type) -> Callable[[Any], Any] | None:
    """What makes JSON of a type's values that are not blank: decimals and money as text, instants with Z, durations as ISO 8601.

    None where the kept form is JSON already.
    """
    if isinstance(type_, t.Decimal | t.Money):
        scale = type_.scale
        return lambda value: scaled_text(value, scale)
    for kinds, writer in _WRITERS:
        if isinstance(type_, kinds):
            return writer
    return None


_WRITERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (t.DateTime, instant_json),
    ((t.Date, t.Time), methodcaller("isoformat")),
    (t.Duration, duration_text),
    ((t.MultiChoice, t.ListOf), list),
)


def to_json(type_: t.Type, value: Any) -> Any:
    """A value of the kept form as JSON; blank is None."""
    if value is None:
        return None
    writer = json_writer(type_)
    return value if writer is None else writer(value)
