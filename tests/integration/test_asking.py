"""A condition that a person writes answers only about what that person may read, whatever it is written over."""

from __future__ import annotations

import pytest

from engine import records
from engine.access import Actor
from engine.errors import BadRequest, DougongError, Forbidden
from engine.records import Query
from engine.testing import factory
from tests.desk import Desk


@pytest.fixture
def narrow(desk: Desk) -> Actor:
    """Somebody who sees own tickets without their region, and people of the north only."""
    return factory.person(desk.runtime, "nat", "desk.narrow")


def made(desk: Desk, actor: Actor, entity: str, **values: object) -> str:
    with desk.runtime.begin(actor) as work:
        return records.create(work, entity, values)


def ticket(desk: Desk, owner: Actor, subject: str, **values: object) -> str:
    """A ticket made by the administrator, so that anything may be linked."""
    return made(desk, desk.root, "desk.ticket", subject=subject, channel="web", owner=owner.id, **values)


def asked(desk: Desk, actor: Actor, entity: str, where: str, shown: str = "subject") -> set[str]:
    with desk.runtime.read(actor) as work:
        return {record.values[shown] for record in records.find(work, Query(entity, where=where)).items}


@pytest.mark.parametrize(
    ("entity", "where"),
    [
        ("desk.ticket", "region = 'north'"),
        ("desk.ticket", "region is not blank"),
        ("desk.ticket", "related.region = 'north'"),
        ("desk.ticket", "count(followers where region = 'north') > 0"),
        ("desk.ticket", "any(followers where related.region = 'north')"),
        ("desk.person", "count(tickets where region = 'north') > 0"),
        ("desk.person", "distinct_count(tickets.region) > 0"),
        ("desk.reply", "ticket.subject = 'x'"),
        ("desk.ticket", "count(replies) > 0"),
    ],
)
def test_a_hidden_field_answers_nothing_where_it_is_only_computed(desk: Desk, narrow: Actor, entity: str, where: str) -> None:
    with pytest.raises(BadRequest):
        asked(desk, narrow, entity, where)


def test_rows_out_of_sight_are_not_counted(desk: Desk, narrow: Actor) -> None:
    nora = made(desk, desk.root, "desk.person", name="Nora", region="north")
    nils = made(desk, desk.root, "desk.person", name="Nils", region="north")
    ticket(desk, desk.ann, "hers", customer=nora)
    ticket(desk, narrow, "his", customer=nils)
    assert asked(desk, narrow, "desk.person", "count(tickets) > 0", "name") == {"Nils"}
    assert asked(desk, narrow, "desk.person", "count(tickets) = 0", "name") == {"Nora"}
    assert asked(desk, narrow, "desk.person", "any(tickets where subject = 'hers')", "name") == set()
    assert asked(desk, narrow, "desk.person", "max(tickets.created_at) is not blank", "name") == {"Nils"}
    assert asked(desk, desk.root, "desk.person", "count(tickets) > 0", "name") == {"Nora", "Nils"}


def test_a_path_to_a_record_out_of_sight_is_blank(desk: Desk, narrow: Actor) -> None:
    nora = made(desk, desk.root, "desk.person", name="Nora", region="north")
    sven = made(desk, desk.root, "desk.person", name="Sven", region="south")
    first = ticket(desk, narrow, "north", customer=nora)
    second = ticket(desk, narrow, "south", customer=sven)
    ticket(desk, narrow, "after north", related=first)
    ticket(desk, narrow, "after south", related=second)
    ticket(desk, narrow, "after hers", related=ticket(desk, desk.ann, "hers", customer=nora))
    assert asked(desk, narrow, "desk.ticket", "customer.name = 'Nora'") == {"north"}
    assert asked(desk, narrow, "desk.ticket", "customer.name = 'Sven'") == set()
    assert asked(desk, narrow, "desk.ticket", "upper(customer.name) = 'SVEN'") == set()
    assert asked(desk, narrow, "desk.ticket", "customer.name is blank and customer is not blank") == {"south"}
    assert asked(desk, narrow, "desk.ticket", "related.customer.name is not blank") == {"after north"}
    assert asked(desk, narrow, "desk.ticket", "related.subject = 'hers'") == set()
    assert asked(desk, desk.root, "desk.ticket", "related.customer.name = 'Sven'") == {"after south"}


def test_what_an_app_computes_over_a_record_out_of_sight_is_not_asked_through_it(desk: Desk, narrow: Actor) -> None:
    parts = [{"name": "fan", "qty": 2, "price": "3.00"}]
    hers = ticket(desk, desk.ann, "hers", parts=parts)
    his = ticket(desk, narrow, "his", parts=parts)
    ticket(desk, narrow, "after hers", related=hers)
    ticket(desk, narrow, "after his", related=his)
    assert asked(desk, narrow, "desk.ticket", "cost = 6") == {"his"}
    assert asked(desk, narrow, "desk.ticket", "related.cost = 6") == {"after his"}
    assert asked(desk, narrow, "desk.ticket", "sum(related.parts.amount) = 6") == {"after his"}
    assert asked(desk, narrow, "desk.ticket", "any(parts where name = 'fan')") == {"his"}


def test_a_computed_field_that_may_be_read_may_be_asked_about_though_its_source_may_not(desk: Desk) -> None:
    sven = made(desk, desk.root, "desk.person", name="Sven", region="south")
    with desk.runtime.begin(desk.root) as work:
        key = records.create(work, "desk.ticket", {"subject": "shared", "channel": "web", "customer": sven})
        records.share(work, "desk.ticket", key, desk.eve.id or "", may_update=False)
    assert asked(desk, desk.eve, "desk.ticket", "region = 'south'") == {"shared"}
    with pytest.raises(DougongError):
        asked(desk, desk.eve, "desk.ticket", "customer.region = 'south'")


def test_what_is_shared_counts_as_seen(desk: Desk) -> None:
    with desk.runtime.begin(desk.root) as work:
        first = records.create(work, "desk.ticket", {"subject": "first", "channel": "web"})
        second = records.create(work, "desk.ticket", {"subject": "second", "channel": "web", "related": first})
        third = records.create(work, "desk.ticket", {"subject": "third", "channel": "web", "related": second})
        for key in (first, second):
            records.share(work, "desk.ticket", key, desk.eve.id or "", may_update=False)
        assert third
    assert asked(desk, desk.eve, "desk.ticket", "related.subject = 'first'") == {"second"}
    assert asked(desk, desk.eve, "desk.ticket", "count(followers) > 0") == {"first"}


def test_a_person_who_may_read_none_of_an_entity_may_not_ask_about_it(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        asked(desk, desk.ned, "desk.ticket", "count(replies) > 0")
