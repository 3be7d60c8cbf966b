"""The Flask application: every route with its permission, one way in, one way out, one way to fail."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

import flask
from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response as AnyResponse

from engine import access, limits, settings
from engine.errors import BadRequest, DougongError, Forbidden
from engine.i18n import Language, negotiate
from engine.runtime import Runtime
from engine.settings import Settings
from engine.web import api, assets, headers, pages, problems, shell
from engine.web.holders import holders_of
from engine.web.logs import LOGGER
from engine.web.metrics import Metrics
from engine.web.refusals import why_refused
from engine.web.render import Renderer
from engine.web.resuming import came_from, resume_page
from engine.web.routes import Route
from engine.web.visit import Site, Visit, check_forgery, cookie_name, visit_of

_VISIT = "dougong.visit"
_STARTED = "dougong.started"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def create_app(runtime: Runtime, configuration: Settings | None = None) -> Flask:
    """The web application over a running installation. Raises where something that security needs is not in place."""
    site = Site(runtime, configuration or settings.read(), Metrics())
    flask_app = Flask("dougong", static_folder=None, template_folder=None)
    flask_app.config.update(
        MAX_CONTENT_LENGTH=limits.request_bytes_max,
        MAX_FORM_MEMORY_SIZE=limits.request_bytes_max,
        MAX_FORM_PARTS=20_000,
        TRUSTED_HOSTS=_trusted_hosts(site.settings),
    )
    assets.scripts("app")
    renderer = Renderer()
    routes: list[Route] = [*shell.ROUTES.found, *pages.routes(), *api.routes()]
    declared: dict[str, Route] = {}
    for number, route in enumerate(routes):
        view = _view(site, renderer, route)
        rule_options = {"methods": [route.method], "provide_automatic_options": False}
        endpoint = f"{route.method} {route.rule} {number}"
        declared[endpoint] = route
        flask_app.add_url_rule(route.rule, endpoint, view, **rule_options)  # type: ignore[arg-type]
    _wire(flask_app, site, renderer, declared)
    return flask_app


def _trusted_hosts(configuration: Settings) -> list[str]:
    """The names under which the server answers: a foreign name in the Host header is a rebinding or poisoning attempt."""
    own = urlsplit(configuration.base_url or "").hostname
    return [*_LOCAL_HOSTS, *([own] if own else []), *configuration.trusted_hosts]


def _view(site: Site, renderer: Renderer, route: Route) -> Callable[..., AnyResponse]:
    def view(**parts: str) -> AnyResponse:
        visit: Visit = flask.request.environ[_VISIT]
        request = visit.request
        # Only what carries files may be large: a form without them is held in memory whole.
        plain = request.mimetype == "application/x-www-form-urlencoded"
        small = plain or visit.actor is None
        request.max_content_length = limits.request_bytes_max if small else route.bytes_max or limits.request_bytes_max
        if visit.by_token and not route.json:
            visit.actor = None
        if route.allow != "everyone" and visit.actor is None:
            kept = resume_page(visit, renderer) if route.keeps_input else None
            if kept is not None:
                return kept
            raise Forbidden("login-needed")
        if route.allow == "administrators" and not access.is_admin(visit.app, visit.person):
            raise Forbidden("administrators-only")
        check_forgery(visit, keeps_input=route.keeps_input)
        _refuse_null_characters(request, parts)
        return route.page(visit, renderer, **parts)

    return view


def _itself(request: flask.Request) -> flask.Request:
    """The request behind Flask's stand-in, which would look it up anew at each of the dozens of times it is asked for something."""
    found: flask.Request = request._get_current_object() if isinstance(request, LocalProxy) else request
    return found


def _refuse_null_characters(request: flask.Request, parts: Mapping[str, str]) -> None:
    """No text of ours holds the character U+0000, and PostgreSQL fails on it wherever it turns up."""
    fields = [request.args, *([request.form] if request.mimetype in _FORMS else [])]
    if any("\0" in text for text in parts.values()) or any(
        "\0" in text for each in fields for pair in each.items(multi=True) for text in pair
    ):
        raise BadRequest("bad-request")


def _wire(flask_app: Flask, site: Site, renderer: Renderer, declared: Mapping[str, Route]) -> None:
    @flask_app.before_request
    def begin() -> None:
        request = _itself(flask.request)
        request.environ[_STARTED] = time.perf_counter()
        request.environ[_VISIT] = visit_of(site, request)
        if request.url_rule is not None and request.endpoint not in declared:
            # Added by some other way than the table of routes, so nobody said who may ask.
            raise NotFound

    @flask_app.errorhandler(Exception)
    def fail(error: Exception) -> AnyResponse:
        return _failure(site, renderer, error)

    @flask_app.after_request
    def finish(response: Response) -> Response:
        _finish(site, response)
        return response


def _failure(site: Site, renderer: Renderer, error: Exception) -> AnyResponse:
    answer = _told(site, renderer, error)
    if isinstance(error, MethodNotAllowed) and answer.status_code == error.code:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return answer


def _told(site: Site, renderer: Renderer, error: Exception) -> AnyResponse:
    request = flask.request
    visit: Visit | None = request.environ.get(_VISIT)
    if isinstance(error, HTTPException) and error.code is not None and 300 <= error.code < 400:
        # Werkzeug's own redirects (a missing slash) would carry the Host header into the answer.
        error = NotFound()
    problem = problems.problem_of(error)
    request_id = visit.request_id if visit else ""
    if problem.status >= 500 and not isinstance(error, DougongError):
        LOGGER.error("request failed", exc_info=error, extra={"request_id": request_id, "path": request.path})
    language = visit.language if visit else _language_in_need(site, request)
    if visit is None or request.path.startswith("/api/") or request.path == "/api":
        return problems.json_answer(problem, language, request_id)
    if visit.within_page:
        return _notice(visit, renderer, problem)
    if problem.code == "login-needed":
        return _to_login(visit)
    if problem.status == 405 and request.method in ("GET", "HEAD"):
        return Response(status=303, headers={"Location": _nearest_page(request)})
    holders = holders_of(visit, error) if isinstance(error, DougongError) else None
    why = why_refused(visit, error)
    response = renderer.page(visit, "error.html", status=problem.status, problem=problem, holders=holders, why=why)
    problems.with_retry(response, problem)
    return response


def _language_in_need(site: Site, request: flask.Request) -> Language:
    """In which language to tell a failure that came before the visit was known: the database may be the one that failed."""
    seen = site.runtime.last_seen
    return negotiate(request.headers.get("Accept-Language"), seen.defaults.language if seen else "en")


def _nearest_page(request: flask.Request) -> str:
    """The page above an address that only takes what forms send: whoever opens it directly, or comes back to it, wants that one."""
    rules = flask.current_app.url_map.bind(request.host)
    path = request.path
    while path and not rules.test(path, "GET"):
        path = path.rpartition("/")[0]
    return quote(path) or "/"


def _notice(visit: Visit, renderer: Renderer, problem: problems.Problem) -> Response:
    """A problem within a page that is open: told on it, while everything on it stays as it is."""
    response = renderer.part(visit, "notice.html", status=problem.status, problem=problem)
    response.headers.update({"Dougong-Notice": "1", "HX-Retarget": "#notice", "HX-Reswap": "innerHTML", "HX-Push-Url": "false"})
    problems.with_retry(response, problem)
    return response


def _to_login(visit: Visit) -> Response:
    wanted = visit.request.full_path.rstrip("?") if visit.request.method == "GET" else came_from(visit)
    target = "/login" + (f"?next={quote(wanted)}" if wanted != "/" else "")
    return Response(status=303, headers={"Location": target})


def _finish(site: Site, response: Response) -> None:
    request = _itself(flask.request)
    visit: Visit | None = request.environ.get(_VISIT)
    secure = site.secure(request)
    headers.guard(response, visit, secure=secure)
    for name, cookie in (visit.set_cookies if visit else {}).items():
        full = name if name in ("dougong-language", "dougong-theme") else cookie_name(site, request, name)
        if cookie is None:
            response.delete_cookie(full, path="/", secure=secure, httponly=True, samesite="Lax")
        else:
            response.set_cookie(full, cookie[0], max_age=cookie[1], path="/", secure=secure, httponly=True, samesite="Lax")
    seconds = time.perf_counter() - request.environ.get(_STARTED, time.perf_counter())
    route = request.url_rule.rule if request.url_rule else "none"
    site.metrics.request(route, request.method, response.status_code, seconds)
    if not LOGGER.isEnabledFor(logging.INFO):
        return
    told = {
        "request_id": visit.request_id if visit else "",
        "method": request.method[:10],
        "path": request.path[:200],
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
        "user": visit.actor.id if visit and visit.actor else None,
    }
    # Made by hand: `LOGGER.info` would walk the stack at every request to learn that it was called from here.
    LOGGER.handle(LOGGER.makeRecord(LOGGER.name, logging.INFO, __file__, 0, "request", (), None, extra=told))
