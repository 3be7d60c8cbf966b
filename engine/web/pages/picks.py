"""What a reference picker offers while somebody types."""

from __future__ import annotations

from flask import Response

from engine.records import Reference, autocomplete
from engine.store import UnitOfWork
from engine.web.pages.addresses import place_of
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.visit import Visit

ROUTES = Routes()
_SUGGESTIONS = 12
_WORDS_MAX = 200


def suggest(work: UnitOfWork, entity: str, words: str) -> list[Reference]:
    """The few records that fit best; none that the actor may not read."""
    return autocomplete(work, entity, words[:_WORDS_MAX], _SUGGESTIONS)


@ROUTES.get("/pick/<app>/<name>", allow="people")
def pick(visit: Visit, renderer: Renderer, app: str, name: str) -> Response:
    """Records to link to, as options below a picker."""
    place = place_of(visit, app, name)
    with visit.reading() as work:
        found = suggest(work, place.entity.name, visit.arguments.get("q", ""))
    return renderer.part(visit, "picks.html", found=found)
