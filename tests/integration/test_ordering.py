"""Orders by choices and links, forward and backward, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import records
from engine.errors import BadRequest
from engine.records import Query
from tests.desk import Desk


@pytest.mark.parametrize(
    "sort", [("customer",), ("-customer", "subject"), ("-channel", "customer"), ("channel", "-subject"), ("due",)], ids=str
)
def test_pages_meet_in_both_directions(desk: Desk, sort: tuple[str, ...]) -> None:
    with desk.runtime.begin(desk.root) as work:
        people = [records.create(work, "desk.person", {"name": name}) for name in ("Zoe", "abe", "Mia", "Abe")]
        for number in range(17):
            customer = people[number % 5] if number % 5 < 4 else None
            due = f"2026-01-{number % 3 + 1:02}" if number % 4 else None
            given = {"subject": f"S{number:02}", "channel": ("web", "phone", "mail")[number % 3], "customer": customer, "due": due}
            records.create(work, "desk.ticket", given)
    query = Query("desk.ticket", fields=("subject", "channel", "customer.name", "due"), sort=sort, limit=4)
    with desk.runtime.read(desk.root) as work:
        pages = [records.find(work, query)]
        while (following := pages[-1].next) is not None:
            pages.append(records.find(work, replace(query, cursor=following)))
        back = [pages[-1]]
        while (before := back[-1].previous) is not None:
            back.append(records.find(work, replace(query, cursor=before)))
        whole = records.find(work, replace(query, limit=50)).items
    ids = [record.id for page in pages for record in page.items]
    assert ids == [record.id for record in whole] and len(set(ids)) == 17
    assert [record.id for page in back[::-1] for record in page.items] == ids
    first = [key(record.values, sort[0]) for record in whole]
    assert first == sorted(first, reverse=sort[0].startswith("-"))


def key(values: object, name: str) -> tuple[bool, object]:
    """What an order compares: the option's place, the linked record's name by code point; blanks come first."""
    assert isinstance(values, dict)
    bare = name.removeprefix("-")
    value = values["customer.name" if bare == "customer" else bare]
    if bare == "channel":
        value = ("phone", "mail", "web").index(value)
    return (value is not None, value if value is not None else 0)


@pytest.mark.parametrize("cursor", ["-", "-x", "--", "-W10", "-WzEsMl0"])
def test_a_cursor_of_another_order_is_refused(desk: Desk, cursor: str) -> None:
    with desk.runtime.read(desk.root) as work, pytest.raises(BadRequest):
        records.find(work, Query("desk.ticket", sort=("channel",), cursor=cursor))
