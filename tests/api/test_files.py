"""Files: sent, named by a record's field, given to whoever may read that field, and to nobody else."""

from __future__ import annotations

import base64
import io
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from engine import limits, records
from engine.records.transfer import export_csv
from engine.store import files
from engine.store.schema import FILE_PART
from tests.api.client import TICKETS, Client, client_of
from tests.desk import Desk

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
GIF = b"GIF89a/*\x01\x00\x01\x00*/=1;alert(1)//"
UNKNOWN = "01900000-0000-7000-8000-000000000000"
PDF = b"%PDF-1.7\n1 0 obj\n"


@pytest.fixture
def ann(desk: Desk) -> Client:
    return client_of(desk, desk.ann)


def send(client: Client, name: str = "notes.txt", content: bytes = b"hello") -> TestResponse:
    return client.ask("POST", "/api/files", raw=content, Content_Type="application/octet-stream", X_File_Name=quote(name))


def sent(client: Client, name: str = "notes.txt", content: bytes = b"hello") -> dict[str, Any]:
    answer = send(client, name, content)
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json
    return kept


def ticket(client: Client, **values: Any) -> dict[str, Any]:
    answer = client.post(TICKETS, {"subject": "Printer", "channel": "web", **values})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def codes(answer: TestResponse) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(each["field"], each["code"]) for each in answer.json["errors"]]


def test_a_file_is_sent_named_and_given_back(ann: Client) -> None:
    file = sent(ann, "报告 1.pdf", PDF)
    assert file == {"id": file["id"], "name": "报告 1.pdf", "size": len(PDF), "media_type": "application/pdf"}
    made = ticket(ann, files=[file["id"]])
    assert made["files"] == [file]
    answer = ann.get(f"/api/files/{file['id']}")
    assert answer.data == PDF
    assert answer.headers["Content-Length"] == str(len(PDF))
    assert answer.headers["Content-Disposition"] == ("attachment; filename=\"__ 1.pdf\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A%201.pdf")


def test_a_form_may_carry_the_file(ann: Client) -> None:
    client = ann.site.test_client(use_cookies=False)
    data = {"file": (io.BytesIO(PNG), "dot.png")}
    answer = client.post("/api/files", data=data, headers={"Authorization": f"Bearer {ann.token}"})
    assert answer.status_code == 201
    assert answer.json["media_type"] == "image/png"


def test_a_large_file_comes_back_whole(ann: Client) -> None:
    content = bytes(range(256)) * 10_000
    file = sent(ann, "big.bin", content)
    assert ann.get(f"/api/files/{file['id']}").data == content


def test_only_who_may_read_the_record_has_its_files(desk: Desk, ann: Client) -> None:
    file = sent(ann)
    address = f"/api/files/{file['id']}"
    others = {name: client_of(desk, getattr(desk, name)) for name in ("bob", "cem", "dan", "root")}
    assert ann.get(address).status_code == 200
    assert {name: other.get(address).status_code for name, other in others.items()} == dict.fromkeys(others, 404)
    made = ticket(ann, files=[file["id"]])
    assert {name: other.get(address).status_code for name, other in others.items()} == {"bob": 404, "cem": 200, "dan": 404, "root": 200}
    assert ann.ask("DELETE", f"{TICKETS}/{made['id']}").status_code == 204
    assert ann.get(address).status_code == 404


def test_only_who_may_read_the_field_has_its_files(desk: Desk, ann: Client) -> None:
    shown, hidden = sent(ann), sent(ann, "dot.png", PNG)
    made = ticket(ann, files=[shown["id"]], photo=[hidden["id"]])
    with desk.runtime.begin(desk.ann) as work:
        records.share(work, "desk.ticket", made["id"], desk.eve.id or "", may_update=True)
    eve = client_of(desk, desk.eve)
    assert eve.get(f"/api/files/{shown['id']}").status_code == 200
    assert eve.get(f"/api/files/{hidden['id']}").status_code == 404


def test_a_record_cannot_name_what_its_writer_did_not_bring(desk: Desk, ann: Client) -> None:
    bob = client_of(desk, desk.bob)
    loose, used = sent(ann), sent(ann)
    ticket(ann, files=[used["id"]])
    body = {"subject": "Mine", "channel": "web"}
    for key in (loose["id"], used["id"], UNKNOWN):
        assert codes(bob.post(TICKETS, {**body, "files": [key]})) == [("files", "no-such-file")]
    assert codes(ann.post(TICKETS, {**body, "files": [used["id"]]})) == [("files", "no-such-file")]
    mine = ticket(bob, subject="Other", files=[sent(bob)["id"]])
    assert codes(bob.patch(f"{TICKETS}/{mine['id']}", {"files": [*mine["files"], loose]})) == [("files", "no-such-file")]


def test_one_file_cannot_be_in_two_fields(ann: Client) -> None:
    file = sent(ann, "dot.png", PNG)
    answer = ann.post(TICKETS, {"subject": "Twice", "channel": "web", "files": [file["id"]], "photo": [file["id"]]})
    assert (answer.status_code, answer.json["code"]) == (409, "file-taken")


def test_what_the_writer_says_of_a_file_is_not_taken(ann: Client) -> None:
    file = sent(ann, "x.html", b"<script>alert(1)</script>")
    said = {"id": file["id"], "name": "invoice.pdf", "size": 1, "media_type": "image/png"}
    assert ticket(ann, files=[said])["files"] == [{**file, "media_type": "application/octet-stream"}]


def test_a_removed_file_is_gone_at_once_and_may_come_back(ann: Client) -> None:
    file, other = sent(ann), sent(ann)
    made = ticket(ann, files=[file["id"], other["id"]])
    path = f"{TICKETS}/{made['id']}"
    assert ann.patch(path, {"files": [other["id"]]}).json["files"] == [other]
    assert ann.get(f"/api/files/{file['id']}").status_code == 404
    assert codes(ann.post(TICKETS, {"subject": "New", "channel": "web", "files": [file["id"]]})) == [("files", "no-such-file")]
    assert ann.patch(path, {"files": [other["id"], file["id"]]}).json["files"] == [other, file]
    assert ann.get(f"/api/files/{file['id']}").status_code == 200


def test_lines_have_files_of_their_own(desk: Desk, ann: Client) -> None:
    file = sent(ann, "sheet.pdf", PDF)
    made = ticket(ann, parts=[{"name": "toner", "qty": 1, "sheet": [file["id"]]}])
    assert made["parts"][0]["sheet"] == [file]
    assert client_of(desk, desk.cem).get(f"/api/files/{file['id']}").status_code == 200
    assert client_of(desk, desk.bob).get(f"/api/files/{file['id']}").status_code == 404
    foreign = sent(client_of(desk, desk.bob))
    lines = [{**made["parts"][0], "sheet": [file, foreign]}]
    for line in lines:
        line.pop("amount")
    assert codes(ann.patch(f"{TICKETS}/{made['id']}", {"parts": lines})) == [("parts.0.sheet", "no-such-file")]
    assert ann.patch(f"{TICKETS}/{made['id']}", {"parts": []}).status_code == 200
    assert ann.get(f"/api/files/{file['id']}").status_code == 404


@pytest.mark.parametrize(
    ("field", "name", "content", "code"),
    [
        ("photo", "note.txt", b"hello", "not-an-image"),
        ("photo", "drawing.svg", b"<svg onload='alert(1)'/>", "not-an-image"),
        ("photo", "liar.png", b"<html>", "not-an-image"),
        ("photo", "page.html", PNG, "not-an-image"),
        ("invoice", "invoice.exe", b"MZ", "file-not-accepted"),
        ("files", "a.txt", b"a", "too-many-items"),
    ],
)
def test_a_field_takes_what_it_is_for(ann: Client, field: str, name: str, content: bytes, code: str) -> None:
    keys = [sent(ann, name, content)["id"] for _ in range(4 if field == "files" else 1)]
    assert (field, code) in codes(ann.post(TICKETS, {"subject": "Wrong", "channel": "web", field: keys}))


@pytest.mark.parametrize(("name", "content"), [("bill.pdf", PDF), ("bill.PNG", PNG)])
def test_accepted_by_ending_or_by_type(ann: Client, name: str, content: bytes) -> None:
    assert ticket(ann, invoice=[sent(ann, name, content)["id"]])["invoice"][0]["name"] == name


@pytest.mark.parametrize("value", [7, "nonsense", [{"name": "x"}], [None], {"id": 3}, ["../../etc/passwd"], [["a"]], [{"id": "A" * 36}]])
def test_what_names_no_file_is_refused(ann: Client, value: Any) -> None:
    assert codes(ann.post(TICKETS, {"subject": "Odd", "channel": "web", "files": value}))[0][0] == "files"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\Users\\x\\a.txt", "a.txt"),
        ("a\x00b\r\nSet-Cookie: x=1.txt", "abSet-Cookie_ x=1.txt"),
        ("<script>alert(1)</script>.html", "script_.html"),
        ('"><img src=x onerror=alert(1)>.png', "___img src=x onerror=alert(1)_.png"),
        ("gpj.\u202egnp.exe", "gpj.gnp.exe"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("...", "file"),
        ("", "file"),
        ("x" * 4096 + ".pdf", "x" * 116 + ".pdf"),
        ("%2e%2e%2fa.txt", "%2e%2e%2fa.txt"),
    ],
)
def test_names_are_made_harmless(ann: Client, raw: str, shown: str) -> None:
    answer = send(ann, raw)
    assert answer.json["name"] == shown
    header = ann.get(f"/api/files/{answer.json['id']}").headers["Content-Disposition"]
    assert header.startswith("attachment; filename=")
    assert header.isprintable()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("x.html", b"<script>alert(1)</script>"),
        ("x.pHaR", b"<?php"),
        ("x.xml", b"<?xml version='1.0'?>"),
        ("x.js", GIF),
        ("x.gif", GIF),
    ],
)
def test_nothing_sent_is_run_by_a_browser(ann: Client, name: str, content: bytes) -> None:
    answer = ann.get(f"/api/files/{sent(ann, name, content)['id']}?view=1")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert answer.content_type in ("application/octet-stream", "image/gif")


@pytest.mark.parametrize("key", ["..%2f..%2fetc%2fpasswd", "%252e%252e", "a%00b", "CON", "x" * 4096, UNKNOWN])
def test_an_address_that_names_no_file(ann: Client, key: str) -> None:
    # A character that no text may hold is refused at the door, as in every address.
    assert ann.get(f"/api/files/{key}").status_code == (400 if "%00" in key else 404)


def test_too_large_is_refused_and_nothing_stays(desk: Desk, ann: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "file_bytes_max", 1000)
    assert send(ann, content=b"x" * 1001).status_code == 413
    whole = limits.file_bytes_max + 51_000_000
    assert send(ann, content=b"x" * whole).status_code == 413
    with desk.runtime.read(desk.ann) as work:
        assert files.loose(work.connection, desk.ann.id or "") == (0, 0)


def test_an_empty_file_and_no_file(ann: Client) -> None:
    assert (send(ann, content=b"").status_code, send(ann, content=b"").json["code"]) == (400, "file-empty")
    assert ann.ask("POST", "/api/files", raw=b"x", Content_Type="text/plain").json["code"] == "file-missing"


def test_there_is_a_bound_to_loose_files(ann: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "loose_files_max", 2)
    kept = [sent(ann), sent(ann)]
    assert send(ann).status_code == 409
    ticket(ann, files=[kept[0]["id"]])
    assert send(ann).status_code == 201


def test_loose_and_removed_files_are_swept_after_a_day(desk: Desk, ann: Client) -> None:
    loose, removed, kept = sent(ann), sent(ann), sent(ann)
    made = ticket(ann, files=[removed["id"], kept["id"]])
    ann.patch(f"{TICKETS}/{made['id']}", {"files": [kept["id"]]})
    desk.clock.advance(timedelta(hours=limits.loose_file_hours + 1))
    sent(ann)
    with desk.runtime.read(desk.root) as work:
        assert set(files.find(work.connection, [loose["id"], removed["id"], kept["id"]])) == {kept["id"]}


def contents(desk: Desk) -> set[str]:
    """The files whose content is still there."""
    with desk.runtime.read(desk.root) as work:
        return set(work.connection.execute(sa.select(FILE_PART.c.file).distinct()).scalars())


def test_letting_go_of_a_file_sweeps_what_was_forgotten(desk: Desk, ann: Client) -> None:
    made, loose = ticket(ann, files=[sent(ann)["id"]]), sent(ann)
    desk.clock.advance(timedelta(hours=limits.loose_file_hours + 1))
    assert loose["id"] in contents(desk)
    assert ann.patch(f"{TICKETS}/{made['id']}", {"files": []}).status_code == 200
    assert contents(desk) == {made["files"][0]["id"]}


def test_a_purged_record_takes_the_contents_of_its_files_with_it(desk: Desk, ann: Client) -> None:
    own, removed, lined, other = sent(ann), sent(ann), sent(ann), sent(ann)
    made = ticket(ann, files=[own["id"], removed["id"]], parts=[{"name": "toner", "qty": 1, "sheet": [lined["id"]]}])
    ticket(ann, files=[other["id"]])
    assert ann.patch(f"{TICKETS}/{made['id']}", {"files": [own["id"]]}).status_code == 200
    with desk.runtime.begin(desk.root) as work:
        records.delete(work, "desk.ticket", made["id"], None)
    assert contents(desk) == {each["id"] for each in (own, removed, lined, other)}
    with desk.runtime.begin(desk.root) as work:
        records.purge(work, "desk.ticket", made["id"])
    assert contents(desk) == {other["id"]}


def test_a_record_in_the_trash_keeps_its_files_from_everybody_until_it_is_restored(desk: Desk, ann: Client) -> None:
    file = sent(ann)
    made = ticket(ann, files=[file["id"]])
    root = client_of(desk, desk.root)
    with desk.runtime.begin(desk.root) as work:
        records.delete(work, "desk.ticket", made["id"], None)
    assert [client.get(f"/api/files/{file['id']}").status_code for client in (ann, root)] == [404, 404]
    with desk.runtime.begin(desk.root) as work:
        records.restore(work, "desk.ticket", made["id"])
    assert [client.get(f"/api/files/{file['id']}").status_code for client in (ann, root)] == [200, 200]


def test_a_masked_field_gives_neither_name_nor_content(desk: Desk, ann: Client) -> None:
    file = sent(ann, "salary.pdf", PDF)
    made = ticket(ann, invoice=[file["id"]])
    with desk.runtime.begin(desk.ann) as work:
        records.share(work, "desk.ticket", made["id"], desk.eve.id or "", may_update=True)
    eve = client_of(desk, desk.eve)
    seen = eve.get(f"{TICKETS}/{made['id']}")
    assert seen.status_code == 200
    assert seen.json["invoice"]
    assert "salary" not in seen.text
    assert file["id"] not in seen.text
    assert eve.get(f"/api/files/{file['id']}").status_code == 404


def test_another_persons_file_answers_like_one_that_is_not_there(desk: Desk, ann: Client) -> None:
    bob, file = client_of(desk, desk.bob), sent(ann)
    there, absent = (bob.get(f"/api/files/{key}") for key in (file["id"], UNKNOWN))
    assert (there.status_code, absent.status_code) == (404, 404)
    told = [{name: value for name, value in answer.json.items() if name != "request_id"} for answer in (there, absent)]
    assert told[0] == told[1]


def test_a_token_that_only_reads_sends_nothing(desk: Desk) -> None:
    assert send(client_of(desk, desk.ann, "read")).status_code == 403


def test_one_who_has_no_field_for_files_sends_nothing(desk: Desk) -> None:
    assert send(client_of(desk, desk.ned)).status_code == 403


def test_an_export_says_the_names(desk: Desk, ann: Client) -> None:
    ticket(ann, files=[sent(ann, "a.txt")["id"], sent(ann, "b.txt")["id"]])
    with desk.runtime.read(desk.root) as work:
        text = "".join(export_csv(work, records.Query("desk.ticket", fields=("subject", "files"))))
    assert text.splitlines()[1] == "Printer,a.txt; b.txt"
