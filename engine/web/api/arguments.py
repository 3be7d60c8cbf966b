"""What stands in an address after the question mark, as a query; anything unknown or malformed is refused by name."""

from __future__ import annotations

from collections.abc import Iterable

from engine import limits
from engine.errors import BadRequest
from engine.records import Query

_KNOWN = frozenset({"where", "sort", "fields", "limit", "cursor", "totals", "search", "trash"})
_FUNCTIONS = ("count", "sum", "min", "max", "avg")


def query_of(entity: str, given: Iterable[tuple[str, str]]) -> Query:
    """A list's query out of the names and values in its address. Raises BadRequest."""
    arguments: dict[str, str] = {}
    for name, value in given:
        if name not in _KNOWN:
            raise BadRequest("unknown-parameter", name=name[:60])
        if name in arguments:
            raise BadRequest("repeated-parameter", name=name)
        arguments[name] = value
    return Query(
        entity,
        where=arguments.get("where") or None,
        search=arguments.get("search") or None,
        sort=_names("sort", arguments.get("sort", "")),
        fields=_names("fields", arguments["fields"]) if arguments.get("fields") else None,
        limit=_limit(arguments.get("limit")),
        cursor=arguments.get("cursor") or None,
        totals=_totals(arguments.get("totals", "")),
        trash=_flag("trash", arguments.get("trash", "")),
    )


def _names(parameter: str, text: str) -> tuple[str, ...]:
    """The items of a list between commas; nothing at all is an empty list."""
    items = tuple(name.strip() for name in text.split(",")) if text.strip() else ()
    if "" in items or "-" in items:
        raise BadRequest("empty-item", name=parameter)
    return items


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
    for part in _names("totals", text):
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
