"""From two Apps and the database to ordered steps: expand first, then everything that the switch does at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import sqlalchemy as sa

from engine.i18n import LocalizedText
from engine.model.app import App
from engine.model.kinds.entity import Entity, Field
from engine.store.migrations import findings, impact, live
from engine.store.migrations.changes import ColumnChange, Setting, TableChange, compare_table, spare_name
from engine.store.migrations.computing import moves, own_settled
from engine.store.migrations.dependents import Dependents
from engine.store.migrations.filling import Filling, at_creation, filling_of
from engine.store.migrations.indexes import index_steps
from engine.store.migrations.journal import Leftovers
from engine.store.migrations.matching import Matching, match
from engine.store.migrations.operations import (
    Activate,
    AddColumn,
    ConvertValues,
    CreateTable,
    DropColumn,
    DropTable,
    FillComputed,
    FillDefault,
    FillInitial,
    FillNumbers,
    FillTarget,
    Operation,
    Phase,
    QuarantineColumn,
    QuarantineTable,
    RenameColumn,
    RenameInLogs,
    RenameTable,
    RenameTarget,
)
from engine.store.migrations.ordering import in_order
from engine.store.migrations.plan import Plan
from engine.store.tables import Tables

_EXPAND: tuple[type[Operation], ...] = (
    DropColumn,
    DropTable,
    CreateTable,
    AddColumn,
    FillDefault,
    FillInitial,
    FillNumbers,
    FillTarget,
    ConvertValues,
    FillComputed,
)
_SWITCH: tuple[type[Operation], ...] = (
    ConvertValues,
    DropColumn,
    QuarantineColumn,
    QuarantineTable,
    RenameTable,
    RenameColumn,
    RenameInLogs,
    RenameTarget,
    CreateTable,
    FillDefault,
    FillInitial,
    FillNumbers,
    FillTarget,
    FillComputed,
)


def make_plan(connection: sa.Connection, old: App | None, new: App, leftovers: Leftovers) -> Plan:
    """The plan from the release in force to a new App, over the database as it stands."""
    planner = _Planner(connection, old, new, leftovers)
    steps = planner.steps()
    before = old.content_hash if old is not None else None
    after = new.content_hash
    if steps or before != after:
        steps.append(Activate(phase="switch", table="", title=_packages(new), content_hash=after))
    return Plan(before, after, tuple(steps), tuple(findings.find(planner.setting, planner.changes, planner.moves)))


def _packages(app: App) -> LocalizedText:
    named = [package for package in app.packages if package.name != "system"]
    return LocalizedText(*("; ".join(f"{each.title.text(language)} {each.version}" for each in named) for language in ("en", "zh")))


def title_of(entity: Entity, field: Field | None = None) -> LocalizedText:
    """What a step is about: the entity, or one of its fields."""
    if field is None:
        return entity.title
    return LocalizedText(f"{entity.title.en} / {field.title.en}", f"{entity.title.zh}／{field.title.zh}")


class _Planner:
    """One comparison."""

    def __init__(self, connection: sa.Connection, old: App | None, new: App, leftovers: Leftovers) -> None:
        self.matching: Matching = match(old, new)
        everything = live.inspect(connection)
        self._leftovers = leftovers.present(everything, Tables(old) if old is not None else None)
        self.setting = Setting(
            old=old,
            new=new,
            tables=Tables(new),
            live=self._leftovers.without(everything),
            connection=connection,
            names=self.matching.new_names,
            key=new.content_hash,
        )
        claimed = frozenset(pair.old.table for pair in self.matching.pairs if pair.old is not None)
        self.changes = [compare_table(self.setting, pair, claimed) for pair in self.matching.pairs if pair.new is not None]
        self.moves = moves(new, self.changes)
        self._named_before = Dependents(old) if old is not None else None
        self._named_after = Dependents(new)

    def steps(self) -> list[Operation]:
        """All steps but the last, in order."""
        found = [*self._discards(), *self._gone_entities(), *(step for change in self.changes for step in self._table(change))]
        found += self._computed()
        indexes = index_steps(self.setting, self.matching, self.moves)
        expand = _ordered(found, _EXPAND, "expand")
        return [*expand, *indexes.early, *indexes.drops, *_ordered(found, _SWITCH, "switch"), *indexes.late]

    def _discards(self) -> Iterator[Operation]:
        """What an abandoned migration left behind and no release ever used."""
        for table in self._leftovers.tables:
            yield DropTable(phase="expand", table=table, title=LocalizedText.same(table))
        for table, column in self._leftovers.columns:
            yield DropColumn(phase="expand", table=table, title=LocalizedText.same(f"{table}.{column}"), column=column)

    def _gone_entities(self) -> Iterator[Operation]:
        taken = dict.fromkeys(self.setting.live)
        for pair in self.matching.pairs:
            if pair.new is None and pair.old is not None and pair.old.table in self.setting.live:
                table = pair.old.table
                rows = impact.count(self.setting.connection, table)
                held = spare_name("_q_", table, self.setting.key, taken)
                yield QuarantineTable(
                    phase="switch",
                    table=table,
                    title=pair.old.title,
                    rows=rows,
                    lost=rows,
                    stored_as=held,
                    dependents=self._before(pair.old),
                )
        renames = [(each.now, each.entity.table) for each in self.changes if each.now and each.now != each.entity.table]
        titles = {each.now: each.entity.title for each in self.changes}
        for now, new in in_order(renames):
            yield RenameTable(phase="switch", table=now, title=titles.get(now, LocalizedText.same(new)), new=new)
        entities = [(old, new) for old, new in self.matching.new_names.items() if old != new]
        for name, new_name in in_order(entities):
            yield RenameInLogs(
                phase="switch", table="", title=LocalizedText.same(f"{name} → {new_name}"), old_entity=name, new_entity=new_name
            )

    def _before(self, entity: Entity, field: Field | None = None) -> tuple[str, ...]:
        return self._named_before.of(entity.name, field.name if field else "") if self._named_before is not None else ()

    def _table(self, change: TableChange) -> Iterator[Operation]:
        entity = change.entity
        if change.now is None:
            phase: Phase = "switch" if entity.table in self.setting.live else "expand"
            yield CreateTable(phase=phase, table=entity.table, title=entity.title, entity=entity.name)
            return
        for column in change.columns:
            yield from self._column(change, change.now, column)
        yield from self._gone_columns(change)
        renames = [(each.physical, each.name) for each in change.columns if each.physical != each.name]
        placed = {each.physical for each in change.columns if each.fate != "keep"}
        for name, new in in_order(renames):
            field = next((each.field for each in change.columns if each.physical == name and each.field), None)
            yield RenameColumn(
                phase="switch",
                table=entity.table,
                title=title_of(entity, field),
                column=name,
                new=new,
                placed=name in placed,
                dependents=self._named_after.of(entity.name, field.name) if field else (),
            )
        fields = [
            (each.old.name, each.field.name) for each in change.columns if each.old and each.field and each.old.name != each.field.name
        ]
        for old_name, new_name in in_order(fields):
            title = LocalizedText.same(f"{entity.name}: {old_name} → {new_name}")
            yield RenameInLogs(
                phase="switch",
                table="",
                title=title,
                old_entity=entity.name,
                new_entity=entity.name,
                old_field=old_name,
                new_field=new_name,
            )
        yield from self._targets(change)

    def _column(self, change: TableChange, now: str, column: ColumnChange) -> Iterator[Operation]:
        entity, field = change.entity, column.field
        title = title_of(entity, field)
        if column.fate != "keep":
            named = self._named_after.of(entity.name, field.name) if field and column.source else ()
            yield AddColumn(
                phase="expand", table=now, title=title, entity=entity.name, column=column.physical, like=column.name, dependents=named
            )
        if field is None:
            return
        if column.fate == "convert" and column.source is not None:
            yield from self._conversion(change, now, column, column.source, field)
        elif column.fate == "recompute" and column.source is not None and column.losses is not None:
            yield from self._set_aside(
                now, title, column.source, column.losses.lost, computed=column.old is not None and column.old.computed
            )
        yield from self._filling(change, now, column, field)

    def _conversion(self, change: TableChange, now: str, column: ColumnChange, source: str, field: Field) -> Iterator[Operation]:
        losses = column.losses
        assert losses is not None
        step = ConvertValues(
            phase="expand",
            table=now,
            title=title_of(change.entity, field),
            rows=losses.values,
            lost=losses.lost,
            samples=losses.samples,
            dependents=self._named_after.of(change.entity.name, field.name),
            entity=change.entity.name,
            field=field.name,
            column=column.physical,
            source=source,
            old_entity=change.old.name if change.old and column.known else None,
            old_field=column.old.name if column.old and column.known else None,
            held_as=self._held(now, source),
        )
        yield step
        yield replace(step, phase="switch", lost=0)
        yield QuarantineColumn(phase="switch", table=now, title=step.title, rows=losses.values, column=source, stored_as=step.held_as)

    def _held(self, table: str, column: str) -> str:
        """A name that no other table's column gets either, so that it says what it was even after the table is renamed."""
        return spare_name("_q_", column, f"{self.setting.key}\0{table}", self.setting.live[table].columns)

    def _set_aside(
        self, table: str, title: LocalizedText, column: str, rows: int, *, computed: bool, dependents: tuple[str, ...] = ()
    ) -> Iterator[Operation]:
        if computed:
            yield DropColumn(phase="switch", table=table, title=title, column=column, dependents=dependents)
        else:
            held = self._held(table, column)
            yield QuarantineColumn(
                phase="switch", table=table, title=title, rows=rows, lost=rows, column=column, stored_as=held, dependents=dependents
            )

    def _gone_columns(self, change: TableChange) -> Iterator[Operation]:
        if change.old is None or change.now is None:
            return
        for each in change.gone:
            title = title_of(change.old, each.field)
            named = self._before(change.old, each.field)
            yield from self._set_aside(change.now, title, each.column, each.rows, computed=each.field.computed, dependents=named)

    def _filling(self, change: TableChange, now: str, column: ColumnChange, field: Field) -> Iterator[Operation]:
        """Records that are there get a value where they must have one from now on, and their number."""
        kind = filling_of(change, column)
        if kind is None or not change.rows:
            return
        rows = change.rows if column.fate == "add" else impact.count_blank(self.setting.connection, now, column.source or column.physical)
        if column.fate == "convert" and column.losses is not None:
            rows += column.losses.lost
        if not rows:
            return
        made, sample, early = self._filler(change, column, field, kind)
        step = made(
            phase="expand",
            table=now,
            title=title_of(change.entity, field),
            rows=rows,
            samples=(sample,),
            entity=change.entity.name,
            field=field.name,
            column=column.physical,
        )
        if early:
            yield step
        yield replace(step, phase="switch", table=change.entity.table, column=column.name)

    def _filler(
        self, change: TableChange, column: ColumnChange, field: Field, kind: Filling
    ) -> tuple[type[FillDefault | FillInitial | FillNumbers], str, bool]:
        """The kind of step, what it fills in, and whether it may begin beside the release in force.

        Not before the values that are there have been converted, nor under a unique key of the release in force.
        """
        free = column.fate != "convert" and not self._keyed(change, column)
        if kind == "numbers" and field.sequence is not None:
            # A counter of that name may still belong to another field, until the switch renames it.
            taken = change.old is None or change.old.name != change.entity.name or field.name in change.old.fields
            return FillNumbers, field.sequence.template, column.settled and not taken
        if kind == "initial" and field.initial is not None:
            known = own_settled(change, at_creation(self.setting.new, change.entity.name, field.initial))
            return FillInitial, field.initial.source, free and known
        return FillDefault, impact.show(field.default, field.type), free

    def _keyed(self, change: TableChange, column: ColumnChange) -> bool:
        """Whether a unique index stands on the column now."""
        indexes = self.setting.live[change.now].indexes.values() if change.now is not None else ()
        return any(index.unique and column.physical in index.columns for index in indexes)

    def _targets(self, change: TableChange) -> Iterator[Operation]:
        """The companion columns of links that may point to several entities."""
        for column in change.columns:
            old, field = column.old, column.field
            if old is None or field is None or len(field.targets) < 2 or column.source is None:
                continue
            title = title_of(change.entity, field)
            companion = f"{field.column}__entity"
            names = [(each, self.setting.names.get(each, each)) for each in old.targets]
            if len(old.targets) == 1 and names[0][1] in field.targets and change.now:
                physical = next(each.physical for each in change.columns if each.name == companion)
                step = FillTarget(
                    phase="expand",
                    table=change.now,
                    title=title,
                    rows=change.rows,
                    column=physical,
                    link=column.physical,
                    target=names[0][1],
                )
                yield step
                yield replace(step, phase="switch", table=change.entity.table, column=companion, link=column.name)
            elif len(old.targets) > 1:
                for name, new_name in in_order([pair for pair in names if pair[0] != pair[1]]):
                    yield RenameTarget(
                        phase="switch", table=change.entity.table, title=title, column=companion, old_entity=name, new_entity=new_name
                    )

    def _computed(self) -> Iterator[Operation]:
        for each in self.moves.recomputed:
            change, field = each.change, each.field
            column = change.column(field.column)
            step = FillComputed(
                phase="switch",
                table=change.entity.table,
                title=title_of(change.entity, field),
                rows=change.rows,
                entity=change.entity.name,
                field=field.name,
                column=field.column,
            )
            # Under a unique key one record's new value may still be another one's old value.
            if each.early and not (column is not None and self._keyed(change, column)):
                yield replace(step, phase="expand")
            yield step


def _ordered(steps: Iterable[Operation], kinds: Sequence[type[Operation]], phase: Phase) -> list[Operation]:
    """The steps of a phase by kind, those of one kind in the order in which they were found."""
    found = [step for step in steps if step.phase == phase]
    return [step for kind in kinds for step in found if type(step) is kind]
