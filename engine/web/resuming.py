"""A session that ended while somebody was typing: what was sent is kept on the page until they have logged in again.

Nothing of it is stored or done: the page holds it as hidden inputs, and after the login the form is shown again, to be saved anew.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response
from werkzeug.exceptions import RequestEntityTooLarge

from engine.web.render import Renderer
from engine.web.visit import Visit, from_here

_OWN = frozenset({"csrf", "_action"})


def resume_page(visit: Visit, renderer: Renderer) -> Response | None:
    """The page that keeps a form for a stranger; None where nothing was typed here, or more than a page can carry."""
    if visit.within_page or visit.by_token or not from_here(visit):
        return None
    try:
        sent = list(visit.request.form.items(multi=True))
        files = any(file.filename for file in visit.request.files.values())
    except RequestEntityTooLarge:
        return None
    fields = [(name, value) for name, value in sent if name not in _OWN]
    if not any(value for _name, value in fields) or any("\0" in text for pair in fields for text in pair):
        return None
    return renderer.page(visit, "resume.html", status=401, fields=fields, files=files, action=visit.request.path)


def came_from(visit: Visit) -> str:
    """The page of ours on which something was asked that cannot be repeated by its address, or the home page."""
    parts = urlsplit(visit.request.referrer or "")
    if f"{parts.scheme}://{parts.netloc}" != visit.site.origin(visit.request):
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "")
