"""How long texts in unique keys and indexes may be: an index entry has little room, and PostgreSQL refuses what exceeds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from engine import limits
from engine.language import types as t
from engine.model.drafts import Build, EntityDraft
from engine.model.kinds.entity import Entity, Field
from engine.model.node import NOTHING, Node

_Keyed = tuple[tuple[str, ...], Node]


def with_key_lengths(build: Build, draft: EntityDraft, entity: Entity) -> Entity:
    """The entity with a maxLength on every text that is part of a key and declares none; an error where what is declared is too much."""
    most: dict[str, int] = {}
    for names, at in _keys(draft, entity):
        texts = [entity.fields[name] for name in names if name in entity.fields and _is_text(entity.fields[name])]
        open_ended = [field for field in texts if "maxLength" not in field.constraints]
        room = limits.key_chars_max - sum(int(field.constraints["maxLength"]) for field in texts if field not in open_ended)
        if texts and room < len(open_ended):
            build.error("key-too-long", at.span, most=limits.key_chars_max, fields=[field.name for field in texts])
        for field in open_ended:
            most[field.name] = min(most.get(field.name, limits.key_chars_max), max(1, room // len(open_ended)))
    if not most:
        return entity
    bounded = {
        name: replace(entity.fields[name], constraints=MappingProxyType({**entity.fields[name].constraints, "maxLength": length}))
        for name, length in most.items()
    }
    return replace(entity, fields=MappingProxyType({**entity.fields, **bounded}))


def may_be_long(field: Field) -> bool:
    """Whether a field's text may be too long for an index entry."""
    if not isinstance(field.type, t.Text) or field.sequence is not None:
        return False
    return field.computed or int(field.constraints.get("maxLength", limits.text_chars_max)) > limits.key_chars_max


def _is_text(field: Field) -> bool:
    return isinstance(field.type, t.Text) and field.sequence is None and not field.computed


def _keys(draft: EntityDraft, entity: Entity) -> Iterator[_Keyed]:
    """The fields of each declared key and index, and where it is declared."""
    for name, field in entity.fields.items():
        for word in ("unique", "indexed"):
            said = draft.nodes[name].get(word)
            if said is not None and said.value is True and field.column:
                yield (name,), said
                break
    for part in draft.parts:
        for _, _, node in (part.node.get("unique") or NOTHING).items():
            yield tuple(each.text for each in node.each()), node
        for node in (part.node.get("indexes") or NOTHING).each():
            yield tuple(each.text for each in node.each()), node
