"""Which entity and field of the new App is which of the old one: by declared uid, then by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from engine.model.app import App
from engine.model.kinds.entity import Entity, Field


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_T = TypeVar("_T", bound=_Named)


@dataclass(frozen=True, slots=True)
class FieldPair:
    """A field before and after; one side is None where it is new or gone."""

    old: Field | None
    new: Field | None


@dataclass(frozen=True, slots=True)
class EntityPair:
    """An entity before and after, with its fields."""

    old: Entity | None
    new: Entity | None
    fields: tuple[FieldPair, ...]

    @property
    def renamed(self) -> bool:
        """Whether both are there under different names."""
        return self.old is not None and self.new is not None and self.old.name != self.new.name


@dataclass(frozen=True, slots=True)
class Matching:
    """All entities, child lines before the records that own them, since totals read them."""

    pairs: tuple[EntityPair, ...]

    @property
    def new_names(self) -> Mapping[str, str]:
        """The name now of each entity that was there before and still is."""
        return {pair.old.name: pair.new.name for pair in self.pairs if pair.old is not None and pair.new is not None}


def match(old: App | None, new: App) -> Matching:
    """Pair the entities and fields of two Apps."""
    before = old.entities if old is not None else {}
    found: list[EntityPair] = []
    owners = list(_pair(_identity_of_entity, _owners(before), _owners(new.entities)))
    for old_entity, new_entity in owners:
        pair = _entity_pair(old_entity, new_entity)
        found.extend(_lines(pair, before, new.entities))
        found.append(pair)
    return Matching(tuple(found))


def _owners(entities: Mapping[str, Entity]) -> list[Entity]:
    return [entity for entity in entities.values() if entity.parent is None]


def _lines(pair: EntityPair, before: Mapping[str, Entity], after: Mapping[str, Entity]) -> Iterator[EntityPair]:
    """Child lines follow the field that holds them, whatever that is called now."""
    for each in pair.fields:
        old_lines = before.get(each.old.lines) if each.old is not None and each.old.lines else None
        new_lines = after.get(each.new.lines) if each.new is not None and each.new.lines else None
        if old_lines is not None or new_lines is not None:
            child = _entity_pair(old_lines, new_lines)
            yield from _lines(child, before, after)
            yield child


def _entity_pair(old: Entity | None, new: Entity | None) -> EntityPair:
    pairs = _pair(_identity_of_field, old.fields.values() if old is not None else (), new.fields.values() if new is not None else ())
    return EntityPair(old, new, tuple(FieldPair(*pair) for pair in pairs))


def _identity_of_field(field: Field) -> str:
    return field.uid or field.name


def _identity_of_entity(entity: Entity) -> str:
    """A declared uid is one word; where none is declared, the name inside the app stands for it."""
    return f"{entity.app}.{(entity.uid or entity.name).removeprefix(entity.app + '.')}"


def _pair(identity: Callable[[_T], str], old: Iterable[_T], new: Iterable[_T]) -> Iterator[tuple[_T | None, _T | None]]:
    """New ones in their order, then what is gone. An old one that only now declares a uid is found by its name."""
    before, after = list(old), list(new)
    known = {identity(each): each for each in before}
    partners = {each.name: known.pop(identity(each)) for each in after if identity(each) in known}
    by_name = {each.name: each for each in known.values()}
    for each in after:
        yield partners.get(each.name) or by_name.pop(each.name, None), each
    for each in by_name.values():
        yield each, None
