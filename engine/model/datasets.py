"""Data that a package brings along, and import formats: rows and columns matched with an entity's fields."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from engine import limits
from engine.diagnostics import Span
from engine.model.drafts import AppDraft, Build, EntityDraft, localized
from engine.model.freeze import check_field, check_path
from engine.model.kinds.data import DataSet
from engine.model.kinds.entity import Entity
from engine.model.kinds.import_format import ImportColumn, ImportFormat
from engine.model.node import NOTHING, Node
from engine.model.syntax import Document

_DATED = ("date", "time", "datetime")
_REFS = ("ref", "user", "department")


def build_data(build: Build, entities: Mapping[str, Entity]) -> tuple[DataSet, ...]:
    """All data sets, in the order of packages and files."""
    found = []
    names: dict[str, Span] = {}
    for app in build.apps.values():
        for document in app.documents:
            if document.kind == "data" and document.name and _first(build, app, document, names):
                made = _data(build, app, document, entities)
                if made is not None:
                    found.append(made)
    return tuple(found)


def _first(build: Build, app: AppDraft, document: Document, names: dict[str, Span]) -> bool:
    first = names.setdefault(f"{app.name}.{document.name}", document.name_node.span)
    if first != document.name_node.span:
        span = document.name_node.span
        build.error("declared-twice", span, kind=document.kind, name=document.name, path=first.path, line=first.line + 1)
        return False
    return True


def _target(build: Build, app: AppDraft, node: Node) -> EntityDraft | None:
    of = node.get("of")
    return build.find_entity(app.name, of) if of is not None and isinstance(of.value, str) else None


def _data(build: Build, app: AppDraft, document: Document, entities: Mapping[str, Entity]) -> DataSet | None:
    node = document.node
    draft = _target(build, app, node)
    if draft is None:
        return None
    key = _key(build, draft, node.get("key"))
    if not key:
        key = _natural_key(entities[draft.name])
        if not key and document.ok:
            build.error("data-without-key", document.name_node.span, name=document.name)
    file, listed = node.get("file"), node.get("rows")
    if document.ok and (file is None) == (listed is None):
        build.error("data-without-rows", document.name_node.span, name=document.name)
        return None
    rows = _csv_rows(build, app, draft, document, file) if file is not None else _rows(build, draft, listed or NOTHING)
    missing = [name for name in key if any(row.get(name) in (None, "") for row in rows)]
    if missing:
        build.error("data-key-blank", (listed.start if listed else document.name_node.span), key=missing)
    demo = node.get("demo")
    is_demo = demo is not None and demo.value is True
    return DataSet(f"{app.name}.{document.name}", app.name, draft.name, key, tuple(rows), is_demo, document.name_node.span)


def _key(build: Build, draft: EntityDraft, node: Node | None) -> tuple[str, ...]:
    for each in (node or NOTHING).each():
        check_field(build, draft, each, each.text)
    return tuple(each.text for each in (node or NOTHING).each())


def _natural_key(entity: Entity) -> tuple[str, ...]:
    """The one field, or the first set of fields, that no two records share."""
    single = [name for name, each in entity.fields.items() if each.unique]
    return (single[0],) if single else next(iter(entity.unique.values()), ())


def _rows(build: Build, draft: EntityDraft, listed: Node) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    for node in listed.each() if not listed.is_map else []:
        row = {}
        for name, key, value in node.items():
            field = check_field(build, draft, key, name)
            if field is not None and _writable(build, draft, key, name):
                row[name] = _lexical(value)
        rows.append(MappingProxyType(row))
    return rows


def _writable(build: Build, draft: EntityDraft, key: Node, name: str) -> bool:
    if "compute" in draft.nodes[name].value:
        build.error("data-for-computed", key.span, field=name)
        return False
    return True


def _lexical(node: Node) -> Any:
    """A value as written: text, a list, or a map for child lines; blank is None."""
    if node.is_map:
        return {key: _lexical(each) for key, _, each in node.items()}
    if node.is_list:
        return [_lexical(each) for each in node.value]
    return None if node.value is None else node.text


def _csv_rows(build: Build, app: AppDraft, draft: EntityDraft, document: Document, file: Node) -> list[Mapping[str, Any]]:
    inside = document.path.removeprefix(f"{app.package.label}/")
    path = (PurePosixPath(inside).parent / file.text).as_posix()
    content = app.package.files.get(path)
    if content is None:
        build.unknown("file-not-found", file, [PurePosixPath(each).name for each in app.package.files if each.endswith(".csv")])
        return []
    try:
        table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as problem:
        build.error("csv-unreadable", file.span, file=file.text, problem=str(problem)[:100])
        return []
    header = table[0] if table else []
    if len(header) > limits.import_columns_max:
        build.error("csv-unreadable", file.span, file=file.text, problem=f"{len(header)} columns")
        return []
    for index, name in enumerate(header):
        at = Node(app.package.place(path), name, (0, 0, 0, len(",".join(header))), name)
        field = check_field(build, draft, at, name)
        if field is not None:
            _writable(build, draft, at, name)
        if name in header[:index]:
            build.error("listed-twice", at.span, value=name[:60])
    wide = next((number for number, row in enumerate(table, 1) if row and len(row) != len(header)), None)
    if wide is not None:
        span = Span(app.package.place(path), wide - 1, 0, wide - 1, 1)
        build.error("csv-ragged", span, row=wide, columns=len(header), found=len(table[wide - 1]))
    return [MappingProxyType({name: value or None for name, value in zip(header, row, strict=False)}) for row in table[1:] if row]


def build_imports(build: Build, entities: Mapping[str, Entity]) -> dict[str, ImportFormat]:
    """All import formats by full name."""
    found: dict[str, ImportFormat] = {}
    names: dict[str, Span] = {}
    for app in build.apps.values():
        for document in app.documents:
            if document.kind == "import" and document.name and _first(build, app, document, names):
                made = _import(build, app, document, entities)
                if made is not None:
                    found[made.name] = made
    return found


def _import(build: Build, app: AppDraft, document: Document, entities: Mapping[str, Entity]) -> ImportFormat | None:
    node, span = document.node, document.name_node.span
    name = f"{app.name}.{document.name}"
    title = localized(node.get("title"), document.name)
    listed = node.get("steps")
    if listed is None:
        return _pass(build, app, node, entities, ImportFormat(name, app.name, "", title, span, (), ()))
    for word in ("of", "key", "columns", "constants", "mode"):
        if word in node.value:
            build.error("import-steps-and-columns", node.key_span(word), keyword=word)
    steps = []
    for step_name, key, each in listed.items():
        step_title = localized(each.get("title"), step_name)
        made = _pass(build, app, each, entities, ImportFormat(f"{name}.{step_name}", app.name, "", step_title, key.span, (), ()))
        if made is not None:
            steps.append(made)
    if not steps:
        return None
    return ImportFormat(name, app.name, steps[-1].entity, title, span, (), (), steps=tuple(steps))


def _pass(build: Build, app: AppDraft, node: Node, entities: Mapping[str, Entity], frame: ImportFormat) -> ImportFormat | None:
    """One pass over the file: ``frame`` with its entity, key and columns filled in."""
    draft = _target(build, app, node)
    if draft is None:
        return None
    columns = [
        _column(build, draft, header, key, each, entities)
        for header, key, each in (node.get("columns") or NOTHING).items()
        if not each.is_map or each.get("field")
    ]
    constants = {}
    for name, name_node, each in (node.get("constants") or NOTHING).items():
        if each.is_map:
            columns.append(_column(build, draft, "", name_node, each, entities, constant=name))
        else:
            check_field(build, draft, name_node, name)
            constants[name] = each.text
    fields = [column.field for column in columns] + list(constants)
    for name in sorted({each for each in fields if fields.count(each) > 1}):
        build.error("import-field-twice", node.key_span("columns" if "columns" in node.value else "constants"), field=name)
    key = _key(build, draft, node.get("key"))
    for each in (node.get("key") or NOTHING).each():
        if each.text not in fields:
            build.error("import-key-not-mapped", each.span, field=each.text)
    mode: Any = node.text_of("mode") or "live"
    return replace(frame, entity=draft.name, key=key, columns=tuple(columns), constants=MappingProxyType(constants), mode=mode)


def _column(
    build: Build, draft: EntityDraft, header: str, key: Node, node: Node, entities: Mapping[str, Entity], *, constant: str = ""
) -> ImportColumn:
    """What a column fills; with ``constant``, what the field of that name gets from a text instead of a column."""
    at = key if constant else (node.get("field") if node.is_map else None) or node
    name = constant or at.text
    field = check_path(build, draft, at, name)
    said = node.get("match")
    match = said.text if said else None
    if field is not None and field.kind in _REFS and len(field.targets) == 1 and field.targets[0] in build.entities:
        target = build.entities[field.targets[0]]
        if said is not None:
            check_field(build, target, said, said.text)
        else:
            match = next(iter(_natural_key(entities[target.name])), None)
    elif said is not None and field is not None and field.kind not in _REFS:
        build.error("match-without-reference", said.span, field=name)
    form = node.get("format")
    if form is not None and field is not None and field.kind not in _DATED:
        build.error("format-without-date", form.span, field=name)
    if "compute" in (draft.nodes.get(name) or NOTHING).value:
        build.error("data-for-computed", at.span, field=name)
    alias = {word: each.text for word, _, each in (node.get("alias") or NOTHING).items()}
    template = node.text_of("text") if constant else None
    return ImportColumn(header, name, form.text if form else None, match, MappingProxyType(alias), template)
