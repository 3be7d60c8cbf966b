"""The unit of work: one actor, one transaction, and everything that must be written with a change or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

import sqlalchemy as sa

from engine.access.actor import Actor
from engine.clock import Clock
from engine.ids import new_ids
from engine.model.app import App
from engine.store.database import Database
from engine.store.identity import move_access_epoch, shut_out
from engine.store.late import LATE
from engine.store.prepared import insert_into
from engine.store.schema import AUDIT, OUTBOX
from engine.store.tables import Tables

Verb = Literal["create", "update", "delete", "restore", "purge", "share", "unshare", "setup", "password"]
"""``share`` and ``unshare``: one person was given access to the record, or lost it. ``setup`` and ``password`` are of people:
a link for setting a password was made; a password was set."""

_ACCESS_ENTITIES = frozenset({"system.user", "system.department", "system.team", "system.team_member", "system.role_assignment"})


@dataclass(frozen=True, slots=True)
class Change:
    """One write of one record: ``changes`` maps each changed field to [old, new] in JSON form."""

    entity: str
    record: str
    version: int
    verb: Verb
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for engines and connectors to react to after commit."""

    name: str
    entity: str | None
    record: str | None
    version: int | None
    payload: Mapping[str, Any] = field(default_factory=dict)


def _shuts_out(change: Change) -> bool:
    """Whether a change takes a person's access away."""
    if change.entity != "system.user":
        return False
    return change.verb == "delete" or change.changes.get("active", (None, True))[1] is not True


class Subscriber(Protocol):
    """An engine that takes part in writes: called in the same transaction, before and after each change is written."""

    def after(self, work: UnitOfWork, change: Change) -> None:
        """React to a change that has been written but not committed."""


@dataclass(slots=True)
class UnitOfWork:
    """What every service is handed first (named ``work``). Its connection writes only if ``writes``.

    Changes and events recorded here become audit and outbox rows in the same transaction, by ``flush``, which
    the owner calls once before the transaction ends.
    """

    app: App
    tables: Tables
    actor: Actor
    clock: Clock
    connection: sa.Connection
    database: Database
    release: int | None
    writes: bool
    request_id: str | None = None
    subscribers: Sequence[Subscriber] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    late: bool = False
    """Whether statements are only being worked out, for use with the variables of other units of work."""
    started: datetime = field(init=False)
    _changes: list[Change] = field(default_factory=list)
    _events: list[Event] = field(default_factory=list)
    _after_commit: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.started = self.clock.now().replace(tzinfo=None)

    @property
    def now(self) -> datetime:
        """The instant of this unit of work, naive UTC, the same for everything it writes."""
        return self.started

    @property
    def variables(self) -> Mapping[str, Any]:
        """Values of the names that expressions may use besides the record: the actor's, and the instant."""
        if self.late:
            return LATE
        return {**self.settings, **self.actor.variables, "now": self.started}

    def record_change(self, change: Change) -> None:
        """Have one write audited and announced; every function that writes a business row calls this."""
        self._changes.append(change)
        for subscriber in self.subscribers:
            subscriber.after(self, change)

    def emit(self, event: Event) -> None:
        """Announce something that is not itself a change of a record."""
        self._events.append(event)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of the transaction that is taken back alone, with its changes and events, where it raises."""
        changes, events, actions = len(self._changes), len(self._events), len(self._after_commit)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            del self._changes[changes:], self._events[events:], self._after_commit[actions:]
            raise

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run something in this process once the transaction is durable; never for effects that must not be lost."""
        self._after_commit.append(action)

    def flush(self) -> None:
        """Write audit and outbox rows of all changes so far."""
        if not self._changes and not self._events:
            return
        audits, messages = [], []
        actor_id, actor_kind = self.actor.id, self.actor.kind if self.actor.id else f"system:{self.actor.name}"
        keys = iter(new_ids(2 * len(self._changes) + len(self._events)))
        for change in self._changes:
            audit_id = next(keys)
            audits.append(
                {
                    "id": audit_id,
                    "at": self.started,
                    "actor": actor_id,
                    "actor_kind": actor_kind,
                    "request": self.request_id,
                    "entity": change.entity,
                    "record": change.record,
                    "version": change.version,
                    "verb": change.verb,
                    "changes": change.changes,
                }
            )
            messages.append(self._message(next(keys), f"record.{change.verb}", change.entity, change.record, change.version, audit_id, {}))
        for event in self._events:
            messages.append(self._message(next(keys), event.name, event.entity, event.record, event.version, None, dict(event.payload)))
        if audits:
            insert_into(AUDIT, self.connection).run(self.connection, audits)
        insert_into(OUTBOX, self.connection).run(self.connection, messages)
        out = [change.record for change in self._changes if _shuts_out(change)]
        if out:
            shut_out(self.connection, out)
        if any(change.entity in _ACCESS_ENTITIES for change in self._changes):
            move_access_epoch(self.connection)
        self._changes.clear()
        self._events.clear()

    def _message(
        self, key: str, name: str, entity: str | None, record: str | None, version: int | None, cause: str | None, payload: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "id": key,
            "at": self.started,
            "event": name,
            "entity": entity,
            "record": record,
            "version": version,
            "cause": cause,
            "payload": payload,
            "done_at": None,
        }

    def run_after_commit(self) -> None:
        """Run what was asked to run once durable; called by the owner after the commit."""
        for action in self._after_commit:
            action()
