"""What the gate needs to know of an entity, worked out once per App: parsers, bounds, functions, paths to load."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import re2

from engine import language, limits
from engine.i18n import LocalizedText
from engine.language import types as t
from engine.language.expression import Expression
from engine.model.app import App
from engine.model.kinds.entity import FILE_KINDS, SYSTEM_FIELDS, Check, Entity, Field
from engine.records.values import json_writer, parse

Function = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_.]*)\}")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The standard keywords of one field as plain values to compare with; all in kept form."""

    min_length: int | None
    max_length: int | None
    pattern: Any
    pattern_text: str | None
    minimum: Any
    maximum: Any
    exclusive_minimum: Any
    exclusive_maximum: Any
    multiple_of: Any
    const: Any
    min_items: int | None
    max_items: int | None

    @property
    def any(self) -> bool:
        """Whether there is anything to check."""
        return any(getattr(self, name) is not None for name in self.__slots__)

    @property
    def only_length(self) -> bool:
        """Whether the greatest length is all there is to check."""
        return self.max_length is not None and all(getattr(self, name) is None for name in self.__slots__ if name != "max_length")


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One writable or computed field with its conditions as functions."""

    field: Field
    bounds: Bounds | None
    initial: Function | None
    compute: Function | None
    required_if: Function | None
    readonly_if: Function | None
    visible_if: Function | None
    json: Callable[[Any], Any] | None = None
    """Makes JSON of a value that is not blank; None: it is JSON already."""
    retired: frozenset[str] = frozenset()
    """Codes of choices that may no longer be chosen."""
    only_length: int | None = None
    """The greatest length of a text, where nothing else bounds it: most texts are done with after one comparison."""
    read_word: Callable[[str], Any] | None = None
    """For kinds with few different values: parses a text, remembering the last ones; raises as values.parse does."""


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """One check of the entity as a function.

    A comparison with a blank is false, so a check that bounds its own field would refuse every record that leaves the
    field out; ``about`` names the field that must have a value for the check to apply, "" where the check itself
    asks about blanks.
    """

    field: str
    that: Function
    say: LocalizedText
    about: str


@dataclass(frozen=True, slots=True, eq=False)
class EntityPlan:
    """All of an entity that creating and changing records needs.

    ``paths`` are the dotted reads (``owner.region``) and ``collections`` the related records that its functions use;
    they are loaded before the functions run. ``lines`` are the plans of child tables by field.
    """

    entity: Entity
    zone: ZoneInfo
    fields: Mapping[str, FieldPlan]
    writable: frozenset[str]
    defaulted: tuple[FieldPlan, ...]
    stored_computes: tuple[FieldPlan, ...]
    conditional: tuple[FieldPlan, ...]
    bounded: tuple[tuple[str, FieldPlan], ...]
    """The fields whose single values have something to check."""
    stored: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    """The fields that have a column, each with what makes JSON of its values."""
    required: tuple[str, ...]
    sequences: tuple[Field, ...]
    files: tuple[Field, ...]
    """The fields that hold files."""
    references: tuple[Field, ...]
    checks: tuple[CheckPlan, ...]
    lines: Mapping[str, EntityPlan]
    paths: frozenset[str]
    collections: Mapping[str, frozenset[str]]
    display_fields: tuple[str, ...]
    columns: tuple[str, ...]


def _function(expression: Expression | None) -> Function | None:
    return None if expression is None else language.python_function(expression)


def _bounds(field: Field) -> Bounds | None:
    said = field.constraints
    default_max = None
    if isinstance(field.type, t.Text):
        default_max = limits.long_text_chars_max if field.kind == "long_text" else limits.text_chars_max
    bounds = Bounds(
        min_length=said.get("minLength"),
        max_length=min((bound for bound in (said.get("maxLength"), default_max) if bound is not None), default=None),
        pattern=re2.compile(said["pattern"]) if "pattern" in said else None,
        pattern_text=said.get("pattern"),
        minimum=said.get("minimum"),
        maximum=said.get("maximum"),
        exclusive_minimum=said.get("exclusiveMinimum"),
        exclusive_maximum=said.get("exclusiveMaximum"),
        multiple_of=said.get("multipleOf"),
        const=said.get("const"),
        min_items=said.get("minItems"),
        max_items=said.get("maxItems"),
    )
    return bounds if bounds.any else None


_WORD_KINDS = ("choice", "boolean", "date", "ref", "user", "department")


def _read_word(field: Field, zone: ZoneInfo) -> Callable[[str], Any]:
    @lru_cache(maxsize=1024)
    def read(text: str) -> Any:
        return parse(field, text, zone)

    return read


def _field_plan(field: Field, zone: ZoneInfo) -> FieldPlan:
    bounds = _bounds(field)
    return FieldPlan(
        field=field,
        bounds=bounds,
        initial=_function(field.initial),
        compute=_function(field.compute) if field.stored else None,
        required_if=_function(field.required_if),
        readonly_if=_function(field.readonly_if),
        visible_if=_function(field.visible_if),
        json=json_writer(field.type),
        only_length=bounds.max_length if bounds is not None and bounds.only_length else None,
        read_word=_read_word(field, zone) if field.kind in _WORD_KINDS and len(field.targets) < 2 else None,
        retired=frozenset(option.code for option in field.options if not option.active),
    )


def _expressions(entity: Entity) -> list[Expression]:
    found: list[Expression | None] = []
    for field in entity.fields.values():
        found += [field.initial, field.compute if field.stored else None, field.visible_if, field.required_if, field.readonly_if]
    return [*(expression for expression in found if expression is not None), *(check.that for check in entity.checks)]


def _check_plan(check: Check) -> CheckPlan:
    asks_about_blanks = "blank" in check.that.canonical or "default(" in check.that.canonical
    about = check.field if check.field in check.that.reads and not asks_about_blanks else ""
    return CheckPlan(check.field, language.python_function(check.that), check.say, about)


def display_fields(entity: Entity) -> tuple[str, ...]:
    """The fields named in an entity's display template."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(entity.display)))


class AppKey:
    """An App as a cache key: by its content hash, not by walking it."""

    def __init__(self, app: App) -> None:
        self.app = app

    def __hash__(self) -> int:
        return hash(self.app.content_hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AppKey) and other.app.content_hash == self.app.content_hash


def plan_of(app: App, entity: str) -> EntityPlan:
    """The plan of one entity of an App; made at first use, then kept."""
    return _plan(AppKey(app), entity)


def prepare(app: App) -> None:
    """Make the plans of every entity, so that the first request waits for none."""
    for name in app.entities:
        plan_of(app, name)


@lru_cache(maxsize=4096)
def _plan(key: AppKey, name: str) -> EntityPlan:
    entity = key.app.entities[name]
    zone = ZoneInfo(key.app.defaults.time_zone)
    plans = {field.name: _field_plan(field, zone) for field in entity.fields.values()}
    expressions = _expressions(entity)
    lines = {field.name: _plan(key, field.lines) for field in entity.fields.values() if field.lines}
    collections: dict[str, set[str]] = {}
    for expression in expressions:
        for aggregate in expression.aggregates:
            if aggregate.collection not in lines:
                collections.setdefault(aggregate.collection, set()).update(aggregate.fields)
    return EntityPlan(
        entity=entity,
        zone=zone,
        fields=plans,
        writable=frozenset(
            name for name, field in entity.fields.items() if not field.computed and not field.read_only and field.sequence is None
        ),
        defaulted=tuple(plan for plan in plans.values() if plan.field.default is not None or plan.initial is not None),
        stored_computes=tuple(plans[name] for name in entity.compute_order),
        conditional=tuple(plan for plan in plans.values() if plan.required_if or plan.visible_if or plan.readonly_if),
        stored=tuple((name, plan.json) for name, plan in plans.items() if plan.field.column),
        bounded=tuple((name, plan) for name, plan in plans.items() if plan.bounds is not None or plan.retired),
        required=tuple(field.name for field in entity.fields.values() if field.required and not field.computed and field.sequence is None),
        sequences=tuple(field for field in entity.fields.values() if field.sequence is not None),
        files=tuple(field for field in entity.fields.values() if field.kind in FILE_KINDS and field.column),
        references=tuple(field for field in entity.fields.values() if field.targets and field.column and not field.computed),
        checks=tuple(_check_plan(check) for check in entity.checks),
        lines=lines,
        paths=frozenset(path for expression in expressions for path in expression.reads if "." in path and not path.startswith("old.")),
        collections={name: frozenset(fields) for name, fields in collections.items()},
        display_fields=display_fields(entity),
        columns=(*SYSTEM_FIELDS, *(field.column for field in entity.fields.values() if field.column)),
    )
