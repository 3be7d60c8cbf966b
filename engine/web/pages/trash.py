"""The trash of an entity: what was deleted, to be restored or deleted for good."""

from __future__ import annotations

from flask import Response

from engine.errors import Forbidden
from engine.records import Query, find, purge, restore
from engine.web.menu import entity_path
from engine.web.pages.addresses import key_of, place_of
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.show import instant
from engine.web.toasts import leave_toast
from engine.web.visit import Visit

ROUTES = Routes()


@ROUTES.get("/app/<app>/<name>/trash", allow="people")
def trash_page(visit: Visit, renderer: Renderer, app: str, name: str) -> Response:
    """Deleted records, the latest first."""
    place = place_of(visit, app, name)
    if not place.may_delete:
        raise Forbidden("not-allowed", verb="delete", entity=place.entity.name)
    query = Query(
        place.entity.name,
        sort=("-deleted_at",),
        fields=(),
        cursor=visit.arguments.get("cursor") or None,
        trash=True,
        names=True,
    )
    with visit.reading() as work:
        page = find(work, query)
    title = visit.say("trash.title", what=visit.label(place.entity.plural))
    return renderer.page(
        visit,
        "trash.html",
        place=place,
        page=page,
        title=title,
        path=entity_path(place.entity.name),
        when=lambda record: instant(visit, record.values["deleted_at"]),
    )


@ROUTES.post("/app/<app>/<name>/trash/<key>/<action>", allow="people")
def act(visit: Visit, _renderer: Renderer, app: str, name: str, key: str, action: str) -> Response:
    """Restores one record, or deletes it for good."""
    place = place_of(visit, app, name)
    actions = {"restore": (restore, "restored"), "purge": (purge, "purged")}
    if action not in actions:
        raise Forbidden("not-allowed")
    run, told = actions[action]
    with visit.writing() as work:
        run(work, place.entity.name, key_of(key))
    leave_toast(visit, told, entity=place.entity.name)
    return Response(status=303, headers={"Location": entity_path(place.entity.name, "trash")})
