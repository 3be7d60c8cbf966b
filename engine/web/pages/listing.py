"""What a list's address asks for: view, filters, search, order, columns, page; and addresses that ask for a little more or less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine import access, forms, limits
from engine.errors import BadRequest, NotFound
from engine.forms import Filter
from engine.model.kinds.view import View
from engine.records import Query
from engine.web.menu import entity_path, with_query
from engine.web.pages.addresses import Place
from engine.web.show import zone_of
from engine.web.visit import Visit

_FILTERS_MAX = 20
PAGE_SIZES = (25, 50, 100, 200)
Shape = Literal["table", "board", "calendar", "cards"]


@dataclass(frozen=True, slots=True)
class Listing:
    """One list as asked for. ``sort`` is empty where the view's own order holds."""

    place: Place
    views: tuple[View, ...]
    view: View | None
    filters: tuple[Filter, ...]
    where: str
    search: str
    sort: str
    columns_asked: tuple[str, ...]
    limit: int
    cursor: str
    first: int
    """How many records come before the page, as the address says; for the eye only."""
    plain: bool = False
    """Whether a board or a calendar is asked for as a table."""
    month: str = ""
    """The month that a calendar shows (``2026-11``), the present one if empty."""

    @property
    def path(self) -> str:
        """The list's address without parameters."""
        return entity_path(self.place.entity.name)

    @property
    def shape(self) -> Shape:
        """How the records are shown: as the view wants it, where the reader may know what that takes."""
        if self.view is None or self.plain:
            return "table"
        return shape_of(self.view, self.place)

    @property
    def key(self) -> str:
        """What tells this list from all others: its view, or its entity where it has none."""
        return self.view.name if self.view else self.place.entity.name

    @property
    def narrowed(self) -> bool:
        """Whether more than the view narrows the list."""
        return bool(self.search or self.where.strip() or any(each.complete for each in self.filters))

    def parameters(self) -> dict[str, Any]:
        """The list as parameters of an address, without those that say nothing."""
        is_default = self.view is None or (bool(self.views) and self.view is self.views[0])
        return {
            "view": "" if is_default or self.view is None else self.view.name.rpartition(".")[2],
            "q": self.search,
            "where": self.where,
            "f": [encode_filter(each) for each in self.filters],
            "sort": self.sort,
            "cols": ",".join(self.columns_asked),
            "limit": "" if self.limit == limits.page_rows_default else str(self.limit),
            "cursor": self.cursor,
            "from": str(self.first) if self.first and self.cursor else "",
            "as": "table" if self.plain else "",
            "month": self.month,
        }

    def address(self, **changes: Any) -> str:
        """The address of this list with some things changed; any change starts at the first page."""
        return with_query(self.path, {**self.parameters(), "cursor": "", "from": "", **changes})

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """What a form must carry along to keep the rest of the list as it is."""
        found = []
        for name, value in self.parameters().items():
            if name not in (*without, "cursor", "from"):
                found += [(name, each) for each in (value if isinstance(value, list) else [value]) if each]
        return found

    def without_filter(self, position: int) -> str:
        """The address without one of the filters."""
        kept = [encode_filter(each) for index, each in enumerate(self.filters) if index != position]
        return self.address(f=kept)

    def with_filter(self, field: str, operator: str) -> str:
        """The address with one more filter, still to be filled in."""
        return self.address(f=[*(encode_filter(each) for each in self.filters), f"{field}:{operator}"])

    def sorted_by(self, field: str) -> str:
        """The address of this list sorted by a field, the other way round where it already is."""
        return self.address(sort=f"-{field}" if self.order[:1] == (field,) else field)

    @property
    def order(self) -> tuple[str, ...]:
        """The order in force."""
        if self.sort:
            return tuple(part for part in self.sort.split(",") if part)
        return self.view.sort if self.view else ()


def shape_of(view: View, place: Place) -> Shape:
    """The shape of a view for somebody: without the field that it sorts by, all that is left of it is a table."""
    if view.kind == "kanban":
        field = forms.board_field(view, place.entity)
        return "board" if field is not None and access.readable(place.rights, field.name) else "table"
    if view.kind == "calendar":
        return "calendar" if view.start is not None and access.readable(place.rights, view.start) else "table"
    return "cards" if view.kind == "cards" else "table"


def encode_filter(each: Filter) -> str:
    """A filter as one parameter: ``field:operator:value`` with values parted by ``|``."""
    values = "|".join(value.replace("%", "%25").replace("|", "%7C") for value in each.values)
    return f"{each.field}:{each.operator}:{values}" if each.values else f"{each.field}:{each.operator}"


def decode_filter(text: str) -> Filter | None:
    """The filter of one parameter; None for what is none."""
    field, _, rest = text.partition(":")
    operator, _, values = rest.partition(":")
    if not field or not operator:
        return None
    return Filter(field, operator, tuple(value.replace("%7C", "|").replace("%25", "%") for value in values.split("|")) if values else ())


def _filters(visit: Visit) -> tuple[Filter, ...]:
    """Filters of the address, and those of the filter form (parallel fields ``ff``, ``fo``, and ``fv0``, ``fv1`` ... for values)."""
    arguments = visit.request.args
    found = [each for each in map(decode_filter, arguments.getlist("f")) if each is not None]
    fields, operators = arguments.getlist("ff"), arguments.getlist("fo")
    for position, (field, operator) in enumerate(zip(fields, operators, strict=False)):
        values = tuple(value for value in arguments.getlist(f"fv{position}") if value.strip())
        found.append(Filter(field, operator, values))
    return tuple(found[:_FILTERS_MAX])


def listing_of(visit: Visit, place: Place) -> Listing:
    """The list that the address asks for. Raises NotFound for an unknown view, BadRequest for a page size that is none."""
    views = visit.app.views_of(place.entity.name)
    arguments = visit.request.args
    asked = arguments.get("view", "")
    chosen = next((view for view in views if view.name.rpartition(".")[2] == asked), None)
    if asked and chosen is None:
        raise NotFound("unknown-view")
    try:
        limit = int(arguments.get("limit", "") or limits.page_rows_default)
    except ValueError:
        raise BadRequest("bad-limit", max=limits.page_rows_max) from None
    return Listing(
        place=place,
        views=views,
        view=chosen or (views[0] if views else None),
        filters=_filters(visit),
        where=arguments.get("where", "")[: limits.expression_chars_max],
        search=arguments.get("q", "").strip()[:200],
        sort=arguments.get("sort", ""),
        columns_asked=tuple(part for value in arguments.getlist("cols") for part in value.split(",") if part)[:60],
        limit=limit,
        cursor=arguments.get("cursor", ""),
        first=min(int(before), 10**9) if (before := arguments.get("from", "")).isascii() and before.isdigit() and len(before) < 12 else 0,
        plain=arguments.get("as") == "table",
        month=arguments.get("month", "")[:7],
    )


def query_of(
    visit: Visit, listing: Listing, columns: Sequence[str], totals: Mapping[str, tuple[str, str | None]]
) -> tuple[Query, frozenset[int]]:
    """The list as a question to the gate, and which filters were left out because they make no sense."""
    entity = listing.place.entity
    condition, bad = forms.condition_of(entity, listing.filters, zone_of(visit))
    parts = [part for part in (condition, listing.where.strip()) if part]
    text = " and ".join(f"({part})" for part in parts) if len(parts) > 1 else "".join(parts)
    shown = [field for name in columns if (field := visit.app.field_at(entity.name, name)) is not None]
    currencies = [field.currency_field for field in shown if field.currency_field]
    rights = listing.place.rights
    # What the address asks for is answered or refused; a view's order is for everyone, also for those who see less.
    readable_order = tuple(name for name in listing.order if access.readable(rights, name.removeprefix("-")))
    query = Query(
        entity=entity.name,
        where=text or None,
        also=listing.view.where if listing.view else None,
        search=listing.search or None,
        sort=listing.order if listing.sort else readable_order,
        fields=tuple(dict.fromkeys([*(field.name for field in shown), *currencies])),
        limit=listing.limit,
        cursor=listing.cursor or None,
        totals=totals,
        names=True,
    )
    return query, bad
