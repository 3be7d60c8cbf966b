"""Finding what a word means in an entity: its own index of names and labels, built once per entity."""

from __future__ import annotations

from dataclasses import dataclass

from engine.language.scope import CollectionInfo, EntityInfo, FieldInfo, Scope
from engine.language.types import Ref

Member = FieldInfo | CollectionInfo

_INDEX_MAX = 4_096


@dataclass(frozen=True, slots=True)
class Index:
    """The members of an entity by name and label, and by first character, longest first, for the lexer."""

    of: EntityInfo
    members: dict[str, Member]
    starts: dict[str, tuple[str, ...]]


_indexes: dict[int, Index] = {}


def index_of(entity: EntityInfo) -> Index:
    """The index of an entity. Kept by identity: an EntityInfo never changes, and it holds maps, so it has no hash."""
    known = _indexes.get(id(entity))
    if known is not None and known.of is entity:
        return known
    members: dict[str, Member] = {}
    sources: list[Member] = [*entity.fields.values(), *entity.collections.values()]
    for member in sources:
        for label in member.labels:
            members.setdefault(label, member)
    for member in sources:
        members[member.name] = member
    starts: dict[str, list[str]] = {}
    for word in members:
        if word:
            starts.setdefault(word[0], []).append(word)
    if len(_indexes) >= _INDEX_MAX:
        _indexes.clear()
    index = Index(entity, members, {first: tuple(sorted(words, key=len, reverse=True)) for first, words in starts.items()})
    _indexes[id(entity)] = index
    return index


def member_of(scope: Scope, entity: str | None, word: str) -> Member | None:
    """The field or collection that a name or label stands for in an entity, or None."""
    info = scope.entities.get(entity) if entity else None
    return index_of(info).members.get(word) if info else None


def leads_to(scope: Scope, member: Member | None) -> str | None:
    """The entity that a path continues in after this member, or None where it can't."""
    if isinstance(member, CollectionInfo):
        return member.entity if member.entity in scope.entities else None
    if isinstance(member, FieldInfo) and isinstance(member.type, Ref) and member.type.entity in scope.entities:
        return member.type.entity
    return None
