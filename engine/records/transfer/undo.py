"""Taking an import back: what it made goes to the trash, what it changed gets its old values, unless changed since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import access
from engine.errors import Conflict, DougongError, Invalid, NotFound
from engine.model.kinds.entity import Entity
from engine.records import gate
from engine.records.naming import displays
from engine.records.plan import plan_of
from engine.records.removal import delete
from engine.records.service import read_for_update, update
from engine.records.transfer.importing import Begin
from engine.records.transfer.ledger import ImportState, import_state
from engine.records.unlinking import delete_unlinked
from engine.store import UnitOfWork
from engine.store.schema import IMPORT, IMPORT_ROW

_ROWS_PER_TRANSACTION = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that undoing left as it is, and why: the code of an error or of a problem."""

    row: int
    record: str
    display: str
    reason: str


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What undoing came to: records deleted, records restored, records left alone with the reason."""

    deleted: int
    restored: int
    kept: tuple[Kept, ...]


def undo_import(begin: Begin, key: str, *, progress: Callable[[int], None] | None = None) -> UndoResult:
    """Take an import back, the last rows first; can be called again after an interruption, or once what stood in the way is gone.

    Raises NotFound (not the actor's import), Forbidden, Conflict (it still runs).
    """
    with begin() as work:
        _begin_undoing(work, key)
    deleted = restored = 0
    kept: list[Kept] = []
    below: int | None = None
    moved: dict[tuple[str, int], int] = {}
    while True:
        with begin() as work:
            state = import_state(work, key)
            rows = _next_rows(work, key, below)
            if not rows:
                _end_undoing(work, key)
                return UndoResult(deleted, restored, tuple(kept))
            below = rows[-1].row
            created = {row.record: row.version for row in rows if row.created}
            gone = delete_unlinked(work, state.entity, created)
            done = [row.row for row in rows if row.created and row.record in gone]
            deleted += len(done)
            for row in rows:
                if row.created and row.record in gone:
                    continue
                version = moved.get((row.record, row.version), row.version)
                reason = _undo_row(work, state, row, version)
                if reason:
                    shown = displays(work, work.app.entities[state.entity], [row.record]).get(row.record, ("", False))[0]
                    kept.append(Kept(row.row, row.record, shown, reason))
                    continue
                done.append(row.row)
                # An earlier row of the same file may have written the version before this one.
                moved[row.record, row.version - 1] = version + 1
                deleted, restored = deleted + bool(row.created), restored + (not row.created)
            if done:
                work.connection.execute(sa.delete(IMPORT_ROW).where(IMPORT_ROW.c.import_id == key, IMPORT_ROW.c.row.in_(done)))
        if progress is not None:
            progress(deleted + restored + len(kept))


def _begin_undoing(work: UnitOfWork, key: str) -> None:
    state = import_state(work, key)
    gate.decide(work, gate.entity_of(work, state.entity), "import")
    if state.state == "running":
        # An interrupted import may be taken back as far as it came; moving the state ends it for its runner.
        work.connection.execute(sa.update(IMPORT).where(IMPORT.c.id == key).values(ended_at=work.now))
    work.connection.execute(sa.update(IMPORT).where(IMPORT.c.id == key).values(state="undoing"))


def _end_undoing(work: UnitOfWork, key: str) -> None:
    work.connection.execute(sa.update(IMPORT).where(IMPORT.c.id == key).values(state="undone", undone_at=work.now))


def _next_rows(work: UnitOfWork, key: str, below: int | None) -> list[Any]:
    statement = sa.select(IMPORT_ROW).where(IMPORT_ROW.c.import_id == key)
    if below is not None:
        statement = statement.where(IMPORT_ROW.c.row < below)
    return list(work.connection.execute(statement.order_by(IMPORT_ROW.c.row.desc()).limit(_ROWS_PER_TRANSACTION)))


def _undo_row(work: UnitOfWork, state: ImportState, row: Any, version: int) -> str:
    """Undo one row; gives the reason where it has to stay."""
    try:
        with work.savepoint():
            if row.created:
                delete(work, state.entity, row.record, version)
            else:
                _restore(work, work.app.entities[state.entity], row, version)
    except NotFound:
        # Gone already: a created record needs nothing more, a changed one cannot get its values back.
        return "" if row.created else "no-record"
    except Invalid as error:
        return error.problems[0].code
    except Conflict as error:
        return "changed-since" if error.code == "record-changed" else error.code
    except DougongError as error:
        return error.code
    return ""


def _restore(work: UnitOfWork, entity: Entity, row: Any, version: int) -> None:
    """Give a record the values it had. Fields that it no longer has, or that are computed, are left out."""
    plan = plan_of(work.app, entity.name)
    before = {name: value for name, value in (row.before or {}).items() if name in plan.writable}
    current = read_for_update(work, plan, [row.record]).get(row.record)
    if current is None:
        raise NotFound("no-record", entity=entity.name, id=row.record)
    if access.rows(work.app, work.actor, entity.name, "update").none or current["version"] != version:
        raise Conflict("record-changed", entity=entity.name, id=row.record)
    update(work, entity.name, row.record, before, version)
