"""The visitor's own account: roles, password, API tokens."""

from __future__ import annotations

from typing import Any

from flask import Response

from engine import limits
from engine.access import Actor
from engine.errors import Invalid
from engine.records import get, people
from engine.store import TooManyAttempts
from engine.store.identity import hash_password
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.show import instant
from engine.web.toasts import leave_toast
from engine.web.visit import Visit, read_cookie
from engine.wording import say_problem

ROUTES = Routes()
_SHOWN_ONCE = "dougong-new-token"
_SECRET_CHARS_MAX = 200


def _page(visit: Visit, renderer: Renderer, *, status: int = 200, **more: Any) -> Response:
    person = visit.person
    roles = [visit.label(visit.app.roles[name].title) for name in sorted(person.roles) if name in visit.app.roles]
    values = {"problem": "", "at": "", "secret": "", **more}
    return renderer.page(
        visit,
        "account.html",
        status=status,
        title=visit.say("account.title"),
        name=person.name,
        roles=roles,
        tokens=visit.runtime.identity.tokens(person.id or ""),
        when=lambda at: instant(visit, at),
        password_min=limits.password_chars_min,
        **values,
    )


@ROUTES.get("/account", allow="people")
def account(visit: Visit, renderer: Renderer) -> Response:
    """Who one is here, and with which tokens programs act in one's name."""
    secret = read_cookie(visit, _SHOWN_ONCE)
    if not secret:
        return _page(visit, renderer)
    visit.set_cookies[_SHOWN_ONCE] = None
    return _page(visit, renderer, secret=secret[:_SECRET_CHARS_MAX])


@ROUTES.post("/account/password", allow="people")
def change_password(visit: Visit, renderer: Renderer) -> Response:
    """Sets a new password after the current one was given; every other session ends."""
    form = visit.request.form
    identity, person = visit.runtime.identity, visit.person
    new = form.get("new", "")
    try:
        known = identity.verify(visit.runtime.tables, _login_of(visit), form.get("current", ""), visit.request.remote_addr or "")
    except TooManyAttempts as error:
        return _page(visit, renderer, status=429, problem=visit.say("login.slowed", seconds=error.retry_after_s), at="current")
    if known != person.id:
        return _page(visit, renderer, status=422, problem=visit.say("account.wrong"), at="current")
    if new != form.get("again", ""):
        return _page(visit, renderer, status=422, problem=visit.say("account.differ"), at="again")
    try:
        hashed = hash_password(new, (_login_of(visit), person.name))
    except Invalid as error:
        return _page(visit, renderer, status=422, problem=say_problem(error.problems[0], visit.language), at="new")
    with visit.writing() as work:
        people.set_own_password(work, hashed)
    visit.set_cookies["dougong-session"] = (identity.open_session(known or ""), limits.session_hours_max * 3600)
    leave_toast(visit, "password")
    return Response(status=303, headers={"Location": "/account"})


def _login_of(visit: Visit) -> str:
    """The person's login name; the account page is theirs even where their role may not read the list of users."""
    with visit.runtime.read(Actor.system("account")) as work:
        return str(get(work, "system.user", visit.person.id or "").values["login"])


@ROUTES.post("/account/tokens", allow="people")
def create_token(visit: Visit, _renderer: Renderer) -> Response:
    """Makes a token, to be shown once on the page that follows; only its hash is kept."""
    form = visit.request.form
    name = form.get("name", "").strip()[:100] or "API"
    scopes = ("read", "write") if form.get("scope") == "write" else ("read",)
    secret = visit.runtime.identity.issue_token(visit.person.id or "", name, scopes)
    # The page that follows can be read again without making another one; the cookie takes the secret there and ends.
    visit.set_cookies[_SHOWN_ONCE] = (secret, 60)
    return Response(status=303, headers={"Location": "/account#tokens"})


@ROUTES.post("/account/tokens/revoke", allow="people")
def revoke_token(visit: Visit, _renderer: Renderer) -> Response:
    """Ends a token of one's own."""
    visit.runtime.identity.revoke_token(visit.person.id or "", visit.request.form.get("id", ""))
    leave_toast(visit, "token_revoked")
    return Response(status=303, headers={"Location": "/account"})
