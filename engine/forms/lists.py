"""Lists: which columns and totals a view shows, and the filters that people put together, as text of the language.

A filter row becomes a piece of condition text, so that what was clicked together can be read, shared and typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from engine import access, ids
from engine.model.kinds.entity import SYSTEM_FIELDS, Entity, Field
from engine.model.kinds.role import FieldRight
from engine.model.kinds.view import View

_TEXT = ("contains", "eq", "ne", "starts", "blank", "notblank")
_NUMBER = ("eq", "ne", "ge", "le", "gt", "lt", "blank", "notblank")
_DAY = ("eq", "from", "until", "after", "before", "blank", "notblank")
_INSTANT = ("from", "until", "after", "before", "blank", "notblank")
_CHOICE = ("in", "notin", "blank", "notblank")
_LINK = ("eq", "ne", "blank", "notblank")

OPERATORS: Mapping[str, tuple[str, ...]] = {
    "text": _TEXT,
    "long_text": ("contains", "blank", "notblank"),
    "sequence": _TEXT,
    "phone": _TEXT,
    "email": _TEXT,
    "url": _TEXT,
    "integer": _NUMBER,
    "float": _NUMBER,
    "decimal": _NUMBER,
    "money": _NUMBER,
    "percent": _NUMBER,
    "boolean": ("yes", "no"),
    "date": _DAY,
    "datetime": _INSTANT,
    "choice": _CHOICE,
    "multi_choice": ("has", "blank", "notblank"),
    "ref": _LINK,
    "user": ("mine", *_LINK),
    "department": _LINK,
}
"""What can be asked of each kind of field, the likeliest first."""

VALUELESS = frozenset({"blank", "notblank", "yes", "no", "mine"})


@dataclass(frozen=True, slots=True)
class Filter:
    """One row of the filter bar: a field, an operator, and the values as typed."""

    field: str
    operator: str
    values: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether it says enough to be applied."""
        return self.operator in VALUELESS or any(value.strip() for value in self.values)


def operators_of(field: Field) -> tuple[str, ...]:
    """What can be asked of a field; nothing of kinds that cannot be filtered."""
    if len(field.targets) > 1:
        return ("blank", "notblank")
    return OPERATORS.get(field.kind, ())


def column_names(entity: Entity, view: View | None, asked: Sequence[str], rights: Mapping[str, FieldRight]) -> tuple[str, ...]:
    """The columns of a list: those asked for, else the view's, else the first few that fit; only what may be seen.

    ``rights`` name the entity's fields and whatever paths of references (``caller.name``) may be columns.
    """

    def shown(name: str) -> bool:
        own = name not in entity.fields or entity.fields[name].lines is None
        return (own and rights.get(name, "none") != "none") or name in ("created_at", "updated_at")

    chosen = [name for name in asked if shown(name)] or [name for name in _columns_of(view) if shown(name)]
    if not chosen:
        chosen = [
            name for name, field in entity.fields.items() if shown(name) and field.kind not in ("long_text", "json", "attachment", "image")
        ][:7]
    return tuple(dict.fromkeys(chosen))


def _columns_of(view: View | None) -> tuple[str, ...]:
    """What a view shows as a table: its columns, after those by which it sorts records into lanes or days."""
    if view is None:
        return ()
    placed = (view.by, view.start, view.end) if view.kind != "table" else ()
    return (*(name for name in placed if name is not None and name not in view.columns), *view.columns)


def total_names(entity: Entity, view: View | None, rights: Mapping[str, FieldRight]) -> dict[str, tuple[str, str | None]]:
    """The footer's aggregates as the gate takes them, keyed by field; always the number of records."""
    totals: dict[str, tuple[str, str | None]] = {"": ("count", None)}
    for name, function in (view.totals if view else {}).items():
        if name in entity.fields and access.readable(rights, name):
            totals[name] = (function, name)
    return totals


def condition_of(entity: Entity, filters: Sequence[Filter], zone: ZoneInfo) -> tuple[str, frozenset[int]]:
    """The filters as one condition text, and the positions of those that make no sense and were left out."""
    parts: list[str] = []
    bad: set[int] = set()
    for position, each in enumerate(filters):
        if not each.complete:
            continue
        try:
            parts.append(_part(entity, each, zone))
        except ValueError:
            bad.add(position)
    return " and ".join(f"({part})" if len(parts) > 1 else part for part in parts), frozenset(bad)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    if any(ord(character) < 32 for character in escaped):
        raise ValueError(text)
    return f"'{escaped}'"


def _part(entity: Entity, each: Filter, zone: ZoneInfo) -> str:
    name, operator = each.field, each.operator
    field = entity.fields.get(name)
    kind = field.kind if field else "datetime" if name in SYSTEM_FIELDS and name.endswith("_at") else ""
    allowed = operators_of(field) if field else OPERATORS.get(kind, ())
    if operator not in allowed:
        raise ValueError(operator)
    fixed = {
        "blank": f"{name} is blank",
        "notblank": f"{name} is not blank",
        "yes": f"{name} = true",
        "no": f"not ({name} = true)",
        "mine": f"{name} = user",
    }
    if operator in fixed:
        return fixed[operator]
    value = each.values[0].strip() if each.values else ""
    if kind in ("date", "datetime"):
        return _of_day(name, operator, date.fromisoformat(value), zone if kind == "datetime" else None)
    if operator in ("in", "notin"):
        codes = {option.code for option in field.options} if field else set()
        chosen = [code for code in each.values if code in codes]
        if not chosen:
            raise ValueError(value)
        return f"{name} {'in' if operator == 'in' else 'not in'} [{', '.join(map(_quoted, chosen))}]"
    if field is not None and OPERATORS[kind] is _NUMBER:
        return f"{name} {_SIGNS[operator]} {_number(kind, value)}"
    if kind in ("ref", "user", "department") and not ids.is_id(value):
        raise ValueError(value)
    # A link is compared by the key of the record that it leads to.
    return _of_text(f"{name}.id" if field is not None and field.targets else name, operator, value)


_SIGNS = {"eq": "=", "ne": "!=", "ge": ">=", "le": "<=", "gt": ">", "lt": "<"}


def _of_text(name: str, operator: str, value: str) -> str:
    if operator == "contains":
        return f"lower({name}) contains {_quoted(value.lower())}"
    if operator == "starts":
        return f"lower({name}) starts with {_quoted(value.lower())}"
    if operator == "has":
        return f"{name} contains {_quoted(value)}"
    return f"{name} {_SIGNS[operator]} {_quoted(value)}"


def _number(kind: str, text: str) -> str:
    plain = text.replace(",", "").replace("，", "").strip()
    percent = plain.endswith("%") or kind == "percent"
    if not re.fullmatch(r"[+-]?\d{0,18}(\.\d{0,9})?%?", plain):
        raise ValueError(text)
    try:
        number = Decimal(plain.rstrip("%"))
    except InvalidOperation:
        raise ValueError(text) from None
    if percent:
        number /= 100
    return f"{number:f}"


def _of_day(name: str, operator: str, day: date, zone: ZoneInfo | None) -> str:
    """A whole day as people mean it: "after" starts when the day is over."""
    following = day + timedelta(days=1)

    def literal(at: date) -> str:
        if zone is None:
            return f"@{at.isoformat()}"
        return f"@{datetime(at.year, at.month, at.day, tzinfo=zone).isoformat(timespec='minutes')}"

    return {
        "eq": f"{name} = {literal(day)}",
        "from": f"{name} >= {literal(day)}",
        "until": f"{name} < {literal(following)}",
        "after": f"{name} >= {literal(following)}",
        "before": f"{name} < {literal(day)}",
    }[operator]
