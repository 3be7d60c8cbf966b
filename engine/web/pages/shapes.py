"""What a list shows where it is no table: the lanes of a board, the days of a calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date
from typing import Any

from engine import forms, limits
from engine.errors import BadRequest
from engine.forms import Lane
from engine.model.kinds.entity import Field, Option
from engine.records import Page, Query, Record, find, ids_allowed
from engine.store import UnitOfWork
from engine.web.menu import entity_path, with_query
from engine.web.pages.listing import Listing
from engine.web.show import avatar, option_color, zone_of
from engine.web.visit import Visit

_CHIPS_MAX = 4


def shaped(visit: Visit, work: UnitOfWork, listing: Listing, query: Query) -> tuple[Page, dict[str, Any]]:
    """The records of a list in its shape, and what else its template needs. Raises what `find` raises."""
    if listing.shape == "board":
        return _board(visit, work, listing, query)
    if listing.shape == "calendar":
        return _calendar(visit, work, listing, query)
    return find(work, query), {"image": _image(listing)} if listing.shape == "cards" else {}


def _image(listing: Listing) -> str:
    """The field whose picture a card shows: the first image that the reader may see; "" where there is none."""
    fields = listing.place.entity.fields.items()
    return next((name for name, field in fields if field.kind == "image" and listing.place.rights.get(name) in ("read", "write")), "")


def _board_field(listing: Listing) -> Field:
    field = forms.board_field(listing.view, listing.place.entity) if listing.view else None
    if field is None:
        raise BadRequest("bad-request")
    return field


def _board(visit: Visit, work: UnitOfWork, listing: Listing, query: Query) -> tuple[Page, dict[str, Any]]:
    field = _board_field(listing)
    found = forms.board(work, replace(query, cursor=None), field)
    shown = [record for lane in found.lanes for record in lane.page.items]
    # All cards stand on the page; the totals are those of the whole list, whatever the lanes hold.
    page = replace(find(work, replace(query, limit=1, cursor=None)), items=tuple(shown), next=None)
    return page, {
        "board": found,
        "lane_title": lambda lane: _lane_title(visit, field, lane),
        "lane_color": lambda lane: option_color(field, lane.option) if field.options else "",
        "lane_face": lambda lane: avatar(lane.group.reference.display) if lane.group.reference and field.kind == "user" else "",
        "lane_new": lambda lane: with_query(f"{listing.path}/new", {field.name: lane.value}),
        "lane_more": lambda lane: _more(listing, lane.key, lane.page.next or ""),
        "lane_all": lambda lane: _lane_list(listing, field, lane),
        "movable": _movable(work, listing, field, shown),
    }


def lane_of(visit: Visit, work: UnitOfWork, listing: Listing, query: Query) -> dict[str, Any]:
    """One lane's next cards, as the address names lane and place. Raises BadRequest for a lane that is none."""
    field = _board_field(listing)
    key = visit.arguments.get("lane", "")
    try:
        page = forms.cards(work, query, field, forms.lane_value(field, key), listing.cursor or None)
    except ValueError:
        raise BadRequest("bad-request") from None
    return {
        "rows": page.items,
        "more": _more(listing, key, page.next or ""),
        "lane_field": field,
        "movable": _movable(work, listing, field, page.items),
    }


def _more(listing: Listing, key: str, cursor: str) -> str:
    return with_query(f"{listing.path}/lane", {**listing.parameters(), "lane": key, "cursor": cursor, "from": ""}) if cursor else ""


def _lane_list(listing: Listing, field: Field, lane: Lane) -> str:
    """The lane's records as a table, for what its head counts."""
    condition = f"{field.name} is blank" if lane.group.value is None else _equals(field, lane)
    both = f"({listing.where.strip()}) and {condition}" if listing.where.strip() else condition
    return listing.address(where=both, **{"as": "table"})


def _equals(field: Field, lane: Lane) -> str:
    if field.kind == "boolean":
        return f"{field.name} = {lane.value}"
    quoted = lane.value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{field.name}.id = '{quoted}'" if field.targets else f"{field.name} = '{quoted}'"


def _lane_title(visit: Visit, field: Field, lane: Lane) -> str:
    if lane.group.value is None:
        return visit.say("board.blank", field=visit.label(field.title))
    if field.kind == "boolean":
        return visit.say("value.yes" if lane.group.value else "value.no")
    if lane.group.reference is not None:
        return lane.group.reference.display or visit.say("value.hidden")
    return visit.label(lane.option.title) if lane.option else str(lane.group.value)


def _movable(work: UnitOfWork, listing: Listing, field: Field, shown: list[Record] | tuple[Record, ...]) -> set[str]:
    """The cards that the visitor may put into another lane."""
    place = listing.place
    if place.rights.get(field.name) != "write" or not shown:
        return set()
    return ids_allowed(work, place.entity, "update", [record.id for record in shown])


def _calendar(visit: Visit, work: UnitOfWork, listing: Listing, query: Query) -> tuple[Page, dict[str, Any]]:
    view, place, zone = listing.view, listing.place, zone_of(visit)
    fields = place.entity.fields
    if view is None or view.start is None:
        raise BadRequest("bad-request")
    start = fields[view.start]
    readable_end = view.end is not None and place.rights.get(view.end) in ("read", "write")
    end = fields[view.end] if view.end is not None and readable_end else None
    color = fields.get(view.by or "")
    today = work.variables["now"].replace(tzinfo=UTC).astimezone(zone).date()
    first = forms.month_named(listing.month, today)
    condition = forms.month_condition(first, start, end, zone)
    names = [each.name for each in (start, end, color) if each is not None and place.rights.get(each.name) in ("read", "write")]
    asked = replace(
        query,
        where=f"({query.where}) and ({condition})" if query.where else condition,
        sort=(start.name,),
        fields=tuple(dict.fromkeys([*names, *(query.fields or ())])),
        limit=limits.page_rows_max,
        cursor=None,
    )
    page = find(work, asked)
    month = forms.month_of(first, page.items, start, end, zone)

    def day_list(at: date) -> str:
        touching = forms.days_condition(at, at, start, end, zone)
        both = f"({listing.where.strip()}) and {touching}" if listing.where.strip() else touching
        return listing.address(where=both, month="", **{"as": "table"})

    return page, {
        "month": month,
        "today": today,
        "month_address": lambda at: listing.address(month=f"{at:%Y-%m}" if at else ""),
        "day_list": day_list,
        "day_new": lambda at: with_query(f"{listing.path}/new", {start.name: _day_typed(start, at)}),
        "chip_color": lambda record: _chip_color(color, record),
        "chips_max": _CHIPS_MAX,
        "record_path": lambda record: entity_path(record.entity, record.id),
    }


def _day_typed(field: Field, at: date) -> str:
    return at.isoformat() if field.kind == "date" else f"{at.isoformat()}T09:00"


def _chip_color(field: Field | None, record: Record) -> str:
    if field is None or not field.options:
        return "blue"
    option: Option | None = next((each for each in field.options if each.code == record.values.get(field.name)), None)
    return option_color(field, option)
