"""Child lines: they come, change and go with the record that owns them, in its transaction and its audit row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine import limits
from engine.errors import FieldProblem
from engine.ids import is_id, new_id
from engine.records.derive import Values, apply_defaults
from engine.records.plan import EntityPlan, plan_of
from engine.records.values import ValueProblem, parse, to_json
from engine.store import UnitOfWork, rows


def new_line(work: UnitOfWork, entity: str) -> Values:
    """A child line of this entity as it begins: its defaults and initial values, nothing else."""
    plan = plan_of(work.app, entity)
    line: Values = dict.fromkeys(plan.fields)
    apply_defaults(plan, line, frozenset(), work.variables)
    return line


def parse_lines(plan: EntityPlan, name: str, value: Any) -> tuple[list[Values], list[FieldProblem]]:
    """The lines of one field in kept form; a line may carry the ``id`` it already has."""
    if value is None:
        return [], []
    if not isinstance(value, (list, tuple)) or not all(isinstance(line, Mapping) for line in value):
        return [], [FieldProblem(name, "not-a-list")]
    if len(value) > limits.lines_max:
        return [], [FieldProblem(name, "too-many-items", {"max": limits.lines_max})]
    lines: list[Values] = []
    problems: list[FieldProblem] = []
    for position, given in enumerate(value):
        line, found = _parse_line(plan, given)
        lines.append(line)
        problems += [FieldProblem(f"{name}.{position}.{each.field}", each.code, each.params) for each in found]
    return lines, problems


def _parse_line(plan: EntityPlan, given: Mapping[str, Any]) -> tuple[Values, list[FieldProblem]]:
    line: Values = dict.fromkeys(plan.fields)
    problems: list[FieldProblem] = []
    for field_plan in plan.defaulted:
        if field_plan.field.name not in given and field_plan.initial is None:
            line[field_plan.field.name] = field_plan.field.default
    for key, raw in given.items():
        if key == "id":
            line["id"] = raw if isinstance(raw, str) and is_id(raw) else None
        elif key in plan.writable:
            try:
                line[key] = parse(plan.entity.fields[key], raw, plan.zone)
            except ValueProblem as problem:
                problems.append(FieldProblem(key, problem.code, problem.params))
        elif key not in plan.fields and key not in ("position", "version"):
            problems.append(FieldProblem(str(key)[:60], "unknown-field"))
    return line, problems


def identify_lines(plan: EntityPlan, record: Values, before: Values | None) -> None:
    """Give every line that the record does not have yet an id of its own, whatever id its writer claims for it."""
    for name in plan.lines:
        known = {line["id"] for line in (before or {}).get(name) or ()}
        for line in record.get(name) or ():
            if line.get("id") not in known:
                line["id"] = new_id()


def read_lines(work: UnitOfWork, plan: EntityPlan, records: Mapping[str, Values]) -> None:
    """Give each record its lines, in order; one statement per line field."""
    for name, line_plan in plan.lines.items():
        table = work.tables[line_plan.entity.name]
        for record in records.values():
            record[name] = []
        keys = list(records)
        for start in range(0, len(keys), 500):
            mine = table.c.parent.in_(keys[start : start + 500]) & table.c.deleted_at.is_(None)
            for row in work.connection.execute(sa.select(table).where(mine).order_by(table.c.parent, table.c.position)):
                records[row.parent][name].append(dict(row._mapping))


def write_lines(work: UnitOfWork, plan: EntityPlan, owner: str, after: Values, before: Values | None) -> None:
    """Bring the stored lines of one record to what ``after`` holds: new ones in, changed ones over, missing ones out."""
    for name, line_plan in plan.lines.items():
        new = after.get(name) or []
        old = {line["id"]: line for line in (before or {}).get(name) or ()}
        if not new and not old:
            continue
        table = work.tables[line_plan.entity.name]
        names = table.c.keys()
        fresh = []
        for position, line in enumerate(new):
            known = old.pop(line["id"], None)
            line["position"] = position
            if known is None:
                line.update(version=1, parent=owner, **_stamps(work, line))
                fresh.append({column: line.get(column) for column in names})
                continue
            columns = {column: line[column] for column in names if column in line and line[column] != known.get(column)}
            if columns:
                columns.update(version=known["version"] + 1, updated_at=work.now, updated_by=work.actor.id)
                rows.update(work.connection, table, known["id"], known["version"], columns)
        rows.insert(work.connection, table, fresh)
        rows.delete(work.connection, table, old)


def _stamps(work: UnitOfWork, line: Values) -> Values:
    return {
        "created_at": work.now,
        "created_by": work.actor.id,
        "updated_at": work.now,
        "updated_by": work.actor.id,
        "deleted_at": None,
        "deleted_by": None,
    }


def line_changes(plan: EntityPlan, before: Sequence[Values], after: Sequence[Values]) -> list[dict[str, Any]]:
    """What became of each line, for the audit: [{"line": id, "verb": ..., "changes": {field: [old, new]}}]."""
    old = {line["id"]: line for line in before}
    found = []
    for line in after:
        known = old.pop(line.get("id") or "", None)
        changes = _line_differences(plan, known or {}, line)
        if changes or known is None:
            found.append({"line": line.get("id"), "verb": "update" if known else "create", "changes": changes})
    found += [{"line": key, "verb": "delete", "changes": _line_differences(plan, line, {})} for key, line in old.items()]
    return found


def _line_differences(plan: EntityPlan, before: Values, after: Values) -> dict[str, Any]:
    return {
        name: [to_json(field_plan.field.type, before.get(name)), to_json(field_plan.field.type, after.get(name))]
        for name, field_plan in plan.fields.items()
        if field_plan.field.column and before.get(name) != after.get(name)
    }


def lines_to_json(plan: EntityPlan, lines: Sequence[Values]) -> list[dict[str, Any]]:
    """Lines as JSON, each with its id."""
    return [{"id": line["id"], **{name: to_json(each.field.type, line.get(name)) for name, each in plan.fields.items()}} for line in lines]
