"""Row scopes and field rights hold on every way to data."""

from __future__ import annotations

from typing import Any

import pytest

from engine import records
from engine.access import Actor
from engine.errors import BadRequest, DougongError, Forbidden, Invalid, NotFound
from engine.records import Query
from tests.desk import Desk


def ticket(desk: Desk, actor: Actor, subject: str, **values: Any) -> str:
    with desk.runtime.begin(actor) as work:
        return records.create(work, "desk.ticket", {"subject": subject, "channel": "web", **values})


def person(desk: Desk, name: str, **values: Any) -> str:
    with desk.runtime.begin(desk.cem) as work:
        return records.create(work, "desk.person", {"name": name, **values})


def subjects(desk: Desk, actor: Actor, **query: Any) -> set[str]:
    with desk.runtime.read(actor) as work:
        return {record.values["subject"] for record in records.find(work, Query("desk.ticket", **query)).items}


def test_agents_see_their_own_and_the_chief_the_subtree(desk: Desk) -> None:
    for actor, subject in ((desk.ann, "of ann"), (desk.bob, "of bob"), (desk.dan, "of dan")):
        ticket(desk, actor, subject)
    assert subjects(desk, desk.ann) == {"of ann"}
    assert subjects(desk, desk.cem) == {"of ann", "of bob"}
    assert subjects(desk, desk.dan) == {"of dan"}
    assert subjects(desk, desk.root) == {"of ann", "of bob", "of dan"}
    with pytest.raises(NotFound), desk.runtime.read(desk.bob) as work:
        with desk.runtime.read(desk.ann) as anns:
            key = records.find(anns, Query("desk.ticket")).items[0].id
        records.get(work, "desk.ticket", key)


def test_a_moved_person_sees_other_records_at_once(desk: Desk) -> None:
    ticket(desk, desk.dan, "of dan")
    assert desk.cem.id and desk.dan.id
    assert subjects(desk, desk.cem) == set()
    with desk.runtime.begin(desk.root) as work:
        north = records.find(work, Query("system.department", where="name = 'North team'")).items[0].id
        records.update(work, "system.user", desk.dan.id, {"department": north}, None)
    again = desk.runtime.actor_of(desk.cem.id)
    assert again is not None
    assert subjects(desk, again) == {"of dan"}


def test_a_disabled_user_is_no_actor(desk: Desk) -> None:
    assert desk.ann.id
    with desk.runtime.begin(desk.root) as work:
        records.update(work, "system.user", desk.ann.id, {"active": False}, None)
    assert desk.runtime.actor_of(desk.ann.id) is None


def test_scope_by_expression_follows_the_reference(desk: Desk) -> None:
    north, south = person(desk, "Nora", region="north"), person(desk, "Sven", region="south")
    ticket(desk, desk.ann, "from north", customer=north)
    ticket(desk, desk.ann, "from south", customer=south)
    ticket(desk, desk.ann, "from nobody")
    assert subjects(desk, desk.ned) == {"from north"}


def test_search_totals_autocomplete_and_history_stay_within_the_scope(desk: Desk) -> None:
    mine, other = ticket(desk, desk.ann, "printer on fire"), ticket(desk, desk.dan, "printer jam")
    with desk.runtime.read(desk.ann) as work:
        page = records.find(work, Query("desk.ticket", search="printer", totals={"count": ("count", None)}))
        assert [record.id for record in page.items] == [mine]
        assert page.totals == {"count": 1}
        assert [each.id for each in records.autocomplete(work, "desk.ticket", "printer")] == [mine]
        with pytest.raises(NotFound):
            records.history(work, "desk.ticket", other)


def test_what_was_not_said_is_not_allowed(desk: Desk) -> None:
    with pytest.raises(Forbidden), desk.runtime.read(desk.ned) as work:
        records.find(work, Query("desk.reply"))
    with pytest.raises(Forbidden), desk.runtime.begin(desk.ned) as work:
        records.create(work, "desk.ticket", {"subject": "no", "channel": "web"})


def test_creating_for_somebody_else_is_outside_the_scope(desk: Desk) -> None:
    with pytest.raises(Forbidden), desk.runtime.begin(desk.ann) as work:
        records.create(work, "desk.ticket", {"subject": "for dan", "channel": "web", "owner": desk.dan.id})
    assert subjects(desk, desk.root) == set()


def test_hidden_and_masked_fields(desk: Desk) -> None:
    key = person(desk, "Nora", mobile="13812340000", salary="9000.50")
    with desk.runtime.read(desk.ann) as work:
        record = records.get(work, "desk.person", key)
        assert record.values["mobile"] == "138****0000"
        assert "salary" not in record.values
        assert "salary" not in str(records.present(work.app, record))
    with desk.runtime.read(desk.cem) as work:
        assert records.get(work, "desk.person", key).values["salary"] == 900050


@pytest.mark.parametrize(
    "query",
    [
        {"where": "salary > 5000"},
        {"where": "mobile = '13812340000'"},
        {"sort": ("salary",)},
        {"sort": ("-mobile",)},
        {"fields": ("salary",)},
        {"totals": {"s": ("sum", "salary")}},
        {"totals": {"m": ("min", "mobile")}},
        {"equal": {"salary": 900050}},
    ],
)
def test_a_field_that_may_not_be_read_answers_no_question(desk: Desk, query: dict[str, Any]) -> None:
    person(desk, "Nora", mobile="13812340000", salary="9000.50")
    with pytest.raises(BadRequest), desk.runtime.read(desk.ann) as work:
        records.find(work, Query("desk.person", **query))


def test_a_masked_field_is_not_searched(desk: Desk) -> None:
    person(desk, "Nora", mobile="13812340000")
    with desk.runtime.read(desk.ann) as work:
        assert records.find(work, Query("desk.person", search="1381234")).items == ()
    with desk.runtime.read(desk.cem) as work:
        assert len(records.find(work, Query("desk.person", search="1381234")).items) == 1


def test_a_path_to_a_hidden_field_is_unknown(desk: Desk) -> None:
    with pytest.raises(BadRequest), desk.runtime.read(desk.ann) as work:
        records.find(work, Query("desk.ticket", where="customer.salary > 1"))


@pytest.mark.parametrize(
    "values", [{"refund": "1"}, {"id": "x"}, {"version": 9}, {"created_by": None}, {"cost": "5"}, {"number": "T-1"}, {"nope": 1}]
)
def test_no_write_beyond_the_fields_one_may_write(desk: Desk, values: dict[str, Any]) -> None:
    key = ticket(desk, desk.ann, "mine")
    with pytest.raises(Invalid), desk.runtime.begin(desk.ann) as work:
        records.update(work, "desk.ticket", key, values, None)
    with pytest.raises(Invalid), desk.runtime.begin(desk.ann) as work:
        records.create(work, "desk.ticket", {"subject": "new", "channel": "web", **values})


def test_a_link_may_only_lead_to_what_one_may_read(desk: Desk) -> None:
    other = ticket(desk, desk.dan, "of dan")
    with pytest.raises(Invalid) as refused, desk.runtime.begin(desk.ann) as work:
        records.create(work, "desk.ticket", {"subject": "linked", "channel": "web", "related": other})
    assert [(each.field, each.code) for each in refused.value.problems] == [("related", "no-such-record")]


def test_a_link_to_a_record_out_of_sight_shows_no_name(desk: Desk) -> None:
    other = ticket(desk, desk.dan, "secret subject")
    with desk.runtime.begin(desk.root) as work:
        key = records.create(work, "desk.ticket", {"subject": "mine", "channel": "web", "related": other, "owner": desk.ann.id})
    with desk.runtime.read(desk.ann) as work:
        record = records.get(work, "desk.ticket", key)
    assert record.references["related"].display == ""
    assert "secret" not in str(record)


def test_sharing_opens_one_record(desk: Desk) -> None:
    key = ticket(desk, desk.ann, "shared")
    ticket(desk, desk.ann, "kept")
    assert desk.eve.id
    assert subjects(desk, desk.eve) == set()
    with desk.runtime.begin(desk.ann) as work:
        records.share(work, "desk.ticket", key, desk.eve.id)
    assert subjects(desk, desk.eve) == {"shared"}
    with pytest.raises(Forbidden), desk.runtime.begin(desk.eve) as work:
        records.update(work, "desk.ticket", key, {"subject": "changed"}, None)
    with desk.runtime.begin(desk.ann) as work:
        records.share(work, "desk.ticket", key, desk.eve.id, may_update=True)
    with desk.runtime.begin(desk.eve) as work:
        assert records.update(work, "desk.ticket", key, {"subject": "changed"}, None) == 2
    with pytest.raises(DougongError), desk.runtime.begin(desk.dan) as work:
        records.share(work, "desk.ticket", key, desk.eve.id)


def test_whoever_was_lent_a_record_cannot_take_it(desk: Desk) -> None:
    key = ticket(desk, desk.ann, "lent")
    with desk.runtime.begin(desk.ann) as work:
        records.share(work, "desk.ticket", key, desk.eve.id, may_update=True)
    with desk.runtime.begin(desk.eve) as work:
        records.update(work, "desk.ticket", key, {"subject": "changed"}, None)
    with pytest.raises(Invalid) as caught, desk.runtime.begin(desk.eve) as work:
        records.update(work, "desk.ticket", key, {"owner": desk.eve.id}, None)
    assert [(each.field, each.code) for each in caught.value.problems] == [("owner", "only-lent")]
    with desk.runtime.begin(desk.ann) as work:
        records.update(work, "desk.ticket", key, {"owner": desk.bob.id}, None)


def test_sharing_is_written_down_and_taken_back(desk: Desk) -> None:
    key = ticket(desk, desk.ann, "shared")
    ann, eve = desk.ann.id or "", desk.eve.id or ""
    with desk.runtime.begin(desk.ann) as work:
        assert records.shareable(work, records.get(work, "desk.ticket", key))
        records.share(work, "desk.ticket", key, eve, may_update=True)
    with desk.runtime.read(desk.ann) as work:
        given = records.shares(work, "desk.ticket", key)
        assert [(each.user, each.name, each.may_update, each.by) for each in given] == [(eve, "Eve", True, "Ann")]
    with desk.runtime.begin(desk.ann) as work:
        assert records.unshare(work, "desk.ticket", key, eve)
        assert not records.unshare(work, "desk.ticket", key, eve)
    assert subjects(desk, desk.eve) == set()
    with desk.runtime.read(desk.ann) as work:
        told = [(each.verb, each.about, each.version, each.actor, dict(each.changes)) for each in records.history(work, "desk.ticket", key)]
    assert told[:2] == [("unshare", "Eve", 1, ann, {}), ("share", "Eve", 1, ann, {})]


def test_sharing_with_somebody_who_would_not_see_it_is_refused(desk: Desk) -> None:
    key = ticket(desk, desk.ann, "kept")
    with pytest.raises(Invalid) as refused, desk.runtime.begin(desk.ann) as work:
        records.share(work, "desk.ticket", key, desk.dan.id or "")
    assert [(each.field, each.code) for each in refused.value.problems] == [("user", "sees-nothing-shared")]
    with pytest.raises(Invalid) as oneself, desk.runtime.begin(desk.ann) as work:
        records.share(work, "desk.ticket", key, desk.ann.id or "")
    assert [each.code for each in oneself.value.problems] == ["shared-with-oneself"]
    with pytest.raises(Forbidden), desk.runtime.begin(desk.ann.narrowed(("read",))) as work:
        records.share(work, "desk.ticket", key, desk.eve.id or "")


def test_a_read_only_token_changes_nothing(desk: Desk) -> None:
    key = ticket(desk, desk.ann, "mine")
    reader = desk.ann.narrowed(("read",))
    with desk.runtime.read(reader) as work:
        assert records.get(work, "desk.ticket", key).may_update is False
    for action in (
        lambda work: records.create(work, "desk.ticket", {"subject": "new", "channel": "web"}),
        lambda work: records.update(work, "desk.ticket", key, {"subject": "new"}, None),
        lambda work: records.delete(work, "desk.ticket", key, None),
    ):
        with pytest.raises(DougongError), desk.runtime.begin(reader) as work:
            action(work)


def test_colleagues_can_be_named_but_not_inspected(desk: Desk) -> None:
    with desk.runtime.read(desk.ann) as work:
        names = {record.values["name"] for record in records.find(work, Query("system.user")).items}
        assert {"Ann", "Bob", "Cem"} <= names
        assert all("login" not in record.values for record in records.find(work, Query("system.user")).items)
        with pytest.raises(BadRequest):
            records.find(work, Query("system.user", where="login = 'cem'"))


def test_why_names_the_role_and_the_place(desk: Desk) -> None:
    key = ticket(desk, desk.ann, "mine")
    with desk.runtime.read(desk.ann) as work:
        verdicts = {verdict.verb: verdict for verdict in records.why(work, "desk.ticket", key)}
    assert verdicts["update"].allowed
    assert verdicts["update"].reasons[0].role == "desk.agent"
    assert verdicts["update"].reasons[0].path.endswith("roles/agent.yaml")
    assert not verdicts["export"].allowed


def test_a_role_may_ask_for_what_the_user_leads_to(desk: Desk) -> None:
    ticket(desk, desk.ann, "of ann")
    ticket(desk, desk.bob, "of bob")
    with desk.runtime.begin(desk.root) as work:
        team = records.create(work, "system.department", {"name": "Led by ann", "manager": desk.ann.id})
        key = records.create(work, "system.user", {"name": "Fay", "login": "fay", "department": team})
        records.create(work, "system.role_assignment", {"user": key, "role": "desk.colleague"})
    fay = desk.runtime.actor_of(key)
    assert fay is not None
    assert subjects(desk, fay) == {"of ann"}


def test_a_filter_over_users_is_no_keyword_of_the_database(desk: Desk) -> None:
    with desk.runtime.read(desk.root) as work:
        found = records.find(work, Query("system.user", where="login = 'cem' and department.name = 'North'")).items
    assert [record.values["name"] for record in found] == ["Cem"]
