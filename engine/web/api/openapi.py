"""The description of the interface (OpenAPI 3.1) as it is for whoever asks: their entities, their fields, their verbs."""

from __future__ import annotations

from typing import Any

from flask import Response

from engine import __version__, access, limits
from engine.access import Actor
from engine.i18n import Language
from engine.model.app import App
from engine.model.kinds.entity import Entity
from engine.records.attachments import may_upload
from engine.records.schema import readable_entities, schema_of
from engine.records.sharing import may_be_shared
from engine.web.jsons import dumps
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.visit import Visit

ROUTES = Routes(json=True)

Json = dict[str, Any]


@ROUTES.get("/api/openapi.json", allow="people")
def document(visit: Visit, _renderer: Renderer) -> Response:
    """The OpenAPI document for the asker."""
    return Response(dumps(describe(visit.app, visit.person, visit.language)), content_type="application/json")


def describe(app: App, actor: Actor, language: Language) -> Json:
    """The whole interface as this actor may use it."""
    paths: Json = _file_paths() if may_upload(app, actor) else {}
    schemas: Json = {"Problem": _problem()}
    for entity in readable_entities(app, actor):
        name = entity.name.replace(".", "_")
        schemas[name] = schema_of(app, actor, entity.name, "read", language)
        paths |= _entity_paths(app, actor, entity, name, language, schemas)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {"title": ", ".join(package.title.text(language) for package in app.packages), "version": __version__},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}, "schemas": schemas, "responses": _responses()},
    }


def _entity_paths(app: App, actor: Actor, entity: Entity, name: str, language: Language, schemas: Json) -> Json:
    address = "/api/" + entity.name.replace(".", "/")
    may = {verb: not access.rows(app, actor, entity.name, verb).none for verb in ("create", "update", "delete")}
    reference = {"$ref": f"#/components/schemas/{name}"}
    title = entity.title.text(language)
    listing: Json = {"get": _listing(entity, name, title, reference)}
    item: Json = {"parameters": [_key()], "get": _operation(f"get_{name}", title, reference, 200, ("404",), etag=True)}
    if may["create"]:
        schemas[f"{name}_create"] = schema_of(app, actor, entity.name, "create", language)
        created = _operation(f"create_{name}", title, reference, 201, ("409", "415", "422"), etag=True)
        listing["post"] = {**created, **_body(f"{name}_create"), "parameters": [_idempotency()]}
    if may["update"]:
        schemas[f"{name}_update"] = schema_of(app, actor, entity.name, "update", language)
        changed = _operation(f"update_{name}", title, reference, 200, ("404", "409", "412", "415", "422"), etag=True)
        changed["responses"]["204"] = {"description": "Changed, and no longer among the records that you may see"}
        item["patch"] = {**changed, **_body(f"{name}_update"), "parameters": [_if_match(), _idempotency()]}
    if may["delete"]:
        gone: Json = {"204": {"description": "Moved to the trash"}, **_errors(("404", "409", "412"))}
        item["delete"] = {"operationId": f"delete_{name}", "tags": [title], "parameters": [_if_match(), _idempotency()], "responses": gone}
    paths: Json = {address: listing, address + "/{id}": item, address + "/{id}/history": _history(name, title)}
    if may_be_shared(app, entity.name):
        paths |= _sharing(address, name, title, may_share=may["update"])
    if may["delete"]:
        restored = _operation(f"restore_{name}", title, reference, 200, ("404", "409"), etag=True)
        paths[address + "/{id}/restore"] = {"parameters": [_key()], "post": {**restored, "parameters": [_idempotency()]}}
    if may["create"] or may["update"] or may["delete"]:
        paths[address + "/batch"] = {"post": _batch(name, title)}
    return paths


def _file_paths() -> Json:
    """Uploading and downloading; not under any entity, for a file has no record until one names it."""
    words: Json = {name: {"type": "string"} for name in ("id", "name", "media_type")}
    file = {"type": "object", "properties": {**words, "size": {"type": "integer"}}}
    binary = {"schema": {"type": "string", "format": "binary"}}
    form = {"schema": {"type": "object", "properties": {"file": binary["schema"]}, "required": ["file"]}}
    name = {"name": "X-File-Name", "in": "header", "schema": {"type": "string"}, "description": "Percent-encoded UTF-8, for a raw body"}
    stored = {"description": "Stored; name it by its id in a field of a record", "content": {"application/json": {"schema": file}}}
    given = {"description": "The content", "content": {"application/octet-stream": binary}}
    return {
        "/api/files": {
            "post": {
                "operationId": "upload_file",
                "tags": ["files"],
                "parameters": [name],
                "requestBody": {"required": True, "content": {"application/octet-stream": binary, "multipart/form-data": form}},
                "responses": {"201": stored, **_errors(("409",))},
            }
        },
        "/api/files/{id}": {
            "parameters": [_key()],
            "get": {"operationId": "download_file", "tags": ["files"], "responses": {"200": given, **_errors(("404",))}},
        },
    }


def _operation(name: str, tag: str, schema: Json, status: int, errors: tuple[str, ...], *, etag: bool = False) -> Json:
    answer: Json = {"description": "Done", "content": {"application/json": {"schema": schema}}}
    if etag:
        answer["headers"] = {"ETag": {"schema": {"type": "string"}}}
    return {"operationId": name, "tags": [tag], "responses": {str(status): answer, **_errors(errors)}}


def _errors(codes: tuple[str, ...]) -> Json:
    return {code: {"$ref": f"#/components/responses/{code}"} for code in ("400", "401", "403", *codes, "413", "503", "507")}


def _responses() -> Json:
    words = {
        "400": "The request makes no sense",
        "401": "No valid token",
        "403": "Not allowed",
        "404": "No such record for you",
        "409": "Conflict",
        "412": "Changed meanwhile",
        "413": "Too large",
        "415": "Not JSON",
        "422": "Values refused",
        "503": "Busy; try again",
        "507": "No space left; nothing was saved",
    }
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {code: {"description": text, "content": content} for code, text in words.items()}


def _problem() -> Json:
    fault = {
        "type": "object",
        "properties": {
            "field": {"type": "string"},
            "code": {"type": "string"},
            "message": {"type": "string"},
            "params": {"type": "object"},
        },
        "required": ["field", "code", "message"],
    }
    return {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "request_id": {"type": "string"},
            "params": {"type": "object"},
            "errors": {"type": "array", "items": fault},
        },
        "required": ["type", "title", "status", "detail", "code"],
    }


def _key() -> Json:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


def _if_match() -> Json:
    return {"name": "If-Match", "in": "header", "schema": {"type": "string"}, "description": "The ETag of the version that was read"}


def _idempotency() -> Json:
    return {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 200}}


def _body(schema: str) -> Json:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}}


def _text(name: str, description: str) -> Json:
    return {"name": name, "in": "query", "schema": {"type": "string"}, "description": description}


def _listing(entity: Entity, name: str, title: str, reference: Json) -> Json:
    page = {
        "type": "object",
        "properties": {"items": {"type": "array", "items": reference}, "next": {"type": ["string", "null"]}, "totals": {"type": "object"}},
        "required": ["items", "next"],
    }
    fields = ", ".join(list(entity.fields)[:3])
    parameters = [
        _text("where", "A condition of the expression language"),
        _text("search", "Words to find"),
        _text("sort", f"Field names, - first for descending (of {fields}, ...)"),
        _text("fields", "Only these fields, or what links lead to (owner.name)"),
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": limits.page_rows_max}},
        _text("cursor", "The next of an earlier page"),
        _text("totals", "count, sum:field, min:field, max:field, avg:field"),
        {"name": "trash", "in": "query", "schema": {"type": "boolean"}},
    ]
    return {**_operation(f"list_{name}", title, page, 200, ("404",)), "parameters": parameters}


def _history(name: str, title: str) -> Json:
    page = {"type": "object", "properties": {"items": {"type": "array", "items": {"type": "object"}}}, "required": ["items"]}
    return {"parameters": [_key()], "get": _operation(f"history_{name}", title, page, 200, ("404",))}


def _sharing(address: str, name: str, title: str, *, may_share: bool) -> Json:
    words: Json = {each: {"type": "string"} for each in ("user", "name", "at", "by")}
    share: Json = {"type": "object", "properties": {**words, "may_update": {"type": "boolean"}}, "required": ["user", "may_update"]}
    page = {"type": "object", "properties": {"items": {"type": "array", "items": share}}, "required": ["items"]}
    listed: Json = {address + "/{id}/shares": {"parameters": [_key()], "get": _operation(f"shares_{name}", title, page, 200, ("404",))}}
    if not may_share:
        return listed
    body = {"type": "object", "properties": {"may_update": {"type": "boolean"}}, "additionalProperties": False}
    gone: Json = {"204": {"description": "No longer shared"}, **_errors(("404",))}
    person = {"name": "user", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    given = {
        **_operation(f"share_{name}", title, share, 200, ("404", "409", "415", "422")),
        "parameters": [_idempotency()],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
    }
    taken = {"operationId": f"unshare_{name}", "tags": [title], "parameters": [_idempotency()], "responses": {**gone, **_errors(("409",))}}
    return {**listed, address + "/{id}/shares/{user}": {"parameters": [_key(), person], "put": given, "delete": taken}}


def _batch(name: str, title: str) -> Json:
    operation = {
        "type": "object",
        "properties": {
            "op": {"enum": ["create", "update", "delete"]},
            "id": {"type": "string", "format": "uuid"},
            "version": {"type": "integer", "minimum": 0},
            "values": {"type": "object"},
        },
        "required": ["op"],
        "additionalProperties": False,
    }
    body = {
        "type": "object",
        "properties": {"operations": {"type": "array", "items": operation, "minItems": 1, "maxItems": limits.batch_rows_max}},
        "required": ["operations"],
        "additionalProperties": False,
    }
    done = {"type": "object", "properties": {"results": {"type": "array"}}, "required": ["results"]}
    return {
        **_operation(f"batch_{name}", title, done, 200, ("404", "409", "412", "415", "422")),
        "parameters": [_idempotency()],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
    }
