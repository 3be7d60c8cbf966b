"""The list page: tabs of views, search, filters, order, columns, totals, pages; export."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Response

from engine import diagnostics, forms, limits
from engine.access import readable
from engine.errors import BadRequest, DougongError, Forbidden
from engine.forms import Filter
from engine.ids import is_id
from engine.language import types as t
from engine.model.kinds.entity import Field
from engine.records import Page, Query, Record, Reference, find, get, transfer
from engine.store import UnitOfWork
from engine.web.menu import entity_path
from engine.web.pages.addresses import Place, place_of
from engine.web.pages.columns import choosing, remember, with_columns
from engine.web.pages.listing import PAGE_SIZES, Listing, listing_of, query_of
from engine.web.pages.shapes import lane_of, shaped
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.show import BLANK, NUMERIC_KINDS, PLAIN_KINDS, instant, number_text, scaled, show
from engine.web.visit import Visit
from engine.wording import say_error

ROUTES = Routes()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table; ``sorted`` is "asc", "desc" or "". ``plain``: its text may be the link to the record."""

    name: str
    title: str
    field: Field | None
    number: bool
    sortable: bool
    sorted: str
    plain: bool = False


@dataclass(frozen=True, slots=True)
class FilterRow:
    """One filter as the bar shows it; ``chosen`` names the record that a link filter is about."""

    filter: Filter
    position: int
    title: str
    field: Field | None
    operators: tuple[str, ...]
    unreadable: bool
    chosen: Reference | None


@ROUTES.get("/app/<app>/<name>", allow="people")
def list_page(visit: Visit, renderer: Renderer, app: str, name: str) -> Response:
    """One page of a list, or only its results for htmx."""
    place = place_of(visit, app, name)
    listing = with_columns(visit, listing_of(visit, place))
    if choosing(visit):
        remember(visit, listing)
        if not visit.partial:
            return Response(status=303, headers={"Location": listing.address()})
    columns = forms.column_names(place.entity, listing.view, listing.columns_asked, place.rights)
    totals = forms.total_names(place.entity, listing.view, place.rights)
    query, bad = query_of(visit, listing, columns, totals)
    mistake = ""
    with visit.reading() as work:
        # A list that leaves out what was asked would pass for the answer: a mistake shows no records.
        page = Page((), None, {"": 0})
        further: dict[str, Any] = {}
        try:
            if bad:
                mistake = visit.say("list.bad_filter")
            else:
                page, further = shaped(visit, work, listing, query)
        except BadRequest as error:
            if error.code not in ("bad-filter", "unknown-field-in-query") or not query.where:
                raise
            mistake = mistake_text(visit, error)
        rows = _filter_rows(visit, work, listing, bad)
    shown = [_column(visit, place, listing, each) for each in columns]
    values: dict[str, Any] = {
        "place": place,
        "listing": listing,
        "shape": listing.shape if not mistake else "table",
        "columns": shown,
        "opening": next((each.name for each in shown if each.plain and "." not in each.name), ""),
        "example": _example(visit, place),
        "rows": page.items,
        "page": page,
        "totals": _totals(visit, place, listing, page.totals),
        "filters": rows,
        "mistake": mistake,
        "cell": lambda record, column: _cell(visit, record, column),
        "path_of": lambda record: entity_path(record.entity, record.id),
        "page_sizes": PAGE_SIZES,
        "title": visit.label(place.entity.plural),
        "choosable": _choosable(visit, place),
        "phone": visit.app.forms[place.entity.name].phone if place.entity.name in visit.app.forms else (),
        "added": lambda found: _totals(visit, place, listing, found),
        **further,
    }
    if visit.partial and visit.request.headers.get("HX-Target", "").endswith("#list"):
        part = renderer.part(visit, "list_results.html", **values)
        if choosing(visit):
            part.headers["HX-Push-Url"] = listing.address()
        return part
    return renderer.page(visit, "list.html", **values)


@ROUTES.get("/app/<app>/<name>/lane", allow="people")
def lane_cards(visit: Visit, renderer: Renderer, app: str, name: str) -> Response:
    """The next cards of one lane of a board, for htmx to add to it."""
    place = place_of(visit, app, name)
    listing = with_columns(visit, listing_of(visit, place))
    columns = forms.column_names(place.entity, listing.view, listing.columns_asked, place.rights)
    query, bad = query_of(visit, listing, columns, {})
    if bad or listing.shape != "board":
        raise BadRequest("bad-filter", problems=())
    with visit.reading() as work:
        further = lane_of(visit, work, listing, query)
    shown = [_column(visit, place, listing, each) for each in columns]
    return renderer.part(
        visit,
        "list_board_cards.html",
        place=place,
        listing=listing,
        columns=shown,
        cell=lambda record, column: _cell(visit, record, column),
        path_of=lambda record: entity_path(record.entity, record.id),
        **further,
    )


def mistake_text(visit: Visit, error: BadRequest) -> str:
    """What is wrong with a condition that somebody typed, with the place where the language names one."""
    problems = error.params.get("problems") or ()
    words = say_error(error, visit.language)
    if problems:
        first = problems[0]
        known = diagnostics.catalogue().get(first["code"])
        told = diagnostics.fill(known[visit.language].message, first["params"]) if known else first["code"]
        words = visit.say("list.mistake", words=words, told=told, place=first["start"] + 1)
    return words


def _column(visit: Visit, place: Place, listing: Listing, name: str) -> Column:
    field = visit.app.field_at(place.entity.name, name)
    order = listing.order
    direction = "asc" if name in order[:1] else "desc" if f"-{name}" in order[:1] else ""
    if field is None:
        return Column(name, _system_title(visit, name), None, False, True, direction)
    sortable = readable(place.rights, name) and not isinstance(field.type, t.Json | t.MultiChoice)
    return Column(name, visit.label(field.title), field, field.kind in NUMERIC_KINDS, sortable, direction, field.kind in PLAIN_KINDS)


def _system_title(visit: Visit, name: str) -> str:
    return visit.say("field.created_at" if name == "created_at" else "field.updated_at")


def _example(visit: Visit, place: Place) -> str:
    """A condition that could be typed over this list, in the reader's words; "" where the fields offer none."""
    for name, field in place.entity.fields.items():
        if field.kind == "choice" and field.options and readable(place.rights, name):
            value = visit.label(field.options[0].title).replace("'", "\\'")
            return f"{visit.label(field.title)} = '{value}'"
    return ""


def _cell(visit: Visit, record: Record, column: Column) -> Any:
    if column.field is None:
        value = record.values.get(column.name)
        return instant(visit, value) if value is not None else BLANK
    return show(visit, column.field, record, short=True)


def _totals(visit: Visit, place: Place, listing: Listing, totals: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Field → (name of the total, its value) for the footer; "" is the number of records."""
    shown = {"": ("count", f"{totals['']:,}")}
    for name, function in (listing.view.totals if listing.view else {}).items():
        if name in totals:
            shown[name] = (function, _total(visit, place.entity.fields[name], function, totals[name]))
    return shown


def _total(visit: Visit, field: Field, function: str, value: Any) -> str:
    """A total in JSON form as people read it."""
    if value is None:
        return visit.say("value.blank")
    if function == "count":
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if not isinstance(field.type, t.Decimal | t.Money):
        return number_text(field, value) if isinstance(value, int) else str(value)
    whole = int(str(value).replace(".", "")) if field.type.scale else int(value)
    return number_text(field, whole)


def _filter_rows(visit: Visit, work: UnitOfWork, listing: Listing, bad: frozenset[int]) -> list[FilterRow]:
    rows = []
    for position, each in enumerate(listing.filters):
        field = listing.place.entity.fields.get(each.field)
        ours = each.field in ("created_at", "updated_at")
        title = visit.label(field.title) if field else _system_title(visit, each.field) if ours else each.field
        operators = forms.operators_of(field) if field else forms.OPERATORS["datetime"] if ours else ()
        chosen = None
        if field is not None and field.targets and each.values and is_id(each.values[0]):
            chosen = _reference(work, field.targets[0], each.values[0])
        rows.append(FilterRow(each, position, title, field, operators, position in bad, chosen))
    return rows


def _reference(work: UnitOfWork, entity: str, key: str) -> Reference | None:
    try:
        return Reference(entity, key, get(work, entity, key).display)
    except DougongError:
        return None


def _choosable(visit: Visit, place: Place) -> list[tuple[str, str, str]]:
    """Fields that columns and filters may be chosen from: (name, title, the likeliest operator or "" where none fits)."""
    found = []
    for name, field in place.entity.fields.items():
        if field.lines is None and place.rights.get(name, "none") != "none":
            operators = forms.operators_of(field) if readable(place.rights, name) else ()
            found.append((name, visit.label(field.title), operators[0] if operators else ""))
    for name, right in place.rights.items():
        along = visit.app.field_at(place.entity.name, name) if "." in name and right != "none" else None
        found += [(name, visit.label(along.title), "")] if along is not None else []
    found += [(name, _system_title(visit, name), "from") for name in ("created_at", "updated_at")]
    return found


@ROUTES.get("/app/<app>/<name>/export.csv", allow="people")
def export(visit: Visit, _renderer: Renderer, app: str, name: str) -> Response:
    """The whole list as CSV, with its filters and columns. Text that a spreadsheet would run is disarmed by an apostrophe."""
    place = place_of(visit, app, name)
    if not place.may_export:
        raise Forbidden("not-allowed", verb="export", entity=place.entity.name)
    listing = replace(with_columns(visit, listing_of(visit, place)), limit=limits.page_rows_max, cursor="")
    columns = forms.column_names(place.entity, listing.view, listing.columns_asked, place.rights)
    query, bad = query_of(visit, listing, columns, {})
    if bad:
        raise BadRequest("bad-filter", problems=())
    query = replace(query, export=True)
    shown = [_column(visit, place, listing, each) for each in columns]
    body = _rows_of_csv(visit, query, shown)
    # What is asked wrongly is answered as such, before the file begins.
    body = itertools.chain([next(body)], body)
    file = f"{place.entity.short_name}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return Response(body, content_type="text/csv; charset=utf-8", headers=headers)


def _rows_of_csv(visit: Visit, query: Query, columns: list[Column]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    # The mark at the start is what makes spreadsheets read the file as UTF-8.
    buffer.write("\ufeff")
    writer.writerow([disarmed(column.title) for column in columns])
    with visit.reading() as work:
        while True:
            page = find(work, query)
            for record in page.items:
                writer.writerow([disarmed(_export_text(visit, record, column)) for column in columns])
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
            if page.next is None:
                return
            query = replace(query, cursor=page.next)


def disarmed(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    return transfer.guarded(value) if isinstance(value, str) else value


def _export_text(visit: Visit, record: Record, column: Column) -> Any:
    value = record.values.get(column.name)
    if value is None:
        return ""
    if column.name in record.references:
        return record.references[column.name].display
    field = column.field
    if field is None or column.name in record.masked:
        return str(value)
    if field.kind in ("choice", "multi_choice"):
        titles = {option.code: visit.label(option.title) for option in field.options}
        codes = [value] if isinstance(value, str) else value
        return "; ".join(titles.get(code, code) for code in codes)
    if isinstance(field.type, t.Decimal | t.Money):
        return scaled(value, field.type.scale)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else _export_plain(visit, value)


def _export_plain(visit: Visit, value: Any) -> str:
    if isinstance(value, bool):
        return visit.say("value.yes" if value else "value.no")
    return str(value)
