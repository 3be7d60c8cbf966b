"""What every installation has besides its app: assets, health, metrics, login and logout, language and theme."""

from __future__ import annotations

import mimetypes
from urllib.parse import urlsplit

from flask import Response

from engine import limits, resources
from engine.access import Actor
from engine.errors import NotFound
from engine.i18n import LANGUAGES
from engine.store import TooManyAttempts
from engine.web import assets
from engine.web.jsons import dumps
from engine.web.metrics import CONTENT_TYPE
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.visit import Visit

ROUTES = Routes()
_YEAR_S = 31_536_000
_FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5cad"/>'
    '<path d="M6 10h20M9 15h14M12 20h8M16 10v16" stroke="#fff" stroke-width="3" stroke-linecap="round" fill="none"/></svg>'
)


@ROUTES.get("/static/<path:name>", allow="everyone")
def static(visit: Visit, _renderer: Renderer, name: str) -> Response:
    """A built asset; its name carries its hash, so browsers may keep it for good."""
    if name not in assets.files():
        raise NotFound("no-page")
    path = resources.assets() / name
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = path.with_name(path.name + ".gz")
    headers = {"Cache-Control": f"public, max-age={_YEAR_S}, immutable", "Vary": "Accept-Encoding"}
    if packed.is_file() and "gzip" in visit.request.headers.get("Accept-Encoding", ""):
        path, headers["Content-Encoding"] = packed, "gzip"
    if content_type.startswith(("text/", "application/javascript")):
        content_type += "; charset=utf-8"
    return Response(path.read_bytes(), content_type=content_type, headers=headers)


@ROUTES.get("/favicon.ico", allow="everyone")
def favicon(_visit: Visit, _renderer: Renderer) -> Response:
    """The mark of the product: three brackets on a post."""
    return Response(_FAVICON, content_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


@ROUTES.get("/health", allow="everyone")
def health(visit: Visit, _renderer: Renderer) -> Response:
    """Whether this process can serve: its database answers."""
    with visit.runtime.read(Actor.system("health")):
        return Response(dumps({"status": "ready"}), content_type="application/json")


@ROUTES.get("/metrics", allow="everyone")
def metrics(visit: Visit, _renderer: Renderer) -> Response:
    """Counts for Prometheus: routes and times, nothing about people or records."""
    return Response(visit.site.metrics.text(), content_type=CONTENT_TYPE)


def local_path(text: str | None) -> str:
    """Where to go next: a path of this server, or the home page. Anything a browser could read as another site is refused."""
    if not text or not text.startswith("/") or text.startswith("//") or "\\" in text or any(ord(each) < 33 for each in text):
        return "/"
    parts = urlsplit(text)
    crooked = any(each in ("", ".", "..") for each in parts.path.split("/")[1:-1])
    return "/" if crooked or parts.scheme or parts.netloc or parts.path.startswith(("/login", "/logout")) else text


@ROUTES.get("/login", allow="everyone")
def login_page(visit: Visit, renderer: Renderer) -> Response:
    """Asks for login and password."""
    target = local_path(visit.arguments.get("next"))
    if visit.actor is not None:
        return Response(status=303, headers={"Location": target})
    return renderer.page(visit, "login.html", next=target, login="", error="", unmatched=False)


@ROUTES.post("/login", allow="everyone")
def login(visit: Visit, renderer: Renderer) -> Response:
    """Opens a session under a new secret; the same words for a wrong login and a wrong password."""
    form = visit.request.form
    name, target = form.get("login", ""), local_path(form.get("next"))
    identity = visit.runtime.identity
    address = visit.request.remote_addr or ""
    try:
        user_id = identity.verify(visit.runtime.tables, name, form.get("password", ""), address)
    except TooManyAttempts as error:
        visit.site.metrics.login("slowed")
        message = visit.say("login.slowed", seconds=error.retry_after_s)
        response = renderer.page(visit, "login.html", status=429, next=target, login=name[:200], error=message, unmatched=False)
        response.headers["Retry-After"] = str(error.retry_after_s)
        return response
    if user_id is None:
        visit.site.metrics.login("refused")
        told = visit.say("login.refused")
        return renderer.page(visit, "login.html", status=401, next=target, login=name[:200], error=told, unmatched=True)
    visit.site.metrics.login("succeeded")
    visit.set_cookies["dougong-session"] = (identity.open_session(user_id), limits.session_hours_max * 3600)
    visit.set_cookies["dougong-before-login"] = None
    return Response(status=303, headers={"Location": target})


@ROUTES.get("/back", allow="people")
def back(visit: Visit, renderer: Renderer) -> Response:
    """Where a login leads that was only needed to go on in another tab."""
    return renderer.page(visit, "back.html")


@ROUTES.post("/logout", allow="people")
def logout(visit: Visit, _renderer: Renderer) -> Response:
    """Ends the session on the server, so that a copied cookie is worth nothing."""
    visit.runtime.identity.close_session(visit.secret)
    visit.set_cookies["dougong-session"] = None
    return Response(status=303, headers={"Location": "/login"})


@ROUTES.post("/preferences", allow="everyone")
def preferences(visit: Visit, _renderer: Renderer) -> Response:
    """Chooses language or light and dark, for this browser."""
    form = visit.request.form
    if form.get("language") in LANGUAGES:
        visit.set_cookies["dougong-language"] = (form["language"], _YEAR_S)
    if form.get("theme") in ("light", "dark"):
        visit.set_cookies["dougong-theme"] = (form["theme"], _YEAR_S)
    return Response(status=303, headers={"Location": local_path(form.get("next"))})
