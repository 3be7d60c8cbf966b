"""What differs between two Apps, as far as kept data is concerned: the migration planner turns this into steps.

Pure: it looks at definitions only. Entities and fields are the same where their ``uid`` is, whatever their name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.i18n import LocalizedText
from engine.language import types as t
from engine.model.app import App
from engine.model.kinds.entity import Entity, Field


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; ``entity`` is the full name in the new App (in the old one, where it was removed)."""

    entity: str

    @property
    def sentence(self) -> LocalizedText:
        """What changes, in one sentence."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class EntityAdded(Change):
    """A new table."""

    @property
    def sentence(self) -> LocalizedText:
        return LocalizedText(f"{self.entity} is new", f"新增实体 {self.entity}")


@dataclass(frozen=True, slots=True)
class EntityRemoved(Change):
    """A table that no definition speaks of any more."""

    table: str

    @property
    def sentence(self) -> LocalizedText:
        return LocalizedText(f"{self.entity} is gone, with all its records", f"移除实体 {self.entity} 及其全部记录")


@dataclass(frozen=True, slots=True)
class EntityRenamed(Change):
    """The same entity under another name, and so another table name."""

    old: str
    old_table: str
    table: str

    @property
    def sentence(self) -> LocalizedText:
        return LocalizedText(f"{self.old} is now called {self.entity}", f"实体 {self.old} 改名为 {self.entity}")


@dataclass(frozen=True, slots=True)
class FieldAdded(Change):
    """A new field; ``required`` without default or initial value leaves existing records incomplete."""

    field: str
    column: str
    required: bool
    filled: bool

    @property
    def sentence(self) -> LocalizedText:
        if self.required and not self.filled:
            return LocalizedText(
                f"{self.entity} gets the required field {self.field}, which existing records lack",
                f"{self.entity} 新增必填字段 {self.field},已有记录没有该值",
            )
        return LocalizedText(f"{self.entity} gets the field {self.field}", f"{self.entity} 新增字段 {self.field}")


@dataclass(frozen=True, slots=True)
class FieldRemoved(Change):
    """A field that is gone; ``column`` is "" where it had none."""

    field: str
    column: str

    @property
    def sentence(self) -> LocalizedText:
        return LocalizedText(f"{self.entity} loses the field {self.field} and its values", f"{self.entity} 移除字段 {self.field} 及其值")


@dataclass(frozen=True, slots=True)
class FieldRenamed(Change):
    """The same field under another name."""

    field: str
    old: str
    column: str
    old_column: str

    @property
    def sentence(self) -> LocalizedText:
        return LocalizedText(
            f"the field {self.old} of {self.entity} is now called {self.field}", f"{self.entity} 的字段 {self.old} 改名为 {self.field}"
        )


@dataclass(frozen=True, slots=True)
class TypeChanged(Change):
    """A field whose values are of another kind now; ``widens`` where every old value is a new one as it stands."""

    field: str
    old_kind: str
    kind: str
    old_type: t.Type
    type: t.Type
    widens: bool

    @property
    def sentence(self) -> LocalizedText:
        en = "every value fits" if self.widens else "values have to be converted"
        zh = "现有值均适用" if self.widens else "现有值需要转换"
        return LocalizedText(
            f"{self.entity}.{self.field} changes from {_describe(self.old_kind, self.old_type)} to {_describe(self.kind, self.type)}: {en}",
            f"{self.entity}.{self.field} 由 {_describe(self.old_kind, self.old_type)} 改为 {_describe(self.kind, self.type)}:{zh}",
        )


@dataclass(frozen=True, slots=True)
class StorageChanged(Change):
    """A computed field gets or loses its column, or a field becomes computed or stops being so."""

    field: str
    column: str
    old_column: str
    computed: bool

    @property
    def sentence(self) -> LocalizedText:
        if bool(self.column) == bool(self.old_column):
            en, zh = ("is computed now", "改为计算字段") if self.computed else ("is filled in by people now", "改为由人填写")
        elif self.column:
            en, zh = "is kept in a column now", "改为存入列"
        else:
            en, zh = "is worked out when read now", "改为读取时计算"
        return LocalizedText(f"{self.entity}.{self.field} {en}", f"{self.entity}.{self.field} {zh}")


@dataclass(frozen=True, slots=True)
class ConstraintChanged(Change):
    """A rule about a field's values: ``what`` is required, unique, indexed, targets, or a keyword such as maximum.

    ``tightens`` where records that were right may be wrong now.
    """

    field: str
    what: str
    old: Any
    new: Any
    tightens: bool

    @property
    def sentence(self) -> LocalizedText:
        en = "; existing records may break this" if self.tightens else ""
        zh = ";已有记录可能不符" if self.tightens else ""
        return LocalizedText(
            f"{self.entity}.{self.field}: {self.what} {_shown(self.old, 'en')} -> {_shown(self.new, 'en')}{en}",
            f"{self.entity}.{self.field}:{self.what} {_shown(self.old, 'zh')} -> {_shown(self.new, 'zh')}{zh}",
        )


@dataclass(frozen=True, slots=True)
class OptionChanged(Change):
    """A choice that was added, removed, retired or revived; a removed one may still stand in records."""

    field: str
    code: str
    how: str

    @property
    def sentence(self) -> LocalizedText:
        en, zh = _OPTION_WORDS[self.how]
        return LocalizedText(
            f"{self.entity}.{self.field}: the choice {self.code} {en}", f"{self.entity}.{self.field}:选项 {self.code} {zh}"
        )


_OPTION_WORDS = {
    "added": ("is new", "新增"),
    "removed": ("is gone; records may still hold it", "移除,记录中可能仍在使用"),
    "retired": ("is retired", "停用"),
    "revived": ("may be chosen again", "恢复可选"),
}


@dataclass(frozen=True, slots=True)
class KeyChanged(Change):
    """A set of fields that is unique (``name``) or an index (name ""): added, removed or made of other fields."""

    name: str
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def unique(self) -> bool:
        """Whether it is a key rather than an index."""
        return bool(self.name)

    @property
    def sentence(self) -> LocalizedText:
        what = (f"the key {self.name}", f"唯一键 {self.name}") if self.name else ("an index", "索引")
        old, new = _names(self.old), _names(self.new)
        if not self.old:
            return LocalizedText(f"{self.entity} gets {what[0]} over {new}", f"{self.entity} 新增{what[1]}:{new}")
        if not self.new:
            return LocalizedText(f"{self.entity} loses {what[0]} over {old}", f"{self.entity} 移除{what[1]}:{old}")
        return LocalizedText(f"{what[0]} of {self.entity} changes from {old} to {new}", f"{self.entity} 的{what[1]}由 {old} 改为 {new}")


@dataclass(frozen=True, slots=True)
class Changes:
    """All differences, in the order in which the new App declares its entities; removed entities last."""

    every: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.every)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.every)


def compare(old: App | None, new: App) -> Changes:
    """What changes from ``old`` (None: nothing is installed yet) to ``new``."""
    before = {entity.uid: entity for entity in old.entities.values()} if old is not None else {}
    found: list[Change] = []
    for entity in new.entities.values():
        known = before.pop(entity.uid, None)
        found += _entity_changes(known, entity) if known is not None else [EntityAdded(entity.name)]
    found += [EntityRemoved(entity.name, entity.table) for entity in before.values()]
    return Changes(tuple(found))


def _entity_changes(old: Entity, new: Entity) -> Iterator[Change]:
    if old.name != new.name or old.table != new.table:
        yield EntityRenamed(new.name, old.name, old.table, new.table)
    before = {field.uid: field for field in old.fields.values()}
    renamed: dict[str, str] = {}
    for field in new.fields.values():
        known = before.pop(field.uid, None)
        if known is None:
            filled = field.default is not None or field.initial is not None or field.computed
            yield FieldAdded(new.name, field.name, field.column, field.required, filled)
        else:
            renamed[known.name] = field.name
            yield from _field_changes(new.name, known, field)
    for field in before.values():
        yield FieldRemoved(new.name, field.name, field.column)
    yield from _key_changes(old, new, renamed)


def _field_changes(entity: str, old: Field, new: Field) -> Iterator[Change]:
    if old.name != new.name:
        yield FieldRenamed(entity, new.name, old.name, new.column, old.column)
    if old.kind != new.kind or _storage_type(old.type) != _storage_type(new.type):
        yield TypeChanged(entity, new.name, old.kind, new.kind, old.type, new.type, _widens(old, new))
    if bool(old.column) != bool(new.column) or old.computed != new.computed:
        yield StorageChanged(entity, new.name, new.column, old.column, new.computed)
    yield from _constraint_changes(entity, old, new)
    yield from _option_changes(entity, old, new)


def _storage_type(value: t.Type) -> t.Type:
    """The type as far as a column is concerned: choices have their own changes."""
    if isinstance(value, t.Choice):
        return t.Choice(())
    if isinstance(value, t.MultiChoice):
        return t.MultiChoice(())
    return t.Ref("") if isinstance(value, t.Ref) else value


_WIDER = {
    ("text", "long_text"),
    ("phone", "text"),
    ("email", "text"),
    ("url", "text"),
    ("sequence", "text"),
    ("choice", "text"),
    ("phone", "long_text"),
    ("email", "long_text"),
    ("url", "long_text"),
    ("choice", "long_text"),
}


def _widens(old: Field, new: Field) -> bool:
    """Whether kept values can stay as they are."""
    return (old.kind, new.kind) in _WIDER or (old.kind == new.kind and _storage_type(old.type) == _storage_type(new.type))


def _constraint_changes(entity: str, old: Field, new: Field) -> Iterator[Change]:
    for what, before, after in (("required", old.required, new.required), ("unique", old.unique, new.unique)):
        if before != after:
            yield ConstraintChanged(entity, new.name, what, before, after, tightens=after)
    if old.indexed != new.indexed:
        yield ConstraintChanged(entity, new.name, "indexed", old.indexed, new.indexed, tightens=False)
    if old.targets != new.targets:
        yield ConstraintChanged(entity, new.name, "to", old.targets, new.targets, tightens=not set(old.targets) <= set(new.targets))
    for word in sorted({*old.constraints, *new.constraints}):
        was, now = old.constraints.get(word), new.constraints.get(word)
        if was != now:
            yield ConstraintChanged(entity, new.name, word, was, now, tightens=_tightens(word, was, now))


def _tightens(word: str, before: Any, after: Any) -> bool:
    if after is None:
        return False
    if before is None or type(before) is not type(after):
        return True
    if word in ("minimum", "minLength", "minItems", "exclusiveMinimum"):
        return bool(after > before)
    if word in ("maximum", "maxLength", "maxItems", "exclusiveMaximum", "digits"):
        return bool(after < before)
    return True


def _option_changes(entity: str, old: Field, new: Field) -> Iterator[Change]:
    before: Mapping[str, bool] = {option.code: option.active for option in old.options}
    after: Mapping[str, bool] = {option.code: option.active for option in new.options}
    if not before or not after:
        return
    for code, active in after.items():
        if code not in before:
            yield OptionChanged(entity, new.name, code, "added")
        elif before[code] != active:
            yield OptionChanged(entity, new.name, code, "revived" if active else "retired")
    for code in before:
        if code not in after:
            yield OptionChanged(entity, new.name, code, "removed")


def _key_changes(old: Entity, new: Entity, renamed: Mapping[str, str]) -> Iterator[Change]:
    """Keys and indexes, with the old ones told in new names so that a renamed field alone is no change."""
    before = {name: tuple(renamed.get(field, field) for field in fields) for name, fields in old.unique.items()}
    for name in dict.fromkeys((*new.unique, *before)):
        was, now = before.get(name, ()), new.unique.get(name, ())
        if was != now:
            yield KeyChanged(new.name, name, was, now)
    indexes = [tuple(renamed.get(field, field) for field in fields) for fields in old.indexes]
    for fields in new.indexes:
        if fields not in indexes:
            yield KeyChanged(new.name, "", (), fields)
    for fields in indexes:
        if fields not in new.indexes:
            yield KeyChanged(new.name, "", fields, ())


def _describe(kind: str, value: t.Type) -> str:
    return f"{kind}({value.scale})" if isinstance(value, (t.Decimal, t.Money)) else kind


def _names(fields: tuple[str, ...]) -> str:
    return ", ".join(fields)


def _shown(value: Any, language: str) -> str:
    if value is None:
        return {"en": "none", "zh": "无"}[language]
    if isinstance(value, bool):
        return {"en": {True: "yes", False: "no"}, "zh": {True: "是", False: "否"}}[language][value]
    return _names(tuple(map(str, value))) if isinstance(value, tuple) else str(value)
