"""What a person calls one import: a file taken in by one format, however many passes (steps) that format makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import NotFound
from engine.model.app import App
from engine.records.transfer.importing import Begin
from engine.records.transfer.ledger import ImportState, imports
from engine.records.transfer.undo import Moved, UndoResult, undo_import
from engine.store import UnitOfWork

_LOOKED_THROUGH = 500


@dataclass(frozen=True, slots=True)
class Run:
    """The passes of one import over one file, in the order in which they were made; never empty."""

    steps: tuple[ImportState, ...]

    @property
    def state(self) -> str:
        """Of the whole: what the first pass that is not done says, else done."""
        return next((each.state for each in self.steps if each.state != "done"), "done")

    def total(self, fate: str) -> int:
        """How often rows met a fate (created, updated, unchanged, refused) in all passes together."""
        return sum(int(getattr(each, fate)) for each in self.steps)


def runs(work: UnitOfWork, *, limit: int = 50) -> list[Run]:
    """The newest imports of the actor (an administrator's: everybody's), newest first."""
    formats = _formats_of_steps(work.app)
    found: list[list[ImportState]] = []
    for state in imports(work, limit=limit):
        last = found[-1] if found else []
        if last and _belongs(state, last, formats):
            last.append(state)
        else:
            found.append([state])
    return [Run(tuple(reversed(each))) for each in found]


def _formats_of_steps(app: App) -> dict[str, str]:
    return {step.name: each.name for each in app.imports.values() for step in each.steps}


def _belongs(state: ImportState, later: Sequence[ImportState], formats: dict[str, str]) -> bool:
    """Whether a pass is one more of the import whose later passes these are."""
    whole = formats.get(state.format)
    first = later[0]
    same = (state.file_name, state.started_by, state.rows_total) == (first.file_name, first.started_by, first.rows_total)
    return whole is not None and whole == formats.get(first.format) and same and state.format not in {each.format for each in later}


def undo_run(begin: Begin, key: str) -> UndoResult:
    """Take a whole import back, its last pass first; ``key`` is the id of any of its passes.

    Can be called again, like ``undo_import``. Raises NotFound, Forbidden, Conflict.
    """
    with begin() as work:
        run = next((each for each in runs(work, limit=_LOOKED_THROUGH) if key in {step.id for step in each.steps}), None)
    if run is None:
        raise NotFound("no-import", id=key[:60])
    moved: Moved = {}
    done = [undo_import(begin, step.id, moved=moved) for step in reversed(run.steps) if step.state != "undone"]
    kept = tuple(each for result in done for each in result.kept)
    return UndoResult(sum(each.deleted for each in done), sum(each.restored for each in done), kept)
