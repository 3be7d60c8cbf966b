"""A short message for the next page, such as "3 deleted · Undo": kept in a cookie, because it is the visitor's own."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from engine import ids
from engine.errors import BadRequest
from engine.web.jsons import loads
from engine.web.visit import Visit
from engine.web.words import knows

_COOKIE = "dougong-toast"
_IDS_MAX = 60


@dataclass(frozen=True, slots=True)
class Toast:
    """What was done, to how many, and (where it can be undone) to which records."""

    key: str
    count: int
    entity: str
    ids: tuple[str, ...]


def leave_toast(visit: Visit, key: str, *, count: int = 1, entity: str = "", undo: tuple[str, ...] = ()) -> None:
    """Show a message on the next page; ``undo`` are deleted records that it offers to restore (too many: it offers the trash)."""
    kept = undo if len(undo) <= _IDS_MAX else ()
    text = json.dumps([f"toast.{key}", count, entity, kept])
    visit.set_cookies[_COOKIE] = (base64.urlsafe_b64encode(text.encode()).decode(), 60)


def take_toast(visit: Visit) -> Toast | None:
    """The message left for this page, once. Whatever is not exactly what we wrote is ignored."""
    text = visit.request.cookies.get(_COOKIE) or visit.request.cookies.get(f"__Host-{_COOKIE}")
    if not text or _COOKIE in visit.set_cookies:
        return None
    visit.set_cookies[_COOKIE] = None
    try:
        key, count, entity, kept = loads(base64.urlsafe_b64decode(text.encode()))
        sound = knows(key) and isinstance(count, int) and (entity == "" or entity in visit.app.entities)
        return Toast(key, count, entity, tuple(each for each in kept if ids.is_id(each))) if sound else None
    except (BadRequest, ValueError, TypeError, AttributeError):
        return None
