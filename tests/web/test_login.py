"""Who one is: sessions, guessing, forged requests, and where a login may lead."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine import limits, records
from engine.web import create_app
from tests.web.conftest import PASSWORD, Person, Site, csrf_of, text_of


def session_of(person: Person) -> str:
    cookie = person.client.get_cookie("dougong-session")
    assert cookie is not None
    return str(cookie.value)


def test_a_login_opens_a_session_under_a_new_secret(site: Site) -> None:
    person = site.visitor()
    person.get("/login")
    before = person.client.get_cookie("dougong-before-login")
    assert before is not None
    person.post("/login", {"login": "li", "password": PASSWORD}, form="/login")
    assert session_of(person) != before.value
    stranger = site.visitor()
    stranger.client.set_cookie("dougong-session", str(before.value))
    assert stranger.get("/").status_code == 303
    assert "Li" in text_of(person.page("/"))


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    answer = site.visitor().post("/login", {"login": "li", "password": PASSWORD}, form="/login")
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("dougong-session="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_under_https_the_cookie_is_bound_to_the_host(site: Site) -> None:
    client = create_app(site.runtime, replace(site.settings, base_url="https://localhost")).test_client()
    token = csrf_of(client.get("/login", base_url="https://localhost").get_data(as_text=True))
    data = {"csrf": token, "login": "li", "password": PASSWORD}
    answer = client.post("/login", base_url="https://localhost", data=data)
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("__Host-dougong-session="))
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_wrong_login_and_a_wrong_password_sound_the_same(site: Site) -> None:
    answers = [site.visitor().post("/login", {"login": name, "password": "wrong"}, form="/login") for name in ("li", "nobody")]
    assert [answer.status_code for answer in answers] == [401, 401]
    first, second = (text_of(answer.get_data(as_text=True)) for answer in answers)
    assert first == second
    assert "Login and password do not match" in first or "登录名或密码不正确" in first


def test_guessing_is_slowed_down_and_then_let_again(site: Site) -> None:
    person = site.visitor()
    for _ in range(limits.login_attempts_per_minute):
        assert person.post("/login", {"login": "li", "password": "wrong"}, form="/login").status_code == 401
    refused = person.post("/login", {"login": "li", "password": PASSWORD}, form="/login")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    site.clock.advance(timedelta(minutes=2))
    assert person.post("/login", {"login": "li", "password": PASSWORD}, form="/login").status_code == 303


def test_logging_out_ends_the_session_on_the_server(site: Site) -> None:
    person = site.login("li")
    secret = session_of(person)
    assert person.post("/logout").status_code == 303
    thief = site.visitor()
    thief.client.set_cookie("dougong-session", secret)
    assert thief.get("/account").status_code == 303


def test_a_session_ends_by_idleness(site: Site) -> None:
    person = site.login("li")
    site.clock.advance(timedelta(hours=limits.session_idle_hours, minutes=1))
    assert person.get("/").status_code == 303


def test_a_disabled_person_is_out_at_once(site: Site) -> None:
    person = site.login("li")
    with site.runtime.begin(site.people["root"]) as work:
        records.update(work, "system.user", str(site.people["li"].id), {"active": False}, None)
    assert person.get("/account").status_code == 303


def test_a_new_password_ends_the_other_sessions(site: Site) -> None:
    here, there = site.login("li"), site.login("li")
    data = {"current": PASSWORD, "new": "a new long password", "again": "a new long password"}
    assert here.post("/account/password", data).status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    site.login("li", "a new long password")


def test_the_current_password_is_needed_to_change_it(site: Site) -> None:
    person = site.login("li")
    answer = person.post("/account/password", {"current": "wrong", "new": "a new long password", "again": "a new long password"})
    assert answer.status_code == 422
    assert "This is not your current password" in answer.get_data(as_text=True)
    site.login("li")


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "https:evil",
        "/%0d%0aSet-Cookie:a=b\r\n",
        "",
        "/login",
    ],
)
def test_a_login_leads_only_to_our_own_pages(site: Site, target: str) -> None:
    answer = site.visitor().post("/login", {"login": "li", "password": PASSWORD, "next": target}, form="/login")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_a_login_leads_back_to_where_one_wanted_to_go(site: Site) -> None:
    person = site.visitor()
    sent = person.get("/app/desk/ticket?q=printer")
    assert sent.status_code == 303
    assert sent.headers["Location"] == "/login?next=/app/desk/ticket%3Fq%3Dprinter"
    data = {"login": "li", "password": PASSWORD, "next": "/app/desk/ticket?q=printer"}
    assert person.post("/login", data, form="/login").headers["Location"] == "/app/desk/ticket?q=printer"


FORGERIES = {
    "no token": ({}, {}),
    "a wrong token": ({"csrf": "0" * 64}, {}),
    "another site's origin": (None, {"Origin": "https://evil.example"}),
    "a null origin": (None, {"Origin": "null"}),
    "a cross-site fetch": (None, {"Sec-Fetch-Site": "cross-site"}),
    "a sibling site's fetch": (None, {"Sec-Fetch-Site": "same-site"}),
}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_form_changes_nothing(site: Site, how: str) -> None:
    data, headers = FORGERIES[how]
    li = site.login("li")
    token = csrf_of(li.page("/account"))
    body = {"name": "朱晓"} | (data if data is not None else {"csrf": token})
    answer = li.client.post("/app/desk/person/new", data=body, headers=headers)
    assert answer.status_code == 403
    assert site.count("desk.person") == 0


def test_a_login_form_of_another_visitor_is_refused(site: Site) -> None:
    foreign = csrf_of(site.visitor().page("/login"))
    visitor = site.visitor()
    visitor.get("/login")
    answer = visitor.client.post("/login", data={"csrf": foreign, "login": "li", "password": PASSWORD})
    assert answer.status_code == 403


def test_an_api_token_opens_no_pages_and_a_revoked_one_nothing(site: Site) -> None:
    li = site.login("li")
    made = li.post("/account/tokens", {"name": "script", "scope": "read"})
    assert (made.status_code, made.headers["Location"]) == (303, "/account#tokens")
    page = li.page("/account")
    secret = page[page.index('value="dg_') + 7 :].split('"')[0]
    program = site.visitor()
    headers = {"Authorization": f"Bearer {secret}"}
    assert program.get("/api/desk/ticket", headers=headers).status_code == 200
    assert program.get("/app/desk/ticket", headers=headers).status_code == 303
    assert program.client.post("/api/desk/ticket", headers=headers, json={"subject": "x", "channel": "web"}).status_code == 403
    assert secret not in li.page("/account")
    token = site.runtime.identity.tokens(str(site.people["li"].id))[0]
    assert li.post("/account/tokens/revoke", {"id": token.id}).status_code == 303
    refused = program.get("/api/desk/ticket", headers=headers)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_nobody_can_revoke_another_persons_token(site: Site) -> None:
    secret = site.runtime.identity.issue_token(str(site.people["wang"].id), "his", ("read",))
    token = site.runtime.identity.tokens(str(site.people["wang"].id))[0]
    site.login("li").post("/account/tokens/revoke", {"id": token.id})
    assert site.visitor().get("/api/desk/ticket", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


@pytest.mark.parametrize("credential", ["", "null", "dg_", "x" * 4000, "\u00e9"])
def test_a_token_that_is_none_is_refused(site: Site, credential: str) -> None:
    headers = {"Authorization": f"Bearer {credential}".encode().decode("latin-1")}
    assert site.visitor().get("/api/desk/ticket", headers=headers).status_code == 401


def test_a_token_is_shown_once_and_reading_the_page_again_makes_no_other(site: Site) -> None:
    li = site.login("li")
    li.post("/account/tokens", {"name": "script", "scope": "read"})
    assert "shown only this once" in text_of(li.page("/account"))
    again = li.page("/account")
    assert "shown only this once" not in text_of(again)
    assert again.count("/account/tokens/revoke") == 1


@pytest.mark.parametrize("new", ["password1234", "P@ssw0rd!", "li-2026-2026", "87654321", "qwertyuiop"])
def test_a_password_that_others_would_guess_is_refused_beside_its_field(site: Site, new: str) -> None:
    li = site.login("li")
    answer = li.post("/account/password", {"current": PASSWORD, "new": new, "again": new})
    assert answer.status_code == 422
    assert "Too easy to guess" in text_of(answer.get_data(as_text=True))
