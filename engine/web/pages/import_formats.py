"""What declared import formats say, in words for whoever chooses one: which column goes where, and what each pass is called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from engine.model.kinds.import_format import ImportColumn, ImportFormat
from engine.records import transfer
from engine.web.visit import Visit

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_EXAMPLE = datetime(2026, 1, 31, 14, 30, tzinfo=UTC)


def date_example(pattern: str) -> str:
    """The last of January 2026 written in a format: a day that is no month, so that the order shows."""
    return _EXAMPLE.strftime(pattern)


def step_titles(visit: Visit, states: Iterable[tuple[str, str]]) -> list[str]:
    """What passes (entity, name of the format) are called: their records and, where several passes fill them, the step."""
    known = {step.name: step for each in visit.app.imports.values() for step in transfer.steps_of(each)}
    listed = list(states)
    found = []
    for number, (entity, name) in enumerate(listed, 1):
        title = visit.label(visit.app.entities[entity].plural)
        if len(listed) > 1:
            fields = _fields_of(visit, known[name]) if name in known else []
            title = f"{number}. {title}" + (f" · {', '.join(fields)}" if fields else "")
        found.append(title)
    return found


def _fields_of(visit: Visit, step: ImportFormat) -> list[str]:
    fields = visit.app.entities[step.entity].fields
    names = [each.field for each in step.columns if each.field in fields] + [name for name in step.constants if name in fields]
    return [visit.label(fields[name].title) for name in dict.fromkeys(names)]


def goes_into(visit: Visit, chosen: ImportFormat, header: str) -> list[str]:
    """Where a declared format puts a column, over all its passes; nothing for a column that it leaves out."""
    steps = transfer.steps_of(chosen)
    found = []
    for step in steps:
        entity = visit.app.entities[step.entity]
        constants = [ImportColumn("", name, template=text) for name, text in step.constants.items()]
        for column in (*step.columns, *constants):
            if header and _folded(header) in {_folded(each) for each in _read_by(column)}:
                field = entity.fields.get(column.field)
                title = visit.label(field.title) if field else visit.say(f"field.{column.field}")
                found.append(f"{visit.label(entity.title)}: {title}" if len(steps) > 1 else title)
    return list(dict.fromkeys(found))


def written_as(chosen: ImportFormat, header: str) -> list[str]:
    """The date formats that a declared format reads a column by."""
    columns = [column for step in transfer.steps_of(chosen) for column in step.columns if column.format]
    return list(dict.fromkeys(each.format for each in columns if each.format and _folded(each.header) == _folded(header)))


def key_titles(visit: Visit, chosen: ImportFormat) -> list[str]:
    """The fields by which a declared format knows records again, one entry for each kind of record."""
    found = []
    for step in transfer.steps_of(chosen):
        entity = visit.app.entities[step.entity]
        titles = ", ".join(visit.label(entity.fields[name].title) for name in step.key if name in entity.fields)
        if titles:
            found.append(f"{visit.label(entity.title)}: {titles}")
    return list(dict.fromkeys(found))


def _read_by(column: ImportColumn) -> list[str]:
    return _PLACEHOLDER.findall(column.template) if column.template is not None else [column.header]


def _folded(header: str) -> str:
    return " ".join(header.split()).casefold()
