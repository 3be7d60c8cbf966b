"""The record of every apply: its steps, how far each has come, and who may apply at present."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import Clock
from engine.errors import Unavailable
from engine.ids import new_id
from engine.store.database import Database
from engine.store.migrations.live import LiveTable
from engine.store.migrations.operations import AddColumn, CreateTable, Operation, from_json, to_json
from engine.store.migrations.plan import Plan
from engine.store.releases import MIGRATION_LOCK
from engine.store.schema import JOURNAL, LEASE
from engine.store.tables import Tables

_LEASE = timedelta(minutes=5)
_HOLD_ATTEMPTS = 20
_HOLD_PAUSE_S = 0.1


class AlreadyApplying(Unavailable):
    """Another process is applying to this database now."""

    code = "already-applying"


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What migrations that were given up have made: tables, and columns of tables; nothing that a release uses."""

    tables: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()

    def present(self, live: Mapping[str, LiveTable], used: Tables | None) -> Leftovers:
        """Those that are there and that the release in force does not use."""
        known = {table.name: set(table.columns.keys()) for table in used.by_entity.values()} if used is not None else {}
        tables = tuple(name for name in self.tables if name in live and name not in known)
        columns = tuple(
            (table, column)
            for table, column in self.columns
            if table in live and column in live[table].columns and column not in known.get(table, ())
        )
        return Leftovers(tables, tuple(each for each in columns if each[0] not in tables))

    def without(self, live: Mapping[str, LiveTable]) -> dict[str, LiveTable]:
        """The database as it will be once they are gone."""
        found = {}
        for name, table in live.items():
            gone = {column for owner, column in self.columns if owner == name}
            if name in self.tables:
                continue
            indexes = {key: index for key, index in table.indexes.items() if not gone & set(index.columns)}
            found[name] = (
                LiveTable(name, {key: stored for key, stored in table.columns.items() if key not in gone}, indexes) if gone else table
            )
        return found


@dataclass(frozen=True, slots=True)
class Step:
    """One journaled step: ``position`` is the last key that a step in batches has done."""

    number: int
    operation: Operation
    state: str
    position: str | None
    rows_done: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One apply in the journal."""

    key: str
    before: str | None
    after: str
    steps: tuple[Step, ...]


def open_entry(connection: sa.Connection) -> Entry | None:
    """The apply that has begun and not ended, if any."""
    header = connection.execute(
        sa.select(JOURNAL).where(JOURNAL.c.step == 0, JOURNAL.c.state == "running").order_by(JOURNAL.c.plan.desc())
    ).first()
    if header is None:
        return None
    rows = connection.execute(sa.select(JOURNAL).where(JOURNAL.c.plan == header.plan, JOURNAL.c.step > 0).order_by(JOURNAL.c.step))
    steps = tuple(Step(row.step, from_json(row.operation), row.state, row.position, row.rows_done or 0) for row in rows)
    return Entry(header.plan, header.operation["before"], header.operation["after"], steps)


def begin(connection: sa.Connection, plan: Plan, *, by: str | None, at: datetime) -> Entry:
    """Write down all steps before the first is done; an apply that was under way is given up."""
    connection.execute(sa.update(JOURNAL).where(JOURNAL.c.step == 0, JOURNAL.c.state == "running").values(state="abandoned", ended_at=at))
    key = new_id()
    header: dict[str, Any] = {"do": "apply", "before": plan.before, "after": plan.after, "by": by}
    rows = [{"plan": key, "step": 0, "operation": header, "state": "running", "started_at": at}]
    rows += [
        {"plan": key, "step": number, "operation": to_json(each), "state": "waiting", "started_at": None}
        for number, each in enumerate(plan.operations, 1)
    ]
    connection.execute(sa.insert(JOURNAL), rows)
    steps = tuple(Step(number, each, "waiting", None, 0) for number, each in enumerate(plan.operations, 1))
    return Entry(key, plan.before, plan.after, steps)


def move(connection: sa.Connection, entry: Entry, step: int, *, position: str | None, rows_done: int, at: datetime) -> None:
    """A batch is done."""
    where = (JOURNAL.c.plan == entry.key) & (JOURNAL.c.step == step)
    values = {"state": "running", "position": position, "rows_done": rows_done, "started_at": sa.func.coalesce(JOURNAL.c.started_at, at)}
    connection.execute(sa.update(JOURNAL).where(where).values(values))


def end(connection: sa.Connection, entry: Entry, step: int, *, rows_done: int, at: datetime) -> None:
    """A step (0: the whole apply) is done."""
    where = (JOURNAL.c.plan == entry.key) & (JOURNAL.c.step == step)
    values = {"state": "done", "rows_done": rows_done, "started_at": sa.func.coalesce(JOURNAL.c.started_at, at), "ended_at": at}
    connection.execute(sa.update(JOURNAL).where(where).values(values))


def leftovers(connection: sa.Connection) -> Leftovers:
    """What unfinished applies have made so far, by their journal."""
    header = JOURNAL.alias()
    unfinished = sa.select(header.c.plan).where(header.c.step == 0, header.c.state != "done")
    rows = connection.execute(
        sa.select(JOURNAL.c.operation).where(JOURNAL.c.plan.in_(unfinished), JOURNAL.c.step > 0, JOURNAL.c.state == "done")
    )
    done = [from_json(row.operation) for row in rows]
    tables = dict.fromkeys(each.table for each in done if isinstance(each, CreateTable))
    columns = dict.fromkeys((each.table, each.column) for each in done if isinstance(each, AddColumn))
    return Leftovers(tuple(tables), tuple(columns))


class Session:
    """The right to apply, held by one process at a time, and the transactions under it.

    PostgreSQL: an advisory lock of the one connection that does everything, so losing it stops the work. SQLite: a lease
    row that names the process and is checked in every transaction; the lease of a process that is gone counts for nothing.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock
        self._token = new_id()
        self._connection: sa.Connection | None = None

    @property
    def now(self) -> datetime:
        """The instant, naive UTC."""
        return self._clock.now().replace(tzinfo=None)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One transaction of the holder."""
        if self._connection is not None:
            with self._connection.begin():
                self._connection.exec_driver_sql("SET LOCAL lock_timeout = '15s'")
                yield self._connection
            return
        with self.database.write() as connection:
            self._renew(connection)
            yield connection

    def _renew(self, connection: sa.Connection) -> None:
        renewed = sa.update(LEASE).where(LEASE.c.name == "apply", LEASE.c.token == self._token).values(expires_at=self.now + _LEASE)
        if connection.execute(renewed).rowcount != 1:
            raise AlreadyApplying

    def take(self, connection: sa.Connection) -> None:
        """Take the lease (SQLite), in the transaction that makes the engine's tables."""
        held = connection.execute(sa.select(LEASE).where(LEASE.c.name == "apply")).first()
        here = socket.gethostname()
        if held is not None and _alive(held.host, held.process, here, held.expires_at > self.now):
            raise AlreadyApplying(host=held.host, process=held.process)
        connection.execute(sa.delete(LEASE).where(LEASE.c.name == "apply"))
        row = {"name": "apply", "token": self._token, "host": here, "process": os.getpid(), "expires_at": self.now + _LEASE}
        connection.execute(sa.insert(LEASE).values(row))

    def hold(self, connection: sa.Connection) -> None:
        """Take the advisory lock (PostgreSQL) for as long as the connection lives."""
        for _attempt in range(_HOLD_ATTEMPTS):
            held = connection.execute(sa.select(sa.func.pg_try_advisory_lock(MIGRATION_LOCK))).scalar_one()
            connection.commit()
            if held:
                self._connection = connection
                return
            time.sleep(_HOLD_PAUSE_S)  # the server takes a moment to notice that a holder was killed
        raise AlreadyApplying

    def release(self) -> None:
        """Let others apply."""
        if self._connection is not None:
            self._connection.rollback()
            self._connection.execute(sa.select(sa.func.pg_advisory_unlock(MIGRATION_LOCK)))
            self._connection.commit()
            self._connection = None
            return
        with self.database.write() as connection:
            connection.execute(sa.delete(LEASE).where(LEASE.c.name == "apply", LEASE.c.token == self._token))


def _alive(host: str, process: int, here: str, in_time: bool) -> bool:
    """Whether the holder of a lease may still be at work: asked of the system on this host, of the clock on another."""
    if host == here and process != os.getpid() and os.name == "posix":
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except OSError:
            pass
    return in_time
