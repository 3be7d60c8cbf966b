"""Which column fills which field: as a package declared it, as a person chose it, or as the headers suggest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.diagnostics.source import Span
from engine.errors import BadRequest, NotFound
from engine.i18n import LocalizedText
from engine.model.app import App
from engine.model.kinds.entity import Entity, Field
from engine.model.kinds.import_format import ImportColumn, ImportFormat
from engine.records.plan import display_fields
from engine.records.uniqueness import unique_keys

_NOT_WORD = re.compile(r"[\W_]+")
_DATED = ("date", "time", "datetime")
_KEPT = ("header", "field", "format", "match", "template")
_NOT_IMPORTED = ("lines", "attachment", "image")

DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y年%m月%d日", "%Y%m%d", "%m/%d/%y")
"""Ways to write a date that a suggestion tries, in order."""


def importable(entity: Entity) -> list[Field]:
    """The fields that a column can fill."""
    return [field for field in entity.fields.values() if _is_importable(field)]


def _is_importable(field: Field) -> bool:
    given = not field.computed and not field.read_only and field.sequence is None
    return given and field.kind not in _NOT_IMPORTED and len(field.targets) < 2


def natural_match(entity: Entity) -> str:
    """The field by which a definition names a record: its one unique field, else the only field of its display; "" for none."""
    single = [fields[0] for fields in unique_keys(entity) if len(fields) == 1]
    return single[0] if single else _shown(entity)


def spoken_match(entity: Entity) -> str:
    """The field by which people name a record in their files: the only field of its display, else its one unique field."""
    return _shown(entity) or natural_match(entity)


def _shown(entity: Entity) -> str:
    shown = display_fields(entity)
    return shown[0] if len(shown) == 1 and shown[0] in entity.fields and entity.fields[shown[0]].column else ""


def natural_key(entity: Entity) -> tuple[str, ...]:
    """The first list of fields that no two records share."""
    return next(iter(unique_keys(entity)), ())


def _folded(text: str) -> str:
    return _NOT_WORD.sub("", text.casefold())


def _names_of(entity: Entity, field: Field) -> set[str]:
    names = {_folded(field.name), _folded(field.title.en), _folded(field.title.zh)}
    if field.name in (natural_match(entity), spoken_match(entity)):
        names |= {_folded(entity.short_name), _folded(entity.title.en), _folded(entity.title.zh)}
    return names - {""}


def suggest_mapping(app: App, entity: str, headers: Sequence[str], samples: Iterable[Sequence[Any]] = ()) -> ImportFormat:
    """A mapping guessed from the headers (field names and titles of either language) and, for dates, from sample rows.

    Columns that name no field are left out; the key is the first unique key all of whose fields have a column.
    """
    definition = _entity(app, entity)
    known: dict[str, Field] = {}
    for field in importable(definition):
        for name in _names_of(definition, field):
            known.setdefault(name, field)
    rows = list(samples)[:50]
    columns: list[ImportColumn] = []
    taken: set[str] = set()
    for index, header in enumerate(headers):
        found = known.get(_folded(header))
        if found is None or found.name in taken or headers.index(header) != index:
            continue
        taken.add(found.name)
        values = [row[index] for row in rows if index < len(row) and isinstance(row[index], str) and row[index].strip()]
        columns.append(_column(app, found, header, {"format": _date_format(values) if found.kind in _DATED else None}))
    key = next((fields for fields in unique_keys(definition) if set(fields) <= taken), ())
    return _format(definition, columns, key=key)


def _date_format(values: Sequence[str]) -> str | None:
    for form in DATE_FORMATS if values else ():
        if all(_reads(form, value) for value in values):
            return form
    return None


def _reads(form: str, value: str) -> bool:
    try:
        datetime.strptime(value.strip(), form).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def chosen_mapping(
    app: App,
    entity: str,
    columns: Mapping[str, str | Mapping[str, Any]],
    *,
    key: Sequence[str] = (),
    constants: Mapping[str, str] | None = None,
    history: bool = False,
) -> ImportFormat:
    """A mapping that a person made: header to field, or to {field, format, match, alias}. Raises BadRequest, NotFound."""
    definition = _entity(app, entity)
    fields = {field.name: field for field in importable(definition)}
    made = []
    for header, said in columns.items():
        more = {"field": said} if isinstance(said, str) else dict(said)
        name = str(more.get("field", ""))
        if name == "created_at" and history:
            made.append(ImportColumn(header, name, more.get("format")))
            continue
        if name not in fields:
            raise BadRequest("column-without-field", header=header[:60], field=name[:60])
        made.append(_column(app, fields[name], header, more))
    for name in constants or {}:
        if name not in fields:
            raise BadRequest("column-without-field", header="", field=name[:60])
    return _format(definition, made, key=tuple(key), constants=constants, history=history)


def _column(app: App, field: Field, header: str, said: Mapping[str, Any]) -> ImportColumn:
    match = said.get("match")
    if field.targets and match is None:
        match = spoken_match(app.entities[field.targets[0]]) or None
    return ImportColumn(header, field.name, said.get("format") or None, match, dict(said.get("alias") or {}))


def _format(
    entity: Entity,
    columns: Sequence[ImportColumn],
    *,
    key: tuple[str, ...] = (),
    constants: Mapping[str, str] | None = None,
    history: bool = False,
    name: str = "",
) -> ImportFormat:
    return ImportFormat(
        name=name,
        app=entity.app,
        entity=entity.name,
        title=LocalizedText(entity.title.en, entity.title.zh),
        span=Span.whole(""),
        key=key,
        columns=tuple(columns),
        constants=dict(constants or {}),
        mode="history" if history else "live",
    )


def _entity(app: App, name: str) -> Entity:
    found = app.entities.get(name)
    if found is None or found.parent is not None:
        raise NotFound("unknown-entity", entity=name[:60])
    return found


def steps_of(format: ImportFormat) -> tuple[ImportFormat, ...]:
    """The passes over the file that a format asks for: its steps, or itself."""
    return format.steps or (format,)


def mapping_to_json(format: ImportFormat) -> dict[str, Any]:
    """A mapping as data, as it is kept with an import; equal mappings give equal data."""
    columns = [{**{name: getattr(each, name) for name in _KEPT}, "alias": dict(each.alias)} for each in format.columns]
    return {
        "format": format.name,
        "entity": format.entity,
        "key": list(format.key),
        "columns": columns,
        "constants": dict(format.constants),
        "mode": format.mode,
    }


def mapping_from_json(app: App, said: Mapping[str, Any]) -> ImportFormat:
    """A mapping out of data that mapping_to_json gave. Raises NotFound where its entity is gone, TypeError for other data."""
    definition = _entity(app, str(said["entity"]))
    columns = [
        ImportColumn(
            _text(each["header"]),
            _text(each["field"]),
            _text_or_none(each["format"]),
            _text_or_none(each["match"]),
            _texts(each["alias"]),
            _text_or_none(each["template"]),
        )
        for each in said["columns"]
    ]
    key, constants = tuple(_text(each) for each in said["key"]), _texts(said["constants"])
    return _format(definition, columns, key=key, constants=constants, history=said["mode"] == "history", name=_text(said["format"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"not text: {type(value).__name__}")
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _texts(value: Mapping[str, Any]) -> dict[str, str]:
    return {_text(name): _text(each) for name, each in dict(value).items()}
