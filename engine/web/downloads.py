"""A stored file as an answer that no browser will run: saved under its name, or shown where it is a plain image."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from flask import Response

from engine.records.attachments import IMAGE_TYPES, image_type
from engine.store import files
from engine.store.files import StoredFile
from engine.web.visit import Visit

_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


def disposition(name: str, *, inline: bool) -> str:
    """The Content-Disposition of a file (RFC 6266): its name in plain ASCII, and exactly (RFC 8187)."""
    plain = "".join(each if each.isascii() and each.isprintable() and each not in '"\\%;' else "_" for each in name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def answer(visit: Visit, file: StoredFile, *, view: bool) -> Response:
    """The file's content. ``view`` asks to show it in the page: granted to images whose first bytes say so themselves."""
    etag = f'"{file.sha256}"'
    headers = {"Content-Security-Policy": _SANDBOX, "Cache-Control": "private, no-cache", "ETag": etag}
    if visit.request.headers.get("If-None-Match") == etag:
        return Response(status=304, headers=headers)
    pieces = files.content(visit.runtime.database, file)
    first = next(pieces, b"")
    inline = view and file.media_type in IMAGE_TYPES and image_type(first) == file.media_type
    headers["Content-Disposition"] = disposition(file.name, inline=inline)
    headers["Content-Length"] = str(file.size)
    if visit.request.method == "HEAD":
        return Response(headers=headers, content_type=file.media_type)
    return Response(_all(first, pieces), headers=headers, content_type=file.media_type)


def _all(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
