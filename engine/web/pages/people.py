"""Letting people in: what an administrator gives (roles, a link for setting a password), and the page that it opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response

from engine import access, limits
from engine.access import Actor
from engine.errors import Invalid
from engine.records import Query, Record, create, delete, find, get, people
from engine.store import UnitOfWork
from engine.store.identity import hash_password
from engine.web.menu import entity_path
from engine.web.pages.addresses import key_of
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.toasts import leave_toast
from engine.web.visit import Visit
from engine.wording import say_problem

ROUTES = Routes()
_USER, _ASSIGNMENT = "system.user", "system.role_assignment"
_PAGE = "/app/system/user/<key>"


@dataclass(frozen=True, slots=True)
class Held:
    """A role that a person has, and the record that says so."""

    assignment: str
    role: str
    title: str


@dataclass(frozen=True, slots=True)
class PersonAccess:
    """What an administrator sees on a person's page: whether they can log in and why not, their roles and those to choose from."""

    status: str
    words: str
    until: datetime | None
    held: tuple[Held, ...]
    free: tuple[tuple[str, str], ...]
    itself: bool


def access_of(visit: Visit, work: UnitOfWork, record: Record) -> PersonAccess | None:
    """A person's access; None for records that are no people and for visitors who may not decide about it."""
    if record.entity != _USER or not access.is_admin(visit.app, visit.person):
        return None
    state = people.login_state(work, record.id)
    if not record.values["active"]:
        status = "disabled"
    elif not record.values["login"]:
        status = "no_login"
    else:
        status = "ready" if state.has_password else "waiting" if state.setup_until else "no_password"
    assigned = find(work, Query(_ASSIGNMENT, equal={"user": record.id}, limit=limits.page_rows_max)).items
    held = [Held(each.id, str(each.values["role"]), role_title(visit, str(each.values["role"]))) for each in assigned]
    taken = {each.role for each in held}
    free = [(name, visit.label(role.title)) for name, role in visit.app.roles.items() if name not in taken]
    held.sort(key=lambda each: each.title)
    return PersonAccess(status, visit.say(f"people.{status}"), state.setup_until, tuple(held), tuple(free), record.id == visit.person.id)


def role_title(visit: Visit, name: str) -> str:
    """A role as people call it; its bare name where no package declares it any more."""
    role = visit.app.roles.get(name)
    return visit.label(role.title) if role else name


def named_choices(visit: Visit, entity: str, field: str) -> list[tuple[str, str]]:
    """What may be chosen for a text that names something the packages declare: (name, title); nothing for any other text."""
    if (entity, field) != (_ASSIGNMENT, "role"):
        return []
    return [(name, visit.label(role.title)) for name, role in visit.app.roles.items()]


@ROUTES.post(_PAGE + "/setup-link", allow="administrators")
def make_link(visit: Visit, renderer: Renderer, key: str) -> Response:
    """Makes a link with which the person sets a password, and shows it this once; only its hash is kept."""
    with visit.writing() as work:
        record = get(work, _USER, key_of(key))
        code = people.invite(work, record.id)
    return renderer.page(
        visit,
        "person_link.html",
        title=record.display,
        record=record,
        path=entity_path(_USER, record.id),
        link=f"{visit.site.origin(visit.request)}/set-password#{code}",
        hours=limits.setup_link_hours,
    )


@ROUTES.post(_PAGE + "/roles", allow="administrators")
def give_role(visit: Visit, _renderer: Renderer, key: str) -> Response:
    """Gives the person a role."""
    wanted = key_of(key)
    with visit.writing() as work:
        get(work, _USER, wanted)
        create(work, _ASSIGNMENT, {"user": wanted, "role": visit.request.form.get("role", "")})
    leave_toast(visit, "role_given")
    return _back(wanted)


@ROUTES.post(_PAGE + "/roles/remove", allow="administrators")
def take_role(visit: Visit, _renderer: Renderer, key: str) -> Response:
    """Takes a role from the person."""
    wanted = key_of(key)
    with visit.writing() as work:
        held = get(work, _ASSIGNMENT, key_of(visit.request.form.get("assignment", "")))
        if held.values["user"] == wanted:
            delete(work, _ASSIGNMENT, held.id, None)
    leave_toast(visit, "role_taken")
    return _back(wanted)


def _back(key: str) -> Response:
    return Response(status=303, headers={"Location": entity_path(_USER, key)})


def _form(visit: Visit, renderer: Renderer, *, status: int = 200, **more: Any) -> Response:
    values = {"code": "", "problem": "", "at": "", **more}
    return renderer.page(visit, "set_password.html", status=status, password_min=limits.password_chars_min, **values)


def _login_of(visit: Visit, user: str) -> str:
    with visit.runtime.read(Actor.system("account")) as work:
        return str(get(work, _USER, user).values["login"] or "")


@ROUTES.get("/set-password", allow="everyone")
def set_password_page(visit: Visit, renderer: Renderer) -> Response:
    """The page that a set-up link opens. The code stands behind the #, which no browser sends and no log keeps."""
    return _form(visit, renderer)


@ROUTES.post("/set-password", allow="everyone")
def set_password(visit: Visit, renderer: Renderer) -> Response:
    """Sets the password of whoever the code was made for, once, and logs them in."""
    form, identity = visit.request.form, visit.runtime.identity
    code, new = form.get("code", "").strip(), form.get("new", "")
    user = identity.setup_user(visit.runtime.tables, code)
    actor = visit.runtime.actor_of(user) if user else None
    if user is None or actor is None:
        return _form(visit, renderer, status=422, problem=visit.say("setup.unknown"), at="code", code=code[:200])
    if new != form.get("again", ""):
        return _form(visit, renderer, status=422, problem=visit.say("account.differ"), at="again", code=code)
    try:
        hashed = hash_password(new, (_login_of(visit, user), actor.name))
    except Invalid as error:
        return _form(visit, renderer, status=422, problem=say_problem(error.problems[0], visit.language), at="new", code=code)
    with visit.runtime.begin(actor, request_id=visit.request_id) as work:
        done = people.redeem(work, code, hashed)
    if not done:
        return _form(visit, renderer, status=422, problem=visit.say("setup.unknown"), at="code", code=code)
    visit.set_cookies["dougong-session"] = (identity.open_session(user), limits.session_hours_max * 3600)
    visit.set_cookies["dougong-before-login"] = None
    return Response(status=303, headers={"Location": "/"})
