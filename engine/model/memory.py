"""What one compilation leaves for the next: fields and views of entities whose files, and the names around, are the same.

A resident process (an editor's check, the designer) so pays only for what an edit touches. Nothing here decides
anything: an entry is used only where every input that it was made from is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.diagnostics import Diagnostic
from engine.language.scope import CollectionInfo, EntityInfo
from engine.model.kinds.entity import Field
from engine.model.node import Node


@dataclass(frozen=True, slots=True)
class FieldsMade:
    """The fields of an entity as its documents gave them, and what was found on the way."""

    parts: tuple[tuple[str, Node], ...]
    fields: Mapping[str, Field]
    nodes: Mapping[str, Node]
    apps: Mapping[str, str]
    found: tuple[Diagnostic, ...]
    lost: frozenset[str]

    def serves(self, parts: tuple[tuple[str, Node], ...]) -> bool:
        """Whether the documents are the very same."""
        return len(parts) == len(self.parts) and all(a[0] == b[0] and a[1] is b[1] for a, b in zip(parts, self.parts, strict=True))


@dataclass(frozen=True, slots=True)
class InfoMade:
    """The view of an entity, and what it was made from."""

    fields: tuple[Field, ...]
    nodes: Mapping[str, Node]
    collections: Mapping[str, CollectionInfo]
    info: EntityInfo

    def serves(self, fields: tuple[Field, ...], nodes: Mapping[str, Node], collections: Mapping[str, CollectionInfo]) -> bool:
        """Whether all that it was made from is the same."""
        if len(fields) != len(self.fields) or collections != self.collections:
            return False
        return all(a is b or (a == b and nodes[a.name] is self.nodes[a.name]) for a, b in zip(fields, self.fields, strict=True))


@dataclass
class Memory:
    """Entries by entity; all are dropped when the names, requirements or defaults around them change."""

    around: object = None
    fields: dict[str, FieldsMade] = field(default_factory=dict)
    infos: dict[tuple[str, frozenset[str]], InfoMade] = field(default_factory=dict)

    def look_around(self, around: object) -> None:
        """Say what holds for all entities of this compilation."""
        if around != self.around:
            self.around = around
            self.fields.clear()
            self.infos.clear()
