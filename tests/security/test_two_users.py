"""Two users who share nothing: whatever address one asks with an id of the other's, it answers as if there were no such thing.

The addresses come from the routing table, so a new route is asked too. After every refusal not one row has changed.
"""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.security.house import NOWHERE, VAULT, Browser, House, Program, build, copied, told

PEOPLE = {"ann": "vault.owner", "bob": "vault.owner", "root": "system.admin"}
ENTITIES = ("folder", "slip", "safe")
"""Of these bob may not know anything of ann's; that a rack exists is public."""


@dataclass(frozen=True)
class Held:
    """What ann has, by what it is."""

    house: House
    ids: dict[str, str]


@dataclass(frozen=True)
class Ask:
    """One request with a place for an id: ``{id}`` in its path, query or body."""

    method: str
    path: str
    form: dict[str, str] = field(default_factory=dict)
    json: Any = None
    by_program: bool = False

    def send(self, somebody: Browser | Program, key: str) -> Any:
        options: dict[str, Any] = {}
        if self.json is not None:
            options["json"] = _filled(self.json, key)
        elif self.form:
            options["data"] = _filled(self.form, key)
        return somebody.open(self.method, self.path.replace("{id}", key), **options)


def _filled(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, key) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, key) for each in value]
    return value.replace("{id}", key) if isinstance(value, str) else value


def uploaded(house: House, name: str, entity: str, header: str, *rows: str) -> str:
    """The key of a file of one column that somebody sent to be imported."""
    text = io.StringIO()
    csv.writer(text).writerows([[header], *([row] for row in rows)])
    file = (io.BytesIO(text.getvalue().encode()), "file.csv")
    answer = house.browser(name).post(f"/app/vault/{entity}/import", {"file": file}, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"].rpartition("/")[2])


def imported(house: House, name: str, entity: str, key: str, column: str) -> str:
    """The id of the import that running an uploaded file makes."""
    browser = house.browser(name)
    page = browser.post(f"/app/vault/{entity}/import/{key}/check", {"c0": column}).get_data(as_text=True)
    found = re.search(r'name="mapping" value="([^"]*)"', page)
    assert found is not None, page
    mapping = found[1].replace("&#34;", '"')
    assert browser.post(f"/app/vault/{entity}/import/{key}/run", {"mapping": mapping}).status_code == 303
    for _turn in range(200):
        page = browser.get(f"/app/vault/{entity}/import/{key}").get_data(as_text=True)
        run = re.search(r"/imports/([0-9a-f-]{36})/", page)
        if run is not None and "hx-trigger" not in page:
            return run[1]
        time.sleep(0.02)
    raise AssertionError(page)


def furnish(house: House) -> Held:
    """Everything of which ann may hold one, and as much of bob's own as he needs to ask with."""
    folder = house.create(
        "ann", "vault.folder", name="Ann's folder", code_word="plover", worth="7", grade="high", items=[{"name": "ring", "qty": 1}]
    )
    ids = {"folder": folder, "line": house.row("vault.folder", folder)["items"][0]["id"]}
    ids["slip"] = house.create("ann", "vault.slip", body="Ann's slip", folder=folder)
    ids["safe"] = house.create("root", "vault.safe", label="Nobody's safe")
    ids["rack"] = house.create("ann", "vault.rack", label="Ann's rack")
    for entity in ENTITIES:
        gone = {"folder": {"name": "Gone"}, "slip": {"body": "Gone"}, "safe": {"label": "Gone"}}[entity]
        by = "root" if entity == "safe" else "ann"
        ids[f"{entity} in the trash"] = house.create(by, f"vault.{entity}", **gone)
        house.trash(by, f"vault.{entity}", ids[f"{entity} in the trash"])
    ids["upload"] = uploaded(house, "ann", "folder", "Name", "One", "Two")
    ran = uploaded(house, "ann", "folder", "Name", "Three", "x" * 300)
    ids["import"] = imported(house, "ann", "folder", ran, "name")
    house.program("ann")
    ids["token"] = house.runtime.identity.tokens(str(house.people["ann"].id))[0].id
    ids["own folder"] = house.create("bob", "vault.folder", name="Bob's folder", items=[{"name": "cup", "qty": 1}])
    return Held(house, ids)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    house = build([VAULT], tmp_path_factory.mktemp("two"), PEOPLE)
    yield furnish(house)
    house.close()


BODIES: dict[str, dict[str, Any]] = {
    "PATCH /api/<app>/<entity>/<key>": {"json": {"name": "Another name"}},
    "PUT /api/<app>/<entity>/<key>/shares/<user>": {"json": {"may_update": False}},
    "POST /app/<app>/<name>/<key>/set": {"form": {"field": "name", "value": "Bob was here", "version": "1"}},
    "POST /app/<app>/<name>/<key>/edit": {"form": {"version": "1", "name": "Bob was here", "base": "{}"}},
    "POST /app/<app>/<name>/import/<key>/run": {"form": {"mapping": "{}"}},
}
"""What a route needs besides the id to get as far as the record; any other route is asked with an empty form."""


def asked_by_path(held: Held) -> list[Ask]:
    """Every route that has an id in its path, for every entity."""
    found = []
    for rule in held.house.site.url_map.iter_rules():
        if "<key>" not in rule.rule:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            body = BODIES.get(f"{method} {rule.rule}", {})
            if rule.rule.startswith("/app/<app>/<name>/<key>/share"):
                body = {"form": {"user": str(held.house.people["bob"].id)}}
            for entity in ENTITIES:
                for action in ("restore", "purge") if "<action>" in rule.rule else ("",):
                    path = rule.rule.replace("<app>", "vault").replace("<name>", entity).replace("<entity>", entity)
                    path = path.replace("<key>", "{id}").replace("<action>", action)
                    path = path.replace("<user>", str(held.house.people["bob"].id))
                    assert "<" not in path, f"say what stands for the part of {rule.rule}"
                    found.append(Ask(method, path, by_program=path.startswith("/api/"), **body))
    return found


def asked_inside(held: Held) -> list[Ask]:
    """Ids where a path does not show them: in a query, a form, a body."""
    own = held.ids["own folder"]
    new: dict[str, Any] = {"name": "New of bob"}
    api, page = "/api/vault/folder", "/app/vault/folder"
    return [
        *(
            Ask("GET", f"{base}?where={where}", by_program=base == api)
            for base in (api, page)
            for where in ("id='{id}'", "above.id='{id}'")
        ),
        Ask("GET", page + "?f=above:eq:{id}"),
        Ask("GET", page + "?ff=above&fo=eq&fv0={id}"),
        Ask("GET", page + "/export.csv?f=above:eq:{id}"),
        Ask("GET", page + "/new?above={id}"),
        Ask("GET", "/app/vault/slip/new?folder={id}"),
        Ask("GET", "/pick/vault/folder?q={id}"),
        Ask("POST", page + "/bulk", {"action": "delete", "id": "{id}"}),
        Ask("POST", page + "/bulk", {"action": "restore", "id": "{id}"}),
        Ask("POST", page + "/new", {"name": "New of bob", "above": "{id}"}),
        Ask("POST", page + "/new", {"name": "New of bob", "above": "{id}", "_action": "find:above"}),
        Ask("POST", page + "/new", {"name": "New of bob", "above": "{id}", "_action": "add:items"}),
        Ask("POST", f"{page}/{own}/edit", {"version": "1", "above": "{id}", "base": "{}", "_action": "add:items"}),
        Ask("POST", f"{page}/{own}/edit", {"version": "9", "above": "{id}", "base": "{}"}),
        Ask("POST", "/app/vault/slip/new", {"body": "New", "about": "{id}", "about__entity": "vault.folder"}),
        Ask("POST", "/app/vault/slip/new", {"body": "New", "about": "{id}", "about__entity": "vault.folder", "_action": "find:about"}),
        Ask("POST", api, json={**new, "above": "{id}"}, by_program=True),
        Ask("PATCH", f"{api}/{own}", json={"above": "{id}"}, by_program=True),
        Ask("PATCH", f"{api}/{own}", json={"above": "{id}", "name": "Ann's folder"}, by_program=True),
        Ask("PATCH", f"{api}/{own}", json={"items": [{"name": "box", "holds": "{id}"}]}, by_program=True),
        Ask("POST", api, json={**new, "items": [{"name": "box", "holds": "{id}"}]}, by_program=True),
        Ask("POST", "/api/vault/slip", json={"body": "New", "about": {"entity": "vault.folder", "id": "{id}"}}, by_program=True),
        Ask("POST", api + "/batch", json={"operations": [{"op": "update", "id": "{id}", "values": {"name": "Bob's"}}]}, by_program=True),
        Ask("POST", api + "/batch", json={"operations": [{"op": "delete", "id": "{id}"}]}, by_program=True),
        Ask(
            "POST",
            api + "/batch",
            json={"operations": [{"op": "create", "values": new}, {"op": "update", "id": "{id}", "values": new}]},
            by_program=True,
        ),
    ]


@dataclass
class Comparison:
    """Asks with ann's id and with one that nobody has: the answers tell the same, and what is refused changes nothing."""

    house: House
    bob: Browser
    program: Program
    state: dict[str, str]

    @classmethod
    def of(cls, house: House) -> Comparison:
        return cls(house, house.browser("bob"), house.program("bob"), house.state())

    def status(self, ask: Ask, whats: Iterable[str], ids: dict[str, str]) -> int:
        """The status that all the answers have."""
        somebody = self.program if ask.by_program else self.bob
        missing = told(ask.send(somebody, NOWHERE))
        assert missing[0] < 500, (ask, missing[2][:500])
        for what in whats:
            assert told(ask.send(somebody, ids[what])) == missing, (ask, what)
            if ask.method != "GET":
                now = self.house.state()
                assert missing[0] < 400 or now == self.state, (ask, what)
                self.state = now
        return missing[0]


LED_AWAY = "/imports/{id}/undo"
"""What only takes a form: whoever opens it is led to the list of imports, whatever the id."""


def test_every_route_with_an_id_answers_for_another_persons_as_for_none(held: Held) -> None:
    comparison = Comparison.of(held.house)
    before = comparison.state
    asks = asked_by_path(held)
    assert len(asks) > 40
    for ask in asks:
        told_nothing = (303, 403, 404) if ask.method == "GET" and ask.path.endswith(LED_AWAY) else (403, 404)
        assert comparison.status(ask, sorted(held.ids.keys() - {"rack", "own folder"}), held.ids) in told_nothing, ask
    assert held.house.state() == before


def test_an_id_inside_a_question_or_a_form_tells_nothing_either(held: Held) -> None:
    comparison = Comparison.of(held.house)
    for ask in asked_inside(held):
        comparison.status(ask, ("folder", "folder in the trash", "slip"), held.ids)


def test_the_words_of_anothers_record_come_with_none_of_its_ids(held: Held) -> None:
    house = held.house
    bob, program = house.browser("bob"), house.program("bob")
    for ask in [*asked_by_path(held), *asked_inside(held)]:
        for what in ("folder", "slip", "import", "upload"):
            answer = ask.send(program if ask.by_program else bob, held.ids[what])
            body = answer.get_data(as_text=True)
            assert "Ann&#39;s" not in body, ask
            assert "Ann's" not in body, ask
            assert "plover" not in body, ask


def test_a_public_record_is_seen_and_not_touched(held: Held) -> None:
    house, key = held.house, held.ids["rack"]
    bob, program = house.browser("bob"), house.program("bob")
    assert program.get(f"/api/vault/rack/{key}").status_code == 200
    before = house.state()
    page = f"/app/vault/rack/{key}"
    answers = [
        program.open("PATCH", f"/api/vault/rack/{key}", json={"label": "Bob's"}),
        program.open("DELETE", f"/api/vault/rack/{key}"),
        program.open("POST", "/api/vault/rack/batch", json={"operations": [{"op": "delete", "id": key}]}),
        bob.post(f"{page}/edit", {"version": "1", "label": "Bob's", "base": "{}"}),
        bob.post(f"{page}/delete", {"version": "1"}),
        bob.post("/app/vault/rack/bulk", {"action": "delete", "id": key}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 6
    assert house.state() == before
    exported = bob.get("/app/vault/rack/export.csv").get_data(as_text=True)
    assert "Ann's rack" not in exported, "bob may read every rack, and export his own only"


def test_a_line_may_only_lead_to_what_one_may_read(held: Held) -> None:
    program = held.house.program("bob")
    for key in (held.ids["folder"], NOWHERE):
        refused = program.open("POST", "/api/vault/folder", json={"name": "New", "items": [{"name": "box", "holds": key}]})
        assert refused.status_code == 422
        assert [(each["field"], each["code"]) for each in refused.get_json()["errors"]] == [("items.0.holds", "no-such-record")]
    own = held.ids["own folder"]
    taken = program.open("POST", "/api/vault/folder", json={"name": "New", "items": [{"name": "box", "holds": own}]})
    assert taken.status_code == 201
    assert taken.get_json()["items"][0]["holds"] == own


def test_lines_of_anothers_record_cannot_be_taken_over(held: Held) -> None:
    house = held.house
    program = house.program("bob")
    own = held.ids["own folder"]
    stolen = {"items": [{"id": held.ids["line"], "name": "stolen", "qty": 9}]}
    assert program.open("PATCH", f"/api/vault/folder/{own}", json=stolen).status_code == 200
    [kept] = house.row("vault.folder", held.ids["folder"])["items"]
    assert kept == {"id": held.ids["line"], "name": "ring", "qty": 1, "holds": None}
    assert house.row("vault.folder", own)["items"][0]["id"] != held.ids["line"]


def test_nobody_ends_anothers_token_or_import(held: Held) -> None:
    house = held.house
    bob = house.browser("bob")
    before = house.state()
    bob.post("/account/tokens/revoke", {"id": held.ids["token"]})
    after = house.state()
    assert {name for name in before if before[name] != after[name]} <= {"dg_state"}, "at most the counter that makes caches begin anew"
    assert house.program("ann").get("/api/vault/folder").status_code == 200


def test_the_same_requests_get_the_owner_somewhere(held: Held, tmp_path: Path) -> None:
    """Without this the matrix could be all 404 for want of a right address."""
    reached: dict[str, set[int]] = {}
    for number, ask in enumerate(ask for ask in asked_by_path(held) if "/folder" in ask.path):
        folder = tmp_path / str(number)
        folder.mkdir()
        house = copied(held.house, folder) if ask.method != "GET" else held.house
        # The files of uploads lie beside the database, not in it.
        somebody = house.program("ann") if ask.by_program else house.browser("ann")
        for what in ("folder", "folder in the trash", "import"):
            reached.setdefault(f"{ask.method} {ask.path}", set()).add(ask.send(somebody, held.ids[what]).status_code)
        if house is not held.house:
            house.close()
    elsewhere = {"GET /app/vault/folder/import/{id}", *(f"POST /app/vault/folder/import/{{id}}/{step}" for step in ("check", "run"))}
    lost = {name for name, statuses in reached.items() if min(statuses) >= 400}
    assert lost == elsewhere, {name: reached[name] for name in lost}
    ann = held.house.browser("ann")
    assert ann.get(f"/app/vault/folder/import/{held.ids['upload']}").status_code == 200
    assert ann.post(f"/app/vault/folder/import/{held.ids['upload']}/check", {"c0": "name"}).status_code == 200
