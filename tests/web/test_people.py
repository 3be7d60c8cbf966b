"""Letting people in by the pages alone: the menu of administration, roles, set-up links, and who may not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from engine import limits, records
from engine.errors import Conflict
from tests.web.conftest import PASSWORD, Person, Site, text_of

NEW_PASSWORD = "a password of my own"


def link_of(page: str) -> str:
    found = re.search(r'value="(http://localhost/set-password#[^"]+)"', page)
    assert found is not None, text_of(page)[:500]
    return found[1]


def newcomer(site: Site, login: str | None = "zhao", **values: str | bool) -> str:
    return site.create("system.user", {"name": "Zhao", "login": login, **values})


def make_link(person: Person, key: str) -> str:
    answer = person.post(f"/app/system/user/{key}/setup-link")
    assert answer.status_code == 200
    return link_of(answer.get_data(as_text=True))


def redeem(site: Site, code: str, new: str = NEW_PASSWORD, again: str | None = None) -> tuple[Person, int, str]:
    visitor = site.visitor()
    visitor.client.set_cookie("dougong-language", "en")
    data = {"code": code, "new": new, "again": new if again is None else again}
    answer = visitor.post("/set-password", data, form="/set-password")
    return visitor, answer.status_code, text_of(answer.get_data(as_text=True))


@pytest.mark.parametrize(("language", "title"), [("en", "Administration"), ("zh", "系统管理")])
def test_administrators_have_people_in_their_menu(site: Site, language: str, title: str) -> None:
    page = site.login("root", language=language).page("/")
    assert title in page
    for name in ("user", "department", "team", "role_assignment"):
        assert f'href="/app/system/{name}"' in page
    other = site.login("li", language=language).page("/")
    assert title not in other
    assert "/app/system/user" not in other


def test_a_person_is_let_in_by_pages_alone(site: Site) -> None:
    root = site.login("root")
    created = root.post("/app/system/user/new", {"name": "Zhao", "login": "zhao", "active": "true"}, form="/app/system/user/new")
    path = created.headers["Location"]
    assert "Cannot log in" in text_of(root.page(path))
    assert "There is no password yet" in text_of(root.page(path))
    assert root.post(path + "/roles", {"role": "desk.agent"}).headers["Location"] == path
    link = make_link(root, path.rpartition("/")[2])
    assert "Has not set a password yet" in text_of(root.page(path))
    zhao, status, _ = redeem(site, link.partition("#")[2])
    assert status == 303
    assert zhao.get("/app/desk/ticket").status_code == 200
    site.people.pop("zhao", None)
    site.login("zhao", NEW_PASSWORD)
    assert "Has set a password" in text_of(root.page(path))


def test_a_link_works_once_and_not_for_ever(site: Site) -> None:
    root, key = site.login("root"), newcomer(site)
    code = make_link(root, key).partition("#")[2]
    assert redeem(site, code)[1] == 303
    assert redeem(site, code)[1:2] == (422,)
    late = make_link(root, key).partition("#")[2]
    site.clock.advance(timedelta(hours=limits.setup_link_hours, minutes=1))
    assert redeem(site, late)[1] == 422


def test_a_second_link_ends_the_first(site: Site) -> None:
    root, key = site.login("root"), newcomer(site)
    first, second = (make_link(root, key).partition("#")[2] for _ in range(2))
    assert redeem(site, first)[1] == 422
    assert redeem(site, second)[1] == 303


def test_a_mistaken_password_leaves_the_link_good(site: Site) -> None:
    code = make_link(site.login("root"), newcomer(site)).partition("#")[2]
    _, status, told = redeem(site, code, "short")
    assert (status, f"Between {limits.password_chars_min}" in told) == (422, True)
    _, status, told = redeem(site, code, NEW_PASSWORD, "another one")
    assert (status, "differ" in told) == (422, True)
    assert redeem(site, code)[1] == 303


def test_a_reset_ends_the_password_and_the_sessions(site: Site) -> None:
    root, li = site.login("root"), site.login("li")
    make_link(root, str(site.people["li"].id))
    assert li.get("/").status_code == 303
    refused = site.visitor().post("/login", {"login": "li", "password": PASSWORD}, form="/login")
    assert refused.status_code == 401
    with pytest.raises(Conflict, match="people-are-disabled"), site.runtime.begin(site.people["root"]) as work:
        records.delete(work, "system.user", str(site.people["li"].id), None)


def test_nobody_but_administrators_makes_links_or_gives_roles(site: Site) -> None:
    key = newcomer(site)
    before = site.count("system.role_assignment")
    for name in ("li", "mei"):
        person = site.login(name)
        for path, data in (("setup-link", {}), ("roles", {"role": "system.admin"}), ("roles/remove", {"assignment": key})):
            assert person.post(f"/app/system/user/{key}/{path}", data).status_code == 403
        assert "Cannot log in" not in person.page(f"/app/system/user/{key}")
    assert site.count("system.role_assignment") == before


def test_nobody_resets_themselves_out(site: Site) -> None:
    root = site.login("root")
    assert root.post(f"/app/system/user/{site.people['root'].id}/setup-link").status_code == 422
    assert root.get("/").status_code == 200


def test_whoever_cannot_come_in_gets_no_link(site: Site) -> None:
    root = site.login("root")
    for key in (newcomer(site, None), newcomer(site, "off", active=False)):
        assert root.post(f"/app/system/user/{key}/setup-link").status_code == 422
        assert "/setup-link" not in root.page(f"/app/system/user/{key}")


def test_a_link_of_somebody_disabled_since_is_worth_nothing(site: Site) -> None:
    key = newcomer(site)
    code = make_link(site.login("root"), key).partition("#")[2]
    with site.runtime.begin(site.people["root"]) as work:
        records.update(work, "system.user", key, {"active": False}, None)
    with site.runtime.begin(site.people["root"]) as work:
        records.update(work, "system.user", key, {"active": True}, None)
    assert redeem(site, code)[1] == 422


def test_links_and_passwords_are_in_the_history_without_their_secrets(site: Site) -> None:
    root, key = site.login("root"), newcomer(site)
    code = make_link(root, key).partition("#")[2]
    redeem(site, code)
    told = text_of(root.page(f"/app/system/user/{key}/history"))
    assert "Root made a link for setting the password" in told
    assert "Zhao set the password" in told
    with site.runtime.database.read() as connection:
        for table in ("dg_setup", "dg_audit", "dg_outbox"):
            assert code not in str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())


def test_roles_are_taken_away_where_they_were_given(site: Site) -> None:
    root, li = site.login("root"), site.people["li"]
    path = f"/app/system/user/{li.id}"
    assignment = re.search(r'name="assignment" value="([^"]+)"', root.page(path))
    assert assignment is not None
    other = f"/app/system/user/{site.people['wang'].id}"
    root.post(other + "/roles/remove", {"assignment": assignment[1]})
    assert site.login("li").get("/app/desk/ticket").status_code == 200
    root.post(path + "/roles/remove", {"assignment": assignment[1]})
    assert site.login("li").get("/app/desk/ticket").status_code == 404


def test_a_role_is_chosen_not_typed_and_shown_by_its_title(site: Site) -> None:
    root = site.login("root")
    form = root.page("/app/system/role_assignment/new")
    assert re.search(r'<select[^>]*name="role"[^>]*>.*<option value="desk.senior">Senior agent</option>', form, re.S)
    assert "Senior agent" in text_of(root.page("/app/system/role_assignment"))


@pytest.mark.parametrize("path", ["setup-link", "roles", "roles/remove"])
def test_looking_again_at_what_was_answered_leads_to_the_person(site: Site, path: str) -> None:
    person = f"/app/system/user/{site.people['li'].id}"
    assert site.login("root").get(f"{person}/{path}").headers["Location"] == person


def test_a_refused_login_says_where_a_password_comes_from(site: Site) -> None:
    visitor = site.visitor()
    visitor.client.set_cookie("dougong-language", "en")
    refused = visitor.post("/login", {"login": "zhao", "password": "wrong"}, form="/login")
    assert "An administrator can give you a link" in refused.get_data(as_text=True)
