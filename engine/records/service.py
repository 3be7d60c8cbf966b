"""Creating and changing records: permission, parsing, defaults, computed values, validation, write, audit, in that order.

Every write of business rows by anybody goes through here; there is no argument that skips a step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound
from engine.ids import new_ids
from engine.model.kinds.entity import SYSTEM_FIELDS
from engine.model.kinds.role import FieldRight
from engine.records import gate, organisation
from engine.records.attachments import bind_files, files_named
from engine.records.columns import readable_fields
from engine.records.derive import Values, apply_computed, apply_defaults, assign_numbers, load_related
from engine.records.draft import Draft
from engine.records.lines import identify_lines, line_changes, parse_lines, read_lines, write_lines
from engine.records.plan import EntityPlan, plan_of
from engine.records.query import get, present_all
from engine.records.record import Record
from engine.records.references import missing_references
from engine.records.uniqueness import taken_keys
from engine.records.validate import problems_of_record, problems_of_values
from engine.records.values import ValueProblem, parse, to_json
from engine.store import Change, UnitOfWork, rows


def parse_values(
    plan: EntityPlan, given: Mapping[str, Any], rights: Mapping[str, FieldRight], free: frozenset[str]
) -> tuple[Values, list[FieldProblem]]:
    """Values in kept form, and what could not be read or may not be written; ``free`` are the names that these rights let pass."""
    refused = given.keys() - free
    problems = gate.problems_of_rights(rights, plan.writable, [name for name in given if name in refused]) if refused else []
    values: Values = {}
    plans = plan.fields
    for name, value in given.items():
        if name in refused:
            continue
        if name in plan.lines:
            values[name], found = parse_lines(plan.lines[name], name, value)
            problems += found
            continue
        read_word = plans[name].read_word
        try:
            values[name] = read_word(value) if read_word is not None and type(value) is str else _parsed(plan, name, value, values)
        except ValueProblem as problem:
            problems.append(FieldProblem(name, problem.code, problem.params))
    return values, problems


def _parsed(plan: EntityPlan, name: str, value: Any, values: Values) -> Any:
    definition = plan.entity.fields[name]
    if len(definition.targets) < 2:
        return parse(definition, value, plan.zone)
    # Of a link that may lead to several entities, the id alone says too little: nothing could be looked up.
    said = value if isinstance(value, Mapping) else {"id": value}
    key = parse(definition, said.get("id"), plan.zone)
    target = said.get("entity") if key is not None else None
    if key is not None and target not in definition.targets:
        raise ValueProblem("not-a-reference")
    values[f"{name}__entity"] = target
    return key


def draft_new(
    work: UnitOfWork, plan: EntityPlan, inputs: Sequence[Mapping[str, Any]], *, created: Sequence[datetime | None] = ()
) -> list[Draft]:
    """Records to be created, checked in bulk: a fixed number of statements, however many there are.

    ``created`` gives the instants of their creation where they came into being before now (an import of history).
    """
    rights = gate.rights(work, plan.entity)
    free = gate.writable(rights, plan.writable)
    blank: Values = {name: None for name in plan.fields if name not in plan.lines}
    blank.update(version=1, created_at=work.now, created_by=work.actor.id, updated_at=work.now, updated_by=work.actor.id)
    blank.update(deleted_at=None, deleted_by=None)
    drafts = []
    for position, (key, given) in enumerate(zip(new_ids(len(inputs)), inputs, strict=True)):
        values, problems = parse_values(plan, given, rights, free)
        record = {"id": key, **blank, **values}
        for name in plan.lines:
            record.setdefault(name, [])
        if created and created[position] is not None:
            record["created_at"] = created[position]
        identify_lines(plan, record, None)
        problems += files_named(work, plan, record, values)
        drafts.append(Draft(record, frozenset(values), problems=problems))
    _finish(work, plan, drafts)
    return drafts


def _finish(work: UnitOfWork, plan: EntityPlan, drafts: Sequence[Draft]) -> None:
    """Defaults, computed values and validation of drafts; problems are collected in each."""
    variables = work.variables
    records = [draft.values for draft in drafts]
    missing_references(work, plan, drafts, given=True)
    if plan.defaulted:
        load_related(work, plan, records)
        for draft in drafts:
            if draft.before is None:
                apply_defaults(plan, draft.values, draft.given, variables)
        missing_references(work, plan, drafts, given=False)
    load_related(work, plan, records)
    for draft in drafts:
        if draft.before is not None:
            draft.values.update({f"old.{name}": value for name, value in draft.before.items()})
        draft.problems += apply_computed(plan, draft.values, variables)
        changed = draft.given if draft.before is not None else None
        draft.problems += problems_of_values(plan, draft.values, changed)
        for name, line_plan in plan.lines.items():
            for position, line in enumerate(draft.values.get(name) or ()):
                found = [*problems_of_values(line_plan, line), *problems_of_record(line_plan, line, variables)]
                draft.problems += [FieldProblem(f"{name}.{position}.{each.field}", each.code, each.params, each.text) for each in found]
        found = problems_of_record(plan, draft.values, variables)
        if found:
            unread = {problem.field for problem in draft.problems}
            draft.problems += [each for each in found if each.field not in unread]
    taken_keys(work, plan, drafts)
    organisation.add_problems(work, plan.entity.name, drafts)


def write_new(work: UnitOfWork, plan: EntityPlan, drafts: Sequence[Draft]) -> None:
    """Write drafts without problems: numbers, rows, lines, audit. Raises Forbidden where a row lies outside the actor's scope."""
    if not drafts:
        return
    entity = plan.entity
    decision = gate.decide(work, entity, "create")
    assign_numbers(work, plan, [draft.values for draft in drafts])
    table = work.tables[entity.name]
    rows.insert(work.connection, table, [draft.values for draft in drafts])
    if plan.lines:
        for draft in drafts:
            write_lines(work, plan, draft.id, draft.values, None)
    bind_files(work, plan, drafts)
    unclear = [] if decision.all else [draft.id for draft in drafts if not gate.decided_without_query(work, entity, decision, draft.values)]
    if unclear and len(gate.ids_allowed(work, entity, "create", unclear)) < len(unclear):
        raise Forbidden("outside-your-records", entity=entity.name)
    for draft in drafts:
        changes = _creation(plan, draft.values)
        work.record_change(Change(entity.name, draft.id, 1, "create", changes))


def _creation(plan: EntityPlan, values: Values) -> dict[str, Any]:
    get = values.get
    changes: dict[str, Any] = {
        name: [None, value if writer is None else writer(value)] for name, writer in plan.stored if (value := get(name)) is not None
    }
    for name, line_plan in plan.lines.items():
        if values.get(name):
            changes[name] = line_changes(line_plan, [], values[name])
    return changes


def create(work: UnitOfWork, entity: str, values: Mapping[str, Any]) -> str:
    """Create one record and give its id. Raises Forbidden, Invalid (every problem), Conflict (a key taken meanwhile)."""
    return _create(work, entity, values).id


def create_and_read(work: UnitOfWork, entity: str, values: Mapping[str, Any]) -> Record:
    """Create one record and give it as its creator sees it; asks the database again only for what it alone can work out."""
    draft = _create(work, entity, values)
    plan = plan_of(work.app, entity)
    rights = readable_fields(work, plan.entity)
    virtual = any(not definition.column and definition.lines is None for name, definition in plan.entity.fields.items() if name in rights)
    if virtual or plan.entity.fields.keys() - rights.keys():
        return get(work, entity, draft.id)
    kept = {name: draft.values.get(name) for name in (*SYSTEM_FIELDS, *plan.fields)}
    return present_all(work, plan.entity, [kept], rights, list(plan.fields), with_names=False)[0]


def _create(work: UnitOfWork, entity: str, values: Mapping[str, Any]) -> Draft:
    definition = gate.entity_of(work, entity)
    gate.decide(work, definition, "create")
    plan = plan_of(work.app, entity)
    draft = draft_new(work, plan, [values])[0]
    if draft.problems:
        raise Invalid(draft.problems)
    write_new(work, plan, [draft])
    return draft


def create_many(work: UnitOfWork, entity: str, inputs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Create many records or none; problems name the row as ``0.field``."""
    definition = gate.entity_of(work, entity)
    gate.decide(work, definition, "create")
    plan = plan_of(work.app, entity)
    drafts = draft_new(work, plan, inputs)
    problems = [
        FieldProblem(f"{row}.{each.field}", each.code, each.params, each.text)
        for row, draft in enumerate(drafts)
        for each in draft.problems
    ]
    if problems:
        raise Invalid(problems)
    write_new(work, plan, drafts)
    return [draft.id for draft in drafts]


def read_for_update(work: UnitOfWork, plan: EntityPlan, keys: Sequence[str]) -> dict[str, Values]:
    """Live records by id, whole, with their lines, as far as the actor may read them. In a transaction that writes, they are held."""
    entity = plan.entity
    table = work.tables[entity.name]
    allowed = gate.condition(work, entity, gate.decide(work, entity, "read"), "read")
    found: dict[str, Values] = {}
    for start in range(0, len(keys), 500):
        statement = sa.select(table).where(table.c.id.in_(keys[start : start + 500]), table.c.deleted_at.is_(None))
        if allowed is not None:
            statement = statement.where(allowed)
        if work.connection.dialect.name == "postgresql" and work.connection.get_execution_options().get("writes"):
            # Whoever comes second waits and sees what the first has written, as on SQLite. One order, so that nobody waits in a circle.
            statement = statement.order_by(table.c.id).with_for_update(of=table)
        for row in work.connection.execute(statement):
            found[row.id] = dict(row._mapping)
    read_lines(work, plan, found)
    return found


def draft_changes(work: UnitOfWork, plan: EntityPlan, changes: Sequence[tuple[Values, Mapping[str, Any]]]) -> list[Draft]:
    """Records to be changed: pairs of (record as read, values given)."""
    rights = gate.rights(work, plan.entity)
    free = gate.writable(rights, plan.writable)
    drafts = []
    for before, given in changes:
        values, problems = parse_values(plan, given, rights, free)
        record = {**before, **values, "version": before["version"] + 1, "updated_at": work.now, "updated_by": work.actor.id}
        identify_lines(plan, record, before)
        problems += files_named(work, plan, record, values)
        problems += _read_only_now(work, plan, before, values)
        drafts.append(Draft(record, frozenset(values), before=before, problems=problems))
    _finish(work, plan, drafts)
    return drafts


def _read_only_now(work: UnitOfWork, plan: EntityPlan, before: Values, values: Values) -> list[FieldProblem]:
    """Fields whose readonly_if holds of the record as it stands may keep their value but not change it."""
    locked = [
        each
        for each in plan.conditional
        if each.readonly_if and each.field.name in values and values[each.field.name] != before.get(each.field.name)
    ]
    if not locked:
        return []
    record = dict(before)
    load_related(work, plan, [record])
    return [
        FieldProblem(each.field.name, "field-locked")
        for each in locked
        if each.readonly_if is not None and each.readonly_if(record, work.variables)
    ]


def write_changes(work: UnitOfWork, plan: EntityPlan, drafts: Sequence[Draft]) -> list[Draft]:
    """Write changed drafts; gives those that really changed something. Raises Conflict where a record moved meanwhile."""
    entity = plan.entity
    table = work.tables[entity.name]
    names = table.c.keys()
    done = []
    for draft in drafts:
        before = draft.before or {}
        changes = draft.changes = differences(plan, before, draft.values)
        if not changes:
            draft.values.update(version=before["version"], updated_at=before["updated_at"], updated_by=before["updated_by"])
            continue
        columns = {name: draft.values.get(name) for name in names if draft.values.get(name) != before.get(name)}
        columns.update(version=draft.values["version"], updated_at=work.now, updated_by=work.actor.id)
        if not rows.update(work.connection, table, draft.id, before["version"], columns):
            raise Conflict("record-changed", entity=entity.name, id=draft.id)
        write_lines(work, plan, draft.id, draft.values, before)
        bind_files(work, plan, [draft])
        work.record_change(Change(entity.name, draft.id, draft.values["version"], "update", changes))
        done.append(draft)
    return done


def differences(plan: EntityPlan, before: Values, after: Values) -> dict[str, Any]:
    """What two states of a record differ in: field to [old, new] in JSON form."""
    changes: dict[str, Any] = {}
    for name, field_plan in plan.fields.items():
        definition = field_plan.field
        if name in plan.lines:
            found = line_changes(plan.lines[name], before.get(name) or [], after.get(name) or [])
            if found:
                changes[name] = found
        elif definition.column and before.get(name) != after.get(name):
            changes[name] = [to_json(definition.type, before.get(name)), to_json(definition.type, after.get(name))]
    return changes


def update(work: UnitOfWork, entity: str, key: str, changes: Mapping[str, Any], version: int | None) -> int:
    """Change one record and give its new version.

    ``version`` is the one the writer saw; Conflict if it is no longer current. None: whatever is there (only for callers
    that decide within this transaction). Raises NotFound for a record the actor may not read, Forbidden, Invalid.
    """
    definition = gate.entity_of(work, entity)
    plan = plan_of(work.app, entity)
    before = read_for_update(work, plan, [key]).get(key)
    if before is None:
        raise NotFound("no-record", entity=entity, id=key)
    decision = gate.decide(work, definition, "update")
    if not gate.decided_without_query(work, definition, decision, before) and not gate.ids_allowed(work, definition, "update", [key]):
        raise Forbidden("not-allowed", verb="update", entity=entity)
    if version is not None and version != before["version"]:
        raise Conflict("record-changed", entity=entity, id=key, version=before["version"])
    draft = draft_changes(work, plan, [(before, changes)])[0]
    owner = definition.owner_field
    moved = owner in draft.given and draft.values[owner] != before[owner]
    if moved and decision.shared and not gate.ids_allowed(work, definition, "update", [key], lent=False):
        draft.problems.append(FieldProblem(owner, "only-lent"))
    if draft.problems:
        raise Invalid(draft.problems)
    write_changes(work, plan, [draft])
    return int(draft.values["version"])
