"""The columns that somebody chose for a list, remembered in their browser until they choose others or go back to the view's."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

from engine.errors import BadRequest
from engine.web.jsons import loads
from engine.web.pages.listing import Listing
from engine.web.visit import Visit, read_cookie

_COOKIE = "dougong-columns"
_YEAR_S = 31_536_000
_LISTS_MAX = 20
_BYTES_MAX = 3000


def with_columns(visit: Visit, listing: Listing) -> Listing:
    """The list with the columns that its address asks for, else with those that this person chose for it before."""
    if listing.columns_asked or choosing(visit):
        return listing
    return replace(listing, columns_asked=_kept(visit).get(listing.key, ()))


def choosing(visit: Visit) -> bool:
    """Whether the form of columns was sent: what it says is to be remembered, also that it says nothing."""
    return "choose" in visit.arguments


def remember(visit: Visit, listing: Listing) -> None:
    """Keeps the columns that the list was asked for; none: it has its view's columns again."""
    kept = {place: columns for place, columns in _kept(visit).items() if place != listing.key}
    if listing.columns_asked:
        kept[listing.key] = listing.columns_asked
    # What was chosen longest ago goes first: a cookie must stay small.
    while len(kept) > _LISTS_MAX or (kept and len(_written(visit, kept)) > _BYTES_MAX):
        del kept[next(iter(kept))]
    visit.set_cookies[_COOKIE] = (_written(visit, kept), _YEAR_S) if kept else None


def _written(visit: Visit, kept: dict[str, tuple[str, ...]]) -> str:
    text = json.dumps([visit.person.id, {place: ",".join(columns) for place, columns in kept.items()}], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def _kept(visit: Visit) -> dict[str, tuple[str, ...]]:
    """What the cookie says, if it is this person's; whatever is not exactly what we wrote is ignored."""
    try:
        owner, said = loads(base64.urlsafe_b64decode(read_cookie(visit, _COOKIE).encode()))
        if owner != visit.person.id:
            return {}
        return {str(place): tuple(columns.split(","))[:60] for place, columns in said.items()}
    except (BadRequest, ValueError, TypeError, AttributeError):
        return {}
