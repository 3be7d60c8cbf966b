"""One table before and after: where each column of the new App has its values now, and what no longer has a place."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import sqlalchemy as sa

from engine.language import types as t
from engine.model.app import App
from engine.model.kinds.entity import Entity, Field
from engine.store.columns import column_type
from engine.store.migrations import conversions, impact
from engine.store.migrations.conversions import LOST, Convert
from engine.store.migrations.impact import Losses
from engine.store.migrations.live import LiveTable, readable_as, storage
from engine.store.migrations.matching import EntityPair, FieldPair
from engine.store.tables import Tables

Fate = Literal["keep", "add", "convert", "recompute"]


def spare_name(prefix: str, name: str, key: str, taken: Mapping[str, object]) -> str:
    """A name for what waits or is kept aside, within 63 bytes, the same for the same change and free in the database."""
    attempt = 0
    while True:
        digest = hashlib.sha256(f"{key}\0{name}\0{attempt}".encode()).hexdigest()[:8]
        found = f"{prefix}{name[:48]}_{digest}"
        if found not in taken:
            return found
        attempt += 1


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column that the new App wants. ``source`` holds its values now (None: nothing does yet).

    ``physical`` is its name until the switch: its own, or a spare one while the final name is taken. ``known`` is
    False where the release in force does not know the source (somebody made it by hand).
    """

    name: str
    field: Field | None
    old: Field | None
    source: str | None
    physical: str
    fate: Fate
    known: bool = True
    losses: Losses | None = None

    @property
    def settled(self) -> bool:
        """Whether the column has its final name and type before the switch."""
        return self.physical == self.name and self.fate in ("keep", "add")

    def conversion(self, zone: str) -> Convert | None:
        """What values become by a change of type; None where they stay, or where nothing is known of them."""
        old, field = self.old, self.field
        if self.fate != "convert" or not self.known or old is None or field is None or (old.targets and field.targets):
            return None
        return conversions.conversion(old.type, field, zone)


@dataclass(frozen=True, slots=True)
class Gone:
    """A column that has no place in the new App; ``rows`` have a value in it. A computed one can be worked out again."""

    column: str
    field: Field
    rows: int


@dataclass(frozen=True)
class TableChange:
    """One entity's table. ``now`` is its present name, None where it has yet to be made."""

    entity: Entity
    old: Entity | None
    now: str | None
    columns: tuple[ColumnChange, ...] = ()
    gone: tuple[Gone, ...] = ()
    count: Callable[[str], int] = dataclasses.field(default=lambda _: 0, repr=False, compare=False)

    @cached_property
    def rows(self) -> int:
        """The rows of the table; counted when first asked, since most tables stay as they are."""
        return self.count(self.now) if self.now is not None else 0

    @property
    def settled(self) -> bool:
        """Whether the table has its final name before the switch."""
        return self.now == self.entity.table

    def column(self, name: str) -> ColumnChange | None:
        """The change of a column by its final name."""
        return next((each for each in self.columns if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Setting:
    """What comparing tables needs: both Apps, the tables they ask for, the database as it stands."""

    old: App | None
    new: App
    tables: Tables
    live: Mapping[str, LiveTable]
    connection: sa.Connection
    names: Mapping[str, str]
    """The new name of each old entity."""
    key: str
    """Tells this change from others in spare names."""


def compare_table(setting: Setting, pair: EntityPair, claimed: frozenset[str]) -> TableChange:
    """One entity of the new App; ``claimed`` are tables that belong to other entities of the old one."""
    assert pair.new is not None
    entity = pair.new
    now = pair.old.table if pair.old is not None else entity.table
    if now not in setting.live or (pair.old is None and now in claimed):
        return TableChange(entity, pair.old, None)
    table = setting.live[now]
    comparison = _Comparison(setting, pair, table)
    return TableChange(
        entity, pair.old, now, tuple(comparison.wanted()), tuple(comparison.gone()), partial(impact.count, setting.connection)
    )


class _Comparison:
    """The columns of one table that is there."""

    def __init__(self, setting: Setting, pair: EntityPair, live: LiveTable) -> None:
        assert pair.new is not None
        self._setting = setting
        self._pair = pair
        self._live = live
        self._table = setting.tables[pair.new.name]
        self._owned = {column: each for each in pair.fields if each.old is not None for column in _columns(each.old)}
        self._spare: dict[str, None] = {}

    def wanted(self) -> Iterator[ColumnChange]:
        """System columns first, then each field's, with the companion of a link to several entities."""
        fields = {column: each for each in self._pair.fields if each.new is not None for column in _columns(each.new)}
        for column in self._table.columns:
            each = fields.get(column.name)
            if each is None:
                yield self._plain(column.name, None)
            elif each.new is not None and column.name == each.new.column:
                yield self._field(each, each.new)
            else:
                yield self._plain(column.name, each)

    def _plain(self, name: str, pair: FieldPair | None) -> ColumnChange:
        """A system column, or the companion that says which entity a link points to."""
        source: str | None = name
        if pair is not None:
            source = f"{pair.old.column}__entity" if pair.old is not None and len(pair.old.targets) > 1 else None
        present = source if source in self._live.columns else None
        return self._change(name, None, None, present, "keep" if present else "add")

    def _field(self, pair: FieldPair, field: Field) -> ColumnChange:
        old, name = pair.old, field.column
        source = old.column if old is not None and old.column else name
        if source not in self._live.columns:
            source = name  # renamed by hand, or by half, unless the name is another field's
        owner = self._owned.get(source)
        if source not in self._live.columns or (owner is not None and owner.old is not old):
            return self._change(name, field, old, None, "add")
        known = owner is not None
        if old is None or not known:
            return self._found(field, source)
        if field.computed and (not old.computed or type(old.type) is not type(field.type) or conversions.needed(old, field)):
            return self._change(name, field, old, source, "recompute", losses=self._overwritten(old, source))
        if self._drifted(source, old.type):
            return self._found(field, source)
        if old.targets and field.targets:
            return self._link(field, old, source)
        if not conversions.needed(old, field):
            return self._change(name, field, old, source, "keep")
        convert = conversions.conversion(old.type, field, self._zone)
        losses = impact.losses(self._setting.connection, self._live.name, source, old.type, convert)
        # The same text stands otherwise in a column of JSON, even where both columns are of one type.
        alike = not losses.values or isinstance(old.type, t.Json) == isinstance(field.type, t.Json)
        fits = alike and not losses.changes and not self._drifted(source, field.type)
        return self._change(name, field, old, source, "keep" if fits else "convert", losses=losses)

    def _found(self, field: Field, source: str) -> ColumnChange:
        """A column that the release in force does not know, or that is stored in another way than it says."""
        if not self._drifted(source, field.type):
            return self._change(field.column, field, None, source, "keep", known=False)
        type_ = readable_as(self._live.columns[source])
        convert = conversions.conversion(type_, field, self._zone) if type_ is not None else (lambda _: LOST)
        losses = impact.losses(self._setting.connection, self._live.name, source, type_ or t.Text(), convert)
        return self._change(field.column, field, None, source, "convert", known=False, losses=losses)

    @property
    def _zone(self) -> str:
        return self._setting.new.defaults.time_zone

    def _drifted(self, column: str, type_: t.Type) -> bool:
        wanted = storage(column_type(type_), self._setting.connection.dialect)
        return self._live.columns[column] != wanted

    def _link(self, field: Field, old: Field, source: str) -> ColumnChange:
        """A link stays as it is unless it points to something to which the new definition does not point."""
        strange = tuple(each for each in old.targets if self._setting.names.get(each) not in field.targets)
        companion = f"{source}__entity" if len(old.targets) > 1 else None
        losses = impact.link_losses(self._setting.connection, self._live.name, source, companion, strange) if strange else None
        fate: Fate = "convert" if losses is not None and losses.lost else "keep"
        return self._change(field.column, field, old, source, fate, losses=losses)

    def _overwritten(self, old: Field, source: str) -> Losses:
        """What people typed into a field that will be computed from now on."""
        values = impact.count_values(self._setting.connection, self._live.name, source)
        return Losses(values, 0 if old.computed else values, (), True)

    def _change(
        self,
        name: str,
        field: Field | None,
        old: Field | None,
        source: str | None,
        fate: Fate,
        *,
        known: bool = True,
        losses: Losses | None = None,
    ) -> ColumnChange:
        if fate == "keep":
            return ColumnChange(name, field, old, source, source or name, fate, known, losses)
        physical = name
        if name in self._live.columns or fate != "add":
            physical = spare_name("_n_", name, self._setting.key, {**self._live.columns, **self._spare})
            self._spare[physical] = None
        return ColumnChange(name, field, old, source, physical, fate, known, losses)

    def gone(self) -> Iterator[Gone]:
        """Columns of fields that are no more, or have no column any more."""
        for pair in self._pair.fields:
            old, new = pair.old, pair.new
            if old is None:
                continue
            kept = set(_columns(old)[: len(_columns(new))]) if new is not None else set()
            for column in _columns(old):
                if column not in kept and column in self._live.columns:
                    companion = column != old.column  # says again what the link's only target says
                    rows = 0 if companion and kept else impact.count_values(self._setting.connection, self._live.name, column)
                    yield Gone(column, old, rows)


def _columns(field: Field) -> tuple[str, ...]:
    """The columns of a field: none, one, or one and its companion."""
    if not field.column:
        return ()
    return (field.column, f"{field.column}__entity") if len(field.targets) > 1 else (field.column,)
