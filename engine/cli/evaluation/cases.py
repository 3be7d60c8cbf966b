"""One case to evaluate: an expression, what its names mean, and the record, read from JSON."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.cli.evaluation.json_form import KNOWN_TYPES, instant, is_spoken, read_value, spoken_type, type_of
from engine.clock import Clock
from engine.errors import BadRequest
from engine.language import CodeCache, compile_expression, python_function
from engine.language import types as t
from engine.language.calendars import STANDARD
from engine.language.expression import Compiled
from engine.language.scope import CollectionInfo, Conventions, EntityInfo, FieldInfo, Scope
from engine.model.app import App

_LINE_NUMBER = "line number"
"""By what lines are ordered where they have a ``position`` of their own; no field can be called so."""
_ROOT = "case"
_VARIABLES: dict[str, t.Type] = {
    "user": t.Ref("system.user"),
    "user.roles": t.ListOf(t.Text()),
    "user.team": t.ListOf(t.Ref("system.user")),
}
_COMPILED_MAX = 4_096


_Function = tuple[Callable[..., Any], t.Type]
_Computed = tuple[str, str, Callable[..., Any]]
"""A stored computed field: its name, its column, what computes it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A compiled expression with its record: flat for Python and JavaScript, and as rows by entity for databases.

    ``kept`` is set instead of an expression where a cache had its function and its type.
    """

    compiled: Compiled
    kept: _Function | None
    scope: Scope
    key: str
    record: Mapping[str, Any]
    rows: Mapping[str, list[dict[str, Any]]]
    variables: Mapping[str, Any]


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadRequest("unknown-zone", name=name[:80]) from None


@dataclass
class Cases:
    """Reads cases; what they share (meanings of names, compiled expressions) is made once."""

    clock: Clock
    app: App | None = None
    language: str = "en"
    cache: CodeCache | None = None
    _computing: dict[str, tuple[_Computed, ...]] = field(default_factory=dict)
    _scopes: dict[str, Scope] = field(default_factory=dict)
    _compiled: dict[tuple[str, str], tuple[Compiled, _Function | None]] = field(default_factory=dict)

    def read(self, said: Mapping[str, Any]) -> Case:
        """The case that a JSON object says. Raises BadRequest for one that is none."""
        source, record = said.get("expr"), said.get("record") or {}
        if not isinstance(source, str) or not isinstance(record, dict):
            raise BadRequest("bad-case", part="expr" if isinstance(record, dict) else "record")
        zone = _zone(str(said.get("tz") or (self.app.defaults.time_zone if self.app else "UTC")))
        key = json.dumps([said.get("fields"), said.get("entity"), zone.key])
        scope = self._scopes.get(key)
        if scope is None:
            scope = self._scopes[key] = self._scope(said.get("fields"), said.get("entity"), zone.key)
        known = self._compiled.get((source, key))
        if known is None:
            if len(self._compiled) >= _COMPILED_MAX:
                self._compiled.clear()
            known = self._compiled[source, key] = self._compile(source, scope, key)
        compiled, kept = known
        variables = self._variables(said, scope, zone)
        reader = _Reader(scope, zone, variables, self._computed)
        try:
            flat = reader.record(scope.of, record) if scope.of is not None else {}
        except RecursionError:
            raise BadRequest("bad-case", part="record") from None
        return Case(compiled, kept, scope, key, flat, reader.rows, variables)

    def _computed(self, entity: str) -> tuple[_Computed, ...]:
        """The stored computed fields of an app's entity, each after what it reads."""
        found = self._computing.get(entity)
        if found is None:
            info = self.app.entities.get(entity) if self.app is not None else None
            fields = [info.fields[name] for name in info.compute_order] if info is not None else []
            made = [(each.name, each.column or each.name, python_function(each.compute)) for each in fields if each.compute is not None]
            found = self._computing[entity] = tuple(made)
        return found

    def _compile(self, source: str, scope: Scope, key: str) -> tuple[Compiled, _Function | None]:
        """The compiled expression, or of the cache its function and type."""
        found = self.cache.get((source, key)) if self.cache is not None else None
        if found is not None:
            return Compiled(None, ()), (found[0], type_of(found[1]))
        compiled = compile_expression(source, scope)
        expression = compiled.expression
        if self.cache is None or expression is None or not is_spoken(expression.type):
            return compiled, None
        return compiled, (self.cache.add((source, key), expression, spoken_type(expression.type)), expression.type)

    def _variables(self, said: Mapping[str, Any], scope: Scope, zone: ZoneInfo) -> dict[str, Any]:
        given = said.get("now")
        try:
            now = instant(given, zone) if given else self.clock.now().replace(tzinfo=None)
        except (ValueError, TypeError, OverflowError):
            raise BadRequest("bad-case", part="now") from None
        found: dict[str, Any] = {"now": now, "today": now.replace(tzinfo=UTC).astimezone(zone).date(), "is_new": said.get("is_new")}
        if self.app is not None:
            found |= {f"settings.{setting.name}": setting.default for setting in self.app.settings.values()}
        variables = said.get("variables") or {}
        if not isinstance(variables, dict):
            raise BadRequest("bad-case", part="variables")
        for name, value in variables.items():
            found[name] = read_value(value, scope.variables.get(name, t.Text()), zone, name)
        return found

    def _scope(self, fields: Any, entity: Any, zone: str) -> Scope:
        if fields is None and self.app is not None:
            if entity is not None and entity not in self.app.entities:
                raise BadRequest("unknown-entity", entity=str(entity)[:80])
            return replace(self.app.scope(entity), time_zone=zone)
        if entity is not None and self.app is None:
            raise BadRequest("entity-without-app", entity=str(entity)[:80])
        if fields is not None and not isinstance(fields, dict):
            raise BadRequest("bad-case", part="fields")
        entities: dict[str, EntityInfo] = {}
        _declare(entities, _ROOT, fields or {}, f"case{len(self._scopes)}", None)
        conventions = Conventions(self.language, "CNY", "standard", (("standard", STANDARD),))
        return Scope(entities, _ROOT, _VARIABLES, zone, conventions=conventions)


def _column(name: str) -> str:
    """A declared field's column: a field may be called ``id`` or ``parent`` and is then none of the tables' own columns."""
    return f"f_{name}"


def _declare(entities: dict[str, EntityInfo], name: str, fields: Mapping[str, Any], table: str, parent: str | None) -> None:
    made: dict[str, FieldInfo] = {}
    collections: dict[str, CollectionInfo] = {}
    for each, said in fields.items():
        if isinstance(said, dict) and set(said) == {"ref"} and isinstance(said["ref"], dict):
            target = f"{name}.{each}"
            _declare(entities, target, said["ref"], f"{table}_{each}", None)
            made[each] = FieldInfo(each, t.Ref(target), column=_column(each))
        elif isinstance(said, dict):
            lines = f"{name}.{each}"
            _declare(entities, lines, said, f"{table}__{each}", name)
            collections[each] = CollectionInfo(each, lines, "parent", order=_LINE_NUMBER if "position" in said else "position")
        elif isinstance(said, str):
            made[each] = FieldInfo(each, type_of(said), column=_column(each))
        else:
            raise BadRequest("bad-field-type", text=str(said)[:80], known=KNOWN_TYPES)
    if parent is not None:
        made.setdefault("parent", FieldInfo("parent", t.Ref(parent), column="parent"))
        order = _LINE_NUMBER if "position" in made else "position"
        made[order] = FieldInfo(order, t.Integer(), column=order)
    entities[name] = EntityInfo(name, table, fields=made, collections=collections)


class _Reader:
    """Reads one record and all that hangs on it; stored computed values that it doesn't say are worked out."""

    def __init__(
        self, scope: Scope, zone: ZoneInfo, variables: Mapping[str, Any], computed: Callable[[str], tuple[_Computed, ...]]
    ) -> None:
        self.scope = scope
        self.zone = zone
        self.variables = variables
        self.computed = computed
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.count = 0

    def record(self, entity: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """The flat record, with what it was before under ``old.``."""
        former = said.get("old")
        flat, _ = self.one(entity, {key: value for key, value in said.items() if key != "old"})
        if isinstance(former, dict):
            kept, self.rows = self.rows, {}
            flat.update({f"old.{name}": value for name, value in self.one(entity, former)[0].items()})
            self.rows = kept
        return flat

    def one(self, entity: str, said: Mapping[str, Any], via: tuple[str, str] | None = None) -> tuple[dict[str, Any], str]:
        """One record: its flat form, and its id; its row is noted."""
        info = self.scope.entities[entity]
        self.count += 1
        own = info.fields.get("id")
        named = isinstance(said.get("id"), str) and (own is None or own.column == "id")
        key = said["id"] if named else str(uuid.UUID(int=self.count))
        flat: dict[str, Any] = {"id": key}
        row: dict[str, Any] = {"id": key}
        if via is not None:
            row[via[0]] = via[1]
        self.rows.setdefault(entity, []).append(row)
        for name, value in _nested(said).items():
            field_info, collection = info.fields.get(name), info.collections.get(name)
            if collection is not None and isinstance(value, list | tuple):
                flat[name] = self.many(collection, value, key)
            elif field_info is None:
                if name != "id":
                    raise BadRequest("bad-case", part=f"record.{name}")
            elif isinstance(value, dict) and isinstance(field_info.type, t.Ref) and field_info.type.entity in self.scope.entities:
                inner, target = self.one(field_info.type.entity, value)
                flat.update({f"{name}.{each}": kept for each, kept in inner.items()})
                flat[name] = row[field_info.column] = target
            else:
                flat[name] = read_value(value, field_info.type, self.zone, name)
                if field_info.stored:
                    row[field_info.column or name] = flat[name]
        for name, column, compute in self.computed(entity):
            if name not in flat:
                flat[name] = row[column] = compute(flat, self.variables)
        return flat, key

    def many(self, collection: CollectionInfo, said: list[Any] | tuple[Any, ...], owner: str) -> list[dict[str, Any]]:
        """Related records, in their order."""
        found = []
        for place, each in enumerate(said):
            if not isinstance(each, dict):
                raise BadRequest("bad-case", part=f"record.{collection.name}")
            flat, _ = self.one(collection.entity, each, (collection.via, owner))
            if collection.order in ("position", _LINE_NUMBER):
                flat.setdefault(collection.order, place)
                self.rows[collection.entity][-1].setdefault(collection.order, place)
            found.append(flat)
        return found


def _nested(said: Mapping[str, Any]) -> dict[str, Any]:
    """``{"owner.name": 1}`` as ``{"owner": {"name": 1}}``."""
    if not any("." in name for name in said):
        return dict(said)
    made: dict[str, Any] = {}
    for name, value in said.items():
        first, _, rest = name.partition(".")
        if not rest:
            made[name] = value
            continue
        inner = made.setdefault(first, {})
        if isinstance(inner, dict):
            inner[rest] = value
    return made
