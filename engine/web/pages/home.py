"""The first page after login: what there is to open, with how many records each list holds."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response

from engine import access
from engine.records import Query, find
from engine.store import UnitOfWork
from engine.web.menu import Entry, app_groups
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
    what: str
    """What one of its records is called."""


@ROUTES.get("/", allow="people")
def home(visit: Visit, renderer: Renderer) -> Response:
    """A card for each list that the person may read."""
    with visit.reading() as work:
        groups = [(group, [_card(visit, work, entry) for entry in group.entries]) for group in app_groups(visit)]
    return renderer.page(visit, "home.html", groups=groups, name=visit.person.name)


def _card(visit: Visit, work: UnitOfWork, entry: Entry) -> Card:
    view = work.app.views.get(f"{entry.entity}.{entry.view.rpartition('.')[2]}") if entry.view else None
    query = Query(entry.entity, also=view.where if view else None, limit=1, fields=(), totals={"count": ("count", None)})
    counted = find(work, query)
    may_create = not access.rows(work.app, work.actor, entry.entity, "create").none
    return Card(entry, counted.totals["count"], may_create, visit.label(work.app.entities[entry.entity].title))
