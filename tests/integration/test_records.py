"""Writing and reading records on both databases: what is kept, what is refused, what is left behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import records
from engine.errors import BadRequest, Conflict, Invalid, NotFound
from engine.records import Query
from engine.store.schema import AUDIT, OUTBOX
from tests.desk import Desk


def create(desk: Desk, **values: Any) -> str:
    with desk.runtime.begin(desk.root) as work:
        return records.create(work, "desk.ticket", {"subject": "No signal", "channel": "phone", **values})


def problems(desk: Desk, **values: Any) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        create(desk, **values)
    return {(each.field, each.code) for each in refused.value.problems}


def json_of(desk: Desk, key: str) -> dict[str, Any]:
    with desk.runtime.read(desk.root) as work:
        return records.present(work.app, records.get(work, "desk.ticket", key))


def test_defaults_computed_values_numbers_and_lines(desk: Desk) -> None:
    parts = [{"name": "cable", "qty": 2, "price": "10.25"}, {"name": "plug", "qty": 1, "price": 3}]
    shown = json_of(desk, create(desk, parts=parts, due="2026-03-09", tags=["late", "vip"]))
    assert shown["status"] == "open"
    assert shown["number"] == "T-202603-0001"
    assert shown["owner"] == desk.root.id
    assert [line["amount"] for line in shown["parts"]] == ["20.50", "3.00"]
    assert shown["cost"] == "23.50"
    assert shown["due"] == "2026-03-09"
    assert shown["tags"] == ["vip", "late"]
    assert shown["version"] == 1


def test_a_computed_number_that_cannot_be_kept_is_a_problem_of_its_field_and_never_of_a_filter(desk: Desk) -> None:
    many = 9_000_000_000
    found = problems(desk, parts=[{"name": "plug", "qty": 1, "price": 3}, {"name": "cable", "qty": many, "price": "9000000000.00"}])
    assert ("parts.1.amount", "overflow") in found
    key = create(desk, refund="1", parts=[{"name": "cable", "qty": many, "price": "10.00"}])
    with desk.runtime.read(desk.root) as work:
        page = records.find(work, Query("desk.ticket", where="cost * version * 9000000000000000000 > 9000000000000000000"))
        assert [row.id for row in page.items] == [key]


def test_every_problem_is_told_at_once(desk: Desk) -> None:
    found = problems(desk, subject="x", channel="fax", refund="-1", due="31/02/2026", parts=[{"qty": 0}], nope=1)
    assert found == {
        ("subject", "too-short"),
        ("channel", "not-a-choice"),
        ("refund", "below-minimum"),
        ("due", "not-date"),
        ("parts.0.qty", "below-minimum"),
        ("parts.0.name", "required"),
        ("nope", "unknown-field"),
    }


def test_conditions_are_enforced(desk: Desk) -> None:
    dear = [{"name": "server", "qty": 1, "price": "1000.01"}]
    assert problems(desk, parts=dear) == {("refund", "required")}
    assert problems(desk, parts=dear, refund="1000.02") == {("refund", "check")}
    key = create(desk, parts=dear, refund="1000.01")
    assert problems(desk, status="closed", subject="Other") == {("cause", "required")}
    with desk.runtime.begin(desk.root) as work:
        records.update(work, "desk.ticket", key, {"status": "closed", "cause": "worn"}, 1)
    with pytest.raises(Invalid) as refused, desk.runtime.begin(desk.root) as work:
        records.update(work, "desk.ticket", key, {"refund": "1"}, 2)
    assert [(each.field, each.code) for each in refused.value.problems] == [("refund", "field-locked")]


def test_a_lookup_follows_its_target(desk: Desk) -> None:
    with desk.runtime.begin(desk.root) as work:
        nora = records.create(work, "desk.person", {"name": "Nora", "region": "north"})
    key = create(desk, customer=nora)
    assert json_of(desk, key)["region"] == "north"
    with desk.runtime.begin(desk.root) as work:
        records.update(work, "desk.person", nora, {"region": "南区"}, 1)
    assert json_of(desk, key)["region"] == "south"


def test_updating_writes_only_what_changed_and_audits_old_and_new(desk: Desk) -> None:
    key = create(desk)
    desk.clock.advance(timedelta(hours=1))
    with desk.runtime.begin(desk.root) as work:
        assert records.update(work, "desk.ticket", key, {"subject": "Still no signal", "channel": "phone"}, 1) == 2
    with desk.runtime.begin(desk.root) as work:
        assert records.update(work, "desk.ticket", key, {"channel": "phone"}, 2) == 2
    with desk.runtime.read(desk.root) as work:
        entries = records.history(work, "desk.ticket", key)
    assert [(entry.verb, entry.version) for entry in entries] == [("update", 2), ("create", 1)]
    assert entries[0].changes == {"subject": ["No signal", "Still no signal"]}
    assert entries[0].actor_name == "Root"
    assert entries[0].at - entries[1].at == timedelta(hours=1)


def test_every_change_has_one_audit_and_one_outbox_row_in_its_transaction(desk: Desk) -> None:
    with desk.runtime.read(desk.root) as work:
        before = work.connection.execute(sa.select(sa.func.count()).select_from(AUDIT)).scalar_one()
    key = create(desk)
    with pytest.raises(Invalid):
        create(desk, channel="fax")
    with pytest.raises(RuntimeError), desk.runtime.begin(desk.root) as work:
        records.create(work, "desk.ticket", {"subject": "Rolled back", "channel": "web"})
        raise RuntimeError("power cut")
    with desk.runtime.read(desk.root) as work:
        audits = work.connection.execute(sa.select(sa.func.count()).select_from(AUDIT)).scalar_one()
        events = work.connection.execute(sa.select(OUTBOX.c.event, OUTBOX.c.record).where(OUTBOX.c.entity == "desk.ticket")).all()
    assert audits == before + 1
    assert [tuple(event) for event in events] == [("record.create", key)]


def test_a_stale_version_is_refused(desk: Desk) -> None:
    key = create(desk)
    with desk.runtime.begin(desk.root) as work:
        records.update(work, "desk.ticket", key, {"subject": "First"}, 1)
    with pytest.raises(Conflict) as refused, desk.runtime.begin(desk.root) as work:
        records.update(work, "desk.ticket", key, {"subject": "Second"}, 1)
    assert refused.value.code == "record-changed"
    assert refused.value.params["version"] == 2


def test_unique_keys_hold_among_live_records(desk: Desk) -> None:
    with desk.runtime.begin(desk.root) as work:
        nora = records.create(work, "desk.person", {"name": "Nora"})
    first = create(desk, customer=nora)
    assert problems(desk, customer=nora) == {("subject", "not-unique")}
    create(desk)
    create(desk)
    with desk.runtime.begin(desk.root) as work:
        records.delete(work, "desk.ticket", first, 1)
    second = create(desk, customer=nora)
    with pytest.raises(Conflict), desk.runtime.begin(desk.root) as work:
        records.restore(work, "desk.ticket", first)
    with desk.runtime.begin(desk.root) as work:
        records.delete(work, "desk.ticket", second, None)
        records.restore(work, "desk.ticket", first)
    assert json_of(desk, first)["version"] == 3


def test_deleting_refuses_clears_or_cascades(desk: Desk) -> None:
    with desk.runtime.begin(desk.root) as work:
        nora = records.create(work, "desk.person", {"name": "Nora"})
    first = create(desk, customer=nora)
    follower = create(desk, related=first)
    with desk.runtime.begin(desk.root) as work:
        reply = records.create(work, "desk.reply", {"ticket": first, "body": "On it"})
    with pytest.raises(Conflict) as refused, desk.runtime.begin(desk.root) as work:
        records.delete(work, "desk.person", nora, 1)
    assert refused.value.params["holders"] == [{"entity": "desk.ticket", "field": "customer", "count": 1}]
    with desk.runtime.begin(desk.root) as work:
        records.delete(work, "desk.ticket", first, 1)
    assert json_of(desk, follower)["related"] is None
    with desk.runtime.read(desk.root) as work:
        with pytest.raises(NotFound):
            records.get(work, "desk.reply", reply)
        assert [record.id for record in records.find(work, Query("desk.ticket", trash=True)).items] == [first]
    with desk.runtime.begin(desk.root) as work:
        records.purge(work, "desk.ticket", first)
    with desk.runtime.read(desk.root) as work:
        assert records.find(work, Query("desk.ticket", trash=True)).items == ()


def test_paging_by_cursor_meets_every_record_once_in_order(desk: Desk) -> None:
    dues = ["2026-03-01", None, "2026-02-01", "2026-03-01", None, "2026-01-15", "2026-03-02"]
    for position, due in enumerate(dues):
        create(desk, subject=f"Ticket {position}", due=due)
    for sort, expected in (
        ("due", sorted(dues, key=lambda due: due or "")),
        ("-due", sorted(dues, key=lambda due: due or "", reverse=True)),
    ):
        seen: list[Any] = []
        keys: list[str] = []
        cursor = None
        while True:
            with desk.runtime.read(desk.root) as work:
                page = records.find(work, Query("desk.ticket", sort=(sort,), limit=2, cursor=cursor))
            seen += [record.values["due"].isoformat() if record.values["due"] else None for record in page.items]
            keys += [record.id for record in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert seen == expected
        assert len(set(keys)) == len(dues)


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "bm90IGpzb24", "=" * 50, "W251bGwsbnVsbCxudWxsXQ", "WyJ4IiwgWzFdXQ"])
def test_a_foreign_cursor_is_a_bad_request(desk: Desk, cursor: str) -> None:
    with pytest.raises(BadRequest), desk.runtime.read(desk.root) as work:
        records.find(work, Query("desk.ticket", sort=("due",), cursor=cursor))


def test_totals_cover_the_whole_filtered_list(desk: Desk) -> None:
    for price in ("10", "20.10", "0.05"):
        create(desk, subject=f"At {price}", parts=[{"name": "x", "qty": 2, "price": price}])
    create(desk, subject="Nothing", channel="mail")
    totals = {"all": ("count", None), "sum": ("sum", "cost"), "max": ("max", "cost"), "avg": ("avg", "cost")}
    with desk.runtime.read(desk.root) as work:
        page = records.find(work, Query("desk.ticket", where="channel = 'phone'", limit=1, totals=totals))
        assert page.totals == {"all": 3, "sum": "60.30", "max": "40.20", "avg": "20.10"}
        empty = records.find(work, Query("desk.ticket", where="channel = 'web'", totals=totals))
    assert empty.totals == {"all": 0, "sum": "0.00", "max": None, "avg": None}


@pytest.mark.parametrize(
    "where", ["channel = 'fax'", "amount > 1", "subject + 1 > 2", "((((", "due > 5", "1 = 1; drop table x", "\x00", "'" * 5000]
)
def test_a_broken_filter_is_a_bad_request_with_places(desk: Desk, where: str) -> None:
    with pytest.raises(BadRequest) as refused, desk.runtime.read(desk.root) as work:
        records.find(work, Query("desk.ticket", where=where))
    assert refused.value.params["problems"]


def test_chinese_filters_and_labels(desk: Desk) -> None:
    create(desk, channel="网页", subject="打印机起火")
    create(desk, channel="mail", subject="other")
    with desk.runtime.read(desk.root) as work:
        found = records.find(work, Query("desk.ticket", where="渠道 等于 '网页' 且 主题 包含 '打印'")).items
    assert [record.values["subject"] for record in found] == ["打印机起火"]


def test_search_is_by_every_word_in_any_case_without_wildcards(desk: Desk) -> None:
    create(desk, subject="ÄRGER mit 100% Papier")
    create(desk, subject="Paper jam")
    with desk.runtime.read(desk.root) as work:
        assert len(records.find(work, Query("desk.ticket", search="papier ärger")).items) == 1
        assert len(records.find(work, Query("desk.ticket", search="%")).items) == 1
        assert records.find(work, Query("desk.ticket", search="papier jam")).items == ()


def test_numbers_start_anew_each_month_in_the_apps_time_zone(desk: Desk) -> None:
    create(desk)
    desk.clock.advance(timedelta(days=29, hours=12, minutes=30))  # 2026-04-01 00:30 in Shanghai, still March in UTC
    assert json_of(desk, create(desk))["number"] == "T-202604-0001"
