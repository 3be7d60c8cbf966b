"""Giving one person access to one record, for roles of which a scope is ``shared``; written down like any other change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine import access
from engine.errors import FieldProblem, Forbidden, Invalid
from engine.model.app import App
from engine.records import gate
from engine.records.actors import load_actor
from engine.records.naming import displays
from engine.records.query import get
from engine.records.record import Record
from engine.store import Change, UnitOfWork
from engine.store.schema import SHARE

_USER = "system.user"


@dataclass(frozen=True, slots=True)
class Share:
    """One person who was given access to one record: their id and name, whether they may change it, when and by whom."""

    user: str
    name: str
    may_update: bool
    at: datetime
    by: str


def shareable(work: UnitOfWork, record: Record) -> bool:
    """Whether the actor may give others access to a record: they may change it, and some role sees what is shared."""
    return work.actor.may_write and record.may_update and may_be_shared(work.app, record.entity)


def may_be_shared(app: App, entity: str) -> bool:
    """Whether some role sees those records of an entity that were shared with a person."""
    roles = (role.may.get(entity) for role in app.roles.values())
    return any("shared" in grant.scopes for rights in roles if rights is not None for grant in rights.grants.values())


def shares(work: UnitOfWork, entity: str, key: str) -> list[Share]:
    """Whom a record was shared with, the latest first, for whoever may read the record. Raises NotFound."""
    get(work, entity, key)
    rows = work.connection.execute(
        sa.select(SHARE).where(SHARE.c.record == key, SHARE.c.entity == entity).order_by(SHARE.c.at.desc())
    ).all()
    people = {each for row in rows for each in (row.user_id, row.by) if each}
    names = displays(work, work.app.entities[_USER], sorted(people))
    return [
        Share(row.user_id, names.get(row.user_id, ("", False))[0], row.may_update, row.at, names.get(row.by, ("", False))[0])
        for row in rows
    ]


def share(work: UnitOfWork, entity: str, key: str, user_id: str, *, may_update: bool = False) -> None:
    """Share a record with a user; nobody can give a right they lack.

    Raises NotFound, Forbidden, and Invalid (field ``user``) for somebody whose roles do not look at what is shared with them.
    """
    record = get(work, entity, key)
    if not work.actor.may_write or not record.may_update:
        raise Forbidden("not-allowed", verb="share", entity=entity)
    get(work, _USER, user_id)
    person = load_actor(work.connection, work.app, work.tables, user_id)
    if person is None or not (access.rows(work.app, person, entity, "read").shared or access.is_admin(work.app, person)):
        raise Invalid([FieldProblem("user", "sees-nothing-shared")])
    _remove(work, key, user_id)
    row = {"record": key, "user_id": user_id, "entity": entity, "may_update": may_update, "at": work.now, "by": work.actor.id}
    work.connection.execute(sa.insert(SHARE).values(row))
    work.record_change(Change(entity, key, record.version, "share", {"user": user_id, "may_update": may_update}))


def unshare(work: UnitOfWork, entity: str, key: str, user_id: str) -> bool:
    """Take a shared record back from a user; False where it was not shared with them. Raises NotFound, Forbidden."""
    record = get(work, entity, key)
    definition = gate.entity_of(work, entity)
    if not work.actor.may_write or not gate.ids_allowed(work, definition, "update", [key]):
        raise Forbidden("not-allowed", verb="share", entity=entity)
    if not _remove(work, key, user_id):
        return False
    work.record_change(Change(entity, key, record.version, "unshare", {"user": user_id}))
    return True


def _remove(work: UnitOfWork, key: str, user_id: str) -> bool:
    return bool(work.connection.execute(sa.delete(SHARE).where(SHARE.c.record == key, SHARE.c.user_id == user_id)).rowcount)
