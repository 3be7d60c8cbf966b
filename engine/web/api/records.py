"""Records over JSON: list, create, read, change, delete, batch, history. Permission and validation are the gate's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from engine import limits, records
from engine.errors import BadRequest, Conflict, DougongError, NotFound, PreconditionFailed, UnsupportedMedia
from engine.ids import is_id
from engine.records import idempotency
from engine.records.idempotency import Answer
from engine.store import UnitOfWork
from engine.web.api.arguments import query_of, version_of
from engine.web.jsons import dumps, loads
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.visit import Visit

ROUTES = Routes(json=True)

_LIST = "/api/<app>/<entity>"
_ITEM = "/api/<app>/<entity>/<key>"


def _answer(answer: Answer) -> Response:
    return Response(answer.body, status=answer.status, content_type="application/json", headers=answer.headers)


def full_name(visit: Visit, app: str, entity: str) -> str:
    """The entity of an address. Raises NotFound, also for child lines, which have no address of their own."""
    name = f"{app}.{entity}"
    definition = visit.app.entities.get(name)
    if definition is None or definition.parent is not None:
        raise NotFound("unknown-entity", entity=name[:100])
    return name


def key_in_address(key: str) -> str:
    """A record's key as written in an address; one of another form names nothing."""
    if not is_id(key):
        raise NotFound("no-record")
    return key


def body_of(visit: Visit) -> dict[str, Any]:
    """The JSON object that a request brought. Raises UnsupportedMedia, BadRequest."""
    if visit.request.mimetype not in ("application/json", "application/merge-patch+json"):
        raise UnsupportedMedia("not-json-content")
    value = loads(visit.request.get_data(cache=True))
    if not isinstance(value, dict):
        raise BadRequest("json-not-object")
    return value


def _etag(version: int) -> str:
    return f'"{version}"'


def written(visit: Visit, action: Callable[[UnitOfWork], Answer]) -> Response:
    """Do a write once per Idempotency-Key, in one transaction with its answer."""
    key = visit.request.headers.get("Idempotency-Key")
    with visit.runtime.begin(visit.person, request_id=visit.request_id) as work:
        if key is None:
            return _answer(action(work))
        request = visit.request
        print_ = idempotency.fingerprint(request.method.encode(), request.full_path.encode(), request.get_data(cache=True))
        known = idempotency.claim(work, key, print_)
        if known is not None:
            return _answer(known)
        answer = action(work)
        idempotency.keep(work, key, answer)
        return _answer(answer)


def _record_answer(work: UnitOfWork, record: records.Record, status: int) -> Answer:
    headers = {"ETag": _etag(record.version)}
    if status == 201:
        headers["Location"] = "/api/" + record.entity.replace(".", "/") + "/" + record.id
    return Answer(status, headers, dumps(records.present(work.app, record)))


@ROUTES.get(_LIST, allow="people")
def listing(visit: Visit, _renderer: Renderer, app: str, entity: str) -> Response:
    """One page of records."""
    name = full_name(visit, app, entity)
    query = query_of(name, visit.request.args.items(multi=True))
    with visit.runtime.read(visit.person, request_id=visit.request_id) as work:
        page = records.find(work, query)
        body: dict[str, Any] = {"items": records.present_many(work.app, page.items), "next": page.next}
        if query.totals:
            body["totals"] = page.totals
    return Response(dumps(body), content_type="application/json")


@ROUTES.post(_LIST, allow="people")
def creation(visit: Visit, _renderer: Renderer, app: str, entity: str) -> Response:
    """Create a record; answers with it."""
    name = full_name(visit, app, entity)
    values = body_of(visit)
    return written(visit, lambda work: _record_answer(work, records.create_and_read(work, name, values), 201))


@ROUTES.get(_ITEM, allow="people")
def item(visit: Visit, _renderer: Renderer, app: str, entity: str, key: str) -> Response:
    """One record; 304 where the asker has this version."""
    name = full_name(visit, app, entity)
    with visit.runtime.read(visit.person, request_id=visit.request_id) as work:
        record = records.get(work, name, key_in_address(key))
        if visit.request.headers.get("If-None-Match") == _etag(record.version):
            return Response(status=304, headers={"ETag": _etag(record.version)})
        return _answer(_record_answer(work, record, 200))


@ROUTES.add("PATCH", _ITEM, allow="people")
def change(visit: Visit, _renderer: Renderer, app: str, entity: str, key: str) -> Response:
    """Change some values; with If-Match only if nobody changed the record meanwhile."""
    name = full_name(visit, app, entity)
    values = body_of(visit)
    version = version_of(visit.request.headers.get("If-Match"))

    def update(work: UnitOfWork) -> Answer:
        _guarded(lambda: records.update(work, name, key_in_address(key), values, version))
        try:
            return _record_answer(work, records.get(work, name, key), 200)
        except NotFound:
            # Handed over: it is changed, and no longer for the writer to see.
            return Answer(204, {}, "")

    return written(visit, update)


def _guarded(action: Callable[[], object]) -> None:
    """A version that moved on is a failed precondition of HTTP here."""
    try:
        action()
    except Conflict as conflict:
        if conflict.code == "record-changed":
            raise PreconditionFailed(conflict.code, **conflict.params) from conflict
        raise


@ROUTES.add("DELETE", _ITEM, allow="people")
def deletion(visit: Visit, _renderer: Renderer, app: str, entity: str, key: str) -> Response:
    """Move a record to the trash."""
    name = full_name(visit, app, entity)
    version = version_of(visit.request.headers.get("If-Match"))

    def delete(work: UnitOfWork) -> Answer:
        _guarded(lambda: records.delete(work, name, key_in_address(key), version))
        return Answer(204, {}, "")

    return written(visit, delete)


@ROUTES.post(_ITEM + "/restore", allow="people")
def restoration(visit: Visit, _renderer: Renderer, app: str, entity: str, key: str) -> Response:
    """Bring a record back from the trash."""
    name = full_name(visit, app, entity)

    def restore(work: UnitOfWork) -> Answer:
        records.restore(work, name, key_in_address(key))
        return _record_answer(work, records.get(work, name, key), 200)

    return written(visit, restore)


@ROUTES.get(_ITEM + "/history", allow="people")
def past(visit: Visit, _renderer: Renderer, app: str, entity: str, key: str) -> Response:
    """Who changed what of a record, newest first."""
    name = full_name(visit, app, entity)
    with visit.runtime.read(visit.person, request_id=visit.request_id) as work:
        entries = records.history(work, name, key_in_address(key))
    items = [
        {
            "at": each.at.isoformat() + "Z",
            "actor": each.actor,
            "actor_name": each.actor_name,
            "verb": each.verb,
            "version": each.version,
            "changes": each.changes,
            **({"person": each.about} if each.about else {}),
        }
        for each in entries
    ]
    return Response(dumps({"items": items}), content_type="application/json")


@ROUTES.post(_LIST + "/batch", allow="people")
def batch(visit: Visit, _renderer: Renderer, app: str, entity: str) -> Response:
    """Several writes, all or none: {"operations": [{"op": "create" | "update" | "delete", "id", "version", "values"}, ...]}."""
    name = full_name(visit, app, entity)
    operations = _operations(body_of(visit))

    def run(work: UnitOfWork) -> Answer:
        results = []
        for place, operation in enumerate(operations):
            try:
                results.append(_operate(work, name, operation))
            except DougongError as error:
                error.params["operation"] = place
                raise
        return Answer(200, {}, dumps({"results": results}))

    return written(visit, run)


def _operations(body: dict[str, Any]) -> list[dict[str, Any]]:
    operations = body.get("operations")
    if set(body) != {"operations"} or not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        raise BadRequest("bad-batch")
    if not 1 <= len(operations) <= limits.batch_rows_max:
        raise BadRequest("bad-batch-size", max=limits.batch_rows_max)
    for each in operations:
        version = each.get("version")
        allowed = {"create": {"op", "values"}, "update": {"op", "id", "version", "values"}, "delete": {"op", "id", "version"}}.get(
            str(each.get("op"))
        )
        sound = (
            allowed is not None
            and set(each) <= allowed
            and isinstance(each.get("values", {}), dict)
            and isinstance(each.get("id", ""), str)
        )
        if not sound or not (version is None or (type(version) is int and version >= 0)):
            raise BadRequest("bad-batch")
    return operations


def _operate(work: UnitOfWork, name: str, operation: dict[str, Any]) -> dict[str, Any]:
    if operation["op"] == "create":
        return {"id": records.create(work, name, operation.get("values", {})), "version": 1}
    key = key_in_address(operation.get("id", ""))
    if operation["op"] == "delete":
        records.delete(work, name, key, operation.get("version"))
        return {"id": key}
    return {"id": key, "version": records.update(work, name, key, operation.get("values", {}), operation.get("version"))}
