"""What stands in an address after the question mark, as a query; anything unknown or malformed is refused by name."""

from __future__ import annotations

from collections.abc import Mapping

from engine import limits
from engine.errors import BadRequest
from engine.records import Query

_KNOWN = frozenset({"where", "sort", "fields", "limit", "cursor", "totals", "search", "trash"})
_FUNCTIONS = ("count", "sum", "min", "max", "avg")


def query_of(entity: str, arguments: Mapping[str, str]) -> Query:
    """A list's query out of its address. Raises BadRequest."""
    for name in arguments:
        if name not in _KNOWN:
            raise BadRequest("unknown-parameter", name=name[:60])
    return Query(
        entity,
        where=arguments.get("where") or None,
        search=arguments.get("search") or None,
        sort=_names(arguments.get("sort", "")),
        fields=_names(arguments["fields"]) if arguments.get("fields") else None,
        limit=_limit(arguments.get("limit")),
        cursor=arguments.get("cursor") or None,
        totals=_totals(arguments.get("totals", "")),
        trash=_flag("trash", arguments.get("trash", "")),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _limit(text: str | None) -> int:
    if text is None:
        return limits.page_rows_default
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise BadRequest("bad-limit", max=limits.page_rows_max)
    return int(text)


def _flag(name: str, text: str) -> bool:
    if text not in ("", "0", "1", "false", "true"):
        raise BadRequest("bad-flag", name=name)
    return text in ("1", "true")


def _totals(text: str) -> dict[str, tuple[str, str | None]]:
    found: dict[str, tuple[str, str | None]] = {}
    for part in _names(text):
        function, _, name = part.partition(":")
        if function not in _FUNCTIONS or (not name and function != "count"):
            raise BadRequest("bad-total", function=function[:20], field=name[:60])
        found[part] = (function, name or None)
    return found


def version_of(header: str | None) -> int | None:
    """The version that an If-Match names; None where any will do. Raises BadRequest for what is no version of ours."""
    if header is None or header.strip() == "*":
        return None
    tag = header.strip().removeprefix("W/").strip('"')
    if not (tag.isascii() and tag.isdecimal() and len(tag) < 10):
        raise BadRequest("bad-etag")
    return int(tag)
