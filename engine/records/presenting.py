"""Records as JSON for programs and exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.model.app import App
from engine.records.lines import lines_to_json
from engine.records.plan import EntityPlan, plan_of
from engine.records.record import Record
from engine.records.values import instant_json, json_writer


def present(app: App, record: Record) -> dict[str, Any]:
    """A record as JSON: id and version first, then its fields, then when and by whom it was made and changed."""
    return present_many(app, [record])[0]


def present_many(app: App, records: Sequence[Record]) -> list[dict[str, Any]]:
    """Records of one list (one entity, the same fields of each) as JSON."""
    if not records:
        return []
    first = records[0]
    plan = plan_of(app, first.entity)
    writers = [(name, _writer(plan, first, name)) for name in plan.fields if name in first.values]
    writers += [(name, _writer_at(app, first, name)) for name in first.values if "." in name]
    stamps = [(name, instant_json if name.endswith("_at") else None) for name in _STAMPS if first.values.get(name) is not None]
    # Links that may lead to several entities say to which.
    linking = [each.name for each in plan.references if len(each.targets) > 1]
    shown = []
    for record in records:
        values = record.values
        result = {"id": record.id, "version": record.version}
        for name, writer in writers:
            value = values[name]
            result[name] = value if value is None or writer is None else writer(value)
        for name, writer in stamps:
            value = values[name]
            if value is not None:
                result[name] = value if writer is None else writer(value)
        for name in linking:
            if values.get(name) is not None:
                result[name] = {"entity": values.get(f"{name}__entity"), "id": values[name]}
        shown.append(result)
    return shown


_STAMPS = ("created_at", "created_by", "updated_at", "updated_by", "deleted_at", "deleted_by")


def _writer_at(app: App, record: Record, path: str) -> Callable[[Any], Any] | None:
    """What makes JSON of what a path leads to."""
    field = app.field_at(record.entity, path)
    return None if field is None or path in record.masked else json_writer(field.type)


def _writer(plan: EntityPlan, record: Record, name: str) -> Callable[[Any], Any] | None:
    """What makes JSON of a field's values; None: they are JSON already."""
    if name in record.masked:
        return None
    if name in plan.lines:
        line_plan = plan.lines[name]
        return lambda lines: lines_to_json(line_plan, lines)
    return plan.fields[name].json
