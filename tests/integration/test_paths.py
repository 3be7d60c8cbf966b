"""What lists show, sort and search of the records that links lead to, and how far roles narrow it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine import access, records
from engine.access import Actor
from engine.errors import BadRequest
from engine.records import Query
from engine.testing import factory
from tests.desk import Desk


@pytest.fixture
def people(desk: Desk) -> dict[str, str]:
    """Three persons and a ticket of each, and one of nobody; made in an order that is neither's alphabet."""
    with desk.runtime.begin(desk.root) as work:
        keys = {
            name: records.create(
                work, "desk.person", {"name": name, "mobile": mobile, "region": region, "salary": salary, "owner": desk.cem.id}
            )
            for name, mobile, region, salary in (
                ("Mia", "13812345678", "north", "900.00"),
                ("Zoe", "13900001111", "south", None),
                ("Abe", None, "north", "1200.50"),
            )
        }
        for subject, name in (("of Zoe", "Zoe"), ("of Abe", "Abe"), ("of nobody", None), ("of Mia", "Mia")):
            given: dict[str, Any] = {"subject": subject, "channel": "web", "owner": desk.ann.id}
            records.create(work, "desk.ticket", given | ({"customer": keys[name]} if name else {}))
    return keys


@pytest.fixture
def clerk(desk: Desk) -> Actor:
    return factory.person(desk.runtime, "cleo", "desk.clerk")


def listed(desk: Desk, actor: Actor, query: Query) -> records.Page:
    with desk.runtime.read(actor) as work:
        return records.find(work, query)


def test_columns_of_linked_records_in_their_order(desk: Desk, people: dict[str, str]) -> None:
    query = Query(
        "desk.ticket", fields=("subject", "customer.name", "customer.salary", "customer.owner"), sort=("customer.name",), names=True
    )
    for _again in range(3):  # the first plans the statement, the others run it prepared
        page = listed(desk, desk.root, query)
        shown = [(each.values["subject"], each.values["customer.name"], each.values["customer.salary"]) for each in page.items]
        assert shown == [("of nobody", None, None), ("of Abe", "Abe", 120050), ("of Mia", "Mia", 90000), ("of Zoe", "Zoe", None)]
        assert page.items[1].references["customer.owner"].display == "Cem"
    with desk.runtime.read(desk.root) as work:
        told = records.present_many(work.app, page.items)
    assert told[1]["customer.salary"] == "1200.50" and told[0]["customer.salary"] is None and told[1]["customer.owner"] == desk.cem.id


def test_pages_of_an_order_by_a_linked_record_meet(desk: Desk, people: dict[str, str]) -> None:
    seen, query = [], Query("desk.ticket", fields=("subject",), sort=("-customer.name",), limit=1)
    while True:
        page = listed(desk, desk.root, query)
        seen += [each.values["subject"] for each in page.items]
        if page.next is None:
            break
        query = replace(query, cursor=page.next)
    assert seen == ["of Zoe", "of Mia", "of Abe", "of nobody"]


def test_a_role_narrows_what_is_seen_along_a_path(desk: Desk, people: dict[str, str], clerk: Actor) -> None:
    page = listed(desk, clerk, Query("desk.ticket", fields=("subject", "customer.name", "customer.mobile"), where="subject = 'of Mia'"))
    (mia,) = page.items
    assert mia.values["customer.name"] == "Mia"
    assert mia.values["customer.mobile"] == "138****5678" and "customer.mobile" in mia.masked
    (own,) = listed(desk, clerk, Query("desk.person", where="name = 'Mia'")).items
    assert own.values["mobile"] == "13812345678", "the path is narrowed, not the person"


@pytest.mark.parametrize(
    "query",
    [
        Query("desk.ticket", where="customer.mobile = '13812345678'"),
        Query("desk.ticket", where="not (starts_with(customer.mobile, '138'))"),
        Query("desk.ticket", where="customer.region = 'north'"),
        Query("desk.ticket", where="related.customer.name = 'Mia'"),
        Query("desk.ticket", where="count(followers where customer.region = 'north') > 0"),
        Query("desk.person", where="count(tickets where customer.mobile is blank) > 0"),
        Query("desk.ticket", sort=("customer.mobile",)),
        Query("desk.ticket", sort=("customer.salary",)),
        Query("desk.ticket", fields=("subject", "customer.salary")),
        Query("desk.ticket", fields=("subject", "customer.region")),
        Query("desk.ticket", fields=("related.customer.name",)),
        Query("desk.ticket", fields=("customer.nothing",)),
        Query("desk.ticket", fields=("related.files",)),
        Query("desk.ticket", fields=("subject.name",)),
        Query("desk.ticket", fields=("customer.",)),
        Query("desk.ticket", where="any(parts where price > 1)"),
    ],
    ids=lambda query: f"{query.entity}-{query.where or query.sort or query.fields}",
)
def test_what_is_hidden_along_a_path_answers_nothing(desk: Desk, people: dict[str, str], clerk: Actor, query: Query) -> None:
    with pytest.raises(BadRequest):
        listed(desk, clerk, query)


def test_records_out_of_sight_are_blank_in_columns_and_order(desk: Desk, people: dict[str, str]) -> None:
    nat = factory.person(desk.runtime, "nat", "desk.narrow")  # people of the north only
    with desk.runtime.begin(desk.root) as work:
        for key in [each.id for each in records.find(work, Query("desk.ticket")).items]:
            records.update(work, "desk.ticket", key, {"owner": nat.id}, None)
    page = listed(desk, nat, Query("desk.ticket", fields=("subject", "customer.name"), sort=("customer.name", "subject")))
    assert [(each.values["subject"], each.values["customer.name"]) for each in page.items] == [
        ("of Zoe", None),
        ("of nobody", None),
        ("of Abe", "Abe"),
        ("of Mia", "Mia"),
    ]


def test_lines_are_narrowed_by_the_role_of_their_record(desk: Desk, clerk: Actor) -> None:
    rights = access.fields(desk.runtime.app, clerk, "desk.ticket.parts")
    assert rights["price"] == "none" and rights["name"] == "read"


def test_search_finds_by_what_a_link_leads_to(desk: Desk, people: dict[str, str]) -> None:
    now = desk.runtime.app
    searched = replace(now.entities["desk.ticket"], search=("subject", "customer.name"))
    app = replace(now, entities={**now.entities, "desk.ticket": searched}, content_hash="searched")
    with desk.runtime.read(desk.ann) as work:
        page = records.find(replace(work, app=app), Query("desk.ticket", search="mia"))
        assert [each.values["subject"] for each in page.items] == ["of Mia"]
        assert not records.find(replace(work, app=app), Query("desk.ticket", search="abe mia")).items
