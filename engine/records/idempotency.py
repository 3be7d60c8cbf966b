"""A request that is sent twice with the same key is done once and answered the same: kept with the change it made, or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine import limits
from engine.errors import BadRequest, Conflict
from engine.store import UnitOfWork
from engine.store.schema import IDEMPOTENCY


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time."""

    status: int
    headers: dict[str, str]
    body: str


def fingerprint(*parts: bytes) -> str:
    """What a request was, so that a key used again for another one is noticed."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def claim(work: UnitOfWork, key: str, print_: str) -> Answer | None:
    """Take a key in this transaction: None means go ahead, and `keep` the answer; else this is the answer given before.

    A second sender waits on the first one's transaction. Raises BadRequest for a malformed key, Conflict for one used for
    another request.
    """
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise BadRequest("bad-idempotency-key")
    user = work.actor.id or ""
    insert: Any = sqlite.insert(IDEMPOTENCY) if work.database.dialect == "sqlite" else postgresql.insert(IDEMPOTENCY)
    work.connection.execute(sa.delete(IDEMPOTENCY).where(IDEMPOTENCY.c.at < work.now - timedelta(days=limits.idempotency_days)))
    row = {"user_id": user, "key": key, "fingerprint": print_, "at": work.now, "status": 0, "headers": {}, "body": ""}
    if work.connection.execute(insert.values(row).on_conflict_do_nothing().returning(IDEMPOTENCY.c.key)).first() is not None:
        return None
    return known(work, key, print_)


def known(work: UnitOfWork, key: str, print_: str) -> Answer | None:
    """What was answered to a request with this key before, if any; raises Conflict for a key used for another request."""
    mine = (IDEMPOTENCY.c.user_id == (work.actor.id or "")) & (IDEMPOTENCY.c.key == key)
    found = work.connection.execute(sa.select(IDEMPOTENCY).where(mine)).first()
    if found is None:
        return None
    if found.fingerprint != print_:
        raise Conflict("idempotency-key-reused")
    return Answer(found.status, found.headers, found.body)


def keep(work: UnitOfWork, key: str, answer: Answer) -> None:
    """Keep the answer to a claimed key."""
    mine = (IDEMPOTENCY.c.user_id == (work.actor.id or "")) & (IDEMPOTENCY.c.key == key)
    work.connection.execute(sa.update(IDEMPOTENCY).where(mine).values(status=answer.status, headers=answer.headers, body=answer.body))
