"""From the parts of an address to the entity it names, with the actor's rights on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine import access
from engine.errors import NotFound
from engine.ids import is_id
from engine.model.kinds.entity import Entity
from engine.model.kinds.role import FieldRight
from engine.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Place:
    """An entity as the visitor may see it; the verbs say whether anything at all of that sort is allowed."""

    entity: Entity
    rights: Mapping[str, FieldRight]
    may_create: bool
    may_update: bool
    may_delete: bool
    may_export: bool
    may_import: bool


def place_of(visit: Visit, app: str, name: str) -> Place:
    """The entity of an address; one that may not be read answers like one that does not exist."""
    full = f"{app}.{name}"
    entity = visit.app.entities.get(full)
    actor = visit.person
    if entity is None or entity.parent is not None or access.rows(visit.app, actor, full, "read").none:
        raise NotFound("unknown-entity")
    may = {verb: not access.rows(visit.app, actor, full, verb).none for verb in ("create", "update", "delete", "export")}
    may["import"] = access.rows(visit.app, actor, full, "import").all
    along = {
        name: access.along(visit.app, actor, full, name)
        for view in visit.app.views_of(full)
        for name in (each.removeprefix("-") for each in (*view.columns, *view.sort))
        if "." in name
    }
    rights = {**access.fields(visit.app, actor, full), **along} if along else access.fields(visit.app, actor, full)
    return Place(entity, rights, may["create"], may["update"], may["delete"], may["export"], may["import"])


def key_of(text: str) -> str:
    """A record's key out of an address."""
    key = text.lower()
    if not is_id(key):
        raise NotFound("no-record")
    return key


def preset_of(visit: Visit, place: Place) -> dict[str, str]:
    """What an address says about fields that the visitor may write (``?owner=…``)."""
    return {key: value for key, value in visit.arguments.items() if key in place.entity.fields and place.rights.get(key) == "write"}
