"""The kinds of field, one row each: which JSON type and keywords a kind takes, and its type in the language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.language import types as t

_COMMON = frozenset(
    (
        *("kind", "type", "title", "help", "description", "uid", "default", "initial", "compute", "stored"),
        *("visible_if", "required_if", "readonly_if", "readOnly", "deprecated", "examples", "indexed", "unique", "const"),
    )
)
_TEXT = frozenset(("minLength", "maxLength", "pattern", "format"))
_NUMBER = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"))
_BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"))
_CHOICES = frozenset(("enum", "labels", "colors", "options"))
_REF = frozenset(("inverse", "when_deleted"))
_COUNT = frozenset(("minItems", "maxItems", "uniqueItems"))
_FILES = _COUNT | {"accept"}
SYSTEM_USER = "system.user"
SYSTEM_DEPARTMENT = "system.department"


@dataclass(frozen=True, slots=True)
class FieldType:
    """One kind of field; ``json_type`` is what a definition's ``type`` may say beside the kind."""

    kind: str
    json_types: tuple[str, ...]
    keywords: frozenset[str]
    type_of: Callable[[Mapping[str, Any]], t.Type]
    columns: bool = True


def _row(kind: str, json_types: str, own: frozenset[str], type_of: Callable[[Mapping[str, Any]], t.Type]) -> FieldType:
    return FieldType(kind, tuple(json_types.split()), _COMMON | own, type_of)


def _fixed(value: t.Type) -> Callable[[Mapping[str, Any]], t.Type]:
    return lambda _: value


def _ref(facts: Mapping[str, Any]) -> t.Type:
    targets = facts.get("targets", ())
    return t.Ref(targets[0] if len(targets) == 1 else "")


MONEY_SCALE = 2
PERCENT_SCALE = 4
DECIMAL_SCALE = 6

FIELD_TYPES: Mapping[str, FieldType] = {
    row.kind: row
    for row in (
        _row("text", "string", _TEXT, _fixed(t.Text())),
        _row("long_text", "string", _TEXT, _fixed(t.Text())),
        _row("integer", "integer number", _NUMBER | {"grouped"}, _fixed(t.Integer())),
        _row("float", "number", _NUMBER, _fixed(t.Float())),
        _row("decimal", "number string", _NUMBER | {"scale", "digits"}, lambda f: t.Decimal(f.get("scale", DECIMAL_SCALE))),
        _row(
            "money",
            "number string",
            _NUMBER | {"scale", "digits", "currency"},
            lambda f: t.Money(f.get("scale", MONEY_SCALE), f.get("currency")),
        ),
        _row("percent", "number string", _NUMBER | {"scale"}, lambda f: t.Decimal(f.get("scale", PERCENT_SCALE))),
        _row("boolean", "boolean", frozenset(), _fixed(t.Boolean())),
        _row("date", "string", _BOUNDS, _fixed(t.Date())),
        _row("time", "string", _BOUNDS, _fixed(t.Time())),
        _row("datetime", "string", _BOUNDS, _fixed(t.DateTime())),
        _row("duration", "string", _BOUNDS, _fixed(t.Duration())),
        _row("choice", "string", _CHOICES, lambda f: t.Choice(f.get("codes", ()))),
        _row("multi_choice", "array", _CHOICES | _COUNT | {"items"}, lambda f: t.MultiChoice(f.get("codes", ()))),
        _row("phone", "string", _TEXT, _fixed(t.Text())),
        _row("email", "string", _TEXT, _fixed(t.Text())),
        _row("url", "string", _TEXT, _fixed(t.Text())),
        _row("ref", "string", _REF | {"to"}, _ref),
        _row("user", "string", _REF, _fixed(t.Ref(SYSTEM_USER))),
        _row("department", "string", _REF, _fixed(t.Ref(SYSTEM_DEPARTMENT))),
        _row("attachment", "string array", _FILES, _fixed(t.Json())),
        _row("image", "string array", _FILES, _fixed(t.Json())),
        _row("json", "object array string number integer boolean", frozenset(), _fixed(t.Json())),
        _row("sequence", "string", frozenset(("template", "restart", "gaps")), _fixed(t.Text())),
        _row("lines", "array", frozenset(("items", "minItems", "maxItems")), _fixed(t.Json())),
    )
}

_BY_FORMAT = {"date": "date", "time": "time", "date-time": "datetime", "duration": "duration", "email": "email", "uri": "url"}
_BY_TYPE = {"string": "text", "integer": "integer", "number": "decimal", "boolean": "boolean", "object": "json"}
FIXED_TARGETS = {"user": SYSTEM_USER, "department": SYSTEM_DEPARTMENT}


def implied_kind(definition: Mapping[str, Any]) -> str | None:
    """The kind of a field that declares none, from its type, format and choices; None where they don't tell."""
    json_type = definition.get("type")
    if json_type == "array":
        items = definition.get("items")
        return "multi_choice" if isinstance(items, Mapping) and "enum" in items else None
    if "enum" in definition or "options" in definition:
        return "choice"
    if json_type in (None, "string") and definition.get("format") in _BY_FORMAT:
        return _BY_FORMAT[definition["format"]]
    return _BY_TYPE.get(json_type) if isinstance(json_type, str) else None


def kind_of_type(value: t.Type) -> str | None:
    """The kind of a computed field that declares none, from its expression's type; None where no field can hold it."""
    if isinstance(value, t.Ref):
        return {SYSTEM_USER: "user", SYSTEM_DEPARTMENT: "department"}.get(value.entity, "ref")
    return _KIND_OF_TYPE.get(type(value))


_KIND_OF_TYPE: Mapping[type[t.Type], str] = {
    t.Text: "text",
    t.Integer: "integer",
    t.Float: "float",
    t.Decimal: "decimal",
    t.Money: "money",
    t.Boolean: "boolean",
    t.Date: "date",
    t.Time: "time",
    t.DateTime: "datetime",
    t.Duration: "duration",
    t.Choice: "choice",
    t.MultiChoice: "multi_choice",
}
