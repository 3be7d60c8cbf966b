"""An import mapping bound to one file and one App: from the cells of a row to the values that the gate is given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as with_default
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from engine import limits
from engine.diagnostics import nearest
from engine.errors import BadRequest, FieldProblem
from engine.language import types as t
from engine.model.app import App
from engine.model.kinds.entity import Field
from engine.model.kinds.import_format import ImportColumn, ImportFormat
from engine.records.plan import EntityPlan, plan_of
from engine.records.transfer.mapping import importable, natural_match, steps_of
from engine.records.transfer.spreadsheet import is_error
from engine.records.values import ValueProblem, parse

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_DATED = (t.Date, t.Time, t.DateTime)


class Absent:
    """In place of a cell: nothing is said about this field, which is not the same as a blank."""


ABSENT = Absent()


@dataclass(slots=True)
class BoundColumn:
    """Where one field's value comes from and how it is read. ``target`` and ``match`` tell how a reference is found."""

    field: Field
    name: str
    index: int
    template: tuple[str | int, ...]
    alias: Mapping[str, str]
    format: str | None
    zone: ZoneInfo
    target: str | None = None
    match: str = ""
    keeps_default: bool = False
    remembered: dict[str, Any] = with_default(default_factory=dict)

    def raw(self, cells: Sequence[Any]) -> Any:
        """The cell, or the text that the template makes of several cells (blank where one of them is)."""
        if not self.template:
            return cells[self.index] if self.index < len(cells) else None
        parts = []
        for part in self.template:
            text = part if isinstance(part, str) else cells[part] if part < len(cells) else None
            if text is None or text == "":
                return None
            parts.append(text.strip() if isinstance(text, str) and not isinstance(part, str) else str(text))
        return "".join(parts)

    def read(self, raw: Any) -> Any:
        """The value to give to the gate, None for a blank; what cannot be read comes back as a ValueProblem."""
        if raw is None or raw == "":
            return None
        if not isinstance(raw, str):
            return self._read_alias(raw)
        if raw in self.remembered:
            return self.remembered[raw]
        value = self._read_text(raw)
        if len(self.remembered) >= limits.import_remembered_values_max:
            self.remembered.clear()
        self.remembered[raw] = value
        return value

    def _read_alias(self, raw: Any) -> Any:
        said = self.alias.get(str(raw)) if self.alias else None
        return self._read_text(said) if said is not None else raw

    def _read_text(self, raw: str) -> Any:
        text = raw.strip()
        if not text:
            return None
        if is_error(text):
            return ValueProblem("spreadsheet-error", value=text)
        text = self.alias.get(text, text)
        if self.format is None:
            return text or None
        try:
            read = datetime.strptime(text, self.format).replace(tzinfo=self.zone)
        except (ValueError, OverflowError, re.error):
            return ValueProblem("not-in-format", value=text[:60], format=self.format)
        if type(self.field.type) is t.Date:
            return read.date()
        return read.time() if type(self.field.type) is t.Time else read


@dataclass(slots=True)
class BoundFormat:
    """A mapping with its columns found in a file. ``created_at`` is the column of the time of creation, where mapped."""

    format: ImportFormat
    plan: EntityPlan
    content_hash: str
    columns: tuple[BoundColumn, ...]
    created_at: BoundColumn | None
    headers: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that are filled."""
        return tuple(column.field.name for column in self.columns)

    def values(self, cells: Sequence[Any]) -> tuple[dict[str, Any], list[FieldProblem]]:
        """One row as values by field, references still as text; what cannot be read is a problem at its field."""
        given: dict[str, Any] = {}
        problems: list[FieldProblem] = []
        width = len(cells)
        for column in self.columns:
            place = column.index
            raw = cells[place] if place < width and not column.template else column.raw(cells)
            if raw is ABSENT:
                continue
            remembered = column.remembered
            value = remembered[raw] if type(raw) is str and raw in remembered else column.read(raw)
            if type(value) is ValueProblem:
                problems.append(FieldProblem(column.name, value.code, value.params))
            else:
                given[column.name] = value
        return given, problems

    def created(self, cells: Sequence[Any]) -> datetime | FieldProblem | None:
        """When the row's record was created, if the file says."""
        if self.created_at is None:
            return None
        value = self.created_at.read(self.created_at.raw(cells))
        if type(value) is ValueProblem:
            return FieldProblem("created_at", value.code, value.params)
        try:
            return cast("datetime | None", parse(self.created_at.field, value, self.plan.zone))
        except ValueProblem as problem:
            return FieldProblem("created_at", problem.code, problem.params)


def bind(app: App, format: ImportFormat, headers: Sequence[str]) -> BoundFormat:
    """Find a mapping's columns in a file. Raises BadRequest for missing or doubled columns and fields that cannot be filled."""
    plan = plan_of(app, format.entity)
    index = _by_header(headers)
    wanted = _wanted(format)
    missing = [name for column in wanted for name in _headers_of(column) if _find(index, name) is None]
    if missing:
        near = {name: nearest(name, headers) for name in dict.fromkeys(missing)}
        raise BadRequest(
            "columns-missing", missing=", ".join(near), nearest=", ".join(filter(None, near.values())) or ", ".join(headers)[:200]
        )
    doubled = [name for column in wanted for name in _headers_of(column) if list(headers).count(name) > 1]
    if doubled:
        raise BadRequest("column-twice", header=doubled[0][:60])
    bound = [_bound(app, plan, column, index) for column in wanted if column.field != "created_at"]
    for name in format.key:
        if name not in {column.field.name for column in bound}:
            raise BadRequest("key-not-mapped", field=name)
    created = next((_created(plan, column, index) for column in wanted if column.field == "created_at"), None)
    used = {_find(index, name) for column in wanted for name in _headers_of(column)}
    unused = tuple(name for place, name in enumerate(headers) if name and place not in used)
    return BoundFormat(format, plan, app.content_hash, tuple(bound), created, tuple(headers), unused)


def fits(app: App, format: ImportFormat, headers: Sequence[str]) -> bool:
    """Whether a file with these headers has every column that a format, in all its steps, asks for."""
    try:
        for step in steps_of(format):
            bind(app, step, headers)
    except BadRequest:
        return False
    return True


def _wanted(format: ImportFormat) -> list[ImportColumn]:
    constants = [ImportColumn("", name, template=text) for name, text in format.constants.items()]
    return [*format.columns, *constants]


def _headers_of(column: ImportColumn) -> list[str]:
    return [column.header] if column.template is None else _PLACEHOLDER.findall(column.template)


def _by_header(headers: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, name in enumerate(headers):
        if name:
            found.setdefault(name, place)
    for place, name in enumerate(headers):
        if name:
            found.setdefault(name.casefold(), place)
    return found


def _find(index: Mapping[str, int], header: str) -> int | None:
    said = " ".join(header.split())
    found = index.get(said)
    return index.get(said.casefold()) if found is None else found


def _template(column: ImportColumn, index: Mapping[str, int]) -> tuple[str | int, ...]:
    if column.template is None:
        return ()
    parts: list[str | int] = []
    for position, part in enumerate(_PLACEHOLDER.split(column.template)):
        if position % 2:
            parts.append(cast("int", _find(index, part)))
        elif part:
            parts.append(part)
    return tuple(parts)


def _bound(app: App, plan: EntityPlan, column: ImportColumn, index: Mapping[str, int]) -> BoundColumn:
    definition = plan.entity.fields.get(column.field)
    if definition is None or definition.name not in {each.name for each in importable(plan.entity)}:
        raise BadRequest("column-without-field", header=column.header[:60], field=column.field[:60])
    target = definition.targets[0] if definition.targets else None
    match = column.match or (natural_match(app.entities[target]) if target else "")
    if target and column.match and column.match not in app.entities[target].fields:
        raise BadRequest("column-without-field", header=column.header[:60], field=column.match[:60])
    dated = isinstance(definition.type, _DATED)
    return BoundColumn(
        field=definition,
        name=definition.name,
        index=_find(index, column.header) or 0,
        template=_template(column, index),
        alias=dict(column.alias),
        format=column.format if dated else None,
        zone=plan.zone,
        target=target,
        match=match,
        keeps_default=definition.default is not None or definition.initial is not None,
    )


def _created(plan: EntityPlan, column: ImportColumn, index: Mapping[str, int]) -> BoundColumn:
    title = plan.entity.title
    definition = Field("created_at", "datetime", t.DateTime(), title, plan.entity.span)
    return BoundColumn(
        definition, "created_at", _find(index, column.header) or 0, _template(column, index), column.alias, column.format, plan.zone
    )
