"""What every answer has: headers, names, ids, health; and what no address gives away."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from engine.runtime import Runtime
from engine.settings import Settings
from engine.store import Database
from engine.web import create_app
from tests.web.conftest import Site, text_of


def test_every_answer_carries_the_security_headers(site: Site) -> None:
    li = site.login("li")
    for path in ("/", "/login", "/app/desk/ticket", "/nowhere", "/health", "/api/desk/ticket"):
        headers = li.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Referrer-Policy"] == "same-origin", path
        policy = headers["Content-Security-Policy"]
        if headers["Content-Type"].startswith("text/html"):
            assert "script-src 'self';" in policy, path
            assert "object-src 'none'" in policy, path
        else:
            assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert headers["Cache-Control"] == "no-store", path


def test_no_page_has_inline_script_or_handlers(site: Site) -> None:
    li = site.login("li")
    for path in ("/", "/app/desk/ticket", "/app/desk/ticket/new", "/account"):
        page = li.page(path)
        assert re.search(r"<script(?![^>]*\bsrc=)", page) is None
        assert re.search(r"<[^>]+\son[a-z]+=", page) is None


def test_the_nonce_is_new_each_time(site: Site) -> None:
    policies = {site.visitor().get("/login").headers["Content-Security-Policy"] for _ in range(5)}
    assert len(policies) == 5


def test_assets_are_immutable_and_nothing_else_is_served(site: Site) -> None:
    visitor = site.visitor()
    script = re.search(r'src="(/static/assets/app-[^"]+\.js)"', visitor.page("/login"))
    assert script is not None
    answer = visitor.get(script[1])
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    packed = visitor.get(script[1], headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    for path in (
        "../manifest.json",
        "manifest.json",
        ".stamp",
        "assets/../icons.json",
        "assets/%2e%2e/manifest.json",
        "..%2f..%2fapplication.py",
    ):
        assert visitor.get(f"/static/{path}").status_code == 404, path


def test_a_foreign_host_is_refused(site: Site) -> None:
    assert site.visitor().get("/health", headers={"Host": "evil.example"}).status_code == 400
    assert site.visitor().get("/health", headers={"Host": "localhost:8123"}).status_code == 200
    configured = create_app(site.runtime, replace(site.settings, base_url="https://desk.example"))
    assert configured.test_client().get("/health", headers={"Host": "desk.example"}).status_code == 200


def test_health_and_metrics_answer_without_login_and_tell_nothing_of_records(site: Site) -> None:
    li = site.login("li")
    li.page("/app/desk/ticket")
    assert site.visitor().get("/health").get_json() == {"status": "ready"}
    text = site.visitor().page("/metrics")
    assert 'dougong_requests_total{method="GET",route="/app/<app>/<name>",status="200"} 1.0' in text
    assert 'dougong_logins_total{outcome="succeeded"} 1.0' in text
    assert "desk" not in text


def test_a_request_id_comes_back_if_it_is_harmless(site: Site) -> None:
    visitor = site.visitor()
    assert visitor.get("/health", headers={"X-Request-ID": "abc-12345"}).headers["X-Request-ID"] == "abc-12345"
    assert "<" not in visitor.get("/health", headers={"X-Request-ID": "<script>1</script>"}).headers["X-Request-ID"]


@pytest.mark.parametrize(("tongue", "words"), [("zh-CN", "数据库"), ("en", "database")])
def test_a_worker_that_starts_while_its_database_is_away_asks_to_come_back(tmp_path: Path, tongue: str, words: str) -> None:
    (tmp_path / "web.db").mkdir()
    url = f"sqlite:///{tmp_path / 'web.db'}"
    running = Runtime(Database(url), lambda _files: pytest.fail("there is no app to be had"))
    client = create_app(running, Settings(url, tmp_path, None, "WARNING", ())).test_client()
    answer = client.get("/api/desk/ticket", headers={"Accept-Language": tongue, "Authorization": "Bearer x"})
    assert answer.status_code == 503
    assert words in answer.get_data(as_text=True)


def test_an_unknown_address_says_so_in_the_readers_language(site: Site) -> None:
    assert "There is nothing at this address" in site.login("li").page("/nowhere", 404)
    assert "该地址没有内容" in site.login("li", language="zh").page("/nowhere", 404)


def test_the_wrong_method_is_405_and_never_an_error(site: Site) -> None:
    li = site.login("li")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        answer = li.client.open("/app/desk/ticket", method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/app/desk/ticket", "/app/desk/ticket/new", "/", "/account"])
def test_language_and_theme_are_remembered_by_the_browser(site: Site, path: str) -> None:
    li = site.login("li")
    assert '<html lang="en"' in li.page(path)
    assert li.post("/preferences", {"language": "zh", "theme": "dark", "next": path}).headers["Location"] == path
    li.client.set_cookie("dougong-language", "zh")
    page = li.page(path)
    assert '<html lang="zh-CN" data-bs-theme="dark">' in page


def test_the_language_leads_back_to_the_page_that_answered_a_form(site: Site) -> None:
    li = site.login("li")
    refused = li.post("/app/desk/ticket/new", {}, form="/app/desk/ticket/new")
    assert refused.status_code == 422
    assert 'name="next" value="/app/desk/ticket/new"' in refused.get_data(as_text=True)
    shown = li.post("/account/password", {"current": "wrong"})
    assert 'name="next" value="/account/password"' in shown.get_data(as_text=True)
    assert li.get("/account/tokens", follow_redirects=True).request.path == "/account"


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/account/password", "/account"),
        ("/account/tokens", "/account"),
        ("/account/tokens/revoke", "/account"),
        ("/logout", "/"),
        ("/preferences", "/"),
        ("/app/desk/ticket/trash/0198a000-0000-7000-8000-00000000dead/restore", "/app/desk/ticket/trash"),
        ("/app/desk/person/imports/0198a000-0000-7000-8000-00000000dead/undo", "/app/desk/person/import"),
    ],
)
def test_an_address_that_only_takes_forms_leads_to_its_page(site: Site, address: str, page: str) -> None:
    answer = site.login("root").get(address)
    assert (answer.status_code, answer.headers["Location"]) == (303, page)


def test_every_address_of_a_page_can_be_opened(site: Site) -> None:
    root = site.login("root")
    key = site.create("desk.ticket", {"subject": "No signal", "channel": "web", "status": "fresh"})
    rules = {rule.rule for rule in site.app.url_map.iter_rules() if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api")}
    assert len(rules) > 15
    for rule in rules:
        path = rule.replace("<app>", "desk").replace("<name>", "ticket").replace("<key>", key)
        assert root.get(re.sub(r"<[^>]+>", "x", path), follow_redirects=True).status_code in (200, 404), path


WHY = {
    "a right that is missing": ("/app/desk/ticket/export.csv", "en", "the right to export Tickets", "your roles (Agent)"),
    "in Chinese": ("/app/desk/ticket/export.csv", "zh", "缺少的权限：导出“工单”", "已检查你的角色"),
}


@pytest.mark.parametrize("case", WHY)
def test_a_refusal_says_which_right_is_missing_and_which_roles_were_looked_at(site: Site, case: str) -> None:
    path, language, right, roles = WHY[case]
    told = text_of(site.login("li", language=language).page(path, 403))
    assert right in told and roles in told
