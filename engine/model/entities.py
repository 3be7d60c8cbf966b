"""Entities from their documents and overlays: names, fields and child lines, before any expression is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.diagnostics import Span, error
from engine.i18n import LocalizedText
from engine.model.drafts import AppDraft, Build, EntityDraft, Part, localized
from engine.model.fields import Place, build_field
from engine.model.memory import FieldsMade
from engine.model.node import NOTHING, Node
from engine.model.syntax import Document

_IDENTIFIER_BYTES_MAX = 63
"""PostgreSQL cuts longer names off."""

_ADDS = ("properties", "required", "checks", "unique", "indexes", "search", "form", "views")
_LINE_COLUMNS = ("parent", "position")


def declare_entities(build: Build) -> None:
    """Make a draft for every entity and its child lines, so that references can be resolved in any order."""
    tables: dict[str, str] = {}
    for app in build.apps.values():
        for document in app.documents:
            if document.kind == "entity" and document.name:
                _declare(build, app, document, tables)
    for app in build.apps.values():
        for document in app.documents:
            if document.kind == "overlay":
                _attach(build, app, document)
    for draft in list(build.entities.values()):
        for part in draft.parts:
            _declare_lines(build, draft, part, tables)


def _declare(build: Build, app: AppDraft, document: Document, tables: dict[str, str]) -> None:
    name = f"{app.name}.{document.name}"
    if name in build.entities:
        first = build.entities[name].span
        build.error("declared-twice", document.name_node.span, kind="entity", name=document.name, path=first.path, line=first.line + 1)
        return
    node = document.node
    table = f"{app.name}_{document.name}"
    draft = EntityDraft(name, app.name, table, localized(node.get("title"), document.name), node, document.name_node.span)
    draft.parts.append(Part(app.name, node))
    build.entities[name] = draft
    _check_table(build, draft, document.name_node.span, tables)


def _check_table(build: Build, draft: EntityDraft, span: Span, tables: dict[str, str]) -> None:
    if len(draft.table) > _IDENTIFIER_BYTES_MAX:
        build.error("table-name-too-long", span, table=draft.table, chars=len(draft.table), most=_IDENTIFIER_BYTES_MAX)
    other = tables.setdefault(draft.table, draft.name)
    if other != draft.name:
        build.error("table-name-taken", span, table=draft.table, other=other)


def _attach(build: Build, app: AppDraft, document: Document) -> None:
    """Hang an overlay on the entity that it extends."""
    if not document.name:
        return
    node = document.node
    target = _overlay_target(build, app, document)
    if target is None:
        return
    if document.ok and not any(key in node.value for key in _ADDS):
        build.error("overlay-without-effect", document.name_node.span, name=document.name)
    target.parts.append(Part(app.name, node))


def _overlay_target(build: Build, app: AppDraft, document: Document) -> EntityDraft | None:
    full = document.name if document.name.startswith(f"{app.name}.") else f"{app.name}.{document.name}"
    own = build.entities.get(full)
    if own is not None:
        build.error("overlay-of-own", document.name_node.span, name=document.name)
        return None
    before = len(build.found)
    target = build.find_entity(app.name, document.name_node)
    if target is None and len(build.found) > before and build.found[-1].code == "unknown-entity":
        missed = build.found.pop()
        build.found.append(error("overlay-misses", missed.span, fix=missed.fix, what="entity", **missed.params))
    return target


def _declare_lines(build: Build, owner: EntityDraft, part: Part, tables: dict[str, str]) -> None:
    for name, key, node in (part.node.get("properties") or NOTHING).items():
        items = node.get("items")
        if node.text_of("kind") != "lines" or items is None or items.get("properties") is None:
            continue
        full = f"{owner.name}.{name}"
        if full in build.entities:
            continue
        title = localized(items.get("title") or node.get("title"), name)
        child = EntityDraft(full, owner.app, f"{owner.table}__{name}", title, items, key.span, parent=owner.name, parent_field=name)
        child.parts.append(Part(part.app, items))
        build.entities[full] = child
        _check_table(build, child, key.span, tables)


def declare_fields(build: Build) -> None:
    """Give every entity its fields, in the order of its file, then those of overlays in the order of packages."""
    around = [(app.name, sorted(app.reach), app.currency, app.time_zone) for app in build.apps.values()]
    build.memory.look_around((around, [(draft.name, draft.parent) for draft in build.entities.values()]))
    for draft in build.entities.values():
        _take_fields(build, draft)
    for draft in build.entities.values():
        _check_uids(build, {field.name: (field.uid, draft.nodes[field.name]) for field in draft.fields.values()})
        for part in draft.parts:
            _check_required(build, draft, part)
    for app in build.apps:
        own = {
            d.short_name: (d.node.text_of("uid") or d.short_name, d.node) for d in build.entities.values() if d.app == app and not d.parent
        }
        _check_uids(build, own)


def _take_fields(build: Build, draft: EntityDraft) -> None:
    """The fields of an entity: from an earlier compilation where nothing has changed, else made now."""
    parts = tuple((part.app, part.node) for part in draft.parts)
    made = build.memory.fields.get(draft.name)
    if made is None or not made.serves(parts):
        found, lost = build.found, build.lost
        build.found, build.lost = [], set(lost)
        for part in draft.parts:
            _declare_fields(build, draft, part)
        fresh = frozenset(build.lost - lost)
        made = FieldsMade(parts, dict(draft.fields), dict(draft.nodes), dict(draft.apps), tuple(build.found), fresh)
        build.found, build.lost = found, lost
        if not lost:
            build.memory.fields[draft.name] = made
    else:
        draft.fields, draft.nodes, draft.apps = dict(made.fields), dict(made.nodes), dict(made.apps)
    build.found += made.found
    build.lost |= made.lost


def _declare_fields(build: Build, draft: EntityDraft, part: Part) -> None:
    required = {each.text for each in (part.node.get("required") or NOTHING).each()}
    properties = part.node.get("properties")
    if properties is None:
        return
    for name, key, node in properties.items():
        if name in draft.fields:
            build.error("overlay-clash", key.span, name=name, entity=draft.name, app=draft.apps[name])
            continue
        if draft.parent is not None and node.text_of("kind") == "lines":
            build.error("lines-in-lines", key.span, field=name)
            continue
        if draft.parent is not None and node.text_of("kind") == "sequence":
            build.error("sequence-in-lines", key.span, field=name)
            continue
        if draft.parent is not None and name in _LINE_COLUMNS:
            build.error("reserved-name", key.span, name=name)
            continue
        if not node.is_map:
            continue
        found = build_field(build, Place(draft, part.app, key, node, name in required))
        if found is not None:
            draft.fields[name] = found
            draft.nodes[name] = node
            draft.apps[name] = part.app
        else:
            build.lost.add(name)


def _check_uids(build: Build, declared: Mapping[str, tuple[str, Node]]) -> None:
    """An identity belongs to one field or entity: not to two, and not to another's name."""
    seen: dict[str, str] = {}
    for name, (uid, _) in sorted(declared.items(), key=lambda each: "uid" in each[1][1].value):
        first = seen.setdefault(uid, name)
        if first != name:
            build.error("uid-twice", declared[name][1].value["uid"].span, uid=uid, other=first)


def _check_required(build: Build, draft: EntityDraft, part: Part) -> None:
    for each in (part.node.get("required") or NOTHING).each():
        node = draft.nodes.get(each.text)
        properties = part.node.get("properties")
        if node is None:
            if properties is None or each.text not in properties.value:
                build.unknown("unknown-field", each, draft.fields, entity=draft.short_name)
        elif "compute" in node.value or draft.fields[each.text].kind == "sequence":
            build.error("required-but-computed", each.span, field=each.text)


def titles(text: LocalizedText) -> Iterator[str]:
    """A label in every language, each once."""
    yield text.en
    if text.zh != text.en:
        yield text.zh
