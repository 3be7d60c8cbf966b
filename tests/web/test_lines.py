"""Child lines by page: what a new one begins with, what the history tells of each, and two people at the same record."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from engine import records
from engine.web.pages.merging import merge_lines
from tests.web.conftest import Person, Site, text_of

NEW = "/app/desk/ticket/new"
PARTS = [{"name": "Toner", "qty": 2, "price": "10"}, {"name": "Drum", "qty": 1, "price": "50"}]


def ticket(site: Site, parts: list[dict[str, Any]]) -> str:
    return site.create(
        "desk.ticket", {"subject": "No signal", "channel": "web", "status": "fresh", "owner": site.people["li"].id, "parts": parts}
    )


def form_of(page: str) -> dict[str, str]:
    """What a browser would send of a form's inputs."""
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", page[page.find('<form id="form"') :]):
        name, value = re.search(r'\bname="([^"]+)"', tag), re.search(r'\bvalue="([^"]*)"', tag)
        if name and 'type="file"' not in tag and ('type="checkbox"' not in tag or " checked" in tag):
            found[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select\b[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    return found


def saved(site: Site, key: str) -> list[tuple[str, int, int | None]]:
    return [(line["name"], line["qty"], line["price"]) for line in site.value("desk.ticket", key, "parts")]


def two_at_once(site: Site) -> tuple[str, Person, dict[str, str], Person, dict[str, str]]:
    """A ticket that root and li have both opened to change it, with the form that each has before them."""
    key = ticket(site, PARTS)
    root, li = site.login("root"), site.login("li")
    path = f"/app/desk/ticket/{key}/edit"
    return key, root, form_of(root.page(path)), li, form_of(li.page(path))


def save(person: Person, key: str, form: dict[str, str], status: int) -> str:
    answer = person.client.post(f"/app/desk/ticket/{key}/edit", data=form)
    assert answer.status_code == status, text_of(answer.get_data(as_text=True))
    return str(answer.get_data(as_text=True))


def test_a_new_line_begins_with_its_defaults(site: Site) -> None:
    added = site.login("li").post(NEW, {"subject": "x", "parts__here": "1", "_action": "add:parts"}).get_data(as_text=True)
    assert 'name="parts.0.qty" value="1"' in added
    assert 'name="parts.0.name" value=""' in added


def test_a_line_that_holds_only_defaults_is_not_saved(site: Site) -> None:
    li = site.login("li")
    data = {
        "subject": "x",
        "channel": "web",
        "status": "fresh",
        "parts__here": "1",
        "parts.0.name": "",
        "parts.0.qty": "1",
        "parts.0.price": "",
    }
    key = li.post(NEW, data).headers["Location"].rpartition("/")[2]
    assert saved(site, key) == []


def test_the_history_tells_what_became_of_each_line(site: Site) -> None:
    key = ticket(site, PARTS)
    lines = site.value("desk.ticket", key, "parts")
    with site.runtime.begin(site.people["root"]) as work:
        changed = [{"id": lines[0]["id"], "name": "Toner", "qty": 3, "price": "10"}, {"name": "Belt", "qty": 4}]
        records.update(work, "desk.ticket", key, {"parts": changed}, None)
    told = text_of(site.login("root").page(f"/app/desk/ticket/{key}/history"))
    assert re.search(r"changed Toner Quantity: was 2 +now 3", told)
    assert re.search(r"added Belt Part name: now Belt Quantity: now 4", told)
    assert re.search(r"removed Drum Part name: was Drum Quantity: was 1 Price: was ¥50\.00", told)
    assert "修改 Toner 数量: 原值 2" in text_of(site.login("root", language="zh").page(f"/app/desk/ticket/{key}/history"))


def test_two_people_at_different_lines_both_keep_their_change(site: Site) -> None:
    key, root, first, li, second = two_at_once(site)
    save(root, key, {**first, "parts.0.qty": "7"}, 303)
    conflict = save(li, key, {**second, "parts.1.qty": "9"}, 409)
    assert "Now saved" not in conflict
    again = form_of(conflict)
    assert (again["parts.0.qty"], again["parts.1.qty"]) == ("7", "9")
    save(li, key, again, 303)
    assert saved(site, key) == [("Toner", 7, 1000), ("Drum", 9, 5000)]


def test_a_line_that_somebody_else_added_stays(site: Site) -> None:
    key, root, first, li, second = two_at_once(site)
    save(root, key, {**first, "parts.2.name": "Belt", "parts.2.qty": "1"}, 303)
    conflict = save(li, key, {**second, "subject": "Still no signal", "parts.2.name": "Fuse", "parts.2.qty": "5"}, 409)
    save(li, key, form_of(conflict), 303)
    assert [line[:2] for line in saved(site, key)] == [("Toner", 2), ("Drum", 1), ("Belt", 1), ("Fuse", 5)]


def test_the_same_value_of_the_same_line_is_shown_and_asked(site: Site) -> None:
    key, root, first, li, second = two_at_once(site)
    save(root, key, {**first, "parts.1.qty": "7"}, 303)
    conflict = save(li, key, {**second, "parts.1.qty": "9"}, 409)
    assert "Now saved in line 2: Quantity 7." in text_of(conflict)
    assert form_of(conflict)["parts.1.qty"] == "9"


def test_a_line_that_one_removed_and_the_other_changed_stays_and_is_told(site: Site) -> None:
    key, root, first, li, second = two_at_once(site)
    save(root, key, {**first, "parts.1.qty": "7"}, 303)
    without = {name: value for name, value in second.items() if not name.startswith("parts.1.")}
    conflict = save(li, key, without, 409)
    assert "Line 2, which you removed, was changed meanwhile: Quantity 7." in text_of(conflict)
    assert form_of(conflict)["parts.1.qty"] == "7"


def test_a_line_removed_meanwhile_goes_unless_it_was_changed_here(site: Site) -> None:
    base = [{"id": "a", "qty": "1"}, {"id": "b", "qty": "1"}]
    gone = [{"id": "a", "qty": "1"}]
    untouched = merge_lines(base, [{"id": "a", "qty": "1"}, {"id": "b", "qty": "1"}], gone)
    assert (untouched.rows, untouched.clashes) == ([{"id": "a", "qty": "1"}], ())
    changed = merge_lines(base, [{"id": "a", "qty": "1"}, {"id": "b", "qty": "5"}], gone)
    assert changed.rows == [{"id": "a", "qty": "1"}, {"qty": "5"}]
    assert [(clash.number, clash.kind) for clash in changed.clashes] == [(2, "removed_there")]


def test_what_is_no_list_of_lines_is_none() -> None:
    for nonsense in (None, "x", [1, None], {"id": "a"}, json.loads('[{"id": []}]')):
        assert merge_lines(nonsense, nonsense, []).clashes == ()
