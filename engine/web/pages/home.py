"""The first page after login: what there is to open, with how many records each list holds."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response

from engine import access
from engine.records import Query, find
from engine.store import UnitOfWork
from engine.web.menu import Entry, Group, menu_of
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.visit import Visit

ROUTES = Routes()


@dataclass(frozen=True, slots=True)
class Card:
    """One list on the home page."""

    entry: Entry
    count: int
    may_create: bool


@ROUTES.get("/", allow="people")
def home(visit: Visit, renderer: Renderer) -> Response:
    """A card for each list that the person may read."""
    with visit.reading() as work:
        groups = [(group, [_card(work, entry) for entry in _first_of_each(group)]) for group in menu_of(visit)]
    return renderer.page(visit, "home.html", groups=groups, name=visit.person.name)


def _first_of_each(group: Group) -> list[Entry]:
    """One entry an entity: further views of it stand in the menu and on its list."""
    found: dict[str, Entry] = {}
    for entry in group.entries:
        found.setdefault(entry.entity, entry)
    return list(found.values())


def _card(work: UnitOfWork, entry: Entry) -> Card:
    counted = find(work, Query(entry.entity, limit=1, fields=(), totals={"count": ("count", None)}))
    may_create = not access.rows(work.app, work.actor, entry.entity, "create").none
    return Card(entry, counted.totals["count"], may_create)
