"""Records as JSON for programs and exports."""

from __future__ import annotations

from typing import Any

from engine.model.app import App
from engine.records.lines import lines_to_json
from engine.records.plan import EntityPlan, plan_of
from engine.records.record import Record
from engine.records.values import instant_json


def present(app: App, record: Record) -> dict[str, Any]:
    """A record as JSON: id and version first, then its fields, then when and by whom it was made and changed."""
    plan = plan_of(app, record.entity)
    values = record.values
    result: dict[str, Any] = {"id": record.id, "version": record.version}
    for name, field_plan in plan.fields.items():
        if name not in values:
            continue
        value = values[name]
        if value is None or name in record.masked:
            result[name] = value
        elif field_plan.json is not None:
            result[name] = field_plan.json(value)
        elif name in plan.lines or len(field_plan.field.targets) > 1:
            result[name] = _structured(plan, record, name)
        else:
            result[name] = value
    for name in ("created_at", "updated_at", "deleted_at"):
        if (at := values.get(name)) is not None:
            result[name] = instant_json(at)
    for name in ("created_by", "updated_by", "deleted_by"):
        if (by := values.get(name)) is not None:
            result[name] = by
    return result


def _structured(plan: EntityPlan, record: Record, name: str) -> Any:
    """Child lines, or a link that may lead to several entities."""
    value = record.values[name]
    if name in plan.lines:
        return lines_to_json(plan.lines[name], value)
    return {"entity": record.values.get(f"{name}__entity"), "id": value}
