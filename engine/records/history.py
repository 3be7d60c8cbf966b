"""What happened to a record: its audit rows, with today's field permission applied to yesterday's values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import access
from engine.model.kinds.entity import Field
from engine.records import gate
from engine.records.naming import displays
from engine.records.query import get
from engine.store import UnitOfWork
from engine.store.schema import AUDIT


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One write: who, when, what; ``changes`` maps field to [old, new] in JSON form, hidden fields left out.

    A field of child lines has one {"line", "verb", "changes"} for each line that came, changed or went.
    ``about`` is the name of the person with whom the record was shared, or from whom it was taken back.
    """

    at: datetime
    actor: str | None
    actor_name: str
    verb: str
    version: int
    changes: Mapping[str, Any]
    about: str = ""


def history(work: UnitOfWork, entity: str, key: str, *, limit: int = 100, before: int | None = None) -> list[HistoryEntry]:
    """A record's writes, newest first, for whoever may read the record now. ``before`` continues below a version."""
    definition = gate.entity_of(work, entity)
    get(work, entity, key)
    rights = access.fields(work.app, work.actor, entity)
    statement = sa.select(AUDIT).where(AUDIT.c.entity == entity, AUDIT.c.record == key).order_by(AUDIT.c.version.desc(), AUDIT.c.id.desc())
    statement = statement.limit(limit)
    if before is not None:
        statement = statement.where(AUDIT.c.version < before)
    rows = work.connection.execute(statement).all()
    users = work.app.entities["system.user"]
    receivers = {row.id: row.changes["user"] for row in rows if row.verb in ("share", "unshare")}
    names = displays(work, users, [row.actor for row in rows if row.actor] + list(receivers.values()))
    entries = []
    for row in rows:
        changes = {
            name: _readable_lines(work, definition.fields[name], change) if definition.fields[name].lines else change
            for name, change in row.changes.items()
            if row.id not in receivers and name in definition.fields and access.readable(rights, name)
        }
        name = names.get(row.actor, ("", False))[0] if row.actor else row.actor_kind.partition(":")[2]
        about = names.get(receivers[row.id], ("", False))[0] if row.id in receivers else ""
        entries.append(HistoryEntry(row.at, row.actor, name, row.verb, row.version, changes, about))
    return entries


def _readable_lines(work: UnitOfWork, field: Field, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What became of child lines, without the fields that the actor may not read."""
    rights = access.fields(work.app, work.actor, field.lines or "")
    return [{**line, "changes": {name: pair for name, pair in line["changes"].items() if access.readable(rights, name)}} for line in lines]
