"""Which stored computed fields have to be worked out again, and which of them before the switch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.language.expression import Expression
from engine.model.app import App
from engine.model.kinds.entity import Field
from engine.store.migrations.changes import ColumnChange, TableChange
from engine.store.migrations.filling import filling_of


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A stored computed field to be filled; ``early`` where all it reads has its final name and type before the switch."""

    change: TableChange
    field: Field
    early: bool


@dataclass(frozen=True, slots=True)
class Moves:
    """What a migration does to values: the stored computed fields to be filled, in order, and all fields whose values it writes.

    ``fields`` are names by entity; of an entity whose table has yet to be made there is nothing to say.
    """

    app: App
    changes: Mapping[str, TableChange]
    recomputed: tuple[Recomputed, ...]
    fields: Mapping[str, frozenset[str]]

    def moved(self, change: TableChange, field: Field) -> bool:
        """Whether values of a field are written."""
        return field.name in self.fields[change.entity.name]

    def untouched(self, change: TableChange, formula: Expression) -> bool:
        """Whether all that a formula reads stands where and as it will be."""
        if any("." in path for path in formula.reads):
            return False
        sources = _sources(self.app, change.entity.name, formula)
        return change.settled and all(
            self.changes[entity].settled and not fields & self.fields[entity] and _settled(self.changes[entity], fields)
            for entity, fields in sources.items()
        )


def moves(app: App, changes: Sequence[TableChange]) -> Moves:
    """Formulas in dependency order: lines before their owner (as ``changes`` come), then each entity's compute order."""
    moved: dict[str, set[str]] = {}
    found: list[Recomputed] = []
    by_entity = {change.entity.name: change for change in changes}
    for change in changes:
        here = moved.setdefault(change.entity.name, {each.field.name for each in change.columns if each.field and _moves(change, each)})
        if change.now is None:
            continue
        for name in change.entity.compute_order:
            field = change.entity.fields[name]
            column = change.column(field.column) if field.column else None
            if column is None or field.compute is None:
                continue
            sources = _sources(app, change.entity.name, field.compute)
            reads_moved = any(moved.get(entity, set()) & fields for entity, fields in sources.items())
            if _formula_changed(column, field.compute) or reads_moved:
                here.add(name)
                early = change.settled and column.settled and all(_settled(by_entity[entity], fields) for entity, fields in sources.items())
                found.append(Recomputed(change, field, early))
    return Moves(app, by_entity, tuple(found), {entity: frozenset(fields) for entity, fields in moved.items()})


def _moves(change: TableChange, column: ColumnChange) -> bool:
    """Whether values change by this migration even where no formula does."""
    return column.fate != "keep" or filling_of(change, column) is not None


def _formula_changed(column: ColumnChange, formula: Expression) -> bool:
    before = column.old.compute if column.old is not None and column.fate == "keep" else None
    if before is None:
        return True
    return (before.canonical or before.source, before.time_zone) != (formula.canonical or formula.source, formula.time_zone)


def _sources(app: App, entity: str, formula: Expression) -> Mapping[str, frozenset[str]]:
    """What a formula reads: its own record's fields, and fields of its lines."""
    found = {entity: frozenset(path.partition(".")[0] for path in formula.reads)}
    collections = app.infos[entity].collections
    for aggregate in formula.aggregates:
        lines = collections[aggregate.collection].entity
        found[lines] = found.get(lines, frozenset()) | frozenset(path.partition(".")[0] for path in aggregate.fields)
    return found


def own_settled(change: TableChange, formula: Expression) -> bool:
    """Whether a formula reads only its own record, and nothing there that gets its name or values by this migration."""
    paths = [path for path in formula.reads if "." not in path]
    if formula.aggregates or len(paths) < len(formula.reads) or not change.settled:
        return False
    columns = [change.column(change.entity.fields[name].column if name in change.entity.fields else name) for name in paths]
    return all(each is not None and each.settled and each.fate == "keep" for each in columns)


def _settled(change: TableChange, fields: frozenset[str]) -> bool:
    if change.now is None or not change.settled:
        return False
    names = {change.entity.fields[name].column if name in change.entity.fields else name for name in fields}
    return all(each.settled for each in change.columns if each.name in names)
