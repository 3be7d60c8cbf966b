"""Records as JSON for programs and exports."""

from __future__ import annotations

from typing import Any

from engine.model.app import App
from engine.model.kinds.entity import SYSTEM_FIELDS
from engine.records.lines import lines_to_json
from engine.records.plan import plan_of
from engine.records.query import type_of
from engine.records.record import Record
from engine.records.values import to_json


def present(app: App, record: Record) -> dict[str, Any]:
    """A record as JSON: id and version first, then its fields, then when and by whom it was made and changed."""
    entity = app.entities[record.entity]
    lines = plan_of(app, record.entity).lines
    result: dict[str, Any] = {"id": record.id, "version": record.version}
    for name, value in record.values.items():
        if name in SYSTEM_FIELDS:
            continue
        if name in lines:
            result[name] = lines_to_json(lines[name], value or [])
        elif name in record.masked or value is None:
            result[name] = value
        elif len(entity.fields[name].targets) > 1 and name in record.references:
            result[name] = {"entity": record.references[name].entity, "id": value}
        else:
            result[name] = to_json(entity.fields[name].type, value)
    for name in ("created_at", "created_by", "updated_at", "updated_by", "deleted_at", "deleted_by"):
        value = record.values.get(name)
        if value is not None:
            result[name] = to_json(type_of(entity, name), value)
    return result
