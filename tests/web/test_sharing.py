"""Sharing one record with one person, from its page and over JSON: what it opens, what it is refused for, what is told of it."""

from __future__ import annotations

import re

import pytest

from engine import records
from engine.errors import NotFound
from tests.api.client import Client
from tests.web.conftest import Site, text_of


def purchase(site: Site, by: str = "li") -> str:
    return site.create("desk.purchase", {"title": "Paper", "amount": "12"}, by=by)


def sharing_part(page: str) -> str:
    found = re.search(r'id="sharing".*?</section>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split()) if found else ""


def seen(site: Site, name: str, key: str) -> bool:
    try:
        with site.runtime.read(site.people[name]) as work:
            records.get(work, "desk.purchase", key)
    except NotFound:
        return False
    return True


def test_a_record_is_shared_and_taken_back_from_its_page(site: Site) -> None:
    key = purchase(site)
    path, wang = f"/app/desk/purchase/{key}", str(site.people["wang"].id)
    li = site.login("li")
    assert "With nobody yet" in sharing_part(li.page(path))
    assert not seen(site, "wang", key)
    answer = li.post(path + "/share", {"user": wang, "words": "wang", "may_update": "yes"})
    assert (answer.status_code, answer.headers["Location"]) == (303, path + "#sharing")
    assert seen(site, "wang", key)
    assert "may change it" in sharing_part(li.page(path))
    assert site.login("wang").page(path + "/edit")
    assert "shared this with wang" in text_of(li.page(path + "/history")).lower()
    answer = li.post(path + "/share/remove", {"user": wang})
    assert answer.headers["Location"] == path + "#sharing"
    assert not seen(site, "wang", key)
    assert li.get(path + "/share").headers["Location"] == path


def test_without_scripts_the_words_say_who(site: Site) -> None:
    key = purchase(site)
    path = f"/app/desk/purchase/{key}"
    li = site.login("li")
    name = site.value("system.user", str(site.people["wang"].id), "name")
    assert li.post(path + "/share", {"user": "", "words": name}).status_code == 303
    assert seen(site, "wang", key)
    assert "may see it" in sharing_part(li.page(path))


@pytest.mark.parametrize(
    ("words", "told"),
    [("nobody of this name", "Nothing found"), ("", "Nothing found"), ("mei", "No role of this person looks at what is shared with them")],
)
def test_what_cannot_be_shared_is_told_beside_the_person(site: Site, words: str, told: str) -> None:
    key = purchase(site)
    path = f"/app/desk/purchase/{key}"
    answer = site.login("li").post(path + "/share", {"user": "", "words": words})
    assert answer.status_code == 422
    assert told in sharing_part(answer.get_data(as_text=True))


def test_only_who_may_change_a_record_shares_it(site: Site) -> None:
    key = purchase(site)
    path, wang = f"/app/desk/purchase/{key}", str(site.people["wang"].id)
    li, other = site.login("li"), site.login("wang")
    assert other.post(path + "/share", {"user": wang}).status_code == 404
    li.post(path + "/share", {"user": wang})
    assert sharing_part(other.page(path)) == ""
    assert other.post(path + "/share", {"user": str(site.people["li"].id)}).status_code == 403
    ticket = site.create("desk.ticket", {"subject": "x", "channel": "web", "status": "fresh"}, by="li")
    assert sharing_part(li.page(f"/app/desk/ticket/{ticket}")) == ""


def test_programs_share_too(site: Site) -> None:
    key = purchase(site)
    li, wang = str(site.people["li"].id), str(site.people["wang"].id)
    clients = {each: Client(site.app, site.runtime.identity.issue_token(each, "test", ("read", "write"))) for each in (li, wang)}
    address = f"/api/desk/purchase/{key}/shares"
    assert clients[wang].get(address).status_code == 404
    given = clients[li].ask("PUT", f"{address}/{wang}", {"may_update": False})
    assert (given.status_code, given.json["user"], given.json["may_update"]) == (200, wang, False)
    assert [each["user"] for each in clients[wang].get(address).json["items"]] == [wang]
    assert clients[wang].ask("PUT", f"{address}/{li}", {}).status_code == 403
    assert clients[li].ask("PUT", f"{address}/{wang}", {"may_update": "yes"}).json["code"] == "bad-share"
    assert clients[li].ask("PUT", f"{address}/{site.people['mei'].id}", {}).status_code == 422
    assert clients[li].ask("DELETE", f"{address}/{wang}").status_code == 204
    assert clients[wang].get(address).status_code == 404
