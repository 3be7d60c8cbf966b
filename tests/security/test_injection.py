"""Names that carry SQL: refused by name wherever a name is taken, and never part of a statement."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import sqlalchemy as sa

from engine.settings import Settings
from engine.testing import factory
from engine.web import create_app
from tests.fresh_database import fresh_url
from tests.security.house import VAULT, House

__all__ = ["fresh_url"]

MARK = "zqx"
PAYLOADS = [
    f"id;--{MARK}",
    f"id){MARK}",
    f"name'{MARK}",
    f'name"{MARK}',
    f"`{MARK}`",
    f"(select 1 from {MARK})",
    f"name\u2019{MARK}",
    f"name\uff07{MARK}",
    f"name\u02bc; DROP TABLE vault_folder; --{MARK}",
    f"name/**/{MARK}",
    f"name desc, (select hash from dg_credential) {MARK}",
    f"name\\{MARK}",
    f"1=1 or {MARK}",
    f"count(*){MARK}",
    f"name COLLATE {MARK}",
    f"%27{MARK}",
    f":name{MARK}",
    f"{{0}}{MARK}",
    f"name\n{MARK}",
    f"vault_folder.{MARK}",
]
API_NAMES = ("where", "sort", "fields", "totals", "cursor", "limit", "trash", "no_such_parameter")
PAGE_NAMES = ("where", "sort", "cols", "view", "cursor", "limit", "f", "ff", "language", "locale", "page")


@pytest.fixture
def served(fresh_url: str) -> Iterator[tuple[House, list[str]]]:
    """A vault on either database, with the text of every statement that it sends there."""
    running = factory.runtime([VAULT], fresh_url)
    bob = factory.person(running, "bob", "vault.owner")
    settings = Settings(fresh_url, Path("unused"), None, "ERROR", ())
    house = House(Path("unused"), running, create_app(running, settings), settings, running.clock, {"bob": bob})
    house.create("bob", "vault.folder", name="Bob's")
    statements: list[str] = []

    @sa.event.listens_for(running.database.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    yield house, statements
    running.database.close()


def test_names_in_an_address_reach_no_statement(served: tuple[House, list[str]]) -> None:
    house, statements = served
    browser, program = house.browser("bob"), house.program("bob")
    statements.clear()
    for payload in PAYLOADS:
        for name in API_NAMES:
            for shape in (
                ("{}", "-{}", "name,{}") if name == "sort" else ("sum:{}", "{}:worth", "count:{}") if name == "totals" else ("{}",)
            ):
                answer = program.get("/api/vault/folder?" + urlencode({name: shape.format(payload)}))
                assert answer.status_code == 400, (name, payload, answer.status_code)
        for name in PAGE_NAMES:
            for value in (payload, f"{payload}:eq:1", f"name:{payload}:1") if name == "f" else (payload,):
                more = {"fo": "eq", "fv0": "1"} if name == "ff" else {}
                assert browser.get("/app/vault/folder?" + urlencode({name: value, **more})).status_code in (200, 400, 404), (name, payload)
        word = quote(payload, safe="")
        for path in (f"/api/vault/{word}", f"/api/{word}/folder", f"/api/vault/folder/{word}", f"/api/vault/folder/{word}/history"):
            assert program.get(path).status_code in (400, 404), path
        for path in (f"/app/vault/{word}", f"/app/{word}/folder", f"/app/vault/folder/{word}", f"/pick/vault/{word}"):
            assert browser.get(path).status_code in (303, 400, 404), path
    assert statements, "nothing was noted"
    assert [statement for statement in statements if MARK in statement.lower()] == []


def test_names_in_a_body_reach_no_statement(served: tuple[House, list[str]]) -> None:
    house, statements = served
    browser, program = house.browser("bob"), house.program("bob")
    key = program.get("/api/vault/folder").get_json()["items"][0]["id"]
    statements.clear()
    for payload in PAYLOADS:
        for body in ({payload: 1}, {"name": "x", "items": [{payload: 1}]}, {"about": {"entity": payload, "id": key}}, {"grade": payload}):
            entity = "slip" if "about" in body else "folder"
            assert program.open("POST", f"/api/vault/{entity}", json=body).status_code == 422, body
        operations = {"operations": [{"op": payload, "id": payload}]}
        assert program.open("POST", "/api/vault/folder/batch", json=operations).status_code == 400
        form = {payload: "1", f"items.0.{payload}": "1", "items__here": "1", "_action": f"find:{payload}", "name": "x"}
        assert browser.post("/app/vault/folder/new", form).status_code < 500
        assert browser.post("/app/vault/folder/bulk", {"action": payload, "id": payload}).status_code == 400
        assert browser.post(f"/app/vault/folder/{key}/delete", {"version": payload}).status_code < 500
        program.open("POST", f"/api/vault/folder/{key}/restore")
    assert statements, "nothing was noted"
    assert [statement for statement in statements if MARK in statement.lower()] == []


def test_text_is_a_value_and_nothing_else(served: tuple[House, list[str]]) -> None:
    house, statements = served
    program = house.program("bob")
    statements.clear()
    for payload in PAYLOADS:
        text = " ".join(payload.split())
        made = program.open("POST", "/api/vault/folder", json={"name": text, "notes": payload})
        assert made.status_code == 201
        assert made.get_json()["name"] == text
        found = program.get("/api/vault/folder?" + urlencode({"search": text})).get_json()["items"]
        assert text in {each["name"] for each in found}
        said = text.replace("\\", "\\\\").replace("'", "\\'")
        exact = program.get("/api/vault/folder?" + urlencode({"where": f"name = '{said}'"}))
        assert exact.status_code in (200, 400)
    assert [statement for statement in statements if MARK in statement.lower()] == []
    assert program.get("/api/vault/folder?totals=count").get_json()["totals"] == {"count": 1 + len(PAYLOADS)}
