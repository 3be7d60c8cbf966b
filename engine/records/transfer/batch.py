"""A batch of a file's rows into the database through the gate: found by key, drafted together, written together.

A row that cannot be taken is refused with every reason and stops no other row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine import access
from engine.errors import Conflict, DougongError, FieldProblem, Forbidden
from engine.records import gate
from engine.records.draft import Draft
from engine.records.plan import EntityPlan
from engine.records.service import differences, draft_changes, draft_new, read_for_update, write_changes, write_new
from engine.records.transfer.binding import BoundFormat
from engine.records.transfer.lookups import ReferenceFinder
from engine.records.transfer.rows import Fate, FileRow, Outcome
from engine.records.uniqueness import holders_of
from engine.records.values import ValueProblem, parse
from engine.store import UnitOfWork

Key = tuple[Any, ...]
Write = Callable[[UnitOfWork, EntityPlan, Sequence[Draft]], object]


@dataclass(slots=True)
class _Waiting:
    """A row on its way: what it gives, what is wrong so far, its key, and what became of it."""

    row: FileRow
    given: dict[str, Any]
    problems: list[FieldProblem]
    created_at: datetime | None
    key: Key | None = None
    known: str | None = None
    like: _Waiting | None = None
    draft: Draft | None = None
    outcome: Outcome | None = None

    def refuse(self, *problems: FieldProblem) -> None:
        """Settle the row: it is not taken."""
        self.outcome = Outcome(self.row, "refused", self.known, (*self.problems, *problems))


@dataclass(frozen=True, slots=True)
class Taken:
    """A row's outcome with what undoing it needs: the version written, and the old values of changed fields as JSON."""

    outcome: Outcome
    version: int = 0
    before: Mapping[str, Any] | None = None


@dataclass(slots=True)
class BatchImport:
    """Takes rows of one pass over a file. ``adds_only`` gives records that exist nothing but values that
    they lack (demo data).

    ``seen`` is used by trials whose transactions are taken back: rows of earlier batches by key, so that a later row of
    the same key is not counted as another new record.
    """

    bound: BoundFormat
    finder: ReferenceFinder
    adds_only: bool = False
    seen: dict[Key, int] | None = None
    _references: tuple[tuple[str, str, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        self._references = tuple((each.field.name, each.target, each.match) for each in self.bound.columns if each.target is not None)

    def take(self, work: UnitOfWork, rows: Sequence[FileRow]) -> list[Taken]:
        """Import rows within the transaction of ``work``; the answer has one entry per row, in their order."""
        waiting = [self._read(row) for row in rows]
        self._find_references(work, waiting)
        for each in waiting:
            self._find_key(each)
        rest = [each for each in waiting if each.outcome is None]
        while rest:
            now, rest = _first_of_each_key(rest)
            self._settle(work, now)
        return [self._taken(each) for each in waiting]

    def _read(self, row: FileRow) -> _Waiting:
        given, problems = self.bound.values(row.cells)
        created = self.bound.created(row.cells)
        if isinstance(created, FieldProblem):
            problems.append(created)
            created = None
        waiting = _Waiting(row, given, problems, created)
        extra = row.cells[len(self.bound.headers) :]
        if any(cell not in (None, "") for cell in extra):
            waiting.refuse(FieldProblem("", "too-many-cells", {"max": len(self.bound.headers)}))
        return waiting

    def _find_references(self, work: UnitOfWork, waiting: Sequence[_Waiting]) -> None:
        for name, target, match in self._references:
            words = {each.given[name] for each in waiting if each.given.get(name) is not None}
            found = self.finder.find(work, target, match, words) if words else {}
            for each in waiting:
                word = each.given.get(name)
                if word is None:
                    continue
                meant = found[word]
                if isinstance(meant, ValueProblem):
                    del each.given[name]
                    each.problems.append(FieldProblem(name, meant.code, meant.params))
                else:
                    each.given[name] = meant

    def _find_key(self, each: _Waiting) -> None:
        """The key of a row in kept form; a row whose key is blank or cannot be read is refused."""
        names = self.bound.format.key
        if not names or each.outcome is not None:
            return
        key = []
        plan = self.bound.plan
        for name in names:
            if name not in each.given:
                each.refuse(*([] if any(problem.field == name for problem in each.problems) else [FieldProblem(name, "key-blank")]))
                return
            try:
                value = parse(plan.entity.fields[name], each.given[name], plan.zone)
            except ValueProblem as problem:
                each.refuse(FieldProblem(name, problem.code, problem.params))
                return
            if value is None:
                each.refuse(FieldProblem(name, "key-blank"))
                return
            key.append(value)
        each.key = tuple(key)

    def _settle(self, work: UnitOfWork, waiting: Sequence[_Waiting]) -> None:
        """Decide over rows no two of which have the same key."""
        alone = [each for each in waiting if each.like is None]
        befores = self._find_records(work, alone)
        fresh = [each for each in alone if each.outcome is None and each.known is None]
        known = [each for each in alone if each.outcome is None and each.known is not None]
        self._create(work, fresh)
        self._change(work, known, befores)
        for each in waiting:
            if each.like is not None and each.like.outcome is not None:
                leader = each.like.outcome
                fate: Fate = "refused" if leader.fate == "refused" else "unchanged"
                each.outcome = Outcome(each.row, fate, leader.record, leader.problems)

    def _find_records(self, work: UnitOfWork, waiting: Sequence[_Waiting]) -> dict[str, dict[str, Any]]:
        names = self.bound.format.key
        keys = [each.key for each in waiting if each.key is not None and each.outcome is None]
        if not keys:
            return {}
        plan = self.bound.plan
        held = holders_of(work, plan.entity, names, keys)
        for each in waiting:
            ids = held.get(each.key, set()) if each.key is not None else set()
            if len(ids) > 1:
                each.refuse(FieldProblem(names[0], "key-ambiguous", {"count": len(ids)}))
            elif ids and each.outcome is None:
                each.known = next(iter(ids))
        known = [each.known for each in waiting if each.known is not None]
        readable = not access.rows(work.app, work.actor, plan.entity.name, "read").none
        befores = read_for_update(work, plan, known) if known and readable else {}
        for each in waiting:
            if each.known is not None and each.known not in befores:
                each.known = None
                each.refuse(FieldProblem(names[0], "not-unique", {"fields": list(names)}))
        return befores

    def _create(self, work: UnitOfWork, waiting: Sequence[_Waiting]) -> None:
        if not waiting:
            return
        plan = self.bound.plan
        if access.rows(work.app, work.actor, plan.entity.name, "create").none:
            for each in waiting:
                each.refuse(FieldProblem("", "create-not-allowed"))
            return
        kept = {column.field.name for column in self.bound.columns if column.keeps_default}
        given = [{name: value for name, value in each.given.items() if value is not None or name not in kept} for each in waiting]
        drafts = draft_new(work, plan, given, created=[each.created_at for each in waiting])
        good = _without_problems(waiting, drafts)
        failed = _write(work, plan, good, write_new)
        for each, draft in zip(waiting, drafts, strict=True):
            if each.outcome is not None:
                continue
            if draft.id in failed:
                each.refuse(failed[draft.id])
                continue
            again = self._seen_before(each)
            each.draft, each.outcome = draft, Outcome(each.row, again or "created", draft.id)

    def _seen_before(self, each: _Waiting) -> Fate | None:
        """In a trial: what would have become of a row whose record an earlier batch would have created."""
        if self.seen is None or each.key is None:
            return None
        print_ = hash(frozenset((name, str(value)) for name, value in each.given.items()))
        before = self.seen.get(each.key)
        self.seen[each.key] = print_
        return None if before is None else "unchanged" if before == print_ else "updated"

    def _change(self, work: UnitOfWork, waiting: Sequence[_Waiting], befores: Mapping[str, dict[str, Any]]) -> None:
        if not waiting:
            return
        plan = self.bound.plan
        kept = {column.field.name for column in self.bound.columns if column.keeps_default}
        pairs = []
        for each in waiting:
            before = befores[each.known or ""]
            given = {name: value for name, value in each.given.items() if value is not None or name not in kept}
            if self.adds_only:
                given = {name: value for name, value in given.items() if before.get(name) is None}
            pairs.append((before, given))
        drafts = draft_changes(work, plan, pairs)
        good = _without_problems(waiting, drafts)
        written: list[Draft] = []

        def write(work: UnitOfWork, plan: EntityPlan, drafts: Sequence[Draft]) -> None:
            written.extend(write_changes(work, plan, drafts))

        denied = self._denied(work, good)
        failed = _write(work, plan, [draft for draft in good if draft.id not in denied], write)
        changed = {draft.id for draft in written}
        for each, draft in zip(waiting, drafts, strict=True):
            if each.outcome is not None:
                continue
            if draft.id in denied and differences(plan, draft.before or {}, draft.values):
                each.refuse(FieldProblem("", "update-not-allowed"))
            elif draft.id in failed:
                each.refuse(failed[draft.id])
            else:
                each.draft = draft
                each.outcome = Outcome(each.row, "updated" if draft.id in changed else "unchanged", draft.id)

    def _denied(self, work: UnitOfWork, drafts: Sequence[Draft]) -> set[str]:
        """The records that the actor may read but not change."""
        entity = self.bound.plan.entity
        decision = access.rows(work.app, work.actor, entity.name, "update")
        if decision.none:
            return {draft.id for draft in drafts}
        unclear = [draft.id for draft in drafts if not gate.decided_without_query(work, entity, decision, draft.before or {})]
        return set(unclear) - gate.ids_allowed(work, entity, "update", unclear) if unclear else set()

    def _taken(self, each: _Waiting) -> Taken:
        assert each.outcome is not None
        draft = each.draft
        if draft is None:
            return Taken(each.outcome)
        before = {name: change[0] for name, change in draft.changes.items()} if draft.before is not None else None
        return Taken(each.outcome, draft.values["version"], before)


def _first_of_each_key(rest: Sequence[_Waiting]) -> tuple[list[_Waiting], list[_Waiting]]:
    """Rows that can be settled together, and those that must wait for an earlier row of the same key.

    A row that says the same as the earlier row of its key waits for nothing: it changes nothing.
    """
    now: list[_Waiting] = []
    later: list[_Waiting] = []
    leaders: dict[Key, _Waiting | None] = {}
    for each in rest:
        each.like = None
        if each.key is None or each.key not in leaders:
            now.append(each)
            if each.key is not None:
                leaders[each.key] = each
            continue
        leader = leaders[each.key]
        if leader is not None and leader.given == each.given and not each.problems and not leader.problems:
            each.like = leader
            now.append(each)
        else:
            leaders[each.key] = None
            later.append(each)
    return now, later


def _without_problems(waiting: Sequence[_Waiting], drafts: Sequence[Draft]) -> list[Draft]:
    good = []
    for each, draft in zip(waiting, drafts, strict=True):
        unread = {problem.field for problem in each.problems}
        found = [problem for problem in draft.problems if problem.field not in unread]
        if found or each.problems:
            each.refuse(*found)
        else:
            good.append(draft)
    return good


def _write(work: UnitOfWork, plan: EntityPlan, drafts: Sequence[Draft], write: Write) -> dict[str, FieldProblem]:
    """Write drafts, together where that works; gives the problem of each that could not be written."""
    if not drafts:
        return {}
    try:
        with work.savepoint():
            write(work, plan, drafts)
    except (Conflict, Forbidden) as error:
        if len(drafts) == 1:
            return {drafts[0].id: _problem_of(error)}
        for draft in drafts:
            _forget_numbers(plan, draft)
        half = len(drafts) // 2
        return {**_write(work, plan, drafts[:half], write), **_write(work, plan, drafts[half:], write)}
    return {}


def _forget_numbers(plan: EntityPlan, draft: Draft) -> None:
    """The counter was taken back with the rest, so the numbers that it gave are no longer the record's."""
    if draft.before is None:
        for numbered in plan.sequences:
            draft.values[numbered.name] = None


def _problem_of(error: DougongError) -> FieldProblem:
    return FieldProblem("", error.code, error.params)
