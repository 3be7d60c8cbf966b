"""Text that two readers may read differently, or that one cannot hold: refused everywhere in words, on both databases."""

from __future__ import annotations

import base64
import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import limits
from engine.errors import BadRequest
from engine.settings import Settings
from engine.testing import factory
from engine.web import create_app
from engine.web.jsons import loads
from tests.fresh_database import fresh_url
from tests.security.house import VAULT, House, build
from tests.security.test_two_users import uploaded

__all__ = ["fresh_url"]

DEEP = limits.json_depth_max
AMBIGUOUS: dict[str, bytes] = {
    "a key twice": b'{"name": "a", "name": "b"}',
    "a key twice by escape": b'{"name": "a", "n\\u0061me": "b"}',
    "a key twice inside": b'{"items": [{"name": "a", "name": "b"}]}',
    "NaN": b'{"worth": NaN}',
    "Infinity": b'{"worth": -Infinity}',
    "too deep": b'{"name": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "far too deep": b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"name":' * 30_000,
    "half a character": b'{"name": "\\ud800"}',
    "half a character as a key": b'{"\\udfff": 1}',
    "half a character twice as a key": b'{"\\ud800": 1, "\\ud800": 2}',
    "half a character in a line": b'{"items": [{"\\uDC00": 1}]}',
    "half a character as a choice": b'{"grade": "\\ud800x"}',
    "bytes that are no UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "a mark at the start": b'\xef\xbb\xbf{"name": "x"}',
    "a comment": b'{"name": "x"} // said nothing',
    "two values": b'{"name": "x"}{"name": "y"}',
    "a trailing comma": b'{"name": "x",}',
    "single quotes": b"{'name': 'x'}",
    "nothing": b"",
    "a list": b'[{"name": "x"}]',
    "a word": b'"name"',
    "a number without end": b'{"worth": ' + b"9" * 10_000 + b"}",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = build([VAULT], tmp_path_factory.mktemp("parsers"), {"bob": "vault.owner", "root": "system.admin"})
    yield made
    made.close()


def json_routes(house: House, key: str) -> list[tuple[str, str]]:
    """Every route of the interface that takes a body, off the routing table."""
    found = []
    for rule in house.site.url_map.iter_rules():
        if rule.rule.startswith("/api/") and not rule.rule.endswith("/restore") and rule.rule != "/api/files":  # which takes any bytes
            path = rule.rule.replace("<app>", "vault").replace("<entity>", "folder").replace("<key>", key)
            found += [(method, path) for method in (rule.methods or set()) & {"POST", "PUT", "PATCH"}]
    return found


@pytest.mark.parametrize("what", AMBIGUOUS)
def test_json_that_is_not_plain_is_refused_on_every_route(house: House, what: str) -> None:
    key = house.create("bob", "vault.folder", name="Bob's")
    program, routes = house.program("bob"), json_routes(house, key)
    before = house.state()
    assert len(routes) >= 3
    for method, path in routes:
        answer = program.open(method, path, data=AMBIGUOUS[what], headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, (method, path, answer.get_data(as_text=True))
        assert answer.get_json()["code"]
    assert house.state() == before


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
@settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_plain_json_is_read_as_what_it_says(value: Any) -> None:
    for ascii_only in (True, False):
        assert loads(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.text(alphabet='[]{}",:\\u0d8fe1 \n', max_size=60))
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadRequest):
        json.dumps(loads(text.encode())).encode()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""])
def test_json_under_another_name_is_not_taken(house: House, kind: str) -> None:
    for method, path in json_routes(house, house.create("bob", "vault.folder", name="Bob's")):
        answer = house.program("bob").open(method, path, data=b'{"name": "x"}', headers={"Content-Type": kind})
        assert answer.status_code == 415, (method, path, kind)


HOSTILE_JSON = ["[" * 5000, '{"a":' * 3000, '{"a": 1, "a": 2}', "NaN", '"\\ud800"', '["\\ud800"]', "{}", "[]", '{"name": {"x": 1}}', "null"]


def mapping(**parts: Any) -> str:
    column = {"header": "Name", "field": "name", "format": None, "match": None, "alias": {}, "template": None}
    whole = {"entity": "vault.folder", "columns": [column | parts], "key": [], "constants": {}, "mode": "live", "format": ""}
    return json.dumps(whole | {name: each for name, each in parts.items() if name in whole})


ODD_MAPPINGS = [
    mapping(header=["Name"]),
    mapping(field={"a": 1}),
    mapping(alias=[1]),
    mapping(alias={"a": 1}),
    mapping(template=5),
    mapping(key=[["name"]]),
    mapping(constants={"name": 5}),
    mapping(columns="name"),
    mapping(entity=["vault.folder"]),
    mapping(field="worth__proto__"),
]


def test_json_in_forms_and_cookies_breaks_no_page(house: House) -> None:
    browser = house.browser("bob")
    key = house.create("bob", "vault.folder", name="Bob's")
    file = uploaded(house, "bob", "folder", "Name", "One")
    for text in HOSTILE_JSON:
        answer = browser.post(f"/app/vault/folder/{key}/edit", {"version": "1", "name": "Bob's", "base": text})
        assert answer.status_code < 500, text[:40]
        # Small enough for a cookie, and still deeper than a parser's stack.
        cookie = base64.urlsafe_b64encode(text[:2900].encode()).decode()
        browser.client.set_cookie("dougong-toast", cookie)
        assert browser.get("/").status_code == 200, text[:40]
    for text in [*HOSTILE_JSON, *ODD_MAPPINGS[:-1]]:
        assert browser.post(f"/app/vault/folder/import/{file}/run", {"mapping": text}).status_code in (400, 404), text[:200]


CURSORS: list[list[Any]] = [
    ["\ud800", "\ud800"],
    ["a\0", "b\0"],
    [10**400, "x"],
    [2**63, 2**63],
    [float("nan"), "x"],
    ["2026-01-01T00:00:00Z", "\ud800"],
    ["0001-01-01T00:00:00+14:00", "x"],
    [True, True],
    [{"a": 1}, []],
    [None, None, None],
    [],
]


def test_a_cursor_that_we_did_not_make_is_refused(house: House) -> None:
    house.create("bob", "vault.folder", name="Bob's", worth="1", opened="2026-01-01", sealed=True)
    raw = [base64.urlsafe_b64encode(json.dumps(values).encode()).decode() for values in CURSORS]
    for cursor in [*raw, "%", "A", "=" * 10, base64.urlsafe_b64encode(b"[" * 9000).decode(), "e30"]:
        for sort in ("created_at", "name", "worth", "version", "opened", "sealed", "id,name", "keeper"):
            answer = house.program("bob").get(f"/api/vault/folder?sort={sort}&cursor={cursor}")
            assert answer.status_code in (200, 400), (cursor, sort)
            assert house.browser("bob").get(f"/app/vault/folder?sort={sort.partition(',')[0]}&cursor={cursor}").status_code in (200, 400)


NOTHING = "%00"
ADDRESSES = [
    "/app/vault/folder?q=%00",
    "/app/vault/folder?where=name%20=%20%27%00%27",
    "/app/vault/folder?f=name:contains:%00",
    "/app/vault/folder?f=above:eq:%00",
    "/app/vault/folder?view=%00&sort=%00&cols=%00&limit=%00&cursor=%00",
    "/app/vault/folder/new?above=%00&name=%00",
    "/pick/vault/folder?q=%00",
    "/app/vault/%00",
    "/app/%00/folder",
    "/app/vault/folder/%00",
    "/static/%00",
    "/login?next=/%00",
    "/%00",
]
FORMS: list[tuple[str, dict[str, str]]] = [
    ("/login", {"login": "bob\0", "password": "\0"}),
    ("/account/tokens", {"name": "\0", "scope": "\0"}),
    ("/account/tokens/revoke", {"id": "\0"}),
    ("/account/tokens/revoke", {"id": "x"}),
    ("/account/password", {"current": "\0", "new": "\0" * 9, "again": "\0" * 9}),
    ("/preferences", {"language": "\0", "theme": "\0", "next": "/\0"}),
    ("/app/vault/folder/new", {"name": "a\0"}),
    ("/app/vault/folder/new", {"name": "a", "above": "\0", "above__text": "\0"}),
    ("/app/vault/folder/new", {"name": "a", "items__here": "1", "items.0.name": "\0"}),
    ("/app/vault/folder/bulk", {"action": "delete", "id": "\0"}),
]


def test_no_database_is_handed_a_character_that_it_cannot_hold(fresh_url: str, tmp_path: Path) -> None:
    running = factory.runtime([VAULT], fresh_url)
    bob = factory.person(running, "bob", "vault.owner")
    site = create_app(running, Settings(fresh_url, tmp_path / "data", None, "ERROR", ()))
    house = House(tmp_path, running, site, Settings(fresh_url, tmp_path, None, "ERROR", ()), running.clock, {"bob": bob})
    browser, program = house.browser("bob"), house.program("bob")
    for address in ADDRESSES:
        assert browser.get(address).status_code < 500, address
    for path, form in FORMS:
        assert browser.post(path, form).status_code < 500, (path, form)
    for ask in (
        "search=%00",
        "where=name%20=%20%27%00%27",
        "sort=%00",
        "fields=%00",
        "totals=%00",
        "cursor=WyIAIiwiACJd",
        "where=%ed%a0%80",
    ):
        assert program.get("/api/vault/folder?" + ask).status_code == 400, ask
    for values in ({"name": "a\0"}, {"notes": "\0"}, {"items": [{"name": "\0"}]}, {"grade": "\0"}, {"above": "\0"}, {"keeper": "\0"}):
        assert program.open("POST", "/api/vault/folder", json=values).status_code == 422, values
    assert program.get("/api/vault/folder/%00").status_code in (400, 404)
    for content in (b"Name\na\0b\n", b"Na\0me\nx\n"):
        file = (io.BytesIO(content), "a\0.csv")
        assert browser.post("/app/vault/folder/import", {"file": file}, content_type="multipart/form-data").status_code < 500
    running.database.close()


@pytest.mark.parametrize("name", ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__class__", "__init__"])
def test_names_that_mean_something_to_a_language_mean_nothing_here(house: House, name: str) -> None:
    browser, program = house.browser("bob"), house.program("bob")
    assert program.open("POST", "/api/vault/folder", json={"name": "x", name: {"polluted": True}}).status_code == 422
    assert program.open("POST", "/api/vault/folder", json={"name": "x", "items": [{"name": "x", name: 1}]}).status_code == 422
    for ask in (f"where={name} = 1", f"where=above.{name} = 1", f"sort={name}", f"fields={name}", f"totals=sum:{name}", f"{name}=1"):
        assert program.get("/api/vault/folder?" + ask).status_code == 400, ask
    for path in (f"/api/vault/{name}", f"/api/{name}/folder", f"/api/vault/folder/{name}"):
        assert program.get(path).status_code == 404, path
    for path in (
        f"/app/vault/{name}",
        f"/app/{name}/folder",
        f"/app/vault/folder/{name}",
        f"/app/vault/folder?view={name}",
        f"/pick/vault/{name}",
    ):
        assert browser.get(path).status_code == 404, path
    assert browser.get(f"/app/vault/folder?f={name}:eq:1&cols={name}").status_code == 200
