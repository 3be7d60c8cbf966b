"""Carrying a plan out: journaled, resumable at every statement, and in force all at once or not at all.

Each step of the expansion is a transaction with its journal row (steps in batches: each batch). The switch is one
transaction: whoever uses the database sees the old release on its tables, or the new one on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy import exc

from engine.clock import Clock
from engine.errors import DougongError, Unavailable
from engine.model.app import App
from engine.store import releases
from engine.store.database import Database, too_long_for
from engine.store.migrations import journal, steps
from engine.store.migrations.compare import make_plan
from engine.store.migrations.journal import Entry, Leftovers, Session, Step
from engine.store.migrations.operations import BATCHED, Operation
from engine.store.migrations.plan import Finding, Plan
from engine.store.migrations.steps import Bench, ValueLost

Observe = Callable[[int, int, Operation, int], None]
"""Called when a step or batch is about to be committed: step number, number of steps, the step, rows written so far."""


class Refused(DougongError):
    """The plan cannot be applied as it stands, or only with leave to take values out of use."""

    code = "migration-refused"

    def __init__(self, plan: Plan, code: str | None = None) -> None:
        super().__init__(code)
        self.plan = plan


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an apply came to: ``changed`` is False where the database was up to date; ``resumed`` an earlier one was finished."""

    plan: Plan
    changed: bool
    resumed: bool = False


@contextmanager
def session(database: Database, clock: Clock) -> Iterator[Session]:
    """The right to apply, with the engine's tables in place. Raises AlreadyApplying where another process has it."""
    held = Session(database, clock)
    if database.dialect == "sqlite":
        with database.write() as connection:
            releases.create_engine_tables(connection)
            held.take(connection)
        try:
            yield held
        finally:
            held.release()
        return
    with database.connect() as connection:
        held.hold(connection)
        try:
            with held.transaction():
                releases.create_engine_tables(connection)
            yield held
        finally:
            held.release()


def read_plan(connection: sa.Connection, old: App | None, new: App) -> Plan:
    """The plan for this database, or what remains of it where an apply of the same change was cut short."""
    if not (releases.is_prepared(connection) and releases.is_current(connection)):
        return make_plan(connection, old, new, Leftovers())
    entry = journal.open_entry(connection)
    if entry is not None and _same(entry, old, new):
        remaining = tuple(each.operation for each in entry.steps if each.state != "done")
        fresh = make_plan(connection, old, new, Leftovers())
        return Plan(
            entry.before, entry.after, remaining, tuple(each for each in fresh.findings if each.severity == "refused"), interrupted=True
        )
    return make_plan(connection, old, new, journal.leftovers(connection))


def _same(entry: Entry, old: App | None, new: App) -> bool:
    return entry.before == (old.content_hash if old is not None else None) and entry.after == new.content_hash


def apply(held: Session, bench: Bench, observe: Observe | None = None) -> Outcome:
    """Bring the database to the new App, or finish what was begun. Raises Refused before anything is changed."""
    with held.transaction() as connection:
        plan = read_plan(connection, bench.old, bench.new)
        if plan.empty:
            return Outcome(plan, changed=False)
        if plan.refusals:
            raise Refused(plan)
        if plan.destructive and not bench.allow_destructive:
            raise Refused(plan, "migration-destructive")
        entry = journal.open_entry(connection) if plan.interrupted else journal.begin(connection, plan, by=bench.by, at=held.now)
    assert entry is not None
    _run(held, bench, entry, plan, observe or (lambda *_: None))
    return Outcome(plan, changed=True, resumed=plan.interrupted)


class _Broken(Exception):
    """A unique key did not hold while a step was done, or a text was too long for an index; ``code`` says which."""

    def __init__(self, operation: Operation, code: str) -> None:
        super().__init__()
        self.operation = operation
        self.code = code


def _run(held: Session, bench: Bench, entry: Entry, plan: Plan, observe: Observe) -> None:
    waiting = [step for step in entry.steps if step.state != "done"]
    try:
        for step in waiting:
            if step.operation.phase == "expand":
                _expand(held, bench, entry, step, observe)
        with held.transaction() as connection:
            _switch(held, bench, entry, connection, [step for step in waiting if step.operation.phase == "switch"], observe)
    except ValueLost as lost:
        finding = Finding("value-appeared", "refused", lost.operation.title, len(lost.samples), lost.samples, lost.operation.source)
        raise Refused(_with(plan, finding)) from lost
    except _Broken as broken:
        raise Refused(_with(plan, Finding(broken.code, "refused", broken.operation.title, 0, broken.operation.samples))) from broken
    except exc.OperationalError as error:
        if type(error.orig).__name__ == "LockNotAvailable":
            raise Unavailable("table-in-use") from error
        raise


def _with(plan: Plan, finding: Finding) -> Plan:
    return replace(plan, findings=(*plan.findings, finding))


def _do(bench: Bench, connection: sa.Connection, operation: Operation) -> int:
    try:
        return steps.do(bench, connection, operation)
    except exc.IntegrityError as error:
        raise _Broken(operation, "key-broken") from error
    except exc.OperationalError as error:
        if too_long_for(error) is None:
            raise
        raise _Broken(operation, "value-too-long") from error


def _expand(held: Session, bench: Bench, entry: Entry, step: Step, observe: Observe) -> None:
    """One step beside the release in force; one that writes values does so batch by batch, from where it had come to."""
    operation, total = step.operation, len(entry.steps)
    if not isinstance(operation, BATCHED):
        with held.transaction() as connection:
            _do(bench, connection, operation)
            journal.end(connection, entry, step.number, rows_done=0, at=held.now)
            observe(step.number, total, operation, 0)
        return
    after, done = step.position, step.rows_done
    while True:
        with held.transaction() as connection:
            try:
                until, written = steps.fill_batch(bench, connection, operation, after)
            except exc.IntegrityError as error:
                raise _Broken(operation, "key-broken") from error
            if until is not None:
                done += written
                journal.move(connection, entry, step.number, position=until, rows_done=done, at=held.now)
            else:
                journal.end(connection, entry, step.number, rows_done=done, at=held.now)
            observe(step.number, total, operation, done)
        if until is None:
            return
        after = until


def _switch(held: Session, bench: Bench, entry: Entry, connection: sa.Connection, waiting: Sequence[Step], observe: Observe) -> None:
    """Everything that the release in force would not survive, and the new release, in one transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(releases.SWITCH_LOCK)))
    for step in waiting:
        written = _do(bench, connection, step.operation)
        journal.end(connection, entry, step.number, rows_done=written, at=held.now)
        observe(step.number, len(entry.steps), step.operation, written)
    journal.end(connection, entry, 0, rows_done=0, at=held.now)
