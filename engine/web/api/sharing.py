"""Sharing over JSON: whom a record was shared with, and giving or taking one person's access."""

from __future__ import annotations

from flask import Response

from engine import records
from engine.errors import BadRequest
from engine.records.idempotency import Answer
from engine.store import UnitOfWork
from engine.web.api.records import body_of, full_name, key_in_address, written
from engine.web.jsons import dumps
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.visit import Visit

ROUTES = Routes(json=True)
_SHARES = "/api/<app>/<entity>/<key>/shares"


def _present(share: records.Share) -> dict[str, object]:
    return {"user": share.user, "name": share.name, "may_update": share.may_update, "at": share.at.isoformat() + "Z", "by": share.by}


@ROUTES.get(_SHARES, allow="people")
def shared_with(visit: Visit, _renderer: Renderer, app: str, entity: str, key: str) -> Response:
    """Whom the record was shared with."""
    name = full_name(visit, app, entity)
    with visit.runtime.read(visit.person, request_id=visit.request_id) as work:
        items = [_present(each) for each in records.shares(work, name, key_in_address(key))]
    return Response(dumps({"items": items}), content_type="application/json")


@ROUTES.add("PUT", _SHARES + "/<user>", allow="people")
def give(visit: Visit, _renderer: Renderer, app: str, entity: str, key: str, user: str) -> Response:
    """Share the record with one person: {"may_update": true | false}; again to change that."""
    name = full_name(visit, app, entity)
    body = body_of(visit)
    may_update = body.get("may_update", False)
    if not set(body) <= {"may_update"} or not isinstance(may_update, bool):
        raise BadRequest("bad-share")

    def share(work: UnitOfWork) -> Answer:
        records.share(work, name, key_in_address(key), key_in_address(user), may_update=may_update)
        given = next(each for each in records.shares(work, name, key) if each.user == user.lower())
        return Answer(200, {}, dumps(_present(given)))

    return written(visit, share)


@ROUTES.add("DELETE", _SHARES + "/<user>", allow="people")
def take(visit: Visit, _renderer: Renderer, app: str, entity: str, key: str, user: str) -> Response:
    """Take the record back from one person; no matter whether it was shared with them."""
    name = full_name(visit, app, entity)

    def unshare(work: UnitOfWork) -> Answer:
        records.unshare(work, name, key_in_address(key), key_in_address(user))
        return Answer(204, {}, "")

    return written(visit, unshare)
