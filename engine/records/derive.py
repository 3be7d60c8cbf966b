"""What a record's values follow from: related values it reads, defaults, initial and computed values, numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

import sqlalchemy as sa

from engine.errors import FieldProblem, Overflow
from engine.model.app import App
from engine.model.kinds.entity import Entity
from engine.records.plan import EntityPlan
from engine.store import UnitOfWork, numbering, statements

Values = dict[str, Any]


def load_related(work: UnitOfWork, plan: EntityPlan, records: Sequence[Values]) -> None:
    """Fill in the dotted paths and related records that the plan's functions read; one statement per link, not per record."""
    if plan.paths:
        _load_paths(work, plan.entity, records, [path.split(".") for path in plan.paths], "")
    for name, fields in plan.collections.items():
        _load_collection(work, plan.entity, records, name, fields)


def _load_paths(work: UnitOfWork, entity: Entity, records: Sequence[Values], paths: Iterable[Sequence[str]], prefix: str) -> None:
    by_link: dict[str, list[Sequence[str]]] = {}
    for path in paths:
        if len(path) > 1:
            by_link.setdefault(path[0], []).append(path[1:])
    for link, rests in by_link.items():
        target = _target(work.app, entity, link)
        key = prefix + link
        wanted = {record[key] for record in records if record.get(key)}
        found = read_values(work, target, wanted, {rest[0] for rest in rests})
        for record in records:
            for name, value in found.get(record.get(key) or "", {}).items():
                record[f"{key}.{name}"] = value
        _load_paths(work, target, records, rests, f"{key}.")


def _target(app: App, entity: Entity, link: str) -> Entity:
    if link in ("created_by", "updated_by", "deleted_by"):
        return app.entities["system.user"]
    if link == "parent" and entity.parent:
        return app.entities[entity.parent]
    return app.entities[entity.fields[link].targets[0]]


def read_values(work: UnitOfWork, entity: Entity, keys: Iterable[str], names: Iterable[str]) -> dict[str, Values]:
    """Some values of some records by id, virtual ones included; deleted records are still read, for history's sake."""
    table = work.tables[entity.name]
    chosen: list[sa.ColumnElement[Any]] = [table.c.id]
    for name in dict.fromkeys(names):
        chosen.append(value_column(work, entity, name).label(name))
    found: dict[str, Values] = {}
    pending = list(keys)
    for start in range(0, len(pending), 500):
        statement = sa.select(*chosen).where(table.c.id.in_(pending[start : start + 500]))
        for row in work.connection.execute(statement):
            found[row.id] = dict(row._mapping)
    return found


def value_column(work: UnitOfWork, entity: Entity, name: str) -> sa.ColumnElement[Any]:
    """A field as a column expression over the entity's table: the column, or a virtual field's formula."""
    table = work.tables[entity.name]
    field = entity.fields.get(name)
    if field is None or field.column:
        return table.c[field.column if field else name]
    if field.compute is None:
        raise AssertionError(f"{entity.name}.{name} has neither column nor formula")
    return statements.value(field.compute, work.database.dialect, table.name, work.variables)


def _load_collection(work: UnitOfWork, entity: Entity, records: Sequence[Values], name: str, fields: frozenset[str]) -> None:
    info = work.app.infos[entity.name].collections[name]
    other = work.app.entities[info.entity]
    table = work.tables[other.name]
    keys = [record["id"] for record in records if record.get("id")]
    for record in records:
        record.setdefault(name, [])
    columns = [value_column(work, other, item).label(item) for item in sorted(fields) if "." not in item]
    by_key = {record["id"]: record for record in records if record.get("id")}
    for start in range(0, len(keys), 500):
        owner = table.c[info.via]
        statement = sa.select(owner.label("__owner"), *columns).where(owner.in_(keys[start : start + 500]), table.c.deleted_at.is_(None))
        for row in work.connection.execute(statement):
            values = dict(row._mapping)
            by_key[values.pop("__owner")][name].append(values)


def apply_defaults(plan: EntityPlan, record: Values, given: frozenset[str], variables: Mapping[str, Any]) -> None:
    """Give fields that the writer did not mention their default or initial value; a result too big to be kept is none."""
    for field_plan in plan.defaulted:
        name = field_plan.field.name
        if name in given:
            continue
        try:
            record[name] = field_plan.initial(record, variables) if field_plan.initial is not None else field_plan.field.default
        except Overflow:
            record[name] = None


def apply_computed(plan: EntityPlan, record: Values, variables: Mapping[str, Any]) -> list[FieldProblem]:
    """Give stored computed fields their value, in dependency order; child lines first, since totals read them.

    The problems are results that have more digits than can be kept.
    """
    problems: list[FieldProblem] = []
    for name, line_plan in plan.lines.items():
        for position, line in enumerate(record.get(name) or ()):
            found = apply_computed(line_plan, line, variables)
            problems += [replace(problem, field=f"{name}.{position}.{problem.field}") for problem in found]
    for field_plan in plan.stored_computes:
        if field_plan.compute is None:
            continue
        name = field_plan.field.name
        try:
            record[name] = field_plan.compute(record, variables)
        except Overflow:
            record[name] = None
            problems.append(FieldProblem(name, "overflow"))
    return problems


def assign_numbers(work: UnitOfWork, plan: EntityPlan, records: Sequence[Values]) -> None:
    """Give each record its automatic number; a block of numbers is taken by one update, so two writers never share one."""
    local = work.now.replace(tzinfo=UTC).astimezone(plan.zone)
    for field in plan.sequences:
        template = field.sequence
        lacking = [record for record in records if record.get(field.name) is None]
        if template is None or not lacking:
            continue
        counter = numbering.counter_of(plan.entity.name, field.name)
        column = work.tables[plan.entity.name].c[field.column]
        first = numbering.take_numbers(work.connection, counter, template, local, len(lacking), column)
        before, digits, after = numbering.number_form(template, local)
        for number, record in enumerate(lacking, first):
            record[field.name] = f"{before}{number:0{digits}d}{after}"


__all__ = ["Values", "apply_computed", "apply_defaults", "assign_numbers", "load_related", "read_values", "value_column"]
