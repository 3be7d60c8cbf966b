"""Groups of a list: counted as if by hand, within what the actor may see, on each database."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from engine import records
from engine.errors import BadRequest
from engine.records import Query
from engine.testing import factory
from tests.desk import Desk

CHANNELS = ("web", "mail", "web", "phone", "web", "mail")


@pytest.fixture
def tickets(desk: Desk) -> Desk:
    with desk.runtime.begin(desk.root) as work:
        for number, channel in enumerate(CHANNELS):
            parts = [{"name": "Toner", "qty": number, "price": "10.50"}] if number else []
            owner = desk.root.id if number % 2 else None
            values = {"subject": f"Ticket {number}", "channel": channel, "owner": owner, "parts": parts}
            records.create(work, "desk.ticket", values)
    return desk


def test_groups_count_and_add_up_each_value(tickets: Desk) -> None:
    with tickets.runtime.read(tickets.root) as work:
        found = records.groups(work, Query("desk.ticket", totals={"cost": ("sum", "cost")}), "channel")
    counted = {group.value: group.totals[""] for group in found}
    assert counted == Counter(CHANNELS)
    costs: dict[str, Decimal] = {}
    for number, channel in enumerate(CHANNELS):
        costs[channel] = costs.get(channel, Decimal(0)) + number * Decimal("10.50")
    assert {group.value: Decimal(str(group.totals["cost"])) for group in found} == costs
    assert [group.totals[""] for group in found] == sorted(counted.values(), reverse=True)


def test_a_link_is_named_and_blank_is_a_group(tickets: Desk) -> None:
    with tickets.runtime.read(tickets.root) as work:
        found = {group.value: group for group in records.groups(work, Query("desk.ticket"), "owner")}
    assert set(found) == {None, tickets.root.id}
    named = found[tickets.root.id].reference
    assert named is not None
    assert named.display


@pytest.mark.parametrize("by", ["subject", "parts", "cost", "due", "no_such", "customer.name"])
def test_what_makes_no_groups_is_refused(tickets: Desk, by: str) -> None:
    with tickets.runtime.read(tickets.root) as work, pytest.raises(BadRequest):
        records.groups(work, Query("desk.ticket"), by)


def test_nobody_groups_by_what_they_may_not_read(tickets: Desk) -> None:
    nat = factory.person(tickets.runtime, "nat", "desk.narrow")
    with tickets.runtime.begin(tickets.root) as work:
        records.create(work, "desk.ticket", {"subject": "Own", "channel": "web", "owner": nat.id})
    with tickets.runtime.read(nat) as work:
        assert [group.totals[""] for group in records.groups(work, Query("desk.ticket"), "channel")] == [1]
        with pytest.raises(BadRequest):
            records.groups(work, Query("desk.ticket"), "region")
