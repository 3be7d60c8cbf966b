"""Every address says who may ask; one that does not cannot be declared, and one put in by a back door answers nobody."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from engine.web import api, pages, shell
from engine.web.routes import Allow, Routes
from tests.security.house import VAULT, House, build

ENGINE = Path(__file__).resolve().parents[2] / "engine"
OPEN_TO_EVERYONE = {
    ("GET", "/static/<path:name>"): "assets of the pages, the login page's among them",
    ("GET", "/favicon.ico"): "browsers ask for it before anybody logs in",
    ("GET", "/health"): "load balancers have no login; says only that the database answers",
    ("GET", "/metrics"): "routes and times, nothing about people or records",
    ("GET", "/login"): "",
    ("POST", "/login"): "",
    ("GET", "/set-password"): "where a set-up link leads; says nothing",
    ("POST", "/set-password"): "takes a code of 256 random bits, once, within its hours",
    ("POST", "/preferences"): "language and theme of the browser, before login too; sets cookies only",
}
"""What answers without login, and why; a new one has to be entered here by somebody who thought about it."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = build([VAULT], tmp_path_factory.mktemp("routes"), {"ann": "vault.owner"})
    yield made
    made.close()


def test_every_rule_of_the_server_stands_in_the_table_with_its_permission(house: House) -> None:
    table = {(route.method, route.rule): route.allow for route in [*shell.ROUTES.found, *pages.routes(), *api.routes()]}
    assert set(table.values()) <= set(get_args(Allow))
    served = {(method, rule.rule) for rule in house.site.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert served == table.keys()
    assert {route for route, allow in table.items() if allow == "everyone"} == OPEN_TO_EVERYONE.keys()


@pytest.mark.parametrize("said", ["", "anybody", "People", None])
def test_a_route_with_no_sensible_permission_stops_the_start(said: str | None) -> None:
    with pytest.raises(ValueError, match="who may ask"):
        Routes().get("/open", allow=said)  # type: ignore[arg-type]


def test_an_address_added_past_the_table_answers_nobody(tmp_path: Path) -> None:
    house = build([VAULT], tmp_path, {"root": "system.admin"})
    house.site.add_url_rule("/backdoor", "backdoor", lambda: "open")
    house.site.add_url_rule("/api/backdoor", "backdoor of programs", lambda: "open")
    assert house.site.test_client().get("/backdoor").status_code == 404
    assert house.browser("root").get("/backdoor").status_code == 404
    assert house.program("root").get("/api/backdoor").status_code == 404
    house.close()


def test_nothing_in_the_engine_goes_past_the_table() -> None:
    allowed = {"web/application.py"}
    found = set()
    for path in (ENGINE / "web").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = node.attr if isinstance(node, ast.Attribute) else ""
            if named in ("add_url_rule", "route", "register_blueprint", "url_map") and isinstance(node, ast.Attribute):
                found.add(path.relative_to(ENGINE).as_posix())
    assert found <= allowed, found
