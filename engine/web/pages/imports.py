"""Importing a file step by step: upload, say which column is which, try it, run it with progress, take it back."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import quote

from flask import Response

from engine import limits
from engine.errors import BadRequest, DougongError, Forbidden
from engine.model.kinds.entity import Field
from engine.model.kinds.import_format import ImportFormat
from engine.records import transfer
from engine.records.transfer import ImportState, Refusal
from engine.store import UnitOfWork
from engine.web.jsons import loads
from engine.web.logs import LOGGER
from engine.web.menu import entity_path
from engine.web.pages.addresses import Place, key_of, place_of
from engine.web.pages.import_formats import date_example, goes_into, key_titles, step_titles, written_as
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.show import instant
from engine.web.uploads import Upload, Uploads
from engine.web.visit import Visit
from engine.wording import say_error, say_problem

ROUTES = Routes()
_BASE = "/app/<app>/<name>/import"
_SAMPLES = 3
_SHOWN_REFUSALS = 100
_RECENT = 10
_LOOKED_THROUGH = 200
_OWN = "own"
"""Instead of a declared format's name: the columns as the person matches them."""
_DATED = ("date", "datetime", "time")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file on the mapping page: what it is called, what it holds, what it is taken for."""

    index: int
    header: str
    samples: tuple[str, ...]
    field: str
    format: str


def _place(visit: Visit, app: str, name: str) -> Place:
    place = place_of(visit, app, name)
    if not place.may_import:
        raise Forbidden("not-allowed", verb="import", entity=place.entity.name)
    return place


def _uploads(visit: Visit) -> Uploads:
    return Uploads(visit.site.settings)


def _find(visit: Visit, place: Place, key: str) -> Upload:
    return _uploads(visit).find(key_of(key), visit.person.id or "", place.entity.name)


def _formats(visit: Visit, place: Place) -> list[ImportFormat]:
    """The declared formats that fill this entity."""
    return [each for each in visit.app.imports.values() if place.entity.name in {step.entity for step in transfer.steps_of(each)}]


@ROUTES.get(_BASE, allow="people")
def start_page(visit: Visit, renderer: Renderer, app: str, name: str) -> Response:
    """Choose a file; below it, what was imported before."""
    return _start(visit, renderer, _place(visit, app, name), "")


def _start(visit: Visit, renderer: Renderer, place: Place, problem: str, status: int = 200) -> Response:
    with visit.reading() as work:
        known = transfer.runs(work, limit=_LOOKED_THROUGH)
    recent = [each for each in known if place.entity.name in {step.entity for step in each.steps}][:_RECENT]
    return renderer.page(
        visit,
        "import_start.html",
        status=status,
        recent=recent,
        problem=problem,
        max_mb=limits.upload_bytes_max // 1_000_000,
        **_common(visit, place),
    )


def _common(visit: Visit, place: Place) -> dict[str, Any]:
    return {
        "place": place,
        "path": entity_path(place.entity.name, "import"),
        "title": visit.say("import.title", what=visit.label(place.entity.plural)),
        "when": lambda at: instant(visit, at),
        "rows_of": lambda rows: visit.say("import.row_one" if rows == 1 else "import.rows", count=f"{rows:,}"),
        "problems_of": lambda refusal, entity: _problems(visit, entity, refusal),
    }


def _problems(visit: Visit, entity: str, refusal: Refusal) -> list[tuple[str, str]]:
    """Why a row was refused: (field's title, words)."""
    fields = visit.app.entities[entity].fields
    return [
        (visit.label(fields[each.field].title) if each.field in fields else each.field, say_problem(each, visit.language))
        for each in refusal.problems
    ]


@ROUTES.post(_BASE, allow="people", bytes_max=limits.upload_bytes_max)
def upload(visit: Visit, renderer: Renderer, app: str, name: str) -> Response:
    """Take the file in."""
    place = _place(visit, app, name)
    file = visit.request.files.get("file")
    if file is None or not file.filename:
        return _start(visit, renderer, place, visit.say("import.choose_file"), 422)
    try:
        kept = _uploads(visit).keep(file, visit.person.id or "", place.entity.name)
    except BadRequest as error:
        return _start(visit, renderer, place, say_error(error, visit.language), 422)
    return Response(status=303, headers={"Location": entity_path(place.entity.name, "import", kept.id)})


@ROUTES.get(_BASE + "/<key>", allow="people")
def upload_page(visit: Visit, renderer: Renderer, app: str, name: str, key: str) -> Response:
    """The mapping to be confirmed; or, once it was started, how the import stands."""
    place = _place(visit, app, name)
    kept = _find(visit, place, key)
    if kept.progress:
        return _progress(visit, renderer, place, kept)
    return _mapping(visit, renderer, place, kept, None, "")


def _mapping(visit: Visit, renderer: Renderer, place: Place, kept: Upload, form: Mapping[str, str] | None, problem: str) -> Response:
    rows = list(islice(transfer.read(kept.path, kept.survey), 50))
    samples = [row.cells for row in rows]
    suggested = transfer.suggest_mapping(visit.app, place.entity.name, kept.survey.headers, samples)
    by_header = {column.header: column for column in suggested.columns}
    columns = []
    for index, header in enumerate(kept.survey.headers[: limits.import_columns_max]):
        known = by_header.get(header)
        shown = tuple(str(row[index])[:60] for row in samples[:_SAMPLES] if index < len(row) and row[index] not in (None, ""))
        field = form.get(f"c{index}", "") if form is not None else known.field if known else ""
        written = form.get(f"d{index}", "") if form is not None else (known.format or "") if known else ""
        columns.append(Column(index, header, shown, field, written))
    fields = _fillable(place)
    formats = _formats(visit, place)
    asked = form.get("format", "") if form is not None else visit.arguments.get("format") or _fitting(visit, place, kept)
    declared = next((each for each in formats if f"{each.app}.{each.name}" == asked), None)
    return renderer.page(
        visit,
        "import_map.html",
        status=422 if problem else 200,
        upload=kept,
        columns=columns,
        fields=fields,
        dated=[field.name for field in fields if field.kind in _DATED],
        date_formats=transfer.DATE_FORMATS,
        date_example=date_example,
        formats=formats,
        declared=declared,
        own=_OWN,
        goes_into=lambda header: goes_into(visit, declared, header) if declared else [],
        written_as=lambda header: written_as(declared, header) if declared else [],
        declared_keys=key_titles(visit, declared) if declared else [],
        key=visit.request.form.getlist("key") if form is not None else suggested.key,
        problem=problem,
        **_common(visit, place),
    )


def _fillable(place: Place) -> list[Field]:
    return [field for field in transfer.importable(place.entity) if place.rights.get(field.name) == "write"]


def _fitting(visit: Visit, place: Place, kept: Upload) -> str:
    """The declared format that this file fits, if one does."""
    with visit.reading() as work:
        for each in _formats(visit, place):
            try:
                transfer.check_import(work, each, kept.survey)
            except DougongError:
                continue
            return f"{each.app}.{each.name}"
    return ""


def _chosen(visit: Visit, place: Place, kept: Upload) -> ImportFormat:
    """The mapping that the form says. Raises BadRequest for one that makes no sense."""
    form = visit.request.form
    name = form.get("format", "")
    if name and name != _OWN:
        found = next((each for each in _formats(visit, place) if f"{each.app}.{each.name}" == name), None)
        if found is None:
            raise BadRequest("bad-request")
        return found
    allowed = {field.name for field in _fillable(place)}
    columns: dict[str, Any] = {}
    for index, header in enumerate(kept.survey.headers[: limits.import_columns_max]):
        field = form.get(f"c{index}", "")
        if field in allowed and header:
            columns[header] = {"field": field, "format": form.get(f"d{index}") or None}
    key = [each for each in form.getlist("key") if each in {column["field"] for column in columns.values()}]
    return transfer.chosen_mapping(visit.app, place.entity.name, columns, key=key, history=form.get("history") == "true")


def _begin(visit: Visit) -> AbstractContextManager[UnitOfWork]:
    """A transaction of the person as they are now: an import takes a while, and rights may be withdrawn meanwhile."""
    actor = visit.runtime.actor_of(visit.person.id or "")
    if actor is None:
        raise Forbidden("login-needed")
    return visit.runtime.begin(actor, request_id=visit.request_id)


@ROUTES.post(_BASE + "/<key>/check", allow="people")
def check(visit: Visit, renderer: Renderer, app: str, name: str, key: str) -> Response:
    """A trial: what every row would become, with nothing written."""
    place = _place(visit, app, name)
    kept = _find(visit, place, key)
    try:
        chosen = _chosen(visit, place, kept)
        results = transfer.try_import(lambda: _begin(visit), kept.path, kept.survey, chosen)
    except BadRequest as error:
        return _mapping(visit, renderer, place, kept, visit.request.form, say_error(error, visit.language))
    return renderer.page(
        visit,
        "import_report.html",
        upload=kept,
        results=list(zip(step_titles(visit, [(each.entity, each.step) for each in results]), results, strict=True)),
        mapping=_mapping_text(chosen),
        unused=[each for each in kept.survey.headers if all(each in result.unused for result in results)],
        writes=sum(each.created + each.updated for each in results),
        shown=_SHOWN_REFUSALS,
        again=f"?format={quote(visit.request.form.get('format', ''))}",
        **_common(visit, place),
    )


def _mapping_text(chosen: ImportFormat) -> str:
    """A mapping as the next form carries it: a declared format by its name."""
    return json.dumps({"declared": f"{chosen.app}.{chosen.name}"} if chosen.name else transfer.mapping_to_json(chosen), ensure_ascii=False)


def _mapping_of(visit: Visit, place: Place, text: str) -> ImportFormat:
    try:
        said = loads(text.encode())
        if not isinstance(said, dict):
            raise BadRequest("bad-request")
        if "declared" in said:
            return next(each for each in _formats(visit, place) if f"{each.app}.{each.name}" == said["declared"])
        found = transfer.mapping_from_json(visit.app, said)
    except (ValueError, KeyError, TypeError, StopIteration, AttributeError):
        raise BadRequest("bad-request") from None
    if found.entity != place.entity.name:
        raise BadRequest("bad-request")
    return found


@ROUTES.post(_BASE + "/<key>/run", allow="people")
def run(visit: Visit, _renderer: Renderer, app: str, name: str, key: str) -> Response:
    """Start the import; it works on while the page shows how far it is. Started again, it goes on where it stopped."""
    place = _place(visit, app, name)
    kept = _find(visit, place, key)
    text = kept.progress.get("mapping") or visit.request.form.get("mapping", "")
    chosen = _mapping_of(visit, place, text)
    if not kept.alive and kept.progress.get("state") != "done":
        uploads = _uploads(visit)
        uploads.note(kept, state="running", mapping=text, imports=[], done=0, error="")
        threading.Thread(target=_work, args=(visit, uploads, kept, chosen), daemon=True).start()
    return Response(status=303, headers={"Location": entity_path(place.entity.name, "import", kept.id)})


def _work(visit: Visit, uploads: Uploads, kept: Upload, chosen: ImportFormat) -> None:
    """The import itself, on its own thread; whatever stops it is written down for the page."""

    def noted(state: ImportState) -> None:
        known = kept.progress["imports"]
        uploads.note(kept, imports=known if state.id in known else [*known, state.id], done=state.rows_done)

    try:
        results = transfer.run_import(lambda: _begin(visit), kept.path, kept.survey, chosen, progress=noted)
    except DougongError as error:
        uploads.note(kept, state="failed", error=say_error(error, visit.language))
    except Exception:
        LOGGER.exception("import failed", extra={"request_id": visit.request_id})
        uploads.note(kept, state="failed", error=visit.say("error.internal"))
    else:
        uploads.note(kept, state="done", imports=[each.import_id for each in results])


def _progress(visit: Visit, renderer: Renderer, place: Place, kept: Upload) -> Response:
    with visit.reading() as work:
        states = [transfer.import_state(work, each) for each in kept.progress.get("imports", ())]
        refused = {each.id: list(transfer.refusals(work, each.id, limit=_SHOWN_REFUSALS)) for each in states if each.refused}
    values = {
        "upload": kept,
        "states": list(zip(step_titles(visit, [(each.entity, each.format) for each in states]), states, strict=True)),
        "whole": transfer.Run(tuple(states)) if states else None,
        "refused": refused,
        "running": kept.alive,
        "stopped": kept.progress["state"] == "failed" or (kept.progress["state"] == "running" and not kept.alive),
        "error": kept.progress.get("error", ""),
        "share": round(100 * kept.progress.get("done", 0) / max(kept.survey.rows, 1)),
        "shown": _SHOWN_REFUSALS,
        **_common(visit, place),
    }
    if visit.partial:
        return renderer.part(visit, "import_state.html", **values)
    return renderer.page(visit, "import_progress.html", **values)


@ROUTES.get("/app/<app>/<name>/imports/<key>/refused.csv", allow="people")
def refused_rows(visit: Visit, _renderer: Renderer, app: str, name: str, key: str) -> Response:
    """The refused rows as a file that can be mended and imported again."""
    place = _place(visit, app, name)
    buffer = io.StringIO()
    buffer.write("\ufeff")
    with visit.reading() as work:
        state = transfer.import_state(work, key_of(key))
        fields = visit.app.entities[state.entity].fields
        refused = transfer.refusals(work, state.id)
        transfer.write_refusals(
            buffer, state.headers, refused, lambda field: visit.label(fields[field].title) if field in fields else field, visit.language
        )
    headers = {"Content-Disposition": f'attachment; filename="{place.entity.short_name}-refused.csv"'}
    return Response(buffer.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


@ROUTES.get("/app/<app>/<name>/imports/<key>/undo", allow="people")
def to_imports(visit: Visit, _renderer: Renderer, app: str, name: str, key: str) -> Response:
    """Taking back has been answered; to look again is to look at the earlier imports."""
    key_of(key)
    return Response(status=303, headers={"Location": entity_path(_place(visit, app, name).entity.name, "import")})


@ROUTES.post("/app/<app>/<name>/imports/<key>/undo", allow="people")
def undo(visit: Visit, renderer: Renderer, app: str, name: str, key: str) -> Response:
    """Take an import back: what it created goes, what it changed returns, what was changed since stays and is named."""
    place = _place(visit, app, name)
    result = transfer.undo_run(lambda: _begin(visit), key_of(key))
    return renderer.page(visit, "import_undone.html", result=result, **_common(visit, place))
