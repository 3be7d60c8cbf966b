"""Files in pages: the links and small pictures of records, and the files that come in with a form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from flask import Response

from engine.errors import BadRequest, Conflict, FieldProblem, Forbidden, TooLarge
from engine.model.kinds.entity import FILE_KINDS, Field
from engine.records import Record
from engine.records.attachments import loose_files, open_file, receive, upload
from engine.store import UnitOfWork
from engine.web import downloads
from engine.web.inputs import Raw
from engine.web.pages.addresses import Place
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.visit import Visit

ROUTES = Routes()
_NEW = "__new"
_LINE = re.compile(r"([a-z][a-z0-9_]*)\.(\d{1,5})\.([a-z][a-z0-9_]*)")


@ROUTES.get("/files/<key>", allow="people")
def page(visit: Visit, _renderer: Renderer, key: str) -> Response:
    """A file to save, or with ``?view=1`` an image to see."""
    with visit.reading() as work:
        file = open_file(work, key)
    return downloads.answer(visit, file, view=visit.arguments.get("view") == "1")


class Form(Protocol):
    """What of a form in progress concerns its files."""

    place: Place
    record: Record | None
    raw: dict[str, Raw]
    problems: list[FieldProblem]
    files: dict[str, Mapping[str, Any]]


def take_files(visit: Visit, form: Form) -> None:
    """Store what came with a form at once, as its sender's own: whatever else is wrong with the form, no file need be sent again."""
    if visit.stale and visit.saves_by_script:
        # The page that is still open holds the files.
        return
    for name, file in visit.request.files.items(multi=True):
        if not file.filename or not name.endswith(_NEW):
            continue
        place = name.removesuffix(_NEW)
        for definition, values, key in _target(visit, form, place):
            if visit.stale:
                form.problems.append(FieldProblem(place, "choose-again"))
                continue
            try:
                with receive(file.stream, file.filename) as incoming, visit.writing() as work:
                    kept = upload(work, incoming)
            except (TooLarge, Conflict, BadRequest, Forbidden) as error:
                form.problems.append(FieldProblem(place, error.code, error.params))
                continue
            # A field for one file takes the new one in place of the old.
            before = [] if definition.constraints.get("maxItems") == 1 else values.get(key) or []
            values[key] = [*before, kept["id"]]
            form.files[kept["id"]] = kept


def _target(visit: Visit, form: Form, place: str) -> Iterator[tuple[Field, dict[str, Any], str]]:
    """Where a file belongs: its field and the values it goes into; none for a place where this person cannot put files."""
    entity = form.place.entity
    line = _LINE.fullmatch(place)
    top = line[1] if line else place
    if top not in entity.fields or form.place.rights.get(top) != "write":
        return
    definition, values, key = entity.fields[top], form.raw, place
    if line:
        rows = form.raw.get(top)
        child = visit.app.entities.get(definition.lines or "")
        if child is None or line[3] not in child.fields or not isinstance(rows, list) or int(line[2]) >= len(rows):
            return
        row = rows[int(line[2])]
        if not isinstance(row, dict):
            return
        definition, values, key = child.fields[line[3]], row, line[3]
    if definition.kind in FILE_KINDS:
        yield definition, values, key


def name_files(work: UnitOfWork, form: Form) -> None:
    """What the files are called that a form lists: those of its record, and its writer's own."""
    entity = form.place.entity
    stored = form.record.values if form.record else {}
    for values in _all_values(stored):
        for value in values.values():
            if isinstance(value, list):
                form.files.update({each["id"]: each for each in value if isinstance(each, Mapping) and "media_type" in each})
    wanted = [
        key
        for values in _all_values(form.raw)
        for value in values.values()
        if isinstance(value, list)
        for key in value
        if isinstance(key, str) and key not in form.files
    ]
    if wanted and any(field.kind in FILE_KINDS or field.lines for field in entity.fields.values()):
        form.files.update(loose_files(work, wanted[:1000]))


def _all_values(values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The values of a record and of each of its lines."""
    yield values
    for value in values.values():
        if isinstance(value, list | tuple):
            yield from (line for line in value if isinstance(line, Mapping))
