"""Unique keys that the records there do not keep, or will not keep once values have been converted, filled in and worked out.

What a row will hold is worked out from the row as it stands; what cannot be said beforehand, the database tells
when it makes the index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa

from engine import language, limits
from engine.errors import Overflow
from engine.i18n import LocalizedText
from engine.language.expression import Expression
from engine.model.kinds.entity import Field
from engine.store import statements
from engine.store.columns import column_type
from engine.store.database import Dialect
from engine.store.migrations import impact
from engine.store.migrations.changes import ColumnChange, Setting, TableChange
from engine.store.migrations.computing import Moves
from engine.store.migrations.filling import at_creation, filling_of
from engine.store.migrations.plan import Finding
from engine.store.settings import read_settings

_Later = Callable[[sa.RowMapping], Any]
"""From a row as it stands to a value that it will have."""


def broken(setting: Setting, change: TableChange, moves: Moves) -> Iterator[Finding]:
    """A finding for each unique key that several live records of a table share, or will share."""
    if change.now is None or not change.rows:
        return
    present = setting.live[change.now].indexes
    for index in setting.tables[change.entity.name].indexes:
        columns = [each for name in index.info["columns"] if (each := change.column(name)) is not None]
        stands = all(_stands(change, each, moves) for each in columns)
        if not index.unique or (stands and str(index.name) in present and change.settled):
            continue
        number, samples = _in_place(setting, change.now, columns) if stands else _once_done(setting, change, moves, columns)
        if number:
            yield Finding("duplicates", "refused", _title(change, columns), number, samples)


def _title(change: TableChange, columns: Sequence[ColumnChange]) -> LocalizedText:
    labels = [each.field.title if each.field is not None else LocalizedText.same(each.name) for each in columns]
    return LocalizedText(
        f"{change.entity.title.en} / {' + '.join(label.en for label in labels)}",
        f"{change.entity.title.zh}／{' + '.join(label.zh for label in labels)}",
    )


def _stands(change: TableChange, column: ColumnChange, moves: Moves) -> bool:
    """Whether a column keeps the values that it holds. Numbers may be given to blank ones: those are never alike."""
    moved = column.field is not None and moves.moved(change, column.field)
    return column.fate == "keep" and column.source is not None and (not moved or filling_of(change, column) == "numbers")


def _in_place(setting: Setting, table: str, columns: Sequence[ColumnChange]) -> tuple[int, tuple[str, ...]]:
    typed = [(each.source or "", each.field.type if each.field is not None else None) for each in columns]
    return impact.duplicates(setting.connection, table, typed)


def _once_done(setting: Setting, change: TableChange, moves: Moves, columns: Sequence[ColumnChange]) -> tuple[int, tuple[str, ...]]:
    """How many keys several records will have, and some of them; none where only the database can tell."""
    later = _Values(setting, change, moves)
    values = [later.column(each) for each in columns]
    if not all(values):
        return 0, ()
    becomes = [cast("_Later", each) for each in values]
    live = sa.table(change.now or "", sa.column("deleted_at"))
    rows = sa.select(sa.literal(1), *(each.label(name) for name, each in later.asked.items())).select_from(live)
    held: Counter[tuple[Any, ...]] = Counter()
    chosen = rows.where(live.c.deleted_at.is_(None)).execution_options(yield_per=limits.migration_batch_rows)
    for row in setting.connection.execute(chosen).mappings():
        key = tuple(value(row) for value in becomes)
        if None not in key:  # a key with a blank in it is no key
            held[key] += 1
    shared = [key for key, number in held.items() if number > 1]
    types = [each.field.type if each.field is not None else None for each in columns]
    return len(shared), impact.some([" / ".join(map(impact.show, key, types)) for key in sorted(shared, key=str)[: impact.SAMPLES + 1]])


@dataclass
class _Values:
    """What the columns of one table will hold, as functions of a row; ``asked`` are the values that the row must have, by name."""

    setting: Setting
    change: TableChange
    moves: Moves
    asked: dict[str, sa.ColumnElement[Any]] = field(default_factory=dict)

    def column(self, column: ColumnChange) -> _Later | None:
        """What a column will hold; None where that cannot be said."""
        own = column.field
        if own is not None and own.compute is not None and self.moves.moved(self.change, own):
            return self._formula(own.compute, {})
        held, kind = self._carried(column), filling_of(self.change, column)
        if own is None or held is None or kind in (None, "numbers"):
            return held
        given = self._initial(own) if kind == "initial" else _constant(own.default)
        return _filled(held, given) if given is not None else None

    def _carried(self, column: ColumnChange) -> _Later | None:
        """The values that are there, as they will be."""
        own, old = column.field, column.old
        if column.source is None:
            return _constant(None)
        if column.fate == "keep":
            type_ = column_type(own.type) if own is not None else self.setting.tables[self.change.entity.name].c[column.name].type
            return self._ask(column.source, type_)
        convert = column.conversion(self.setting.new.defaults.time_zone)
        if convert is None or old is None:
            return None
        name = self._name(sa.column(column.source, column_type(old.type)))
        return lambda row: convert(row[name]).value if row[name] is not None else None

    def _ask(self, column: str, type_: sa.types.TypeEngine[Any]) -> _Later:
        name = self._name(sa.column(column, type_))
        return lambda row: row[name]

    def _name(self, asked: sa.ColumnElement[Any]) -> str:
        name = f"v{len(self.asked)}"
        self.asked[name] = asked
        return name

    def _initial(self, own: Field) -> _Later | None:
        if own.initial is None:
            return None
        app = self.setting.new
        return self._formula(at_creation(app, self.change.entity.name, own.initial), read_settings(self.setting.connection, app))

    def _formula(self, formula: Expression, variables: Mapping[str, Any]) -> _Later | None:
        """A formula over what the record will hold; by the database itself where all that it reads stays as it is."""
        if not formula.variables <= variables.keys():
            return None
        if self.moves.untouched(self.change, formula):
            dialect = cast("Dialect", self.setting.connection.dialect.name)
            name = self._name(statements.value(formula, dialect, self.change.entity.table, variables))
            return lambda row: row[name]
        read = {path: self._own(path) for path in formula.reads}
        if formula.aggregates or not all(read.values()):
            return None
        return _worked_out(formula, {path: cast("_Later", each) for path, each in read.items()}, variables)

    def _own(self, path: str) -> _Later | None:
        own = self.change.entity.fields.get(path)
        column = self.change.column(own.column if own is not None else path)
        return self.column(column) if column is not None else None


def _constant(value: Any) -> _Later:
    return lambda _: value


def _filled(held: _Later, given: _Later) -> _Later:
    def value(row: sa.RowMapping) -> Any:
        found = held(row)
        return given(row) if found is None else found

    return value


def _worked_out(formula: Expression, read: Mapping[str, _Later], variables: Mapping[str, Any]) -> _Later:
    function = language.python_function(formula)

    def value(row: sa.RowMapping) -> Any:
        try:
            return function({path: each(row) for path, each in read.items()}, variables)
        except Overflow:
            return None  # told when it is worked out

    return value
