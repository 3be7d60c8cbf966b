"""An entity as pure JSON Schema 2020-12, per verb and per what an actor may do: for the API, OpenAPI and agreement tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine import access
from engine.access import Actor
from engine.i18n import Language
from engine.language import types as t
from engine.model.app import App
from engine.model.kinds.entity import FILE_KINDS, Entity, Field
from engine.records.values import to_json

Purpose = Literal["read", "create", "update"]

_FORMATS = {"email": "email", "url": "uri"}
_LENGTHS = ("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


_FILE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "name": {"type": "string"},
        "size": {"type": "integer", "minimum": 1},
        "media_type": {"type": "string"},
    },
    "required": ["id", "name", "size", "media_type"],
}
_FILE_GIVEN: dict[str, Any] = {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "object", "required": ["id"]}]}
"""A file is named by the id that its upload gave; its name, size and type are not taken from the writer."""


def schema_of(app: App, actor: Actor, entity: str, purpose: Purpose, language: Language) -> dict[str, Any]:
    """The schema of one entity's records as this actor reads, creates or changes them; unknown properties are refused in writes."""
    definition = app.entities[entity]
    rights = access.fields(app, actor, entity)
    properties: dict[str, Any] = {}
    if purpose == "read":
        properties.update(_system_properties())
    for name, field in definition.fields.items():
        right = rights.get(name, "none")
        if right == "none" or (purpose != "read" and (right != "write" or not _writable(field))):
            continue
        properties[name] = _property(app, actor, field, purpose, language, masked=right == "mask")
    schema: dict[str, Any] = {"type": "object", "title": definition.title.text(language), "properties": properties}
    if purpose != "read":
        schema["additionalProperties"] = False
    if purpose == "create":
        required = [name for name, field in definition.fields.items() if field.required and name in properties and not _filled(field)]
        if required:
            schema["required"] = required
    return schema


def _writable(field: Field) -> bool:
    return not field.computed and not field.read_only and field.sequence is None


def _filled(field: Field) -> bool:
    """Whether a field gets a value by itself, or may be hidden, so that leaving it out can be right."""
    return field.default is not None or field.initial is not None or field.visible_if is not None


def _system_properties() -> dict[str, Any]:
    key: dict[str, Any] = {"type": "string", "format": "uuid"}
    instant: dict[str, Any] = {"type": "string", "format": "date-time"}
    by = {"type": ["string", "null"], "format": "uuid"}
    return {
        "id": key,
        "version": {"type": "integer", "minimum": 1},
        "created_at": instant,
        "updated_at": instant,
        "created_by": by,
        "updated_by": by,
    }


def _property(app: App, actor: Actor, field: Field, purpose: Purpose, language: Language, *, masked: bool) -> dict[str, Any]:
    if field.lines:
        item = schema_of(app, actor, field.lines, purpose if purpose == "read" else "create", language)
        item["properties"].setdefault("id", {"type": "string", "format": "uuid"})
        schema: dict[str, Any] = {"type": "array", "items": item}
    else:
        schema = {"type": ["string", "null"]} if masked else _nullable(_typed(app, field, strict=purpose == "read"))
    schema["title"] = field.title.text(language)
    if field.help:
        schema["description"] = field.help.text(language)
    if purpose == "read":
        schema["readOnly"] = not _writable(field)
    return schema


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "type" not in schema:
        return schema
    nullable = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable


def _typed(app: App, field: Field, *, strict: bool) -> dict[str, Any]:
    """The JSON form of a value; exact decimals are text, and a number is taken as well when writing."""
    type_, said = field.type, field.constraints
    lengths = {name: said[name] for name in _LENGTHS if name in said}
    if field.kind in FILE_KINDS:
        return {"type": "array", "items": _FILE if strict else _FILE_GIVEN, **lengths}
    if isinstance(type_, t.Decimal | t.Money):
        text = (
            {"type": "string", "pattern": rf"^-?\d+(\.\d{{1,{type_.scale}}})?$"}
            if type_.scale
            else {"type": "string", "pattern": r"^-?\d+$"}
        )
        return text if strict else {"anyOf": [text, {"type": "number", **_bounds(field, said)}]}
    if isinstance(type_, t.Integer | t.Float):
        return {"type": "integer" if isinstance(type_, t.Integer) else "number", **_bounds(field, said)}
    if isinstance(type_, t.Boolean):
        return {"type": "boolean"}
    if isinstance(type_, t.Choice):
        return {"type": "string", "enum": [option.code for option in field.options if strict or option.active]}
    if isinstance(type_, t.MultiChoice):
        return {"type": "array", "items": {"type": "string", "enum": [option.code for option in field.options]}, **lengths}
    if isinstance(type_, t.Ref):
        return _reference(field)
    formats: dict[type[t.Type], dict[str, Any]] = {
        t.Date: {"type": "string", "format": "date"},
        t.DateTime: {"type": "string", "format": "date-time"},
        t.Time: {"type": "string", "pattern": r"^\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?$"},
        t.Duration: {"type": "string", "format": "duration"},
        t.Json: {},
    }
    if type(type_) in formats:
        return formats[type(type_)]
    schema: dict[str, Any] = {"type": "string", **lengths}
    if field.kind in _FORMATS:
        schema["format"] = _FORMATS[field.kind]
    return schema


def _reference(field: Field) -> dict[str, Any]:
    key = {"type": "string", "format": "uuid", "x-entity": list(field.targets)}
    if len(field.targets) == 1:
        return key
    return {
        "type": "object",
        "properties": {"entity": {"enum": list(field.targets)}, "id": key},
        "required": ["entity", "id"],
        "additionalProperties": False,
    }


def _bounds(field: Field, said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: float(to_json(field.type, said[name])) if isinstance(field.type, t.Decimal | t.Money) else said[name]
        for name in _BOUNDS
        if name in said
    }


def readable_entities(app: App, actor: Actor) -> list[Entity]:
    """Entities with pages and addresses of their own that the actor may read something of."""
    return [entity for entity in app.entities.values() if entity.parent is None and not access.rows(app, actor, entity.name, "read").none]
