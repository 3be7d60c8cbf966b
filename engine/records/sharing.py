"""Giving one person access to one record, for roles whose scope is ``shared``."""

from __future__ import annotations

import sqlalchemy as sa

from engine.errors import Forbidden
from engine.records import gate
from engine.records.query import get
from engine.store import Event, UnitOfWork
from engine.store.schema import SHARE


def share(work: UnitOfWork, entity: str, key: str, user_id: str, *, may_update: bool = False) -> None:
    """Share a record with a user; nobody can give a right they lack. Raises NotFound, Forbidden."""
    record = get(work, entity, key)
    if not work.actor.may_write or not record.may_update:
        raise Forbidden("not-allowed", verb="share", entity=entity)
    get(work, "system.user", user_id)
    unshare(work, entity, key, user_id)
    row = {"record": key, "user_id": user_id, "entity": entity, "may_update": may_update, "at": work.now, "by": work.actor.id}
    work.connection.execute(sa.insert(SHARE).values(row))
    work.emit(Event("record.shared", entity, key, record.version, {"user": user_id, "may_update": may_update}))


def unshare(work: UnitOfWork, entity: str, key: str, user_id: str) -> None:
    """Take a shared record back from a user."""
    definition = gate.entity_of(work, entity)
    if not gate.ids_allowed(work, definition, "update", [key]):
        raise Forbidden("not-allowed", verb="share", entity=entity)
    done = work.connection.execute(sa.delete(SHARE).where(SHARE.c.record == key, SHARE.c.user_id == user_id))
    if done.rowcount:
        work.emit(Event("record.unshared", entity, key, None, {"user": user_id}))
