"""A secret in a hidden record and in hidden fields of a visible one: no output of any kind holds it, and nothing depends on it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from tests.security.house import NOWHERE, VAULT, Browser, House, Program, build, told

WORD = "quetzalcoatlus"
NUMBER = "73918462.05"
PHONE = "13987654321"
SECRETS = re.compile("quetzal|7391846205|73918462|73,918,462|87654", re.IGNORECASE)
"""The word, the number in each of its forms, and the middle of the telephone number, which a mask leaves out."""

PEOPLE = {"ann": "vault.owner", "bob": "vault.clerk", "root": "system.admin"}
HIDDEN_FIELDS = ("code_word", "worth", "total", "phone", "costs")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = build([VAULT], tmp_path_factory.mktemp("canary"), PEOPLE)
    yield made
    made.close()


@pytest.fixture(scope="module")
def keys(house: House) -> dict[str, str]:
    """What bob may see: two folders with hidden values, one in the trash, slips; and what he may not: ann's folder, a safe."""
    hidden_values = {"code_word": WORD, "worth": NUMBER, "phone": PHONE, "costs": [{"name": WORD, "price": NUMBER}]}
    bob = str(house.people["bob"].id)
    secret = house.create("ann", "vault.folder", name=f"{WORD} of ann", notes=WORD, **hidden_values)
    mine = house.create("root", "vault.folder", name="Mine", keeper=bob, above=secret, copied="-", **hidden_values)
    other = house.create("root", "vault.folder", name="Other", keeper=bob, code_word="aardvark", worth="1", phone="13911112222")
    gone = house.create("root", "vault.folder", name="Gone", keeper=bob, **hidden_values)
    house.trash("root", "vault.folder", gone)
    slip = house.create("root", "vault.slip", body="Plain", folder=secret, count=1, keeper=bob)
    house.create("root", "vault.slip", body=WORD, folder=mine, count=7391846205, keeper=str(house.people["ann"].id))
    house.create("root", "vault.safe", label=WORD, folder=mine)
    return {"secret": secret, "mine": mine, "other": other, "gone": gone, "slip": slip}


def clean(where: str, answer: TestResponse) -> None:
    """No secret in body or headers, and no failure of ours."""
    assert answer.status_code < 500, (where, answer.get_data(as_text=True)[:300])
    text = answer.get_data(as_text=True) + json.dumps(list(answer.headers), ensure_ascii=False)
    found = SECRETS.search(text)
    assert found is None, (where, answer.status_code, text[max(0, found.start() - 200) : found.end() + 50])


def crawl(browser: Browser, start: str) -> dict[str, TestResponse]:
    """Every page that can be reached by links, of the same site."""
    seen: dict[str, TestResponse] = {}
    waiting = [start]
    while waiting and len(seen) < 150:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen[path] = browser.get(path)
        body = seen[path].get_data(as_text=True)
        links = (html.unescape(link).partition("#")[0] for link in re.findall(r'(?:href|data-url|hx-get)="([^"]*)"', body))
        found = [link for link in links if link.startswith("/") and not link.startswith(("//", "/static")) and link not in seen]
        # Lists link to themselves in endless variations: what has an address of its own comes first.
        waiting = [link for link in found if "?" not in link] + waiting + [link for link in found if "?" in link]
    return seen


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_within_reach_of_links_tells_a_secret(house: House, keys: dict[str, str], language: str) -> None:
    pages = crawl(house.browser("bob", language), "/")
    assert {f"/app/vault/folder/{keys['mine']}", f"/app/vault/folder/{keys['mine']}/history", "/app/vault/folder/trash"} <= pages.keys()
    assert len(pages) > 40
    for path, answer in pages.items():
        clean(path, answer)


def test_the_crawl_would_find_the_secret(house: House, keys: dict[str, str]) -> None:
    pages = crawl(house.browser("root"), "/")
    assert sum(SECRETS.search(answer.get_data(as_text=True)) is not None for answer in pages.values()) > 10
    record = house.program("root").get(f"/api/vault/folder/{keys['mine']}").get_data(as_text=True)
    assert WORD in record
    assert NUMBER in record


def questions(keys: dict[str, str]) -> list[str]:
    """Addresses that ask for data in every way that the interface knows."""
    fields = ["name", "grade", "above", "copied", "keeper", "created_at"]
    found = ["/api/openapi.json"]
    for entity in ("folder", "slip", "rack", "safe"):
        base, page = f"/api/vault/{entity}", f"/app/vault/{entity}"
        found += [base, base + "?trash=1", base + "?totals=count", base + f"?search={WORD}", base + "?search=7391", base + "?limit=1"]
        found += [
            page + f"?q={WORD}",
            page + "/export.csv",
            page + "/trash",
            page + "/import",
            page + "/new",
            f"/pick/vault/{entity}?q={WORD}",
        ]
        found += [f"/pick/vault/{entity}?q=", page + "?view=all"]
    folder, page = "/api/vault/folder", "/app/vault/folder"
    for name in fields:
        found += [f"{folder}?sort={name}", f"{folder}?sort=-{name}&limit=1", f"{folder}?fields={name}", f"{page}?sort={name}&cols={name}"]
        found += [f"{folder}?totals=min:{name},max:{name},count:{name}"]
    for name in HIDDEN_FIELDS:
        found += [f"{page}?cols={name}", f"{page}/export.csv?cols=name,{name}", f"{page}?sort={name}", f"{page}?f={name}:eq:{WORD}"]
    for key in keys.values():
        for address in (f"{folder}/{key}", f"{folder}/{key}/history", f"{page}/{key}", f"{page}/{key}/history", f"{page}/{key}/edit"):
            found.append(address)
    found += [f"{page}/new?above={keys['secret']}", f"{page}/new?code_word={WORD[:4]}", f"{page}?f=above:eq:{keys['secret']}"]
    return found


def test_no_question_gets_a_secret(house: House, keys: dict[str, str]) -> None:
    browser, program = house.browser("bob"), house.program("bob")
    for address in questions(keys):
        answer = (program if address.startswith("/api/") else browser).get(address)
        asked = address.replace(WORD, "")
        if asked != address and not address.startswith("/api/"):
            # A page shows what was searched for; it must be shown no more often than for a word that is nowhere.
            nowhere = browser.get(address.replace(WORD, "n" * len(WORD)))
            assert answer.get_data(as_text=True).count(WORD) == nowhere.get_data(as_text=True).count("n" * len(WORD)), address
            continue
        clean(address, answer)


def refusals(keys: dict[str, str]) -> list[tuple[str, str, object]]:
    """Writes that are refused: method, path, body."""
    mine, api = keys["mine"], "/api/vault/folder"
    return [
        ("PATCH", f"{api}/{mine}", {"name": 5 * "x" * 100}),
        ("PATCH", f"{api}/{mine}", {"grade": "nope"}),
        ("PATCH", f"{api}/{mine}", {"worth": "1"}),
        ("PATCH", f"{api}/{mine}", {"code_word": None}),
        ("PATCH", f"{api}/{mine}", {"costs": []}),
        ("PATCH", f"{api}/{mine}", {"phone": "1"}),
        ("PATCH", f"{api}/{mine}", {"above": keys["secret"], "name": "x" * 300}),
        ("PATCH", f"{api}/{keys['secret']}", {"name": "x"}),
        ("DELETE", f"{api}/{keys['secret']}", None),
        ("POST", api, {"name": "New", "above": keys["secret"]}),
        ("POST", api, {}),
        ("POST", "/api/vault/slip", {"body": "New", "about": {"entity": "vault.folder", "id": keys["secret"]}}),
        ("POST", f"{api}/{keys['gone']}/restore", None),
        ("POST", api + "/batch", {"operations": [{"op": "update", "id": mine, "values": {"worth": 1}}]}),
    ]


def test_no_refusal_tells_a_secret(house: House, keys: dict[str, str]) -> None:
    browser, program = house.browser("bob"), house.program("bob")
    for method, path, body in refusals(keys):
        for headers in ({}, {"If-Match": '"99"'}):
            clean(f"{method} {path} {body}", program.open(method, path, json=body, headers=headers))
    page = f"/app/vault/folder/{keys['mine']}/edit"
    forms: list[dict[str, str]] = [
        {"version": "1", "base": "{}", "name": "x" * 300},
        {"version": "77", "base": json.dumps(dict.fromkeys(HIDDEN_FIELDS, "")), **dict.fromkeys(HIDDEN_FIELDS, "1")},
        {"version": "1", "base": "{}", "costs__here": "1", "costs.0.name": "x", "_action": "add:costs"},
        {"version": "1", "base": "{}", "above": keys["secret"], "_action": "find:above"},
        {"version": "1", "base": "{}", "above__text": WORD[:5], "above": ""},
    ]
    for form in forms:
        clean(f"{page} {form}", browser.post(page, form))
        clean(f"{page} {form} in part", browser.post(page, form, headers={"HX-Request": "true"}))


@pytest.mark.parametrize("name", HIDDEN_FIELDS)
def test_a_hidden_field_answers_no_question(house: House, keys: dict[str, str], name: str) -> None:
    program = house.program("bob")
    asks = [
        f"where={name} is not blank",
        f"sort={name}",
        f"sort=name,-{name}",
        f"fields=name,{name}" if name != "phone" else f"sort={name}",
        f"totals=sum:{name}",
        f"totals=count:{name}",
        f"totals=max:{name}",
        f"where=above.{name} is not blank",
    ]
    for ask in asks:
        answer = program.get("/api/vault/folder?" + quote(ask, safe="=&"))
        assert answer.status_code == 400, (ask, answer.get_data(as_text=True))
        clean(ask, answer)


def test_a_hidden_field_is_not_searched_and_not_described(house: House, keys: dict[str, str]) -> None:
    program = house.program("bob")
    for words in (WORD, WORD[:6], "aardvark", PHONE, "87654"):
        assert program.get(f"/api/vault/folder?search={words}").get_json()["items"] == [], words
    assert len(house.program("root").get(f"/api/vault/folder?search={WORD}").get_json()["items"]) >= 2
    described = program.get("/api/openapi.json").get_json()
    properties = described["components"]["schemas"]["vault_folder"]["properties"].keys()
    assert not properties & {"code_word", "worth", "total", "costs"}
    assert "vault_safe" not in described["components"]["schemas"]
    record = program.get(f"/api/vault/folder/{keys['mine']}").get_json()
    assert record.keys() <= properties
    assert record["phone"] == "139****4321"


LISTS = (
    "?totals=count,min:name,max:name",
    "?sort=name",
    "?sort=-created_at&limit=1",
    "?sort=above,name",
    "?search=m",
    "?where=name is not blank&totals=count",
    "?trash=1",
)


def test_nothing_counted_summed_or_sorted_depends_on_a_hidden_record(house: House, keys: dict[str, str], tmp_path: Path) -> None:
    """The same questions with the hidden records and without them: the same answers, to the letter."""
    bob, program = house.browser("bob"), house.program("bob")

    def answers() -> list[object]:
        found: list[object] = [told(program.get(f"/api/vault/{entity}{ask}")) for entity in ("folder", "slip", "rack") for ask in LISTS[:1]]
        found += [told(program.get("/api/vault/folder" + quote(ask, safe="?=&"))) for ask in LISTS]
        found += [told(program.get("/api/vault/slip?totals=sum:count,max:count,avg:count,count"))]
        found += [told(bob.get(path)) for path in ("/", "/app/vault/folder", "/app/vault/slip", "/app/vault/folder/export.csv")]
        found += [told(bob.get(path)) for path in ("/pick/vault/folder?q=", f"/app/vault/folder/{keys['other']}")]
        return found

    hidden = [house.create("ann", "vault.folder", name=name, grade="low", opened="2026-01-01") for name in ("Aaa", "Mmm", "Zzz")]
    ann = str(house.people["ann"].id)
    hidden += [house.create("root", "vault.folder", name="Below", above=keys["other"], keeper=ann)]
    slips = [house.create("root", "vault.slip", body="Hidden", count=99, folder=keys["other"], keeper=ann)]
    with_them = answers()
    for entity, ids in (("slip", slips), ("folder", hidden)):
        for key in ids:
            house.trash("ann", f"vault.{entity}", key)
            assert house.program("ann").get(f"/api/vault/{entity}/{key}").status_code == 404
    assert answers() == with_them
    assert NOWHERE not in hidden


def test_what_stands_in_the_way_of_a_deletion_is_counted_only_where_it_may_be_read(house: House) -> None:
    bob = str(house.people["bob"].id)
    rack = house.create("root", "vault.rack", label="Held", keeper=bob)
    for _turn in range(3):
        house.create("ann", "vault.slip", body="On the rack", rack=rack)
    refused = house.program("bob").open("DELETE", f"/api/vault/rack/{rack}")
    assert refused.status_code == 409
    assert refused.get_json()["params"]["holders"] == []
    house.create("bob", "vault.slip", body="On the rack", rack=rack)
    refused = house.program("bob").open("DELETE", f"/api/vault/rack/{rack}")
    assert refused.get_json()["params"]["holders"] == [{"entity": "vault.slip", "field": "rack", "count": 1}]


def test_masked_values_stay_masked_in_the_history(house: House, keys: dict[str, str]) -> None:
    root: Program = house.program("root")
    changed = root.open("PATCH", f"/api/vault/folder/{keys['other']}", json={"phone": PHONE, "code_word": WORD, "worth": NUMBER})
    assert changed.status_code == 200
    for address in (f"/api/vault/folder/{keys['other']}/history", f"/app/vault/folder/{keys['other']}/history"):
        clean(address, (house.program("bob") if address.startswith("/api") else house.browser("bob")).get(address))
    assert WORD in root.get(f"/api/vault/folder/{keys['other']}/history").get_data(as_text=True)
