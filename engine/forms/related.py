"""Which lists of other records belong on a record's page: those whose references lead here."""

from __future__ import annotations

from dataclasses import dataclass

from engine import access
from engine.access import Actor
from engine.model.app import App
from engine.model.kinds.entity import Entity, Field


@dataclass(frozen=True, slots=True)
class RelatedList:
    """Records of ``entity`` whose ``field`` leads to the record at hand."""

    entity: Entity
    field: Field


def related_lists(app: App, actor: Actor, entity: str) -> tuple[RelatedList, ...]:
    """The related lists of an entity that the actor may read, in the order of the app's definitions."""
    found = []
    for other in app.entities.values():
        if other.parent is not None or access.rows(app, actor, other.name, "read").none:
            continue
        rights = access.fields(app, actor, other.name)
        for field in other.fields.values():
            if field.targets == (entity,) and access.readable(rights, field.name):
                found.append(RelatedList(other, field))
    return tuple(found)
