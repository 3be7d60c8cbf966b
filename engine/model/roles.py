"""Roles: which rights each document gives, with entities, fields and conditions resolved."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from engine.model.drafts import AppDraft, Build, EntityDraft, localized
from engine.model.expressions import Expressions
from engine.model.freeze import check_path
from engine.model.kinds.role import VERBS, EntityRights, Grant, Role, Verb
from engine.model.node import NOTHING, Node
from engine.model.syntax import Document


def build_roles(build: Build, expressions: Expressions) -> dict[str, Role]:
    """All roles by full name."""
    roles: dict[str, Role] = {}
    for app in build.apps.values():
        for document in app.documents:
            if document.kind == "role" and document.name:
                _role(build, expressions, app, document, roles)
    return roles


def _role(build: Build, expressions: Expressions, app: AppDraft, document: Document, roles: dict[str, Role]) -> None:
    name = f"{app.name}.{document.name}"
    if name in roles:
        first = roles[name].span
        build.error("declared-twice", document.name_node.span, kind="role", name=document.name, path=first.path, line=first.line + 1)
        return
    node = document.node
    may: dict[str, EntityRights] = {}
    for said, key, each in (node.get("may") or NOTHING).items():
        draft = build.find_entity_named(app.name, said, key)
        if draft is None or not each.is_map:
            continue
        if draft.name in may:
            build.error("declared-twice", key.span, kind="rights", name=said, path=key.path, line=may[draft.name].span.line + 1)
            continue
        may[draft.name] = _rights(build, expressions, app, draft, key, each)
    admin = node.get("admin")
    title = localized(node.get("title"), document.name)
    span = document.name_node.span
    roles[name] = Role(name, app.name, title, span, MappingProxyType(may), admin is not None and admin.value is True)


def _rights(build: Build, expressions: Expressions, app: AppDraft, draft: EntityDraft, key: Node, node: Node) -> EntityRights:
    grants: dict[Verb, Grant] = {}
    for verb in VERBS:
        said = node.get(verb)
        if said is not None:
            grants[verb] = _grant(expressions, app, draft, said)
    fields: dict[str, Any] = {}
    for path, field_key, right in (node.get("fields") or NOTHING).items():
        _check_right(build, draft, field_key, path)
        fields[path] = right.text
    if "read" not in grants and any(verb in grants for verb in ("update", "delete", "export")):
        build.error("write-without-read", key.span, entity=draft.short_name)
    return EntityRights(draft.name, MappingProxyType(grants), key.span, MappingProxyType(fields))


def _check_right(build: Build, draft: EntityDraft, key: Node, path: str) -> None:
    """A right may be on a field, on one of a record's lines (``parts.price``), or along a path of references (``caller.mobile``)."""
    first, _, rest = path.partition(".")
    field = draft.fields.get(first)
    if rest and field is not None and field.lines in build.entities:
        check_path(build, build.entities[field.lines], key, rest)
    else:
        check_path(build, draft, key, path)


def _grant(expressions: Expressions, app: AppDraft, draft: EntityDraft, node: Node) -> Grant:
    said = node.get("scope") if node.is_map else node
    scopes: Any = () if said is None else tuple(each.text for each in said.each())
    where = expressions.compile(node.get("where"), draft.name, app.name, condition=True, looked_up=True)
    return Grant(scopes, where, node.span if not node.is_map else node.start)
