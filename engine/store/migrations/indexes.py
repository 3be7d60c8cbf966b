"""Which indexes to make and to take away. Index names say table and columns, so an equal name means an equal index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from engine.store.migrations.changes import Setting, TableChange
from engine.store.migrations.computing import Moves
from engine.store.migrations.matching import Matching
from engine.store.migrations.operations import CreateIndex, DropIndex


@dataclass(frozen=True, slots=True)
class IndexSteps:
    """``early`` indexes are made while the release in force goes on; a unique one is not, because it would bind that release."""

    early: tuple[CreateIndex, ...]
    drops: tuple[DropIndex, ...]
    late: tuple[CreateIndex, ...]


def index_steps(setting: Setting, matching: Matching, moves: Moves) -> IndexSteps:
    """The index steps of all tables that are there; a new table is made with its indexes."""
    drops: list[DropIndex] = []
    creates: list[CreateIndex] = []
    for change in moves.changes.values():
        if change.now is not None:
            kept = _kept(setting, change, moves)
            drops += _drops(setting, change, kept)
            creates += _creates(setting, change, kept)
    for pair in matching.pairs:
        if pair.new is None and pair.old is not None and pair.old.table in setting.live:
            live = setting.live[pair.old.table]
            drops += [
                DropIndex(phase="switch", table=live.name, title=pair.old.title, index=each.name)
                for each in live.indexes.values()
                if each.ours
            ]
    early = tuple(each for each in creates if each.phase == "expand")
    return IndexSteps(early, tuple(drops), tuple(each for each in creates if each.phase == "switch"))


def _columns(index: sa.Index) -> tuple[str, ...]:
    return tuple(index.info["columns"])


def _settled(change: TableChange, columns: Sequence[str | None]) -> bool:
    return change.settled and all(each.settled for each in change.columns if each.name in columns)


def _kept(setting: Setting, change: TableChange, moves: Moves) -> set[str]:
    """Names of indexes that are there as wanted, on columns that stay where they are.

    A unique one does not stay where a formula is worked out again: meanwhile one record's new value may be another one's old value.
    """
    reworked = {each.field.column for each in moves.recomputed if each.change is change}
    present = setting.live[change.now or ""].indexes
    found = set()
    for index in setting.tables[change.entity.name].indexes:
        live = present.get(str(index.name))
        if index.unique and not reworked.isdisjoint(_columns(index)):
            continue
        if live is not None and live.columns == _columns(index) and live.unique == bool(index.unique) and _settled(change, live.columns):
            found.add(live.name)
    return found


def _drops(setting: Setting, change: TableChange, kept: set[str]) -> Iterator[DropIndex]:
    wanted = {str(index.name) for index in setting.tables[change.entity.name].indexes}
    for each in setting.live[change.now or ""].indexes.values():
        if each.name not in kept and (each.ours or each.name in wanted):
            yield DropIndex(phase="switch", table=change.now or "", title=change.entity.title, index=each.name)


def _creates(setting: Setting, change: TableChange, kept: set[str]) -> Iterator[CreateIndex]:
    taken = {name for table in setting.live.values() for name in table.indexes}
    for index in setting.tables[change.entity.name].indexes:
        name = str(index.name)
        if name in kept:
            continue
        early = not index.unique and name not in taken and _settled(change, _columns(index))
        yield CreateIndex(
            phase="expand" if early else "switch",
            table=change.entity.table,
            title=change.entity.title,
            rows=change.rows,
            samples=(", ".join(_columns(index)),),
            entity=change.entity.name,
            index=name,
            unique=bool(index.unique),
        )
