"""A board: a list's records in lanes by the value of one field, each lane with its totals and its first cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.model.kinds.entity import Entity, Field, Option, makes_groups
from engine.model.kinds.view import View
from engine.records import Group, Page, Query, find, groups
from engine.store import UnitOfWork

LANES_MAX = 24
CARDS_PER_LANE = 20
BLANK_LANE = "-"


@dataclass(frozen=True, slots=True)
class Lane:
    """The records with one value of the board's field: what it stands for, what they add up to, the first of them.

    ``key`` names the lane in addresses; ``value`` is what a form would hold for it ("" for none).
    """

    key: str
    value: str
    group: Group
    option: Option | None
    page: Page


@dataclass(frozen=True, slots=True)
class Board:
    """The lanes of a list by ``field``; ``further`` counts the lanes that are too many to show."""

    field: Field
    lanes: tuple[Lane, ...]
    further: int


def board_field(view: View, entity: Entity) -> Field | None:
    """The field that sorts a view's records into lanes, where it is of a kind that can."""
    field = entity.fields.get(view.by or "")
    return field if makes_groups(field) else None


def board(work: UnitOfWork, query: Query, field: Field) -> Board:
    """The list as a board. A lane of every option of a choice is there, also without cards; of links, those in use."""
    found = list(_in_order(field, groups(work, query, field.name)))
    shown = found[:LANES_MAX]
    options = {option.code: option for option in field.options}
    lanes = [
        Lane(
            _key(group.value),
            _typed(group.value),
            group,
            options.get(group.value) if isinstance(group.value, str) else None,
            cards(work, query, field, group.value) if group.totals.get("") else Page((), None, {}),
        )
        for group in shown
    ]
    return Board(field, tuple(lanes), len(found) - len(shown))


def cards(work: UnitOfWork, query: Query, field: Field, value: Any, cursor: str | None = None) -> Page:
    """Some cards of one lane, from where ``cursor`` says."""
    return find(work, replace(query, equal={field.name: value}, totals={}, limit=CARDS_PER_LANE, cursor=cursor))


def lane_value(field: Field, key: str) -> Any:
    """The kept value that a lane's key in an address stands for. Raises ValueError for none."""
    if key == BLANK_LANE:
        return None
    if field.kind == "boolean":
        return {"true": True, "false": False}[key] if key in ("true", "false") else _no_lane(key)
    if field.options and key not in {option.code for option in field.options}:
        _no_lane(key)
    return key


def _no_lane(key: str) -> Any:
    raise ValueError(key)


def _key(value: Any) -> str:
    return BLANK_LANE if value is None else _typed(value)


def _typed(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _in_order(field: Field, found: Sequence[Group]) -> Iterator[Group]:
    """Choices in the order of their options, blank first; people and other links by how many records they have."""
    by_value = {group.value: group for group in found}
    declared = [option.code for option in field.options] if field.options else [True, False] if field.kind == "boolean" else None
    if declared is None:
        yield from sorted(found, key=lambda group: group.value is not None)
        return
    if None in by_value:
        yield by_value[None]
    for value in declared:
        yield by_value.pop(value, Group(value, {"": 0}))
    # Values of options that are no longer offered.
    yield from (group for value, group in by_value.items() if value is not None)
