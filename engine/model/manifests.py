"""What app.yaml files say for the installation as a whole: defaults, settings and the menu."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from engine.i18n import LocalizedText
from engine.language.types import Type
from engine.model.app import Defaults, MenuItem, Setting
from engine.model.drafts import SYSTEM, AppDraft, Build, EntityDraft
from engine.model.entities import titles
from engine.model.fields import UNTYPED, Place, build_field
from engine.model.kinds.entity import Entity
from engine.model.kinds.view import View
from engine.model.node import NOTHING, Node

_NO_SETTING = ("ref", "user", "department", "lines", "sequence", "attachment", "image", "json", UNTYPED)
_DASHBOARD = "dashboard"


@cache
def _time_zones() -> frozenset[str]:
    """The zones that this machine knows; listing them reads hundreds of files."""
    return frozenset(available_timezones())


def read_defaults(build: Build) -> Defaults:
    """The defaults of the installation: those of the last package in load order that says any."""
    values: dict[str, Any] = {}
    for app in build.apps.values():
        said = app.node.get("defaults") or NOTHING
        zone = said.get("time_zone")
        if zone is not None:
            if zone.text in _time_zones():
                app.time_zone = zone.text
            else:
                build.unknown("unknown-time-zone", zone, _time_zones())
        app.currency = said.text_of("currency") or app.currency
        for word in ("language", "currency"):
            if said.get(word) is not None:
                values[word] = said.text_of(word)
        if zone is not None and zone.text in _time_zones():
            values["time_zone"] = zone.text
        month = said.get("fiscal_month")
        if month is not None and isinstance(month.value, int):
            values["fiscal_month"] = month.value
    defaults = Defaults(**values)
    for app in build.apps.values():
        quiet = app.node.get("defaults") or NOTHING
        app.time_zone = defaults.time_zone
        app.currency = quiet.text_of("currency") or defaults.currency
    return defaults


def read_settings(build: Build) -> dict[str, Setting]:
    """All settings by app.name; their types become the variables ``settings.name``."""
    found: dict[str, Setting] = {}
    for app in build.apps.values():
        for name, key, node in (app.node.get("settings") or NOTHING).items():
            if not node.is_map:
                continue
            made = _setting(build, app, name, key, node)
            if made is None:
                continue
            variable = f"settings.{name}"
            if variable in build.variables:
                build.error("setting-twice", key.span, name=name)
            build.variables[variable] = made.type
            for label in titles(made.title):
                build.labels.setdefault(label, variable)
            found[f"{app.name}.{name}"] = made
    return found


def _setting(build: Build, app: AppDraft, name: str, key: Node, node: Node) -> Setting | None:
    nowhere = EntityDraft(f"{app.name}.settings", app.name, "", LocalizedText.same(""), app.node, key.span)
    field = build_field(build, Place(nowhere, app.name, key, node, False))
    if field is None:
        return None
    if field.kind in _NO_SETTING:
        build.error("setting-kind", key.span, name=name, kind=field.kind or "compute")
        return None
    setting_type: Type = field.type
    return Setting(name, app.name, setting_type, field.title, field.default)


def read_menu(build: Build, entities: Mapping[str, Entity], views: Mapping[str, View]) -> tuple[MenuItem, ...]:
    """The menu, app by app; an app without one shows its entities."""
    items: list[MenuItem] = []
    for app in build.apps.values():
        said = app.node.get("menu")
        if said is None:
            items += _entities_of(app, entities)
            continue
        for node in said.each():
            item = _item(build, app, node, entities, views)
            if item is not None:
                items.append(item)
    return tuple(items)


def _entities_of(app: AppDraft, entities: Mapping[str, Entity]) -> list[MenuItem]:
    if app.name == SYSTEM:
        return []
    own = [each for each in entities.values() if each.app == app.name and each.parent is None]
    return [MenuItem(app.name, each.name, None, each.title, each.icon) for each in own]


def _item(build: Build, app: AppDraft, node: Node, entities: Mapping[str, Entity], views: Mapping[str, View]) -> MenuItem | None:
    """An entity, entity.view, app.entity or app.entity.view; dashboards are carried by their own engine."""
    parts = node.text.split(".")
    if parts[0] == _DASHBOARD and len(parts) == 2:
        names = [each.name for each in app.documents if each.kind == _DASHBOARD]
        if parts[1] not in names:
            build.unknown("unknown-menu-item", node, [f"{_DASHBOARD}.{name}" for name in names])
        return None
    for full in (f"{app.name}.{node.text}", node.text):
        entity = entities.get(full)
        if entity is not None and entity.parent is None:
            return MenuItem(app.name, entity.name, None, entity.plural, entity.icon)
        view = views.get(full)
        if view is not None:
            return MenuItem(app.name, view.entity, view.name, view.title, entities[view.entity].icon)
    own = f"{app.name}."
    known = [each.removeprefix(own) for each in (*entities, *views) if each.startswith(own) or each.split(".")[0] in app.reach]
    build.unknown("unknown-menu-item", node, known)
    return None
