"""Deleting into the trash, bringing back, and removing for good, with what each reference asks for when its target goes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine import limits
from engine.errors import Conflict, Forbidden, NotFound
from engine.model.kinds.entity import Entity
from engine.records import gate
from engine.records.plan import plan_of
from engine.records.references import linking_condition, links_to, refuse_while_linked
from engine.records.service import read_for_update
from engine.records.uniqueness import unique_keys
from engine.records.values import to_json
from engine.store import Change, UnitOfWork, files, rows

_CASCADE_DEPTH_MAX = 8


def delete(work: UnitOfWork, entity: str, key: str, version: int | None) -> None:
    """Move one record to the trash. Raises NotFound, Forbidden, Conflict (another version, or still referenced)."""
    definition = gate.entity_of(work, entity)
    before = read_for_update(work, plan_of(work.app, entity), [key]).get(key)
    if before is None:
        raise NotFound("no-record", entity=entity, id=key)
    gate.decide(work, definition, "delete")
    if not gate.ids_allowed(work, definition, "delete", [key]):
        raise Forbidden("not-allowed", verb="delete", entity=entity)
    if version is not None and version != before["version"]:
        raise Conflict("record-changed", entity=entity, id=key, version=before["version"])
    _delete(work, definition, before["id"], before["version"], depth=0)


def _delete(work: UnitOfWork, entity: Entity, key: str, version: int, depth: int) -> None:
    if depth > _CASCADE_DEPTH_MAX:
        raise Conflict("cascade-too-deep", entity=entity.name, max=_CASCADE_DEPTH_MAX)
    refuse_while_linked(work, entity.name, key)
    stamps = {"deleted_at": work.now, "deleted_by": work.actor.id, "version": version + 1}
    if not rows.update(work.connection, work.tables[entity.name], key, version, stamps):
        raise Conflict("record-changed", entity=entity.name, id=key)
    work.record_change(Change(entity.name, key, version + 1, "delete", {}))
    for other, definition in links_to(work.app, entity.name):
        if definition.when_deleted == "refuse":
            continue
        table = work.tables[other.name]
        mine = linking_condition(work, other, definition, entity.name, key)
        for row in work.connection.execute(sa.select(table.c.id, table.c.version).where(mine).limit(limits.lines_max)).all():
            if definition.when_deleted == "cascade":
                _delete(work, other, row.id, row.version, depth + 1)
            else:
                cleared: dict[str, Any] = {
                    definition.column: None,
                    "version": row.version + 1,
                    "updated_at": work.now,
                    "updated_by": work.actor.id,
                }
                if rows.update(work.connection, table, row.id, row.version, cleared):
                    work.record_change(Change(other.name, row.id, row.version + 1, "update", {definition.name: [key, None]}))


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


def restore(work: UnitOfWork, entity: str, key: str) -> None:
    """Bring a record back from the trash. Raises Conflict where its unique key has been taken meanwhile."""
    definition, row = _trashed(work, entity, key)
    table = work.tables[entity]
    for fields in unique_keys(definition):
        same = [table.c[definition.fields[name].column] == row._mapping[definition.fields[name].column] for name in fields]
        if work.connection.execute(sa.select(table.c.id).where(*same, table.c.deleted_at.is_(None))).first():
            raise Conflict("not-unique", entity=entity, id=key, fields=list(fields))
    rows.update(work.connection, table, key, row.version, {"deleted_at": None, "deleted_by": None, "version": row.version + 1})
    work.record_change(Change(entity, key, row.version + 1, "restore", {}))


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
