"""One record: its fields, its child lines, what refers to it, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response

from engine import forms
from engine.access import readable
from engine.errors import Conflict, DougongError
from engine.forms import RelatedList
from engine.model.kinds.entity import Entity, Field
from engine.records import Page, Query, Record, delete, find, get, history, preview
from engine.store import UnitOfWork
from engine.web.holders import Holders, holders_of
from engine.web.menu import entity_path, with_query
from engine.web.pages.addresses import Place, key_of, place_of
from engine.web.pages.people import access_of
from engine.web.pages.sharing import Unshared, sharing_of, take_share, take_unshare
from engine.web.pages.telling import tell
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.show import NUMERIC_KINDS, PLAIN_KINDS, instant, show, show_value
from engine.web.toasts import leave_toast
from engine.web.visit import Visit
from engine.web.words import knows

ROUTES = Routes()
_RELATED_ROWS = 5


@dataclass(frozen=True, slots=True)
class Related:
    """A related list with its first records."""

    list: RelatedList
    title: str
    page: Page
    columns: tuple[Field, ...]
    opening: str
    all_href: str
    new_href: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A child table: its columns and its rows."""

    field: Field
    columns: tuple[Field, ...]
    rows: tuple[dict[str, Any], ...]


@ROUTES.get("/app/<app>/<name>/<key>", allow="people")
def record_page(visit: Visit, renderer: Renderer, app: str, name: str, key: str) -> Response:
    """Everything about one record that the visitor may see."""
    return _show_record(visit, renderer, place_of(visit, app, name), key_of(key))


def _show_record(
    visit: Visit, renderer: Renderer, place: Place, key: str, *, refused: Holders | None = None, unshared: Unshared | None = None
) -> Response:
    """The record's page; ``refused`` is what stood in the way of deleting it just now, ``unshared`` of sharing it."""
    with visit.reading() as work:
        record = get(work, place.entity.name, key)
        state = forms.form_state(
            visit.app,
            place.entity.name,
            _values_for_conditions(work, place, record),
            place.rights,
            work.variables,
            changeable=record.may_update,
        )
        granting = access_of(visit, work, record)
        sharing = sharing_of(work, record, unshared)
        related = [
            found
            for each in forms.related_lists(visit.app, visit.person, place.entity.name)
            if not (granting and each.entity.name == "system.role_assignment") and (found := _related(visit, work, each, record))
        ]
    lines = {field.field.name: _lines(visit, record, field.field) for field in state.fields if field.field.lines is not None}
    return renderer.page(
        visit,
        "record.html",
        status=409 if refused else 422 if unshared else 200,
        refused=refused,
        place=place,
        record=record,
        state=state,
        lines=lines,
        related=related,
        access=granting,
        sharing=sharing,
        when=lambda at: instant(visit, at),
        tab="details",
        title=record.display,
        path=entity_path(place.entity.name, record.id),
        show=lambda field: show(visit, field, record),
        cell=lambda field, row: show_value(visit, field, row.get(field.name), row, short=True),
        related_cell=lambda row, field: show(visit, field, row, short=True),
        path_of=lambda row: entity_path(row.entity, row.id),
        numeric=NUMERIC_KINDS,
    )


def _values_for_conditions(work: UnitOfWork, place: Place, record: Record) -> dict[str, Any]:
    """The record's values with the related ones that its form's conditions read, where the actor may have them worked out."""
    if not record.may_update:
        return dict(record.values)
    try:
        return dict(preview(work, place.entity.name, record.id, {}).values)
    except DougongError:
        return dict(record.values)


def _lines(visit: Visit, record: Record, field: Field) -> Lines:
    child = visit.app.entities[field.lines or ""]
    return Lines(field, tuple(child.fields.values()), tuple(dict(row) for row in record.values.get(field.name) or ()))


def list_fields(visit: Visit, entity: Entity, without: str, limit: int) -> tuple[Field, ...]:
    """The columns of a small list: those of the entity's default view, without the one that is the same in every row."""
    views = visit.app.views_of(entity.name)
    place = place_of(visit, entity.app, entity.short_name)
    names = forms.column_names(entity, views[0] if views else None, (), place.rights)
    fields = (visit.app.field_at(entity.name, name) for name in names if name != without)
    return tuple(field for field in fields if field is not None)[:limit]


def default_order(visit: Visit, entity: Entity) -> tuple[str, ...]:
    """The order of an entity's default view, without what the visitor may not read."""
    views = visit.app.views_of(entity.name)
    rights = place_of(visit, entity.app, entity.short_name).rights
    return tuple(name for name in (views[0].sort if views else ()) if readable(rights, name.removeprefix("-")))


def _related(visit: Visit, work: UnitOfWork, each: RelatedList, record: Record) -> Related | None:
    other = each.entity
    columns = list_fields(visit, other, each.field.name, 5)
    query = Query(
        other.name,
        where=f"{each.field.name}.id = '{record.id}'",
        fields=tuple(field.name for field in columns),
        sort=default_order(visit, other),
        limit=_RELATED_ROWS,
        totals={"": ("count", None)},
        names=True,
    )
    page = find(work, query)
    place = place_of(visit, other.app, other.short_name)
    if not page.items and not place.may_create:
        return None
    path = entity_path(other.name)
    title = related_title(visit, each)
    writable = place.may_create and place.rights.get(each.field.name) == "write"
    new_href = with_query(path + "/new", {each.field.name: record.id}) if writable else ""
    opening = next((field.name for field in columns if field.kind in PLAIN_KINDS and "." not in field.name), "")
    return Related(each, title, page, columns, opening, with_query(path, {"f": f"{each.field.name}:eq:{record.id}"}), new_href)


def related_title(visit: Visit, each: RelatedList) -> str:
    """What a related list is called: as its link says, else by its entity, and by which link where that would not tell."""
    if each.field.inverse_title is not None:
        return visit.label(each.field.inverse_title)
    title = visit.label(each.entity.plural)
    links = [field for field in each.entity.fields.values() if field.targets == each.field.targets]
    return f"{title} · {visit.label(each.field.title)}" if len(links) > 1 or each.field.targets == (each.entity.name,) else title


@ROUTES.get("/app/<app>/<name>/<key>/history", allow="people")
def history_page(visit: Visit, renderer: Renderer, app: str, name: str, key: str) -> Response:
    """Who changed what and when, newest first."""
    place = place_of(visit, app, name)
    with visit.reading() as work:
        record = get(work, place.entity.name, key_of(key))
        entries = history(work, place.entity.name, record.id)
        told = tell(visit, work, record, entries)
    path = entity_path(place.entity.name, record.id)
    return renderer.page(
        visit,
        "history.html",
        place=place,
        record=record,
        entries=told,
        tab="history",
        part_of_system=lambda name: visit.say(f"actor.{name}") if knows(f"actor.{name}") else name or visit.say("history.system"),
        title=record.display,
        path=path,
        when=lambda at: instant(visit, at),
    )


@ROUTES.post("/app/<app>/<name>/<key>/delete", allow="people")
def delete_record(visit: Visit, renderer: Renderer, app: str, name: str, key: str) -> Response:
    """Moves the record to the trash and offers to undo it."""
    place = place_of(visit, app, name)
    wanted = key_of(key)
    version = visit.request.form.get("version", "")
    try:
        with visit.writing() as work:
            gone = delete(work, place.entity.name, wanted, int(version) if version.isdecimal() and len(version) < 10 else None)
    except Conflict as error:
        refused = holders_of(visit, error)
        if refused is None:
            raise
        return _show_record(visit, renderer, place, wanted, refused=refused)
    leave_toast(visit, "deleted", count=gone, entity=place.entity.name, undo=(wanted,))
    return Response(status=303, headers={"Location": entity_path(place.entity.name)})


@ROUTES.get("/app/<app>/<name>/<key>/delete", allow="people")
def after_refusal(visit: Visit, _renderer: Renderer, app: str, name: str, key: str) -> Response:
    """Where a deletion was refused, the address of that answer leads back to the record when it is read again."""
    place = place_of(visit, app, name)
    with visit.reading() as work:
        record = get(work, place.entity.name, key_of(key))
    return Response(status=303, headers={"Location": entity_path(place.entity.name, record.id)})


@ROUTES.post("/app/<app>/<name>/<key>/share", allow="people")
def share_record(visit: Visit, renderer: Renderer, app: str, name: str, key: str) -> Response:
    """Gives one person access to the record."""
    place, wanted = place_of(visit, app, name), key_of(key)
    unshared = take_share(visit, place.entity.name, wanted)
    if unshared is not None:
        return _show_record(visit, renderer, place, wanted, unshared=unshared)
    leave_toast(visit, "shared")
    return Response(status=303, headers={"Location": entity_path(place.entity.name, wanted) + "#sharing"})


@ROUTES.post("/app/<app>/<name>/<key>/share/remove", allow="people")
def unshare_record(visit: Visit, _renderer: Renderer, app: str, name: str, key: str) -> Response:
    """Takes the record back from one person."""
    place, wanted = place_of(visit, app, name), key_of(key)
    take_unshare(visit, place.entity.name, wanted)
    leave_toast(visit, "unshared")
    return Response(status=303, headers={"Location": entity_path(place.entity.name, wanted) + "#sharing"})
