"""Changing a field's type: what each value becomes, and which values would not survive.

Every conversion works on the kept form and is the same on both databases.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from engine.language import types as t
from engine.model.app import App
from engine.model.kinds.entity import Field
from engine.store.migrations.matching import match

_INTEGER_MAX = 2**63 - 1
_NUMBER = re.compile(r"([+-]?)(\d{1,30})(?:\.(\d{1,30}))?")
_TRUE = frozenset(("true", "yes", "1", "是", "对"))
_FALSE = frozenset(("false", "no", "0", "否", "错"))
_SEPARATOR = re.compile(r"\s*[,;，；、]\s*")
_UNIT_SECONDS: Mapping[str, int] = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "day": 86400, "days": 86400}
_SPAN = re.compile(r"(\d{1,9})\s*(s|min|m|h|days|day|d)\b")


@dataclass(frozen=True, slots=True)
class Converted:
    """What a value becomes. ``exact`` is False where something of it is lost; ``value`` is None where nothing is left."""

    value: Any
    exact: bool = True


LOST = Converted(None, False)
Convert = Callable[[Any], Converted]


@dataclass(frozen=True, slots=True)
class _Case:
    """What a conversion may look at besides the value."""

    old: t.Type
    new: t.Type
    options: Mapping[str, str]
    zone: ZoneInfo


def needed(old: Field, new: Field) -> bool:
    """Whether values that the old field holds may not be values of the new one as they stand."""
    before, after = old.type, new.type
    if isinstance(before, _SCALED) and isinstance(after, _SCALED):
        return _scale(before) != _scale(after)
    if isinstance(before, t.Choice) and isinstance(after, t.Text):
        return False
    if isinstance(before, t.Choice | t.MultiChoice) and isinstance(after, t.Choice | t.MultiChoice) and type(before) is type(after):
        return not set(before.codes) <= set(after.codes)
    return type(before) is not type(after)


def conversion(old: t.Type, new: Field, zone: str) -> Convert:
    """The conversion into a field's type; where none makes sense, one that loses every value."""
    case = _Case(old, new.type, _options(new), ZoneInfo(zone))
    step = _CONVERSIONS.get((type(old), type(new.type)))
    if step is None:
        return lambda _: LOST
    return lambda value: _tried(step, case, value)


def _tried(step: Callable[[_Case, Any], Converted], case: _Case, value: Any) -> Converted:
    """One conversion. What stands at the very ends of the calendar may have no counterpart in another time zone."""
    if value is None:
        return Converted(None)
    try:
        return step(case, value)
    except OverflowError:
        return LOST


def kept_targets(old_app: App, new_app: App, old: Field, new: Field) -> tuple[str, ...]:
    """The old names of the entities to which a link pointed and still may point."""
    names = match(old_app, new_app).new_names
    return tuple(each for each in old.targets if names.get(each) in new.targets)


def _options(field: Field) -> dict[str, str]:
    """Codes and labels, folded, to codes; a code wins over another choice's label."""
    found = {}
    for option in field.options:
        found.update({option.title.en.casefold(): option.code, option.title.zh.casefold(): option.code})
    codes = field.type.codes if isinstance(field.type, t.Choice | t.MultiChoice) else ()
    return {**found, **{code.casefold(): code for code in codes}}


_SCALED = (t.Integer, t.Decimal, t.Money, t.Duration)


def _scale(type_: t.Type) -> int:
    return type_.scale if isinstance(type_, t.Decimal | t.Money) else 0


def _whole(value: int) -> Converted:
    return Converted(value) if abs(value) <= _INTEGER_MAX else LOST


def _rescaled(value: int, shift: int) -> Converted:
    """A scaled integer with ``shift`` more digits after the point; fewer round half away from zero."""
    if shift >= 0:
        return _whole(value * 10**shift)
    unit = 10**-shift
    quotient, rest = divmod(abs(value), unit)
    rounded = quotient + (1 if rest * 2 >= unit else 0)
    return Converted(rounded if value >= 0 else -rounded, rest == 0)


def _scaled(case: _Case, value: int) -> Converted:
    return _rescaled(value, _scale(case.new) - _scale(case.old))


def _scaled_to_float(case: _Case, value: int) -> Converted:
    scale = _scale(case.old)
    result = value / 10**scale
    return Converted(result, round(result * 10**scale) == value)


def _float_to_scaled(case: _Case, value: float) -> Converted:
    if value != value or value in (float("inf"), float("-inf")):
        return LOST
    shifted = value * 10 ** _scale(case.new)
    rounded = int(abs(shifted) + 0.5) * (1 if shifted >= 0 else -1)
    return Converted(rounded, abs(shifted - rounded) < 1e-9 * max(1.0, abs(shifted))) if abs(rounded) <= _INTEGER_MAX else LOST


def _text_to_scaled(case: _Case, value: str) -> Converted:
    found = _NUMBER.fullmatch(value.strip())
    if found is None:
        return LOST
    digits = found[3] or ""
    whole = int(found[2] + digits) * (-1 if found[1] == "-" else 1)
    changed = _rescaled(whole, _scale(case.new) - len(digits))
    return changed if changed.value is not None and abs(changed.value) <= _INTEGER_MAX else LOST


def _text_to_float(_: _Case, value: str) -> Converted:
    return Converted(float(value)) if _NUMBER.fullmatch(value.strip()) else LOST


def _scaled_to_text(case: _Case, value: int) -> Converted:
    scale = _scale(case.old)
    if scale == 0:
        return Converted(str(value))
    digits = f"{abs(value):0{scale + 1}d}"
    return Converted(f"{'-' if value < 0 else ''}{digits[:-scale]}.{digits[-scale:]}")


def _text_to_boolean(_: _Case, value: str) -> Converted:
    word = value.strip().casefold()
    return Converted(True) if word in _TRUE else Converted(False) if word in _FALSE else LOST


def _integer_to_boolean(_: _Case, value: int) -> Converted:
    return Converted(bool(value)) if value in (0, 1) else LOST


def _text_to_date(_: _Case, value: str) -> Converted:
    try:
        return Converted(date.fromisoformat(value.strip()))
    except ValueError:
        return LOST


def _text_to_time(_: _Case, value: str) -> Converted:
    try:
        found = time.fromisoformat(value.strip())
    except ValueError:
        return LOST
    return Converted(found) if found.tzinfo is None else LOST


def _text_to_instant(case: _Case, value: str) -> Converted:
    """A text without offset is local time of the app."""
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return LOST
    local = found if found.tzinfo is not None else found.replace(tzinfo=case.zone)
    return Converted(local.astimezone(UTC).replace(tzinfo=None))


def _text_to_duration(_: _Case, value: str) -> Converted:
    parts = _SPAN.findall(value)
    if not parts or _SPAN.sub("", value).strip():
        return _text_to_scaled(_Case(t.Text(), t.Integer(), {}, _.zone), value)
    return Converted(sum(int(count) * _UNIT_SECONDS[unit] for count, unit in parts))


def _text_to_choice(case: _Case, value: str) -> Converted:
    code = case.options.get(value.strip().casefold())
    return Converted(code) if code is not None else LOST


def _texts_to_choices(case: _Case, values: tuple[str, ...]) -> Converted:
    codes = [case.options.get(each.strip().casefold()) for each in values]
    kept = tuple(dict.fromkeys(code for code in codes if code is not None))
    return Converted(kept or None, None not in codes)


def _text_to_choices(case: _Case, value: str) -> Converted:
    return _texts_to_choices(case, tuple(_SEPARATOR.split(value.strip())))


def _choices_to_choice(case: _Case, value: tuple[str, ...]) -> Converted:
    found = _texts_to_choices(case, value)
    return Converted(found.value[0], found.exact and len(found.value) == 1) if found.value else LOST


def _choices_to_text(_: _Case, value: tuple[str, ...]) -> Converted:
    return Converted(", ".join(value))


def _date_to_instant(case: _Case, value: date) -> Converted:
    return Converted(datetime.combine(value, time(), case.zone).astimezone(UTC).replace(tzinfo=None))


def _local(case: _Case, value: datetime) -> datetime:
    return value.replace(tzinfo=UTC).astimezone(case.zone)


def _instant_to_date(case: _Case, value: datetime) -> Converted:
    local = _local(case, value)
    return Converted(local.date(), local.time() == time())


def _instant_to_time(case: _Case, value: datetime) -> Converted:
    return Converted(_local(case, value).time(), False)


def _instant_to_text(case: _Case, value: datetime) -> Converted:
    return Converted(_local(case, value).isoformat(sep=" "))


def _json_to_text(_: _Case, value: Any) -> Converted:
    return Converted(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) or None)


def _text_to_json(_: _Case, value: str) -> Converted:
    """What the text says as JSON, as far as both databases keep it."""
    try:
        found = json.loads(value)
        written = json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        return LOST
    return LOST if "\\u0000" in written else Converted(found)


def _same(_: _Case, value: Any) -> Converted:
    return Converted(value)


def _to_iso(_: _Case, value: date | time) -> Converted:
    return Converted(value.isoformat())


def _boolean_to_text(_: _Case, value: bool) -> Converted:
    return Converted("true" if value else "false")


def _boolean_to_integer(_: _Case, value: bool) -> Converted:
    return Converted(int(value))


def _float_to_text(_: _Case, value: float) -> Converted:
    return Converted(repr(value))


def _choice_to_choices(case: _Case, value: str) -> Converted:
    return _texts_to_choices(case, (value,))


_CONVERSIONS: Mapping[tuple[type[t.Type], type[t.Type]], Callable[[_Case, Any], Converted]] = {
    **{(old, new): _scaled for old in _SCALED for new in _SCALED},
    **{(old, t.Float): _scaled_to_float for old in _SCALED},
    **{(t.Float, new): _float_to_scaled for new in _SCALED},
    **{(t.Text, new): _text_to_scaled for new in _SCALED},
    **{(old, t.Text): _scaled_to_text for old in _SCALED},
    (t.Text, t.Duration): _text_to_duration,
    (t.Text, t.Text): _same,
    (t.Text, t.Float): _text_to_float,
    (t.Text, t.Boolean): _text_to_boolean,
    (t.Text, t.Date): _text_to_date,
    (t.Text, t.Time): _text_to_time,
    (t.Text, t.DateTime): _text_to_instant,
    (t.Text, t.Choice): _text_to_choice,
    (t.Text, t.MultiChoice): _text_to_choices,
    (t.Text, t.Json): _text_to_json,
    (t.Float, t.Text): _float_to_text,
    (t.Boolean, t.Text): _boolean_to_text,
    (t.Boolean, t.Integer): _boolean_to_integer,
    (t.Integer, t.Boolean): _integer_to_boolean,
    (t.Date, t.Text): _to_iso,
    (t.Time, t.Text): _to_iso,
    (t.Date, t.DateTime): _date_to_instant,
    (t.DateTime, t.Date): _instant_to_date,
    (t.DateTime, t.Time): _instant_to_time,
    (t.DateTime, t.Text): _instant_to_text,
    (t.Choice, t.Choice): _text_to_choice,
    (t.Choice, t.MultiChoice): _choice_to_choices,
    (t.MultiChoice, t.MultiChoice): _texts_to_choices,
    (t.MultiChoice, t.Choice): _choices_to_choice,
    (t.MultiChoice, t.Text): _choices_to_text,
    (t.Ref, t.Text): _same,
    (t.Json, t.Text): _json_to_text,
}
