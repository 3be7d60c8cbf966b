"""What paths mean: fields through references, collections, variables, the record before a change."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import Any

from engine import limits
from engine.language import ast, core
from engine.language.names import Member, index_of, leads_to, member_of
from engine.language.scope import CollectionInfo, EntityInfo, FieldInfo, Scope
from engine.language.types import Ref, Type

UNNAMED = ("old", "record", "parent")
"""First words that begin a path without being a field."""


class Unresolved(Exception):
    """A path that means nothing: the code, which name of it, the fix and the parameters of the message."""

    def __init__(self, code: str, index: int, fix: str | None = None, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.index = index
        self.fix = fix
        self.params = params


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path starts: an entity at a level (0 the record, 1 an aggregate's row), with an era."""

    entity: str | None
    level: int
    era: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A path's meaning: a field (``info`` and the hops to it), a collection, or a variable; canonical names and their owners."""

    names: tuple[str, ...]
    owners: tuple[str | None, ...]
    place: Place
    hops: tuple[core.Hop, ...] = ()
    info: Member | None = None
    entity: str | None = None
    variable: str | None = None
    type: Type | None = None


def nearest(word: str, known: tuple[str, ...]) -> str | None:
    """The known word that was probably meant; none where the word itself is known, and what is wrong is where it stands."""
    if word in known:
        return None
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6 if word.isascii() else 0.5)
    if close:
        return close[0]
    lower = {name.lower(): name for name in known}
    return lower.get(word.lower())


def spoken(info: EntityInfo) -> tuple[str, ...]:
    """Every name and label of an entity's members."""
    return tuple(index_of(info).members)


def table_of(info: EntityInfo) -> str:
    """The SQL table of an entity."""
    return info.table


def hop_of(scope: Scope, member: FieldInfo) -> core.Hop:
    """The step that a reference field makes."""
    assert isinstance(member.type, Ref)
    target = scope.entities[member.type.entity]
    return core.Hop(member.name, member.column or member.name, member.type.entity, target.table, scope.guarded)


def resolve(scope: Scope, path: ast.Path, places: tuple[Place, ...]) -> Resolved:
    """What a path means; ``places`` are where its first name may stand, inmost first. Raises Unresolved."""
    first = path.names[0]
    for place in places:
        member = member_of(scope, place.entity, first)
        if member is not None:
            return _follow(scope, path.names, place, 0, ())
    root = places[-1]
    if first == "record" and len(path.names) > 1:
        return _follow(scope, path.names, root, 1, ("record",))
    if first == "old" and len(path.names) > 1:
        return _follow(scope, path.names, replace(root, era="old"), 1, ("old",))
    if first == "parent" and scope.parent is not None and len(path.names) > 1:
        return _through_parent(scope, path.names, root)
    variable = _variable(scope, path.names)
    if variable is not None:
        return variable
    within = tuple(name.partition(".")[2] for name in scope.variables if name.startswith(first + "."))
    if within and len(path.names) > 1:
        wrong = path.names[1]
        raise Unresolved("unknown-name", 1, nearest(wrong, within), name=wrong, entity="", known=", ".join(sorted(within)))
    raise _unknown(scope, first, places)


def _through_parent(scope: Scope, names: tuple[str, ...], root: Place) -> Resolved:
    assert scope.parent is not None
    hop = core.Hop("parent", "parent", scope.parent, scope.entities[scope.parent].table)
    found = _follow(scope, names, Place(scope.parent, root.level), 1, ("parent",))
    return replace(found, place=root, hops=(hop, *found.hops))


def _follow(scope: Scope, names: tuple[str, ...], place: Place, start: int, before: tuple[str, ...]) -> Resolved:
    entity = place.entity
    hops: list[core.Hop] = []
    canonical: list[str] = list(before)
    owners: list[str | None] = [None] * len(before)
    for index in range(start, len(names)):
        member = member_of(scope, entity, names[index])
        if member is None:
            info = scope.entities.get(entity or "")
            if info is None:
                raise Unresolved("no-record", index, name=names[index])
            known = spoken(info)
            raise Unresolved(
                "unknown-name", index, nearest(names[index], known), name=names[index], entity=entity, known=", ".join(info.fields)
            )
        canonical.append(member.name)
        owners.append(entity)
        if index == len(names) - 1 or isinstance(member, CollectionInfo):
            rest = names[index + 1 :]
            done = Resolved((*canonical, *rest), tuple(owners), place, tuple(hops), member, entity)
            return done if isinstance(member, CollectionInfo) or not rest else _bad_step(member, index)
        target = leads_to(scope, member)
        if target is None:
            _bad_step(member, index + 1)
        assert isinstance(member, FieldInfo)
        if len(hops) >= limits.path_hops_max:
            raise Unresolved("path-too-long", index, limit=limits.path_hops_max)
        hops.append(hop_of(scope, member))
        entity = target
    raise Unresolved("syntax-end", len(names) - 1, expected_en="", expected_zh="")


def _bad_step(member: Member, index: int) -> Resolved:
    raise Unresolved("not-a-reference", index, name=member.name)


def _variable(scope: Scope, names: tuple[str, ...]) -> Resolved | None:
    for length in range(len(names), 0, -1):
        name = ".".join(names[:length])
        type_ = scope.variables.get(name)
        if type_ is None:
            continue
        if length == len(names):
            return Resolved(names, (None,) * length, Place(None, 0), variable=name, type=type_)
        if isinstance(type_, Ref) and type_.entity in scope.entities:
            found = _follow(scope, names, Place(type_.entity, 0), length, names[:length])
            if isinstance(found.info, FieldInfo) and found.info.stored:
                full = ".".join(found.names)
                return Resolved(found.names, found.owners, Place(None, 0), variable=full, type=found.info.type)
    return None


def _unknown(scope: Scope, name: str, places: tuple[Place, ...]) -> Unresolved:
    known: list[str] = []
    for place in places:
        info = scope.entities.get(place.entity or "")
        if info is not None:
            known.extend(spoken(info))
    known.extend(variable.partition(".")[0] for variable in scope.variables)
    suggestion = name + "()" if name in ("today", "now") else nearest(name, tuple(dict.fromkeys(known)))
    info = scope.entities.get(places[0].entity or "")
    return Unresolved(
        "unknown-name" if info is not None else "no-record",
        0,
        suggestion,
        name=name,
        entity=places[0].entity or "",
        known=", ".join(info.fields) if info is not None else "",
    )


def rebase(node: core.Node, hops: tuple[core.Hop, ...], level: int, span: ast.Span) -> core.Node:
    """The node of another entity's own expression, as seen from a place that reaches that entity through ``hops``."""
    node = replace(node, span=span)
    if isinstance(node, core.Field):
        return replace(node, hops=(*hops, *node.hops), level=level) if node.level == 0 else node
    if isinstance(node, core.Gather):
        node = replace(node, rows=replace(node.rows, hops=(*hops, *node.rows.hops)))
    return core.rebuild(node, lambda part: rebase(part, hops, level, span))
