"""Requests that are not what they seem: sent by another site, under another host's name, or meant for the log."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import limits
from engine.web.logs import JsonFormatter
from tests.security.house import NOWHERE, VAULT, Browser, House, build

PASSWORD = "correct horse battery"
EVIL = "evil.example"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = build([VAULT], tmp_path_factory.mktemp("requests"), {"bob": "vault.owner", "root": "system.admin"})
    made.runtime.identity.set_password(str(made.people["bob"].id), PASSWORD)
    yield made
    made.close()


def addresses(house: House, key: str) -> list[tuple[str, str]]:
    """Every method and address of the server, with this id where one stands."""
    found = []
    for rule in house.site.url_map.iter_rules():
        path = rule.rule.replace("<app>", "vault").replace("<name>", "folder").replace("<entity>", "folder").replace("<path:name>", "x")
        path = path.replace("<key>", key).replace("<user>", key).replace("<action>", "restore")
        assert "<" not in path, rule.rule
        found += [(method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


FORGED: dict[str, dict[str, str]] = {
    "no token": {"X-CSRF-Token": ""},
    "another token": {"X-CSRF-Token": "0" * 64},
    "another origin": {"Origin": f"https://{EVIL}"},
    "a null origin": {"Origin": "null"},
    "our origin on another port": {"Origin": "http://localhost:81"},
    "a cross-site form": {"Sec-Fetch-Site": "cross-site"},
    "a sibling site": {"Sec-Fetch-Site": "same-site"},
}


@pytest.mark.parametrize("how", FORGED)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/json"])
def test_no_writing_address_follows_a_forged_request(house: House, how: str, kind: str) -> None:
    """The browser sends the cookie along, whoever made it send the request; the interface of programs is no way around."""
    key = house.create("bob", "vault.folder", name="Bob's")
    browser = house.browser("bob")
    before = house.state()
    writing = [(method, path) for method, path in addresses(house, key) if method != "GET"]
    assert len(writing) > 15
    for method, path in writing:
        answer = browser.open(method, path, data=b'{"name": "forged"}', headers=FORGED[how], content_type=kind)
        assert answer.status_code == 403, (method, path, answer.status_code)
    assert house.state() == before
    assert browser.get("/account").status_code == 200


def test_the_same_requests_are_followed_from_our_own_pages(house: House) -> None:
    browser = house.browser("bob")
    for headers in ({}, {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}):
        assert browser.post("/app/vault/folder/new", {"name": "Mine"}, headers=headers).status_code == 303


def test_looking_writes_nothing_and_no_method_is_another_in_disguise(house: House) -> None:
    key = house.create("bob", "vault.folder", name="Bob's")
    browser, program = house.browser("bob"), house.program("bob")
    before = house.state()
    disguise = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE", "X-HTTP-Method": "DELETE"}
    for method, path in addresses(house, key):
        if method == "GET":
            for somebody in (browser, program):
                somebody.get(path + "?_method=DELETE&action=delete", headers=disguise)
                somebody.open("HEAD", path)
                somebody.open("OPTIONS", path)
    assert house.state() == before


@pytest.mark.parametrize("host", [EVIL, f"localhost.{EVIL}", f"localhost@{EVIL}", f"{EVIL}:80", "local host", ""])
def test_a_foreign_host_gets_no_page(house: House, host: str) -> None:
    for path in ("/login", "/", "/api/vault/folder", "/app/vault/folder", "/static/x"):
        answer = house.browser("bob").get(path, headers={"Host": host})
        if host:
            assert answer.status_code == 400, (path, host)
        assert EVIL not in answer.get_data(as_text=True) + str(answer.headers)


def test_forwarded_headers_change_nothing(house: House) -> None:
    forged = {
        "X-Forwarded-Host": EVIL,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": f"//{EVIL}",
        "X-Forwarded-Port": "81",
        "X-Forwarded-For": "127.0.0.1",
        "X-Original-URL": "/account",
        "X-Rewrite-URL": "/account",
        "Forwarded": f"host={EVIL};proto=https",
        "Referer": f"https://{EVIL}/",
    }
    stranger = Browser(house.site.test_client(), "")
    for browser in (house.browser("bob"), stranger):
        for path in ("/", "/login", "/account", "/app/vault/folder", "/nowhere", "/app/vault/folder/"):
            plain, answer = browser.get(path), browser.get(path, headers=forged)
            assert (answer.status_code, answer.headers.get("Location")) == (plain.status_code, plain.headers.get("Location")), path
            assert EVIL not in answer.get_data(as_text=True) + str(answer.headers), path
            assert "Strict-Transport-Security" not in answer.headers


def test_a_claimed_address_does_not_evade_the_brake(house: House) -> None:
    client = house.site.test_client()
    token = re.findall(r'name="csrf" value="([0-9a-f]{64})"', client.get("/login").get_data(as_text=True))[0]
    statuses = [
        client.post(
            "/login",
            data={"csrf": token, "login": "bob", "password": "x"},
            headers={"X-Forwarded-For": f"10.0.0.{number}", "X-Real-IP": f"10.0.0.{number}"},
        ).status_code
        for number in range(limits.login_attempts_per_minute + 1)
    ]
    assert statuses == [401] * limits.login_attempts_per_minute + [429]
    with house.runtime.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM dg_login_attempt")


ELSEWHERE = [
    f"//{EVIL}",
    f"https://{EVIL}",
    f"/\\{EVIL}",
    f"\\\\{EVIL}",
    f"https:{EVIL}",
    f"///{EVIL}",
    f"/\t/{EVIL}",
    "javascript:alert(1)",
    "data:text/html,x",
    f"/%0d%0aLocation:{EVIL}\r\n",
    f"/\u2028{EVIL}",
    f"/..//{EVIL}",
    f"/.//{EVIL}",
    f"@{EVIL}",
    f" /{EVIL}",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_next_leads_to_another_site(house: House, target: str) -> None:
    browser = house.browser("bob")
    answers = [
        browser.get("/login", query_string={"next": target}),
        browser.post("/preferences", {"theme": "dark", "next": target}),
        browser.post("/app/vault/folder/bulk", {"action": "restore", "next": target}),
    ]
    for answer in answers:
        assert answer.status_code == 303
        location = answer.headers["Location"]
        assert re.fullmatch(r"/(?![/\\])[\w/%.:?=&-]*", location), location
        assert "//" not in location.partition("?")[0], location


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that is logged, as it would stand in the log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root, own = logging.getLogger(), logging.getLogger("dougong")
    level = own.level
    root.addHandler(handler)
    own.setLevel("INFO")
    yield stream
    root.removeHandler(handler)
    own.setLevel(level)


def test_no_secret_is_logged_even_where_everything_fails(tmp_path: Path, lines: io.StringIO) -> None:
    house = build([VAULT], tmp_path, {"bob": "vault.owner"})
    house.runtime.identity.set_password(str(house.people["bob"].id), PASSWORD)
    client = house.site.test_client()
    token = re.findall(r'name="csrf" value="([0-9a-f]{64})"', client.get("/login").get_data(as_text=True))[0]
    client.post("/login", data={"csrf": token, "login": "bob", "password": "a wrong secret word"})
    client.post("/login", data={"csrf": token, "login": "bob", "password": PASSWORD, "next": "/"})
    browser, program = house.browser("bob"), house.program("bob")
    made = browser.post("/account/tokens", {"name": "x", "scope": "write"}, follow_redirects=True).get_data(as_text=True)
    shown = re.findall(r"dg_[\w-]{20,}", made)[0]
    browser.post("/account/password", {"current": "wrong-current", "new": "a brand new phrase", "again": "a brand new phrase"})
    program.open("POST", "/api/vault/folder", json={"name": "private words of a record"})
    with house.runtime.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE vault_folder RENAME TO vault_folder_gone")
        connection.exec_driver_sql("ALTER TABLE dg_token RENAME TO dg_token_gone")
    failing: list[Any] = [
        browser.get("/app/vault/folder?q=searched-for-words"),
        browser.post("/app/vault/folder/new", {"name": "typed words of a form"}),
        browser.post("/account/tokens", {"name": "name of a token"}),
    ]
    assert [answer.status_code for answer in failing] == [500, 500, 500]
    for answer in failing:
        assert "vault_folder" not in answer.get_data(as_text=True)
        assert "Traceback" not in answer.get_data(as_text=True)
    text = lines.getvalue()
    assert "vault_folder" in text, "the failures were logged"
    secrets = (PASSWORD, "wrong secret", "wrong-current", "brand new", shown, program.token, browser.secret, token)
    data = ("private words", "searched-for", "typed words", "name of a token")
    for secret in (*secrets, *data):
        assert secret not in text, secret
    for line in text.splitlines():
        assert line.isascii()
        json.loads(line)
    house.close()


def test_what_is_too_large_is_refused_before_it_is_kept(house: House) -> None:
    browser, program = house.browser("bob"), house.program("bob")
    before = house.state()
    large = b"x" * (limits.request_bytes_max + 1)
    for method, path in addresses(house, NOWHERE):
        # Files and imports may be larger; their own bounds have their own tests.
        if method == "GET" or path in ("/app/vault/folder/import", "/api/files", "/logout") or path.endswith("/restore"):
            continue
        by_program = path.startswith("/api/")
        kind = "application/json" if by_program else "application/x-www-form-urlencoded"
        answer = (program if by_program else browser).open(method, path, data=large, content_type=kind)
        refused_unread = {403} if path.startswith("/app/system/user/") else {404, 413, 204}
        assert answer.status_code in refused_unread or method == "DELETE", (method, path, answer.status_code)
    assert house.state() == before
    file = (io.BytesIO(b"Name\n" + b"x" * limits.upload_bytes_max), "large.csv")
    answer = browser.post("/app/vault/folder/import", {"file": file}, content_type="multipart/form-data")
    assert answer.status_code == 413
    assert not list((house.settings.data_folder / "uploads").glob("*")) if house.settings.data_folder.exists() else True
