"""What an actor may do, from the roles alone: a row condition and a field right, each with its reason.

Pure: it knows no database. The gate (``engine.records``) applies what is decided here in every statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine import language
from engine.access.actor import Actor
from engine.language.expression import Expression
from engine.model.app import App
from engine.model.kinds.entity import SYSTEM_FIELDS
from engine.model.kinds.role import EntityRights, FieldRight, Grant, Scope, Verb

ORGANISATION: Mapping[str, frozenset[str]] = {
    "system.user": frozenset({"name", "department", "manager", "active"}),
    "system.department": frozenset({"name", "parent", "manager"}),
    "system.team": frozenset({"name"}),
}
"""What every person may read of the organisation without any role saying so: colleagues can be named and chosen."""

_ORDER: dict[FieldRight, int] = {"none": 0, "mask": 1, "read": 2, "write": 3}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is allowed: which role says so, by which scope; ``role`` is "" where no role does."""

    role: str
    verb: Verb
    scope: str
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class RowDecision:
    """Which records: all, none, or those for which any condition holds (or that were shared with the actor)."""

    all: bool
    conditions: tuple[Expression, ...]
    shared: bool
    reasons: tuple[Reason, ...]

    @property
    def none(self) -> bool:
        """Whether nothing at all is allowed."""
        return not (self.all or self.conditions or self.shared)


@dataclass(frozen=True, slots=True, eq=False)
class _AppHolder:
    """An App as a cache key: by its content hash, not by walking it."""

    app: App

    def __hash__(self) -> int:
        return hash(self.app.content_hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _AppHolder) and other.app.content_hash == self.app.content_hash


def _scope_source(scope: Scope, owner: str) -> str | None:
    sources: dict[Scope, str] = {
        "own": f"{owner} = user",
        "department": f"{owner} = user or {owner}.department = user.department",
        "subtree": f"{owner} = user or {owner}.department in user.departments",
        "team": f"{owner} = user or {owner} in user.team",
    }
    return sources.get(scope)


@lru_cache(maxsize=4096)
def _scope_condition(holder: _AppHolder, entity: str, scope: Scope) -> Expression | None:
    source = _scope_source(scope, holder.app.entities[entity].owner_field)
    if source is None:
        return None
    compiled = language.compile_expression(source, holder.app.scope(entity), condition=True)
    if compiled.expression is None:
        raise AssertionError(f"scope {scope} of {entity} does not compile: {compiled.problems}")
    return compiled.expression


def _governing(app: App, entity: str) -> str:
    """Child lines are governed by the record that owns them."""
    parent = app.entities[entity].parent
    return _governing(app, parent) if parent else entity


def _rights(app: App, actor: Actor, entity: str) -> list[tuple[str, EntityRights]]:
    governing = _governing(app, entity)
    return [
        (name, app.roles[name].may[governing]) for name in sorted(actor.roles) if name in app.roles and governing in app.roles[name].may
    ]


def is_admin(app: App, actor: Actor) -> bool:
    """Whether a role of the actor, or its kind, lifts every restriction."""
    return actor.admin or any(app.roles[name].admin for name in actor.roles if name in app.roles)


def rows(app: App, actor: Actor, entity: str, verb: Verb) -> RowDecision:
    """Which records of an entity the actor may read, create, update, delete, export or import.

    It follows from the actor's roles and scopes alone (who they are comes in as variables), so it is worked out once.
    """
    return _rows(_AppHolder(app), actor.roles, actor.admin, actor.scopes, entity, verb)


@lru_cache(maxsize=16_384)
def _rows(holder: _AppHolder, roles: frozenset[str], admin: bool, scopes: frozenset[str], entity: str, verb: Verb) -> RowDecision:
    app, actor = holder.app, Actor("user", None, "", roles, admin, scopes=scopes)
    if verb not in ("read", "export") and not actor.may_write:
        return RowDecision(False, (), False, ())
    if is_admin(app, actor):
        return RowDecision(True, (), False, (Reason("system.admin", verb, "all"),))
    conditions: list[Expression] = []
    reasons: list[Reason] = []
    shared = everything = False
    for role, rights in _rights(app, actor, entity):
        grant = rights.grants.get(verb)
        if grant is None:
            continue
        reasons.append(_reason(role, verb, grant))
        everything = everything or "all" in grant.scopes
        shared = shared or "shared" in grant.scopes
        if grant.where is not None:
            conditions.append(grant.where)
        for scope in grant.scopes:
            condition = _scope_condition(_AppHolder(app), _governing(app, entity), scope)
            if condition is not None:
                conditions.append(condition)
    if verb == "read" and entity in ORGANISATION and not (conditions or shared or everything):
        return RowDecision(True, (), False, (Reason("", "read", "all"),))
    if everything:
        return RowDecision(True, (), False, tuple(reasons))
    return RowDecision(False, tuple(dict.fromkeys(conditions)), shared, tuple(reasons))


def _reason(role: str, verb: Verb, grant: Grant) -> Reason:
    said = [*grant.scopes, *([grant.where.source] if grant.where else [])]
    return Reason(role, verb, " or ".join(said), grant.span.path, grant.span.line + 1)


def fields(app: App, actor: Actor, entity: str) -> Mapping[str, FieldRight]:
    """The actor's right on every field of an entity, the widest that any role gives.

    A verb alone gives read or write to all fields; a role's ``fields`` narrows it for that role. System fields can be
    read by whoever may read the record and written by nobody.
    """
    return _fields(_AppHolder(app), actor.roles, actor.admin, actor.scopes, entity)


@lru_cache(maxsize=16_384)
def _fields(holder: _AppHolder, roles: frozenset[str], admin: bool, scopes: frozenset[str], entity: str) -> Mapping[str, FieldRight]:
    app, actor = holder.app, Actor("user", None, "", roles, admin, scopes=scopes)
    definition = app.entities[entity]
    if is_admin(app, actor):
        return dict.fromkeys(definition.fields, "write" if actor.may_write else "read")
    result: dict[str, FieldRight] = dict.fromkeys(definition.fields, "none")
    prefix = f"{definition.parent_field}." if definition.parent else ""
    for _role, rights in _rights(app, actor, entity):
        writes = actor.may_write and ("update" in rights.grants or "create" in rights.grants)
        general: FieldRight = "write" if writes else "read" if "read" in rights.grants else "none"
        for name in definition.fields:
            said = rights.fields.get(prefix + name) or (rights.fields.get(definition.parent_field or "") if prefix else None)
            right = general if said is None or _ORDER[said] > _ORDER[general] else said
            if _ORDER[right] > _ORDER[result[name]]:
                result[name] = right
    for name in ORGANISATION.get(entity, ()):
        if name in result and result[name] == "none":
            result[name] = "read"
    return result


def along(app: App, actor: Actor, entity: str, path: str) -> FieldRight:
    """The actor's right on what a path of references leads to (``caller.mobile``): "none", "mask" or "read".

    It is the narrowest of the rights on every step and of what roles say of the path itself. A step that may not be read
    leads nowhere.
    """
    return _along(_AppHolder(app), actor.roles, actor.admin, actor.scopes, entity, path)


@lru_cache(maxsize=16_384)
def _along(holder: _AppHolder, roles: frozenset[str], admin: bool, scopes: frozenset[str], entity: str, path: str) -> FieldRight:
    app, actor = holder.app, Actor("user", None, "", roles, admin, scopes=scopes)
    *steps, last = path.split(".")
    here = entity
    for step in steps:
        following = app.linked(here, step)
        if following is None or not readable(fields(app, actor, here), step) or rows(app, actor, following, "read").none:
            return "none"
        here = following
    right: FieldRight = "read" if last in SYSTEM_FIELDS else fields(app, actor, here).get(last, "none")
    narrowed = min((right, _said_of(app, actor, entity, path)), key=_ORDER.__getitem__)
    return "read" if narrowed == "write" else narrowed


def _said_of(app: App, actor: Actor, entity: str, path: str) -> FieldRight:
    """What the roles that give rights on an entity say of a path from it, the widest; a step hidden hides all behind it."""
    if is_admin(app, actor):
        return "write"
    definition = app.entities[entity]
    before = f"{definition.parent_field}." if definition.parent else ""
    names = path.split(".")
    found: list[FieldRight] = []
    for _role, rights in _rights(app, actor, entity):
        said = [rights.fields[step] for length in range(2, len(names)) if (step := before + ".".join(names[:length])) in rights.fields]
        hidden: list[FieldRight] = ["none" for each in said if _ORDER[each] < _ORDER["read"]]
        found.append(min([*hidden, rights.fields.get(before + path, "write")], key=_ORDER.__getitem__))
    return max(found, key=_ORDER.__getitem__, default="write")


def readable(rights: Mapping[str, FieldRight], name: str) -> bool:
    """Whether a field's true value may be seen, filtered, sorted and summed."""
    return name in SYSTEM_FIELDS or rights.get(name, "none") in ("read", "write")
