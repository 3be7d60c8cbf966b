"""Running an import: batch after batch, each with its own transaction, so that it can stop anywhere and go on.

A trial is the same run inside transactions that are taken back. Whoever calls brings transactions (``begin``).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from engine import access, limits
from engine.errors import BadRequest, Forbidden
from engine.model.kinds.import_format import ImportFormat
from engine.records import gate
from engine.records.transfer import ledger, tabular
from engine.records.transfer.batch import BatchImport, Taken
from engine.records.transfer.binding import BoundFormat, bind
from engine.records.transfer.ledger import ImportState, Refusal
from engine.records.transfer.lookups import ReferenceFinder
from engine.records.transfer.mapping import steps_of
from engine.records.transfer.rows import FileRow, Outcome
from engine.records.transfer.tabular import Survey
from engine.store import UnitOfWork

Begin = Callable[[], AbstractContextManager[UnitOfWork]]
Watch = Callable[[str, Sequence[Outcome]], None]
"""Called after each batch with the name of the step and what became of its rows."""
Progress = Callable[[ImportState], None]
"""Called after each batch with how far the step is."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What one pass over a file came to. ``import_id`` is "" for a trial; ``resumed`` how many rows an earlier run had done.

    ``first_refusals`` are at most limits.import_report_problems_max; ``unused`` are columns that fill no field.
    """

    step: str
    entity: str
    import_id: str
    rows: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    resumed: int = 0
    unused: tuple[str, ...] = ()
    first_refusals: tuple[Refusal, ...] = ()

    @property
    def total(self) -> int:
        """All rows accounted for; equals ``rows``."""
        return self.created + self.updated + self.unchanged + self.refused


class _TakenBack(Exception):
    """Ends the transaction of a trial."""


def check_import(work: UnitOfWork, format: ImportFormat, seen: Survey) -> tuple[BoundFormat, ...]:
    """Bind every step of a format to a file for this actor. Raises Forbidden without the right to import, BadRequest."""
    bound = []
    for step in steps_of(format):
        entity = gate.entity_of(work, step.entity)
        decision = gate.decide(work, entity, "import")
        if not decision.all:
            raise Forbidden("import-needs-all", entity=entity.name)
        each = bind(work.app, step, seen.headers)
        problems = gate.problems_of_rights(gate.rights(work, entity), each.plan.writable, each.names)
        if problems:
            raise BadRequest("column-not-yours", field=problems[0].field, entity=entity.name)
        if each.created_at is not None and step.mode != "history":
            raise BadRequest("column-without-field", header=each.created_at.field.name, field="created_at")
        bound.append(each)
    return tuple(bound)


def run_import(
    begin: Begin, path: Path, seen: Survey, format: ImportFormat, *, watch: Watch | None = None, progress: Progress | None = None
) -> tuple[ImportResult, ...]:
    """Import a file, one result per step; goes on where an interrupted run of the same file, mapping and actor stopped.

    Raises BadRequest, Forbidden before anything is written; Unavailable, Conflict between batches (call again to go on).
    """
    with begin() as work:
        check_import(work, format, seen)
    return tuple(_run_step(begin, path, seen, step, watch, progress) for step in steps_of(format))


def _run_step(begin: Begin, path: Path, seen: Survey, step: ImportFormat, watch: Watch | None, progress: Progress | None) -> ImportResult:
    with begin() as work:
        batch = BatchImport(bind(work.app, step, seen.headers), ReferenceFinder())
        state = ledger.open_import(work, seen, step)
    resumed = state.rows_done
    rows = tabular.read(path, seen, after=resumed)
    while chunk := list(islice(rows, limits.import_batch_rows)):
        with begin() as work:
            if work.app.content_hash != batch.bound.content_hash:
                batch = BatchImport(bind(work.app, step, seen.headers), ReferenceFinder())
            gate.decide(work, batch.bound.plan.entity, "import")
            with _uncollected():
                taken = batch.take(work, chunk)
                state = ledger.note_batch(work, state, taken)
                work.flush()
        if watch is not None:
            watch(step.name, [each.outcome for each in taken])
        if progress is not None:
            progress(state)
    with begin() as work:
        state = ledger.end_import(work, state)
        refused = ledger.first_problems(state, work)
    return ImportResult(
        step=step.name,
        entity=step.entity,
        import_id=state.id,
        rows=state.rows_total,
        created=state.created,
        updated=state.updated,
        unchanged=state.unchanged,
        refused=state.refused,
        resumed=resumed,
        unused=batch.bound.unused,
        first_refusals=refused,
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the cycle collector: a batch makes many values and no cycle, and looking for cycles takes an eighth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@dataclass(slots=True)
class _Trial:
    """One step of a trial with what it counted so far."""

    format: ImportFormat
    batch: BatchImport
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("created", "updated", "unchanged", "refused"), 0))
    refused: list[Refusal] = field(default_factory=list)

    def note(self, taken: Sequence[Taken]) -> None:
        """Count a batch."""
        for each in taken:
            self.counts[each.outcome.fate] += 1
            if each.outcome.fate == "refused" and len(self.refused) < limits.import_report_problems_max:
                self.refused.append(ledger.refusal_of(each.outcome))


def try_import(begin: Begin, path: Path, seen: Survey, format: ImportFormat, *, watch: Watch | None = None) -> tuple[ImportResult, ...]:
    """What run_import would do with a file, by doing it in transactions that are taken back; nothing stays written.

    A transaction spans limits.import_trial_rows rows, so that others can write in between; a row that refers to a record
    which only an earlier slice of the same file would create is then reported as refused.
    """
    with begin() as work:
        trials = [_Trial(bound.format, BatchImport(bound, ReferenceFinder(), seen={})) for bound in check_import(work, format, seen)]
    for rows in _slices(tabular.read(path, seen)):
        noted: list[tuple[_Trial, list[Taken]]] = []
        try:
            with begin() as work:
                for trial in trials:
                    trial.batch.finder = ReferenceFinder()
                    for start in range(0, len(rows), limits.import_batch_rows):
                        noted.append((trial, trial.batch.take(work, rows[start : start + limits.import_batch_rows])))
                        work.flush()
                raise _TakenBack
        except _TakenBack:
            pass
        for trial, taken in noted:
            trial.note(taken)
            if watch is not None:
                watch(trial.format.name, [each.outcome for each in taken])
    return tuple(_trial_result(trial, seen) for trial in trials)


def _slices(rows: Iterator[FileRow]) -> Iterator[list[FileRow]]:
    while part := list(islice(rows, limits.import_trial_rows)):
        yield part


def _trial_result(trial: _Trial, seen: Survey) -> ImportResult:
    counts: dict[str, Any] = trial.counts
    made = ImportResult(trial.format.name, trial.format.entity, "", seen.rows, unused=trial.batch.bound.unused)
    return replace(made, first_refusals=tuple(trial.refused), **counts)


def may_import(work: UnitOfWork, entity: str) -> bool:
    """Whether the actor may import records of an entity at all."""
    return access.rows(work.app, work.actor, entity, "import").all
