"""From documents to the App: names become references, expressions are typed, every step notes what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.diagnostics import Diagnostic
from engine.model.app import App, OpaqueDocument, PackageInfo
from engine.model.computed import resolve_computed
from engine.model.conventions import build_calendars, build_currencies, conventions_of
from engine.model.datasets import build_data, build_imports
from engine.model.drafts import AppDraft, Build, localized
from engine.model.entities import declare_entities, declare_fields
from engine.model.expressions import ExpressionCache, Expressions
from engine.model.freeze import freeze_entities
from engine.model.indexing import with_indexes
from engine.model.infos import USER_VARIABLES, build_infos, check_labels
from engine.model.layouts import build_forms, build_views
from engine.model.manifests import read_defaults, read_menu, read_settings
from engine.model.memory import Memory
from engine.model.phrases import read_phrases
from engine.model.roles import build_roles
from engine.model.rules import check_rules

_BUILT = ("app", "entity", "overlay", "form", "view", "role", "data", "import", "calendar", "currency")


@dataclass(frozen=True)
class Built:
    """An App (to be used only where nothing found is an error) and everything found."""

    app: App
    found: tuple[Diagnostic, ...]


def build(apps: dict[str, AppDraft], sources: Mapping[str, str], cache: ExpressionCache, memory: Memory, lost: Iterable[str]) -> Built:
    """Build the App of all packages, given in load order; ``lost`` are the names of files that could not be read."""
    work = Build(
        apps, sources, memory=memory, lost={*lost, *(word for app in apps.values() for document in app.documents for word in document.lost)}
    )
    expressions = Expressions(work, cache)
    work.variables.update(USER_VARIABLES)
    defaults = read_defaults(work)
    calendars, currencies = build_calendars(work), build_currencies(work, defaults)
    work.conventions = conventions_of(work, defaults, calendars, currencies)
    declare_entities(work)
    settings = read_settings(work)
    declare_fields(work)
    build_infos(work, {})
    read_phrases(work, expressions)
    check_labels(work)
    computed = resolve_computed(work, expressions)
    entities = freeze_entities(work, expressions, computed)
    views = build_views(work, expressions, entities)
    roles = build_roles(work, expressions)
    rules = check_rules(work, expressions)
    entities = with_indexes(entities, views.values(), roles.values())
    app = App(
        packages=tuple(_package_info(each) for each in apps.values()),
        defaults=defaults,
        entities=MappingProxyType(entities),
        forms=MappingProxyType(build_forms(work, expressions, entities)),
        views=MappingProxyType(views),
        roles=MappingProxyType(roles),
        data=build_data(work, entities),
        imports=MappingProxyType(build_imports(work, entities)),
        menu=read_menu(work, entities, views),
        settings=MappingProxyType(settings),
        infos=MappingProxyType(work.infos),
        content_hash=_content_hash(apps),
        variables=MappingProxyType(work.variables),
        documents=MappingProxyType(_opaque(work)),
        calendars=MappingProxyType(calendars),
        currencies=MappingProxyType(currencies),
        conventions=work.conventions,
        rules=MappingProxyType(rules),
        labels=MappingProxyType(work.labels),
        phrases=MappingProxyType({name: work.phrases_of(name) for name in work.apps}),
    )
    return Built(app, tuple(work.found))


def _package_info(app: AppDraft) -> PackageInfo:
    title = localized(app.node.get("title"), app.name)
    return PackageInfo(app.name, app.node.text_of("version") or "0", title, app.package.content_hash)


def _content_hash(apps: Mapping[str, AppDraft]) -> str:
    digest = hashlib.sha256()
    for app in apps.values():
        digest.update(f"{app.name}\0{app.package.content_hash}\0".encode())
    return digest.hexdigest()


def _opaque(work: Build) -> dict[str, OpaqueDocument]:
    found: dict[str, OpaqueDocument] = {}
    for app in work.apps.values():
        for document in app.documents:
            if document.kind in _BUILT or not document.name:
                continue
            key = f"{app.name}.{document.kind}.{document.name}"
            span = document.name_node.span
            if key in found:
                first = found[key].span
                work.error("declared-twice", span, kind=document.kind, name=document.name, path=first.path, line=first.line + 1)
                continue
            if document.node.get("of") is not None and document.ok:
                work.find_entity(app.name, document.node.value["of"])
            found[key] = OpaqueDocument(app.name, document.kind, document.name, document.node.plain(), span)
    return found
