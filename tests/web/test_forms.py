"""Forms: nothing typed is lost, every problem stands beside its field, two people's changes are merged."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from engine import records
from engine.diagnostics import Span
from engine.i18n import LocalizedText
from engine.language import types as t
from engine.model.kinds.entity import Field
from engine.web.inputs import input_text
from tests.web.conftest import Person, Site, text_of

NEW = "/app/desk/ticket/new"


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return unescape(found[1])


def edit(person: Person, key: str, changes: dict[str, Any], page: str | None = None) -> Any:
    """Open the form of a ticket, change something, send it."""
    address = f"/app/desk/ticket/{key}/edit"
    page = page or person.page(address)
    base = json.loads(hidden(page, "base"))
    shown = {name: value for name, value in base.items() if isinstance(value, str) and f'name="{name}"' in page}
    return person.post(address, {**shown, "base": json.dumps(base), "version": hidden(page, "version"), **changes})


def test_a_new_record_is_created_and_shown(site: Site) -> None:
    li = site.login("li")
    answer = li.post(NEW, {"subject": "No signal", "channel": "web", "status": "fresh", "priority": "high"})
    assert answer.status_code == 303
    page = li.page(answer.headers["Location"])
    assert "No signal" in text_of(page)
    assert "T-202603-0001" in text_of(page)


def test_the_form_starts_with_defaults(site: Site) -> None:
    page = site.login("li").page(NEW)
    assert re.search(r'<option value="fresh" selected>New</option>', page)
    assert re.search(r'name="owner__text" value="Li"', page)


def test_an_address_may_preset_fields_but_only_writable_ones(site: Site) -> None:
    page = site.login("li").page(NEW + "?subject=Hello&id=1&cost=5&nonsense=x")
    assert 'name="subject" value="Hello"' in page


def test_every_problem_is_listed_and_stands_beside_its_field(site: Site) -> None:
    li = site.login("li")
    data = {
        "subject": "x" * 201,
        "channel": "",
        "status": "fresh",
        "parts__here": "1",
        "parts.0.name": "Toner",
        "parts.0.qty": "-3",
        "parts.0.price": "abc",
    }
    answer = li.post(NEW, data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for anchor in ("field-subject", "field-channel", "field-parts-0-qty", "field-parts-0-price"):
        assert f'href="#{anchor}"' in page
        assert f'id="{anchor}"' in page
        assert f'id="problem-{anchor}"' in page
    assert "x" * 201 in page
    assert 'name="parts.0.price" value="abc"' in page
    assert "4 things to put right" in text_of(page)


def test_problems_are_told_in_chinese_too(site: Site) -> None:
    answer = site.login("li", language="zh").post(NEW, {"subject": "", "channel": "web", "status": "fresh"})
    assert "请填写此项" in text_of(answer.get_data(as_text=True))


def test_a_broken_rule_speaks_in_the_words_of_its_definition(site: Site) -> None:
    data = {"subject": "Refund", "channel": "phone", "status": "fresh", "refund": "5"}
    answer = site.login("root").post(NEW, data)
    assert answer.status_code == 422
    assert "A refund can't exceed the cost" in unescape(answer.get_data(as_text=True))


def test_two_people_changing_different_fields_both_keep_their_work(site: Site) -> None:
    key = site.create("desk.ticket", {"subject": "Old", "channel": "web", "status": "fresh", "details": "old"})
    root, other = site.login("root"), site.login("root")
    mine = root.page(f"/app/desk/ticket/{key}/edit")
    assert edit(other, key, {"details": "theirs"}).status_code == 303
    answer = edit(root, key, {"subject": "Mine"}, mine)
    assert answer.status_code == 409
    merged = answer.get_data(as_text=True)
    assert "Somebody else changed this meanwhile" in merged
    assert 'name="subject" value="Mine"' in merged
    assert ">theirs</textarea>" in merged
    again = {"subject": "Mine", "details": "theirs", "base": hidden(merged, "base"), "version": hidden(merged, "version")}
    assert root.post(f"/app/desk/ticket/{key}/edit", again).status_code == 303
    assert site.value("desk.ticket", key, "subject") == "Mine"
    assert site.value("desk.ticket", key, "details") == "theirs"


def test_what_both_changed_is_marked_with_what_is_saved_now(site: Site) -> None:
    key = site.create("desk.ticket", {"subject": "Old", "channel": "web", "status": "fresh"})
    root, other = site.login("root"), site.login("root")
    mine = root.page(f"/app/desk/ticket/{key}/edit")
    edit(other, key, {"subject": "Theirs"})
    page = edit(root, key, {"subject": "Mine"}, mine).get_data(as_text=True)
    assert 'name="subject" value="Mine"' in page
    assert "Now saved: Theirs" in text_of(page)
    assert site.value("desk.ticket", key, "subject") == "Theirs"


def test_saving_without_a_change_writes_nothing(site: Site) -> None:
    key = site.create("desk.ticket", {"subject": "Old", "channel": "web", "status": "fresh", "closed_at": "2026-03-02T10:11:12+08:00"})
    root = site.login("root")
    before = site.value("desk.ticket", key, "version")
    assert edit(root, key, {}).status_code == 303
    assert site.value("desk.ticket", key, "version") == before
    assert site.value("desk.ticket", key, "closed_at").second == 12


def test_fields_that_are_not_on_the_form_cannot_be_slipped_in(site: Site) -> None:
    key = site.create("desk.ticket", {"subject": "Old", "channel": "web", "status": "fresh"})
    root = site.login("root")
    edit(root, key, {"id": "1", "version": "1", "created_by": "x", "cost": "5", "number": "T-1", "subject": "New"})
    assert site.value("desk.ticket", key, "number") == "T-202603-0001"


def test_without_scripts_a_link_is_found_by_its_words(site: Site) -> None:
    grace = site.create("desk.person", {"name": "Grace Hopper"})
    site.create("desk.person", {"name": "Grace Kelly"})
    li = site.login("li")
    base = {"subject": "No signal", "channel": "web", "status": "fresh", "caller": ""}
    found = li.post(NEW, {**base, "caller__text": "grace", "_action": "find:caller"}).get_data(as_text=True)
    assert found.count('type="radio" name="caller"') == 2
    assert 'name="subject" value="No signal"' in found
    several = li.post(NEW, {**base, "caller__text": "Grace"})
    assert several.status_code == 422
    exact = li.post(NEW, {**base, "caller__text": "Grace Hopper"})
    assert exact.status_code == 303
    key = exact.headers["Location"].rpartition("/")[2]
    assert site.value("desk.ticket", key, "caller") == grace


def test_without_scripts_lines_come_and_go_by_buttons(site: Site) -> None:
    li = site.login("li")
    base = {"subject": "No signal", "channel": "web", "status": "fresh", "parts__here": "1", "parts.0.name": "Toner", "parts.0.qty": "2"}
    added = li.post(NEW, {**base, "_action": "add:parts"}).get_data(as_text=True)
    assert 'name="parts.0.name" value="Toner"' in added
    assert 'name="parts.1.name" value=""' in added
    removed = li.post(NEW, {**base, "_action": "remove:parts.0"}).get_data(as_text=True)
    assert 'name="parts.0.name"' not in removed


def test_what_a_choice_makes_visible_appears_and_disappears(site: Site) -> None:
    li = site.login("root")
    base = {
        "subject": "No signal",
        "status": "fresh",
        "parts__here": "1",
        "parts.0.name": "Toner",
        "parts.0.qty": "2",
        "parts.0.price": "600",
    }
    headers = {"HX-Request": "true"}
    by_phone = li.post(NEW, {**base, "channel": "phone"}, headers=headers).get_data(as_text=True)
    by_web = li.post(NEW, {**base, "channel": "web"}, headers=headers).get_data(as_text=True)
    assert 'name="refund"' in by_phone
    assert 'name="refund"' not in by_web
    assert "¥1,200.00" in by_phone
    assert "<html" not in by_phone
    assert site.count("desk.ticket") == 0


def test_a_closed_ticket_locks_its_refund(site: Site) -> None:
    values = {"subject": "Old", "channel": "phone", "status": "closed", "refund": "1", "parts": [{"name": "Toner", "qty": 1, "price": "5"}]}
    key = site.create("desk.ticket", values)
    page = site.login("root").page(f"/app/desk/ticket/{key}/edit")
    assert 'name="refund"' not in page
    assert "¥1.00" in page


def test_a_field_that_a_role_may_only_read_has_no_input(site: Site) -> None:
    li = site.login("li")
    key = site.create("desk.ticket", {"subject": "Mine", "channel": "phone", "status": "fresh", "refund": "0"}, by="root")
    with site.runtime.begin(site.people["root"]) as work:
        records.update(work, "desk.ticket", key, {"owner": site.people["li"].id}, None)
    assert 'name="refund"' not in li.page(f"/app/desk/ticket/{key}/edit")
    answer = edit(li, key, {"refund": "999"})
    assert answer.status_code == 422
    assert site.value("desk.ticket", key, "refund") == 0


def test_somebody_elses_record_cannot_be_changed(site: Site) -> None:
    key = site.create("desk.ticket", {"subject": "Theirs", "channel": "web", "status": "fresh"}, by="wang")
    li = site.login("li")
    assert li.get(f"/app/desk/ticket/{key}").status_code == 200
    assert f"/app/desk/ticket/{key}/edit" not in li.page(f"/app/desk/ticket/{key}")
    form = {"subject": "Mine", "version": "1", "base": "{}"}
    assert li.post(f"/app/desk/ticket/{key}/edit", form).status_code == 403
    assert site.value("desk.ticket", key, "subject") == "Theirs"


HOSTILE = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>{{7*7}}'--"


def test_hostile_text_is_text_on_every_page(site: Site) -> None:
    person = site.create("desk.person", {"name": HOSTILE})
    key = site.create(
        "desk.ticket", {"subject": HOSTILE, "channel": "web", "status": "fresh", "caller": person, "details": HOSTILE, "cause": HOSTILE}
    )
    root = site.login("root")
    edit(root, key, {"subject": HOSTILE + "2"})
    pages = [f"/app/desk/ticket/{key}{more}" for more in ("", "/edit", "/history")]
    pages += [
        "/app/desk/ticket",
        f"/app/desk/person/{person}",
        "/pick/desk/person?q=script",
        f"/app/desk/ticket?q={HOSTILE}",
        f"/app/desk/ticket?where={HOSTILE}",
    ]
    root.post(f"/app/desk/ticket/{key}/delete")
    pages += ["/app/desk/ticket/trash"]
    for address in pages:
        page = root.get(address).get_data(as_text=True)
        assert "<script>alert" not in page, address
        assert "<img src=x" not in page, address
        assert ">49<" not in page, address


def test_a_hostile_form_is_answered_calmly(site: Site) -> None:
    root = site.login("root")
    key = site.create("desk.ticket", {"subject": "Old", "channel": "web", "status": "fresh"})
    for data in (
        {"version": "abc", "base": "not json"},
        {"version": "1" * 50, "base": "[]"},
        {"version": "1", "base": '{"subject": {"a": 1}}', "subject": "x"},
        {"parts__here": "1", "parts.99999.name": "x", "parts.a.b": "c", "parts.0.id": "zzz", "version": "1", "base": "{}"},
        {"_action": "remove:parts.999999"},
        {"_action": "find:nonsense"},
        {"_action": "add:subject"},
        {"caller": "not-an-id", "version": "1", "base": "{}"},
        {"subject": "\x00\x01", "version": "1", "base": "{}"},
        {"closed_at": "9999-12-31T23:59", "version": "1", "base": "{}"},
    ):
        assert root.post(f"/app/desk/ticket/{key}/edit", data).status_code < 500, data


def test_a_percentage_is_typed_as_it_is_read(site: Site) -> None:
    root = site.login("root")
    page = root.page("/app/desk/purchase/new")
    assert re.search(r'name="tax_rate" value="13"[^>]*>\s*<span class="input-group-text">%</span>', page)
    for typed, kept in (("12.5", 1250), ("12.5%", 1250), ("0", 0), ("７", 700)):
        given = {"title": "Chairs", "amount": "10", "tax_rate": typed}
        answer = root.post("/app/desk/purchase/new", {name: value for name, value in given.items() if f'name="{name}"' in page})
        assert answer.status_code == 303, text_of(answer.get_data(as_text=True))
        key = answer.headers["Location"].rpartition("/")[2]
        assert site.value("desk.purchase", key, "tax_rate") == kept
    again = root.post("/app/desk/purchase/new", {"title": "x" * 999, "tax_rate": "200"}).get_data(as_text=True)
    assert 'name="tax_rate" value="200"' in again, "what was typed is shown again"


def test_json_stays_json_in_its_input() -> None:
    field = Field("data", "json", t.Json(), LocalizedText.same("Data"), Span.whole("x"))
    text = input_text(field, {"on": True, "n": None, "名": "值"}, ZoneInfo("UTC"))
    assert json.loads(text) == {"on": True, "n": None, "名": "值"} and "值" in text
