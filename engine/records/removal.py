"""Deleting into the trash, bringing back, and removing for good, with what each reference asks for when its target goes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.errors import Conflict, Forbidden, NotFound
from engine.model.kinds.entity import Entity, Field
from engine.records import gate, organisation
from engine.records.plan import plan_of
from engine.records.references import linking_condition, links_to, refuse_while_linked
from engine.records.service import read_for_update
from engine.records.uniqueness import unique_keys
from engine.records.values import to_json
from engine.store import Change, UnitOfWork, files, rows

_CASCADE_DEPTH_MAX = 8
_LINKED_AT_ONCE = 500


def delete(work: UnitOfWork, entity: str, key: str, version: int | None) -> int:
    """Move one record to the trash, and what goes with it; gives how many records that were.

    Raises NotFound, Forbidden, Conflict (another version, or still referenced).
    """
    definition = gate.entity_of(work, entity)
    before = read_for_update(work, plan_of(work.app, entity), [key]).get(key)
    if before is None:
        raise NotFound("no-record", entity=entity, id=key)
    gate.decide(work, definition, "delete")
    if not gate.ids_allowed(work, definition, "delete", [key]):
        raise Forbidden("not-allowed", verb="delete", entity=entity)
    if version is not None and version != before["version"]:
        raise Conflict("record-changed", entity=entity, id=key, version=before["version"])
    organisation.check_removal(work, entity, key, before)
    return _delete(work, definition, before["id"], before["version"], depth=0)


def _delete(work: UnitOfWork, entity: Entity, key: str, version: int, depth: int) -> int:
    if depth > _CASCADE_DEPTH_MAX:
        raise Conflict("cascade-too-deep", entity=entity.name, max=_CASCADE_DEPTH_MAX)
    refuse_while_linked(work, entity.name, key)
    stamps = {"deleted_at": work.now, "deleted_by": work.actor.id, "version": version + 1}
    if not rows.update(work.connection, work.tables[entity.name], key, version, stamps):
        raise Conflict("record-changed", entity=entity.name, id=key)
    work.record_change(Change(entity.name, key, version + 1, "delete", {}))
    count = 1
    for other, definition in links_to(work.app, entity.name):
        if definition.when_deleted == "refuse":
            continue
        table = work.tables[other.name]
        mine = linking_condition(work, other, definition, entity.name, key)
        while linked := work.connection.execute(sa.select(table.c.id, table.c.version).where(mine).limit(_LINKED_AT_ONCE)).all():
            for row in linked:
                if definition.when_deleted == "cascade":
                    count += _delete(work, other, row.id, row.version, depth + 1)
                else:
                    _clear(work, other, definition, row.id, row.version, key)
    return count


def _clear(work: UnitOfWork, entity: Entity, definition: Field, key: str, version: int, target: str) -> None:
    """Let a record no longer lead to one that goes."""
    stamps = {"version": version + 1, "updated_at": work.now, "updated_by": work.actor.id}
    if not rows.update(work.connection, work.tables[entity.name], key, version, {definition.column: None, **stamps}):
        raise Conflict("record-changed", entity=entity.name, id=key)
    work.record_change(Change(entity.name, key, version + 1, "update", {definition.name: [target, None]}))


def _trashed(work: UnitOfWork, entity: str, key: str) -> tuple[Entity, sa.Row[Any]]:
    definition = gate.entity_of(work, entity)
    decision = gate.decide(work, definition, "delete")
    table = work.tables[entity]
    statement = sa.select(table).where(table.c.id == key, table.c.deleted_at.is_not(None))
    allowed = gate.condition(work, definition, decision, "delete")
    row = work.connection.execute(statement if allowed is None else statement.where(allowed)).first()
    if row is None:
        raise NotFound("no-record", entity=entity, id=key)
    return definition, row


def restorable(work: UnitOfWork, entity: str, key: str) -> bool:
    """Whether the record is in the trash and the actor could bring it back."""
    try:
        _trashed(work, entity, key)
    except (NotFound, Forbidden):
        return False
    return True


def restore(work: UnitOfWork, entity: str, key: str) -> int:
    """Bring a record back from the trash, with what went with it; gives how many records that were.

    Raises Conflict where a unique key has been taken meanwhile, or a record that it cannot be without is gone.
    """
    definition, row = _trashed(work, entity, key)
    return _restore(work, definition, row, depth=0)


def _restore(work: UnitOfWork, entity: Entity, row: sa.Row[Any], depth: int) -> int:
    table = work.tables[entity.name]
    for fields in unique_keys(entity):
        same = [table.c[entity.fields[name].column] == row._mapping[entity.fields[name].column] for name in fields]
        if work.connection.execute(sa.select(table.c.id).where(*same, table.c.deleted_at.is_(None))).first():
            raise Conflict("not-unique", entity=entity.name, id=row.id, fields=list(fields))
    _refuse_without_target(work, entity, row)
    rows.update(work.connection, table, row.id, row.version, {"deleted_at": None, "deleted_by": None, "version": row.version + 1})
    work.record_change(Change(entity.name, row.id, row.version + 1, "restore", {}))
    count = 1
    if depth >= _CASCADE_DEPTH_MAX:
        return count
    for other, definition in links_to(work.app, entity.name):
        if definition.when_deleted != "cascade" or definition.column == "parent":
            continue
        linked = work.tables[other.name]
        # One unit of work has one instant: what has it and led here went because this record went.
        together = [linked.c[definition.column] == row.id, linked.c.deleted_at == row.deleted_at]
        if len(definition.targets) > 1:
            together.append(linked.c[f"{definition.column}__entity"] == entity.name)
        for each in work.connection.execute(sa.select(linked).where(*together)).all():
            count += _restore(work, other, each, depth + 1)
    return count


def _refuse_without_target(work: UnitOfWork, entity: Entity, row: sa.Row[Any]) -> None:
    """A record cannot come back without what it has to lead to."""
    for field in entity.fields.values():
        target = row._mapping[field.column] if field.targets and field.column and field.required else None
        if target is None:
            continue
        leads_to = field.targets[0] if len(field.targets) == 1 else row._mapping[f"{field.column}__entity"]
        there = work.tables[leads_to]
        if work.connection.execute(sa.select(there.c.id).where(there.c.id == target, there.c.deleted_at.is_(None))).first() is None:
            raise Conflict("target-gone", entity=entity.name, id=row.id, field=field.name)


def purge(work: UnitOfWork, entity: str, key: str) -> None:
    """Remove a record in the trash for good, and the contents of its files; its audit rows stay and keep its last values."""
    definition, row = _trashed(work, entity, key)
    plan = plan_of(work.app, entity)
    refuse_while_linked(work, entity, key)
    gone = [key]
    for line_plan in plan.lines.values():
        table = work.tables[line_plan.entity.name]
        lines = work.connection.execute(sa.select(table.c.id).where(table.c.parent == key)).scalars().all()
        rows.delete(work.connection, table, lines)
        gone += lines
    rows.delete(work.connection, work.tables[entity], [key])
    if plan.files or any(line_plan.files for line_plan in plan.lines.values()):
        files.remove_of(work.connection, gone)
    last = {
        name: [to_json(each.type, row._mapping[each.column]), None]
        for name, each in definition.fields.items()
        if each.column and row._mapping[each.column] is not None
    }
    work.record_change(Change(entity, key, row.version + 1, "purge", last))
