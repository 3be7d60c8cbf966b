"""Drafts with all their names resolved become frozen entities: expressions, checks, keys, display and search."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from engine import limits
from engine.model.computed import Computed
from engine.model.drafts import Build, EntityDraft, Part, localized
from engine.model.expressions import Expressions
from engine.model.infos import SYSTEM_TYPES
from engine.model.keys import with_key_lengths
from engine.model.kinds.entity import Check, Entity, Field
from engine.model.node import NOTHING, Node
from engine.model.places import place

_BRACES = re.compile(r"\{([^{}]*)\}")
_CONDITION_WORDS = ("if", "then", "else", "allOf", "dependentRequired")
_PRESENTABLE = ("text", "sequence", "phone", "email")


def freeze_entities(build: Build, expressions: Expressions, computed: Computed) -> dict[str, Entity]:
    """All entities, frozen, in the order in which they were declared."""
    return {name: _freeze(build, expressions, computed, draft) for name, draft in build.entities.items()}


def _freeze(build: Build, expressions: Expressions, computed: Computed, draft: EntityDraft) -> Entity:
    fields = {name: _finish(build, expressions, computed, draft, each) for name, each in draft.fields.items()}
    node = draft.node
    display = _display(build, draft)
    audited = node.get("audited")
    entity = Entity(
        name=draft.name,
        app=draft.app,
        table=draft.table,
        title=draft.title,
        plural=localized(node.get("plural")) if node.get("plural") else draft.title,
        span=draft.span,
        fields=MappingProxyType(fields),
        display=display,
        icon=node.text_of("icon") or "table",
        help=localized(node.get("help")) if node.get("help") else None,
        parent=draft.parent,
        parent_field=draft.parent_field,
        owner_field=_owner(build, draft),
        checks=tuple(check for part in draft.parts for check in _checks(build, expressions, draft, part)),
        unique=MappingProxyType(_unique(build, draft)),
        indexes=_indexes(build, draft),
        search=_search(build, draft, display),
        compute_order=computed.order.get(draft.name, ()),
        audited=audited is None or audited.value is not False,
        uid=_uid(build, draft),
        conditions=MappingProxyType({word: node.value[word].plain() for word in _CONDITION_WORDS if word in node.value}),
    )
    return with_key_lengths(build, draft, entity)


def _uid(build: Build, draft: EntityDraft) -> str:
    """What stays the same across renames; lines go by their owner's and their field's."""
    if draft.parent is not None and draft.parent_field is not None:
        owner = build.entities[draft.parent]
        return f"{_uid(build, owner)}.{owner.fields[draft.parent_field].uid if draft.parent_field in owner.fields else draft.parent_field}"
    return f"{draft.app}.{draft.node.text_of('uid') or draft.short_name}"


def _finish(build: Build, expressions: Expressions, computed: Computed, draft: EntityDraft, field: Field) -> Field:
    node, app = draft.nodes[field.name], draft.apps[field.name]
    key = (draft.name, field.name)
    changes: dict[str, Any] = {}
    if field.currency_field is not None:
        _check_currency(build, draft, field)
    if "compute" in node.value:
        stored = field.name not in computed.virtual.get(draft.name, ())
        changes = {"compute": computed.expressions.get(key), "stored": stored, "column": field.name if stored else "", "read_only": True}
        _check_computed(build, node, field)
    if "initial" in node.value:
        changes["initial"] = expressions.compile(node.value["initial"], draft.name, app, expects=field.type, looked_up=True)
    for word in ("visible_if", "required_if", "readonly_if"):
        if word in node.value:
            changes[word] = expressions.compile(node.value[word], draft.name, app, condition=True)
    if changes.get("stored") is False and (field.unique or field.indexed):
        changes["indexed"] = False
    return replace(field, **changes) if changes else field


def _check_computed(build: Build, node: Node, field: Field) -> None:
    for word in ("initial", "required_if", "readonly_if"):
        if word in node.value:
            build.error("compute-against-keyword", node.key_span(word), keyword=word, field=field.name)


def _check_currency(build: Build, draft: EntityDraft, field: Field) -> None:
    named = draft.fields.get(field.currency_field or "")
    at = draft.nodes[field.name].value["currency"]
    if named is None:
        build.unknown("unknown-field", at, draft.fields, entity=draft.short_name)
    elif named.kind not in ("choice", "text"):
        build.error("currency-not-choice", at.span, field=named.name)


def _owner(build: Build, draft: EntityDraft) -> str:
    said = draft.node.get("owner")
    if said is None:
        own = draft.fields.get("owner")
        return "owner" if own is not None and own.kind == "user" else "created_by"
    field = draft.fields.get(said.text)
    if field is None and said.text != "created_by":
        build.unknown("unknown-field", said, [f.name for f in draft.fields.values() if f.kind == "user"], entity=draft.short_name)
    elif field is not None and field.kind != "user":
        build.error("owner-not-user", said.span, field=said.text)
    return said.text


def _checks(build: Build, expressions: Expressions, draft: EntityDraft, part: Part) -> list[Check]:
    found = []
    for name, key, node in (part.node.get("checks") or NOTHING).items():
        if not node.is_map:
            continue
        at = node.get("field")
        if at is not None:
            check_field(build, draft, at, at.text.split(".")[0])
        that = expressions.compile(node.get("that"), draft.name, part.app, condition=True)
        if that is not None:
            found.append(Check(name, that, localized(node.get("say"), name), at.text if at else "", key.span))
    return found


def check_field(build: Build, draft: EntityDraft, at: Node, name: str) -> Field | None:
    """The field of an entity that a definition names, or an error; system fields are known but have no Field."""
    field = draft.fields.get(name)
    if field is None and name not in SYSTEM_TYPES:
        build.unknown("unknown-field", at, [*draft.fields, *SYSTEM_TYPES], name=name, entity=draft.short_name)
    return field


def check_path(build: Build, draft: EntityDraft, at: Node, path: str) -> Field | None:
    """The field at the end of a path that a definition names; an error where a hop is no reference or unknown."""
    *hops, last = path.split(".")
    here = draft
    for hop in hops:
        field = check_field(build, here, at, hop)
        targets = field.targets if field is not None else ("system.user",) if hop in ("created_by", "updated_by", "deleted_by") else ()
        if field is None and not targets:
            return None
        if len(targets) != 1 or targets[0] not in build.entities:
            if field is None or not field.targets or len(targets) > 1:
                build.error("no-reference", at.span, name=hop, path=path)
            return None
        here = build.entities[targets[0]]
    return check_field(build, here, at, last)


def _unique(build: Build, draft: EntityDraft) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in draft.parts:
        for name, key, node in (part.node.get("unique") or NOTHING).items():
            if name in found:
                build.error("overlay-clash", key.span, name=name, entity=draft.name, app=draft.app)
            found[name] = _columns(build, draft, node)
    return found


def _columns(build: Build, draft: EntityDraft, node: Node) -> tuple[str, ...]:
    """Fields of a key or index: each has to be in a column."""
    for each in node.each():
        field = check_field(build, draft, each, each.text)
        if field is not None and (field.kind in ("lines", "json", "attachment", "image", "multi_choice") or not _has_column(draft, field)):
            build.error("not-indexable", each.span, field=field.name)
    return tuple(each.text for each in node.each())


def _has_column(draft: EntityDraft, field: Field) -> bool:
    return "compute" not in draft.nodes[field.name].value or (draft.nodes[field.name].get("stored") or NOTHING).value is not False


def _indexes(build: Build, draft: EntityDraft) -> tuple[tuple[str, ...], ...]:
    found = [_columns(build, draft, each) for part in draft.parts for each in (part.node.get("indexes") or NOTHING).each()]
    return tuple(dict.fromkeys(found))


def _display(build: Build, draft: EntityDraft) -> str:
    said = draft.node.get("display")
    if said is None:
        return f"{{{_telling(draft.fields)}}}"
    for match in _BRACES.finditer(said.text):
        field = check_path(build, draft, said, match[1])
        at = place(said, build.lines(said.path), match.start(1), match.end(1))
        if field is not None and field.kind == "lines":
            build.error("lines-as-column", at, field=match[1])
        if match[1].count(".") > limits.path_hops_max:
            build.error("path-too-long", at, limit=limits.path_hops_max)
    if not _BRACES.search(said.text):
        build.error("display-without-field", said.span)
    return said.text


def _telling(fields: Mapping[str, Field]) -> str:
    """The field that most likely names a record: a required text, any text, a number, a reference; the id at worst."""
    texts = [f for f in fields.values() if f.kind in _PRESENTABLE]
    ranked = [f for f in texts if f.required and f.kind == "text"] or [f for f in texts if f.kind == "text"] or texts
    ranked = ranked or [f for f in fields.values() if f.kind in ("ref", "user", "choice", "date")]
    return ranked[0].name if ranked else "id"


def _search(build: Build, draft: EntityDraft, display: str) -> tuple[str, ...]:
    said = [each for part in draft.parts for each in (part.node.get("search") or NOTHING).each()]
    for each in said:
        field = check_path(build, draft, each, each.text)
        if field is not None and field.kind not in (*_PRESENTABLE, "long_text", "url"):
            build.error("not-searchable", each.span, field=each.text, kind=field.kind)
    return tuple(dict.fromkeys(each.text for each in said)) or _shown_texts(draft, display)


def _shown_texts(draft: EntityDraft, display: str) -> tuple[str, ...]:
    shown: Iterable[str] = (match[1] for match in _BRACES.finditer(display))
    return tuple(name for name in dict.fromkeys(shown) if name in draft.fields and draft.fields[name].kind in _PRESENTABLE)
