"""What somebody should know before applying, beyond the steps: values that new rules do not allow, keys that are not unique."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.i18n import LocalizedText
from engine.language import types as t
from engine.model.kinds.entity import Entity, Field
from engine.store.migrations import impact, keys
from engine.store.migrations.changes import ColumnChange, Setting, TableChange
from engine.store.migrations.computing import Moves, own_settled
from engine.store.migrations.filling import at_creation, count_left_blank, filling_of
from engine.store.migrations.plan import Finding

_LOWER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_HIGHER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_OTHER = ("pattern", "const", "multipleOf")


def find(setting: Setting, changes: Sequence[TableChange], moves: Moves) -> Iterator[Finding]:
    """All findings; entities and fields in the order of the definitions."""
    for change in changes:
        if change.now is None:
            if change.old is not None and setting.old is not None:
                yield Finding("table-missing", "note", change.entity.title, detail=change.old.table)
            continue
        for column in change.columns:
            if column.field is not None:
                yield from _field(setting, change, change.now, column, column.field)
            elif column.name in ("parent", "position") and column.source is None and change.rows:
                yield Finding("becomes-lines", "refused", change.entity.title, change.rows)
        yield from keys.broken(setting, change, moves)


def _title(entity: Entity, field: Field) -> LocalizedText:
    return LocalizedText(f"{entity.title.en} / {field.title.en}", f"{entity.title.zh}／{field.title.zh}")


def _field(setting: Setting, change: TableChange, table: str, column: ColumnChange, field: Field) -> Iterator[Finding]:
    title, old = _title(change.entity, field), column.old
    if old is not None and old.column and column.source is None and change.rows:
        yield Finding("column-missing", "note", title, detail=f"{table}.{old.column}")
    if not column.known and column.losses is None and column.source is not None and setting.old is not None:
        values = impact.count_values(setting.connection, table, column.source)
        yield Finding("column-found", "note", title, values, detail=f"{table}.{column.source}")
    if not change.rows or field.computed:
        return
    yield from _required(setting, change, table, column, field)
    convert = column.conversion(setting.new.defaults.time_zone)
    if convert is not None and column.source is not None and old is not None:
        words = [word for word in (*_LOWER, *_HIGHER, *_OTHER) if word in field.constraints]
        if words:
            number, samples = impact.violations(setting.connection, table, column.source, field, old.type, convert)
            if number:
                yield Finding("constraint-broken", "note", title, number, samples, ", ".join(words))
    if column.source is None or column.fate != "keep" or old is None:
        return
    yield from _tightened(setting, title, table, column, old, field)
    yield from _choices(setting, title, table, column, field)
    if isinstance(old.type, t.Money) and isinstance(field.type, t.Money) and old.type.currency != field.type.currency:
        values = impact.count_values(setting.connection, table, column.source)
        if values:
            yield Finding("currency-changed", "note", title, values, detail=f"{old.type.currency or '?'} → {field.type.currency or '?'}")


def _required(setting: Setting, change: TableChange, table: str, column: ColumnChange, field: Field) -> Iterator[Finding]:
    """Records that are blank where a value will be asked: they stay readable, but cannot be saved before it is given."""
    was_required = column.old is not None and column.old.required and column.fate == "keep"
    filled = filling_of(change, column)
    if not field.required or was_required or filled in ("default", "numbers"):
        return
    if filled == "initial":
        blank = _left_blank(setting, change, table, column, field)
    elif column.source is None:
        blank = impact.count(setting.connection, table, live=True)
    else:
        blank = impact.count_blank(setting.connection, table, column.source) + (column.losses.lost if column.losses is not None else 0)
    if blank:
        yield Finding("required-blank", "note", _title(change.entity, field), blank)


def _left_blank(setting: Setting, change: TableChange, table: str, column: ColumnChange, field: Field) -> int:
    """Records for which even the initial value is blank, as far as it can be asked before names and values have moved."""
    if field.initial is None or not own_settled(change, at_creation(setting.new, change.entity.name, field.initial)):
        return 0
    return count_left_blank(setting.connection, setting.new, change.entity.name, field, table, column.source)


def _tightened(setting: Setting, title: LocalizedText, table: str, column: ColumnChange, old: Field, field: Field) -> Iterator[Finding]:
    words = _tighter(old.constraints, field.constraints)
    if words:
        number, samples = impact.violations(setting.connection, table, column.source or "", field)
        if number:
            yield Finding("constraint-broken", "note", title, number, samples, ", ".join(words))


def _tighter(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The keywords that allow less than before."""
    found = [word for word in _LOWER if word in new and (word not in old or new[word] < old[word])]
    found += [word for word in _HIGHER if word in new and (word not in old or new[word] > old[word])]
    return found + [word for word in _OTHER if word in new and new[word] != old.get(word)]


def _choices(setting: Setting, title: LocalizedText, table: str, column: ColumnChange, field: Field) -> Iterator[Finding]:
    """Choices that can no longer be chosen but are still in use; told once, when they retire."""
    before = {option.code for option in column.old.options if not option.active} if column.old is not None else set()
    retired = [option.code for option in field.options if not option.active and option.code not in before]
    if not retired:
        return
    used = impact.chosen(setting.connection, table, column.source or "", field.type)
    held = [(code, used[code]) for code in retired if used[code]]
    if held:
        yield Finding("choice-retired", "note", title, sum(rows for _, rows in held), tuple(f"{code} ({rows})" for code, rows in held))
