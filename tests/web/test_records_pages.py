"""The record page, its history, the trash, and imports by page."""

from __future__ import annotations

import io
import re
import time
from html import unescape

import pytest
from openpyxl import Workbook

from engine import records
from tests.web.conftest import Site, text_of


def test_a_record_page_shows_values_links_and_what_refers_to_it(site: Site) -> None:
    grace = site.create("desk.person", {"name": "Grace", "region": "north", "tags": ["vip"]})
    ticket = site.create("desk.ticket", {"subject": "No signal", "channel": "phone", "status": "fresh", "caller": grace, "refund": "0"})
    root = site.login("root")
    page = root.page(f"/app/desk/ticket/{ticket}")
    assert f'href="/app/desk/person/{grace}"' in page
    assert "North" in text_of(page)
    person = root.page(f"/app/desk/person/{grace}")
    assert "No signal" in text_of(person)
    assert f"/app/desk/ticket/new?caller={grace}" in person
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-7", text_of(person))


def test_the_history_tells_who_changed_what(site: Site) -> None:
    key = site.create("desk.ticket", {"subject": "Old", "channel": "web", "status": "fresh"}, by="li")
    with site.runtime.begin(site.people["li"]) as work:
        records.update(work, "desk.ticket", key, {"subject": "New words", "status": "working"}, None)
    text = text_of(site.login("root").page(f"/app/desk/ticket/{key}/history"))
    assert "Li changed" in text
    assert "was Old" in text
    assert "now New words" in text
    assert "Working" in text


def test_deleting_restoring_and_purging(site: Site) -> None:
    key = site.create("desk.ticket", {"subject": "Old", "channel": "web", "status": "fresh"})
    root = site.login("root")
    answer = root.post(f"/app/desk/ticket/{key}/delete", {"version": "1"})
    assert answer.headers["Location"] == "/app/desk/ticket"
    assert root.get(f"/app/desk/ticket/{key}").status_code == 404
    assert "Old" in text_of(root.page("/app/desk/ticket/trash"))
    root.post(f"/app/desk/ticket/trash/{key}/restore")
    assert root.get(f"/app/desk/ticket/{key}").status_code == 200
    root.post(f"/app/desk/ticket/{key}/delete")
    root.post(f"/app/desk/ticket/trash/{key}/purge")
    assert "Old" not in text_of(root.page("/app/desk/ticket/trash"))


def test_a_record_that_others_need_stays_and_says_why(site: Site) -> None:
    grace = site.create("desk.person", {"name": "Grace"})
    site.create("desk.ticket", {"subject": "No signal", "channel": "web", "status": "fresh", "caller": grace})
    answer = site.login("root").post(f"/app/desk/person/{grace}/delete")
    assert answer.status_code == 409
    assert "Ticket: 1" in text_of(answer.get_data(as_text=True))


def test_who_may_not_delete_sees_no_trash(site: Site) -> None:
    assert site.login("li").get("/app/desk/ticket/trash").status_code == 403


def wait_for(site: Site, person: object, address: str, words: str) -> str:
    for _ in range(200):
        page = person.page(address)  # type: ignore[attr-defined]
        if words in text_of(page):
            return str(page)
        time.sleep(0.05)
    raise AssertionError(text_of(page))


def test_an_import_by_page_from_upload_to_undo(site: Site) -> None:
    root = site.login("root")
    lines = [
        "Name,手机,Region,Unused",
        *(f"Person {number},1380000{number:04},{'West' if number == 7 else 'North'},z" for number in range(20)),
    ]
    file = (io.BytesIO("\n".join(lines).encode()), "people.csv")
    sent = root.post("/app/desk/person/import", {"file": file}, content_type="multipart/form-data")
    assert sent.status_code == 303
    address = sent.headers["Location"]
    mapping = root.page(address)
    chosen = re.findall(r'name="(c\d)".*?</select>', mapping, re.S)
    assert chosen == ["c0", "c1", "c2", "c3"]
    assert "20 rows" in text_of(mapping)
    form = {"c0": "name", "c1": "mobile", "c2": "region", "c3": "", "key": "name"}
    report = root.post(f"{address}/check", form).get_data(as_text=True)
    assert "19 new" in text_of(report)
    assert "1 refused" in text_of(report)
    assert "“West” is not one of the choices" in text_of(report)
    assert site.count("desk.person") == 0
    carried = re.search(r'name="mapping" value="([^"]+)"', report)
    assert carried is not None
    assert root.post(f"{address}/run", {"mapping": unescape(carried[1])}).status_code == 303
    done = wait_for(site, root, address, "Import finished")
    assert site.count("desk.person") == 19
    refused = re.search(r'href="([^"]+refused\.csv)"', done)
    assert refused is not None
    assert "Person 7" in root.page(refused[1])
    undo = re.search(r'action="([^"]+/undo)"', done)
    assert undo is not None
    assert "19 deleted" in text_of(root.post(undo[1]).get_data(as_text=True))
    assert site.count("desk.person") == 0


def test_a_workbook_can_be_brought_in_by_page(site: Site) -> None:
    root = site.login("root")
    book, made = Workbook(), io.BytesIO()
    book.active.append(["Name", "Region"])
    book.active.append(["Grace", "North"])
    book.save(made)
    made.seek(0)
    sent = root.post("/app/desk/person/import", {"file": (made, "people.xlsx")}, content_type="multipart/form-data")
    assert sent.status_code == 303
    report = root.post(f"{sent.headers['Location']}/check", {"c0": "name", "c1": "region", "key": "name"}).get_data(as_text=True)
    carried = re.search(r'name="mapping" value="([^"]+)"', report)
    assert carried is not None and "1 new" in text_of(report)
    root.post(f"{sent.headers['Location']}/run", {"mapping": unescape(carried[1])})
    wait_for(site, root, sent.headers["Location"], "Import finished")
    assert site.count("desk.person") == 1


def test_an_upload_belongs_to_who_sent_it(site: Site) -> None:
    root = site.login("root")
    file = (io.BytesIO(b"Name\nGrace\n"), "people.csv")
    address = root.post("/app/desk/person/import", {"file": file}, content_type="multipart/form-data").headers["Location"]
    assert site.login("mei").get(address).status_code in (403, 404)
    assert root.get(address.replace("/person/", "/ticket/")).status_code == 404


def test_a_file_that_cannot_be_read_says_why(site: Site) -> None:
    root = site.login("root")
    for content, name in ((b"", "empty.csv"), (b"PK\x03\x04broken", "broken.xlsx"), (b"\xd0\xcf\x11\xe0old", "old.xls")):
        answer = root.post("/app/desk/person/import", {"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")
        assert answer.status_code == 422, name
    assert list((site.settings.data_folder / "uploads").iterdir()) == []


def test_who_may_not_import_has_no_import_page(site: Site) -> None:
    assert site.login("li").get("/app/desk/person/import").status_code == 403


@pytest.mark.parametrize("name", ["\u200b", "\u2060\u200d", "\u00ad \u3000", "\u3164", "\u202e"])
def test_a_name_that_nobody_can_see_is_blank(site: Site, name: str) -> None:
    answer = site.login("root").post("/app/desk/person/new", {"name": name}, form="/app/desk/person/new")
    assert answer.status_code == 422
    assert site.count("desk.person") == 0


@pytest.mark.parametrize("name", ["👨\u200d👩\u200d👧", "می\u200cخواهم"])
def test_what_shapes_visible_letters_is_kept(site: Site, name: str) -> None:
    key = site.create("desk.person", {"name": name})
    assert site.value("desk.person", key, "name") == name
