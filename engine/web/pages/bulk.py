"""Deleting or restoring many records chosen in a list: all of them or none, with what stood in the way named."""

from __future__ import annotations

from flask import Response

from engine import limits
from engine.errors import BadRequest, Conflict, NotFound
from engine.ids import is_id
from engine.records import Record, delete, get, restore
from engine.store import UnitOfWork
from engine.web.holders import Holders, holders_of
from engine.web.menu import entity_path
from engine.web.pages.addresses import Place, place_of
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.toasts import leave_toast
from engine.web.visit import Visit

ROUTES = Routes()
_NAMED_MAX = 20
Refused = list[tuple[Record, Holders]]


class _Held(Exception):
    """Some of the chosen records are in use, so none is deleted."""


@ROUTES.post("/app/<app>/<name>/bulk", allow="people")
def bulk(visit: Visit, renderer: Renderer, app: str, name: str) -> Response:
    """Deletes or restores the chosen records, all or none."""
    place = place_of(visit, app, name)
    form = visit.request.form
    chosen = tuple(dict.fromkeys(key.lower() for key in form.getlist("id") if is_id(key.lower())))[: limits.batch_rows_max]
    action = form.get("action", "")
    if action not in ("delete", "restore"):
        raise BadRequest("bad-request")
    back = back_to_list(visit, place)
    entity, refused = place.entity.name, Refused()
    try:
        with visit.writing() as work:
            moved = sum(
                _deleted(visit, work, entity, key, refused) if action == "delete" else _restored(work, entity, key) for key in chosen
            )
            if refused:
                raise _Held
    except _Held:
        title = visit.say("error.title-still-referenced")
        named = [(record, entity_path(entity, record.id), holders) for record, holders in refused]
        values = {"place": place, "title": title, "refused": named, "back": back}
        return renderer.page(visit, "bulk_refused.html", status=409, **values)
    if action == "delete":
        leave_toast(visit, "deleted", count=moved, entity=entity, undo=chosen)
    else:
        leave_toast(visit, "restored", count=moved, entity=entity)
    return Response(status=303, headers={"Location": back})


def _deleted(visit: Visit, work: UnitOfWork, entity: str, key: str, refused: Refused) -> int:
    """How many records one chosen record's deletion moved; one that is in use is noted and the rest is still looked at."""
    record = get(work, entity, key)
    try:
        with work.savepoint():
            return delete(work, entity, key, None)
    except Conflict as error:
        holders = holders_of(visit, error)
        if holders is None:
            raise
        if len(refused) < _NAMED_MAX:
            refused.append((record, holders))
        return 0


def _restored(work: UnitOfWork, entity: str, key: str) -> int:
    """How many records one chosen record's return moved; 0 where it came back with another one already."""
    try:
        return restore(work, entity, key)
    except NotFound:
        get(work, entity, key)
        return 0


def back_to_list(visit: Visit, place: Place) -> str:
    """The list that the form came from, with its filters; only ever a list of this entity."""
    path = entity_path(place.entity.name)
    asked = visit.request.form.get("next", "")
    return asked if asked == path or asked.startswith(path + "?") else path
