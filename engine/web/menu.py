"""The menu: what the logged-in person may open, grouped by app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from engine import access
from engine.web.visit import Visit

ORGANISATION = ("system.user", "system.department", "system.team", "system.role_assignment")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu."""

    title: str
    icon: str
    href: str
    entity: str
    view: str | None
    active: bool


@dataclass(frozen=True, slots=True)
class Group:
    """An app with its entries."""

    name: str
    title: str
    entries: tuple[Entry, ...]


def entity_path(entity: str, *more: str) -> str:
    """The address of an entity's list, or of something below it."""
    app, _, name = entity.partition(".")
    return "/".join(["/app", app, name, *more])


def with_query(path: str, values: Mapping[str, str | list[str] | None]) -> str:
    """An address with the parameters that have a value."""
    kept = [(name, each) for name, value in values.items() for each in (value if isinstance(value, list) else [value]) if each]
    return f"{path}?{urlencode(kept)}" if kept else path


def menu_of(visit: Visit) -> tuple[Group, ...]:
    """The groups of the menu, without what the person may not read; for administrators with the organisation below."""
    groups = app_groups(visit)
    return (*groups, _administration(visit)) if visit.actor is not None and access.is_admin(visit.app, visit.actor) else groups


def _administration(visit: Visit) -> Group:
    """Who works here, where they belong and what they may do, unless the app itself has a place for it in its menu."""
    placed = {item.entity for item in visit.app.menu}
    entries = []
    for name in ORGANISATION:
        entity = visit.app.entities[name]
        path = entity_path(name)
        inside = visit.request.path == path or visit.request.path.startswith(path + "/")
        if name not in placed:
            entries.append(Entry(visit.label(entity.plural), entity.icon, path, name, None, inside))
    return Group("administration", visit.say("nav.administration"), tuple(entries))


def app_groups(visit: Visit) -> tuple[Group, ...]:
    """The groups that the apps declare, without what the person may not read."""
    if visit.actor is None:
        return ()
    app = visit.app
    here = visit.request.path
    groups = []
    for package in app.packages:
        entries = []
        for item in app.menu:
            if item.app != package.name or access.rows(app, visit.actor, item.entity, "read").none:
                continue
            path = entity_path(item.entity)
            view = item.view.rpartition(".")[2] if item.view else None
            inside = here == path or here.startswith(path + "/")
            default = app.views_of(item.entity)[0].name.rpartition(".")[2] if app.views_of(item.entity) else None
            chosen = visit.request.args.get("view") or default
            active = inside and (view is None or view == chosen)
            entries.append(Entry(visit.label(item.title), item.icon, with_query(path, {"view": view}), item.entity, item.view, active))
        if entries:
            groups.append(Group(package.name, visit.label(package.title), tuple(entries)))
    return tuple(groups)
