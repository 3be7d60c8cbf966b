"""Files over JSON: sent first, then named by their id in a field of a record; given to whoever may read that field."""

from __future__ import annotations

from typing import IO
from urllib.parse import unquote

from flask import Response

from engine import limits
from engine.errors import BadRequest, Forbidden
from engine.records.attachments import may_upload, open_file, receive, upload
from engine.web import downloads
from engine.web.jsons import dumps
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.visit import Visit

ROUTES = Routes(json=True)
_FORM_ROOM = 100_000
"""What a form may bring besides its file."""


@ROUTES.post("/api/files", allow="people", bytes_max=limits.file_bytes_max + _FORM_ROOM)
def arrival(visit: Visit, _renderer: Renderer) -> Response:
    """Take one file in: the raw body named by X-File-Name, or a form with the file ``file``."""
    if not may_upload(visit.app, visit.person):
        raise Forbidden("forbidden")
    stream, name = _sent(visit)
    with receive(stream, name) as incoming, visit.writing() as work:
        kept = upload(work, incoming)
    return Response(dumps(kept), status=201, content_type="application/json", headers={"Location": f"/api/files/{kept['id']}"})


def _sent(visit: Visit) -> tuple[IO[bytes], str]:
    request = visit.request
    if request.mimetype == "multipart/form-data":
        file = request.files.get("file")
        if file is None:
            raise BadRequest("file-missing")
        return file.stream, file.filename or ""
    name = request.headers.get("X-File-Name")
    if name is None:
        raise BadRequest("file-missing")
    return request.stream, unquote(name, errors="replace")


@ROUTES.get("/api/files/<key>", allow="people")
def content(visit: Visit, _renderer: Renderer, key: str) -> Response:
    """The content of one file, always to be saved."""
    with visit.reading() as work:
        file = open_file(work, key)
    return downloads.answer(visit, file, view=False)
