"""Deny by default: every address says who may ask, and a stranger gets nowhere."""

from __future__ import annotations

import inspect
import re
from uuid import UUID

import pytest

from engine.web.routes import Routes
from tests.web.conftest import Site

PUBLIC = {"/static/<path:name>", "/favicon.ico", "/health", "/metrics", "/login", "/preferences", "/set-password"}


def test_a_route_without_a_permission_cannot_be_declared() -> None:
    routes = Routes()
    for method in (routes.add, routes.get, routes.post):
        parameter = inspect.signature(method).parameters["allow"]
        assert parameter.default is inspect.Parameter.empty
    with pytest.raises(TypeError):
        routes.get("/open")  # type: ignore[call-arg]


def addresses(site: Site) -> list[tuple[str, str, str]]:
    """Every rule with its method and an address that fits it."""
    found = []
    for rule in site.app.url_map.iter_rules():
        path = rule.rule.replace("<app>", "desk").replace("<name>", "ticket").replace("<entity>", "ticket").replace("<path:name>", "x")
        path = re.sub(r"<key>", str(UUID(int=7)), path)
        path = re.sub(r"<[^>]+>", "restore", path)
        found += [(rule.rule, method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def test_a_stranger_reaches_only_the_public_addresses(site: Site) -> None:
    known = addresses(site)
    assert len(known) > 30
    visitor = site.visitor()
    for rule, method, path in known:
        answer = visitor.client.open(path, method=method)
        if rule in PUBLIC:
            continue
        if path.startswith("/api"):
            assert answer.status_code == 401, (method, path)
        else:
            assert answer.status_code == 303, (method, path)
            assert answer.headers["Location"].startswith("/login")


@pytest.mark.parametrize("disguise", ["{}?x=/login", "/{}", "{};/login", "{}/.", "{}%2f"])
def test_no_disguise_opens_a_page(site: Site, disguise: str) -> None:
    answer = site.visitor().get(disguise.format("/account"), headers={"X-Original-URL": "/login", "X-HTTP-Method-Override": "GET"})
    assert answer.status_code in (303, 400, 404)
    assert answer.headers.get("Location", "/login").startswith("/login")


def test_looking_at_every_page_writes_nothing(site: Site) -> None:
    site.create("desk.ticket", {"subject": "No signal", "channel": "web", "status": "fresh"})
    root = site.login("root")

    def written() -> list[int]:
        with site.runtime.database.read() as connection:
            return [int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()) for table in ("dg_audit", "dg_outbox")]

    before = written()
    for _rule, method, path in addresses(site):
        if method == "GET":
            assert root.get(path).status_code < 500, path
    assert written() == before


def test_what_one_may_not_see_answers_like_what_is_not_there(site: Site) -> None:
    hidden = site.create("desk.purchase", {"title": "Chairs", "amount": "10"})
    li = site.login("li")
    missing = str(UUID(int=7))
    for shape in ("/app/desk/purchase/{}", "/app/desk/purchase/{}/edit", "/app/desk/purchase/{}/history"):
        answers = [li.get(shape.format(key)) for key in (hidden, missing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        texts = [re.sub(r"[0-9a-f-]{36}|[0-9a-f]{64}", "", answer.get_data(as_text=True)) for answer in answers]
        assert texts[0] == texts[1]


def test_the_hidden_entity_is_not_in_the_menu_and_not_at_its_address(site: Site) -> None:
    root, li = site.login("root"), site.login("li")
    assert root.get("/app/system/user").status_code == 200
    assert li.get("/app/system/role_assignment").status_code == 404
    assert li.get("/app/desk/nothing").status_code == 404
