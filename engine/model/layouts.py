"""Forms and views: those that files declare, what overlays add to them, and generated ones where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from engine.diagnostics import warning
from engine.i18n import LocalizedText
from engine.language import types as t
from engine.model.drafts import AppDraft, Build, EntityDraft, Part, localized
from engine.model.expressions import Expressions
from engine.model.freeze import check_field, check_path
from engine.model.infos import SYSTEM_TYPES
from engine.model.kinds.entity import NOT_ALONG, Entity, Field, makes_groups
from engine.model.kinds.form import Form, Section
from engine.model.kinds.view import View
from engine.model.node import NOTHING, Node
from engine.model.syntax import Document

_COLUMNS = 6
_PHONE_FIELDS = 4
_WIDE = ("lines", "long_text", "json", "attachment", "image")
_ADDABLE = (t.Integer, t.Float, t.Decimal, t.Money, t.Duration)
_DATES = ("date", "datetime")
_ALL = LocalizedText("All", "全部")


def build_forms(build: Build, expressions: Expressions, entities: Mapping[str, Entity]) -> dict[str, Form]:
    """One form for every entity, lines included."""
    forms: dict[str, Form] = {}
    for app in build.apps.values():
        for document in app.documents:
            if document.kind == "form":
                _declared_form(build, expressions, app, document, forms)
    for name, entity in entities.items():
        draft = build.entities[name]
        form = forms.get(name) or _generated_form(entity, draft)
        for part in draft.parts[1:]:
            form = _extend_form(build, expressions, draft, part, form)
        forms[name] = form
        if not form.generated:
            _check_reachable(build, entity, form)
    return {name: forms[name] for name in entities}


def _declared_form(build: Build, expressions: Expressions, app: AppDraft, document: Document, forms: dict[str, Form]) -> None:
    node = document.node
    draft = build.find_entity(app.name, document.name_node, children=True)
    if draft is None:
        return
    if draft.name in forms:
        first = forms[draft.name].span
        build.error("declared-twice", document.name_node.span, kind="form", name=document.name, path=first.path, line=first.line + 1)
        return
    sections, seen = [], set[str]()
    for name, _, each in (node.get("sections") or NOTHING).items():
        sections.append(_section(build, expressions, draft, app.name, name, each, seen))
    phone = tuple(each.text for each in (node.get("phone") or NOTHING).each() if check_field(build, draft, each, each.text))
    generated = _generated_sections(draft.fields) if not sections else ()
    span = document.name_node.span
    forms[draft.name] = Form(draft.name, tuple(sections) or generated, phone or _phone(draft), span)


def _section(build: Build, expressions: Expressions, draft: EntityDraft, app: str, name: str, node: Node, seen: set[str]) -> Section:
    listed = node.get("fields") if node.is_map else node
    fields = []
    for each in (listed or NOTHING).each():
        if each.text in seen:
            build.error("field-placed-twice", each.span, field=each.text)
        elif each.text in SYSTEM_TYPES or check_field(build, draft, each, each.text) is not None:
            seen.add(each.text)
            fields.append(each.text)
    title = node.get("title")
    columns = node.get("columns")
    visible = expressions.compile(node.get("visible_if"), draft.name, app, condition=True)
    shown = localized(title) if title else None
    return Section(name, shown, tuple(fields), int(columns.value) if columns else 2, visible)


def _generated_form(entity: Entity, draft: EntityDraft) -> Form:
    own = {name: each for name, each in entity.fields.items() if draft.apps[name] == draft.app}
    return Form(entity.name, _generated_sections(own), _phone(draft), entity.span, generated=True)


def _generated_sections(fields: Mapping[str, Field]) -> tuple[Section, ...]:
    """The plain fields together, and a section for each table of lines."""
    plain = tuple(name for name, each in fields.items() if each.kind != "lines")
    lines = tuple(Section(name, each.title, (name,), columns=1) for name, each in fields.items() if each.kind == "lines")
    return (*((Section("main", None, plain),) if plain else ()), *lines)


def _phone(draft: EntityDraft) -> tuple[str, ...]:
    telling = [name for name, each in draft.fields.items() if each.kind not in _WIDE]
    return tuple(telling[:_PHONE_FIELDS])


def _extend_form(build: Build, expressions: Expressions, draft: EntityDraft, part: Part, form: Form) -> Form:
    """Put an overlay's fields where it says, and those it doesn't place at the end of the first section."""
    said = part.node.get("form") or NOTHING
    sections = list(form.sections)
    seen = {name for section in sections for name in section.fields}
    for name, _, node in (said.get("sections") or NOTHING).items():
        made = _section(build, expressions, draft, part.app, name, node, seen)
        at = next((index for index, each in enumerate(sections) if each.name == name), None)
        if at is None:
            sections.append(made)
        else:
            sections[at] = replace(sections[at], fields=(*sections[at].fields, *made.fields))
    added = [name for name, _, _ in (part.node.get("properties") or NOTHING).items()]
    loose = tuple(name for name in added if name in draft.fields and name not in seen)
    if loose:
        first = sections[0] if sections else Section("main", None, ())
        sections[:1] = [replace(first, fields=(*first.fields, *loose))]
    more = [each.text for each in (said.get("phone") or NOTHING).each() if check_field(build, draft, each, each.text)]
    return replace(form, sections=tuple(sections), phone=tuple(dict.fromkeys((*form.phone, *more))))


def _check_reachable(build: Build, entity: Entity, form: Form) -> None:
    placed = {name for section in form.sections for name in section.fields}
    for field in entity.fields.values():
        given = field.default is not None or field.initial is not None or field.computed or field.read_only
        if field.required and not given and field.name not in placed:
            build.found.append(warning("form-misses-required", form.span, field=field.name, entity=entity.short_name))


def build_views(build: Build, expressions: Expressions, entities: Mapping[str, Entity]) -> dict[str, View]:
    """All views by app.entity.name; of each entity its default first."""
    found: dict[str, list[tuple[bool, View]]] = {name: [] for name, entity in entities.items() if entity.parent is None}
    names: dict[str, View] = {}
    for app in build.apps.values():
        for document in app.documents:
            if document.kind == "view":
                _declared_view(build, expressions, app, document, found, names)
    views: dict[str, View] = {}
    for name, listed in found.items():
        if not listed:
            listed.append((True, _generated_view(entities[name], build.entities[name])))
        for _, view in sorted(listed, key=lambda pair: not pair[0]):
            views[f"{name}.{view.name}"] = view
    for name in found:
        for part in build.entities[name].parts[1:]:
            _extend_views(build, build.entities[name], part, views)
    return views


def _declared_view(
    build: Build,
    expressions: Expressions,
    app: AppDraft,
    document: Document,
    found: dict[str, list[tuple[bool, View]]],
    names: dict[str, View],
) -> None:
    node = document.node
    of = node.get("of")
    draft = build.find_entity(app.name, of) if of is not None and isinstance(of.value, str) else None
    if draft is None or not document.name:
        return
    full = f"{draft.name}.{document.name}"
    if full in names:
        first = names[full].span
        build.error("declared-twice", document.name_node.span, kind="view", name=document.name, path=first.path, line=first.line + 1)
        return
    view = _view(build, expressions, app, document, draft)
    names[full] = view
    default = node.get("default")
    found[draft.name].append((default is not None and default.value is True, view))


def _view(build: Build, expressions: Expressions, app: AppDraft, document: Document, draft: EntityDraft) -> View:
    node = document.node
    kind: Any = node.text_of("kind") or "table"
    by = node.get("by")
    if by is not None:
        lanes = check_path(build, draft, by, by.text)
        if kind == "kanban" and ((lanes is not None and not makes_groups(lanes)) or "." in by.text):
            build.error("lanes-of-no-kind", by.span, field=by.text)
    elif kind == "kanban" and document.ok:
        build.error("kanban-without-by", document.name_node.span, name=document.name)
    dates = {word: _date_field(build, draft, node.get(word)) for word in ("start", "end")}
    if kind in ("calendar", "gantt") and dates["start"] is None and document.ok:
        build.error("view-without-start", document.name_node.span, name=document.name, kind=kind)
    columns = node.get("columns")
    return View(
        name=document.name,
        app=app.name,
        entity=draft.name,
        title=localized(node.get("title"), document.name),
        span=document.name_node.span,
        kind=kind,
        where=expressions.compile(node.get("where"), draft.name, app.name, condition=True, looked_up=True),
        columns=_paths(build, draft, columns) if columns is not None else _default_columns(draft),
        sort=_sort(build, draft, node.get("sort")),
        totals=MappingProxyType(_totals(build, draft, node.get("totals"))),
        by=by.text if by is not None else None,
        start=dates["start"],
        end=dates["end"],
    )


def _paths(build: Build, draft: EntityDraft, node: Node) -> tuple[str, ...]:
    known = []
    for each in node.each():
        before = len(build.found)
        field = check_path(build, draft, each, each.text)
        if len(build.found) > before:
            continue
        if "." in each.text and (field is None or field.kind in NOT_ALONG or len(field.targets) > 1):
            build.error("not-along", each.span, path=each.text)
        elif field is not None and field.kind == "lines":
            build.error("lines-as-column", each.span, field=each.text)
        else:
            known.append(each.text)
    return tuple(known)


def _sort(build: Build, draft: EntityDraft, node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    for each in node.each():
        check_path(build, draft, each, each.text.removeprefix("-"))
    return tuple(each.text for each in node.each())


def _totals(build: Build, draft: EntityDraft, node: Node | None) -> dict[str, Any]:
    totals: dict[str, Any] = {}
    for path, key, each in (node or NOTHING).items():
        field = check_field(build, draft, key, path)
        if field is not None and each.text in ("sum", "avg") and not isinstance(field.type, _ADDABLE):
            build.error("total-not-number", key.span, field=path, total=each.text)
        totals[path] = each.text
    return totals


def _date_field(build: Build, draft: EntityDraft, node: Node | None) -> str | None:
    if node is None:
        return None
    field = check_field(build, draft, node, node.text)
    if field is not None and field.kind not in _DATES:
        build.error("not-a-date", node.span, field=node.text)
    return node.text


def _default_columns(draft: EntityDraft) -> tuple[str, ...]:
    """The first fields of the entity's own app that fit a cell; an overlay says itself where its fields stand."""
    fitting = [name for name, each in draft.fields.items() if each.kind not in _WIDE and draft.apps[name] == draft.app]
    return tuple(fitting[:_COLUMNS]) or ("created_at",)


def _generated_view(entity: Entity, draft: EntityDraft) -> View:
    return View("all", entity.app, entity.name, _ALL, entity.span, columns=_default_columns(draft), generated=True)


def _extend_views(build: Build, draft: EntityDraft, part: Part, views: dict[str, View]) -> None:
    for name, key, node in (part.node.get("views") or NOTHING).items():
        full = f"{draft.name}.{name}"
        view = views.get(full)
        if view is None:
            known = [each.removeprefix(f"{draft.name}.") for each in views if each.startswith(f"{draft.name}.")]
            build.unknown("overlay-misses", key, known, what="view")
            continue
        columns = _paths(build, draft, node.get("columns") or NOTHING)
        totals = _totals(build, draft, node.get("totals"))
        views[full] = replace(
            view, columns=tuple(dict.fromkeys((*view.columns, *columns))), totals=MappingProxyType({**view.totals, **totals})
        )
