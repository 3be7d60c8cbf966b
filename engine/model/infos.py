"""Entities as expressions see them: types, labels as other names, and collections of related records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.diagnostics import warning
from engine.i18n import LocalizedText
from engine.language import is_taken
from engine.language import types as t
from engine.language.scope import CollectionInfo, EntityInfo, FieldInfo
from engine.model.drafts import Build, EntityDraft, localized
from engine.model.entities import titles
from engine.model.field_types import SYSTEM_DEPARTMENT, SYSTEM_USER
from engine.model.fields import UNTYPED
from engine.model.kinds.entity import Field
from engine.model.memory import InfoMade

SYSTEM_TYPES: Mapping[str, tuple[t.Type, LocalizedText]] = {
    "id": (t.Text(), LocalizedText("ID", "编号标识")),
    "version": (t.Integer(), LocalizedText("Version", "版本号")),
    "created_at": (t.DateTime(), LocalizedText("Created at", "创建时间")),
    "created_by": (t.Ref(SYSTEM_USER), LocalizedText("Created by", "创建人")),
    "updated_at": (t.DateTime(), LocalizedText("Updated at", "更新时间")),
    "updated_by": (t.Ref(SYSTEM_USER), LocalizedText("Updated by", "更新人")),
    "deleted_at": (t.DateTime(), LocalizedText("Deleted at", "删除时间")),
    "deleted_by": (t.Ref(SYSTEM_USER), LocalizedText("Deleted by", "删除人")),
}
LINE_TYPES: Mapping[str, tuple[t.Type, LocalizedText]] = {"position": (t.Integer(), LocalizedText("Position", "行号"))}

USER_VARIABLES: Mapping[str, t.Type] = {
    "user": t.Ref(SYSTEM_USER),
    "user.department": t.Ref(SYSTEM_DEPARTMENT),
    "user.departments": t.ListOf(t.Ref(SYSTEM_DEPARTMENT)),
    "user.roles": t.ListOf(t.Text()),
    "user.team": t.ListOf(t.Ref(SYSTEM_USER)),
    "today": t.Date(),
    "now": t.DateTime(),
}
"""Names outside records. ``user.departments`` are the user's department, those they lead and all below; ``user.team``
everybody who reports to the user, directly or through others."""


def build_infos(build: Build, virtual: Mapping[str, Iterable[str]], only: Iterable[str] | None = None) -> None:
    """Make (or make anew) the view of all entities, or of some; ``virtual`` are computed fields without a column."""
    collections = _collections(build) if only is None else None
    stages = _stages(build)
    for name in build.entities if only is None else only:
        draft = build.entities[name]
        known = build.infos[name].collections if collections is None else collections.get(name, {})
        build.infos[name] = _remembered(build, draft, known, frozenset(virtual.get(name, ())), stages.get(name))


def _remembered(
    build: Build, draft: EntityDraft, collections: Mapping[str, CollectionInfo], virtual: frozenset[str], stage: tuple[str, str] | None
) -> EntityInfo:
    """The view of an entity: the very same one as before where nothing has changed, so that comparing is quick."""
    fields = tuple(draft.fields.values())
    made = build.memory.infos.get((draft.name, virtual))
    said = (tuple(titles(draft.title)), stage)
    if made is None or not made.serves(fields, draft.nodes, collections) or said != (made.info.labels, made.info.stage):
        made = InfoMade(fields, draft.nodes, collections, replace(_info(draft, collections, virtual), stage=stage))
        build.memory.infos[draft.name, virtual] = made
    return made.info


def _stages(build: Build) -> dict[str, tuple[str, str]]:
    """Of every entity that goes through stages: the field that says which, and the one with the instant since when.

    The latter is the date-time field named like the former with ``_since``, where the entity has one.
    """
    found: dict[str, tuple[str, str]] = {}
    for app in build.apps.values():
        for document in app.documents:
            if document.kind != "flow" or document.node.text_of("kind") != "stages":
                continue
            of, stage = document.node.text_of("of") or "", document.node.text_of("field") or ""
            draft = build.entities.get(f"{app.name}.{of}") or build.entities.get(of)
            since = draft.fields.get(f"{stage}_since") if draft is not None else None
            if draft is not None and stage in draft.fields and since is not None and isinstance(since.type, t.DateTime):
                found[draft.name] = (stage, since.name)
    return found


def _info(draft: EntityDraft, collections: Mapping[str, CollectionInfo], virtual: frozenset[str]) -> EntityInfo:
    taken = set(draft.fields) | set(collections) | set(SYSTEM_TYPES)
    fields: dict[str, FieldInfo] = {}
    for field in draft.fields.values():
        if field.kind not in (UNTYPED, "lines"):
            fields[field.name] = _field_info(draft, field, taken, field.name in virtual)
    system = dict(SYSTEM_TYPES) | (dict(LINE_TYPES) if draft.parent else {})
    for name, (kind, title) in system.items():
        fields[name] = FieldInfo(name, kind, _free(title, taken), column=name, writable=False)
    if draft.parent:
        fields["parent"] = FieldInfo("parent", t.Ref(draft.parent), column="parent")
    named = {name: _labelled(each, taken) for name, each in collections.items()}
    return EntityInfo(draft.name, draft.table, tuple(titles(draft.title)), fields, named)


def _free(title: LocalizedText, taken: set[str]) -> tuple[str, ...]:
    """The labels that mean nothing else yet; the first to claim one has it."""
    labels = tuple(label for label in titles(title) if label and label not in taken)
    taken.update(labels)
    return labels


def _field_info(draft: EntityDraft, field: Field, taken: set[str], virtual: bool) -> FieldInfo:
    options = {label: option.code for option in field.options for label in titles(option.title)}
    compute = draft.nodes[field.name].text_of("compute")
    return FieldInfo(
        field.name,
        field.type,
        _free(field.title, taken),
        options,
        stored=not virtual,
        column="" if virtual else field.name,
        compute=compute if virtual else None,
        shown=tuple((option.code, option.title.text("en"), option.title.text("zh")) for option in field.options),
        writable=compute is None and field.kind != "sequence",
    )


def _labelled(collection: CollectionInfo, taken: set[str]) -> CollectionInfo:
    labels = tuple(label for label in collection.labels if label not in taken)
    taken.update(labels)
    return replace(collection, labels=labels)


def _collections(build: Build) -> dict[str, dict[str, CollectionInfo]]:
    found: dict[str, dict[str, CollectionInfo]] = {}
    for draft in build.entities.values():
        for field in draft.fields.values():
            if field.kind == "lines" and field.lines in build.entities:
                own = found.setdefault(draft.name, {})
                own[field.name] = CollectionInfo(field.name, field.lines or "", "parent", tuple(titles(field.title)), "position")
    for draft in build.entities.values():
        for field in draft.fields.values():
            if field.inverse:
                _add_inverse(build, found, draft, field)
    return found


def _add_inverse(build: Build, found: dict[str, dict[str, CollectionInfo]], draft: EntityDraft, field: Field) -> None:
    said = draft.nodes[field.name].value["inverse"]
    name = field.inverse or ""
    title = said.get("title")
    labels = tuple(titles(localized(title))) if title else tuple(titles(draft.title))
    for target in field.targets:
        owner = build.entities.get(target)
        if owner is None:
            continue
        others = found.setdefault(target, {})
        if name in owner.fields or name in others:
            build.error("inverse-clash", said.span if not said.is_map else said.start, name=name, entity=target)
            continue
        others[name] = CollectionInfo(name, draft.name, field.name, labels)


def check_labels(build: Build) -> None:
    """Warn of fields of one entity that people and expressions could not tell apart by their label."""
    for draft in build.entities.values():
        seen: dict[str, str] = {}
        for field in draft.fields.values():
            for label in titles(field.title):
                at = draft.nodes[field.name].get("title")
                span = (at.start if at.is_map else at.span) if at else field.span
                first = seen.setdefault(label, field.name)
                if first != field.name:
                    build.found.append(warning("same-label", span, label=label, field=field.name, other=first))
                if is_taken(label) and label.lower() != field.name:
                    build.found.append(warning("label-taken", span, label=label, field=field.name))
                    break
