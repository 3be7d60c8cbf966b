"""Saving: once however often it is sent, and nothing typed is lost whatever stands in its way."""

from __future__ import annotations

import io
import re
import shutil
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import yaml

from engine import records
from tests.security.house import VAULT, House, build
from tests.web.conftest import PASSWORD, Person, Site, text_of

NEW = "/app/desk/ticket/new"
GOOD = {"subject": "No signal", "channel": "web", "status": "fresh"}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, page
    return unescape(found[1])


def opened(person: Person, path: str) -> dict[str, str]:
    """The hidden inputs of a form, as a browser would send them back."""
    page = person.page(path)
    names = ("csrf", "_once", "version", "base")
    return {name: hidden(page, name) for name in names if f'name="{name}"' in page}


def test_two_sendings_of_one_form_at_once_make_one_record(site: Site) -> None:
    li = site.login("li")
    form = {**opened(li, NEW), **GOOD}
    both = [site.app.test_client(), site.app.test_client()]
    session = li.client.get_cookie("dougong-session")
    assert session is not None
    found: list[tuple[int, str]] = []

    def send(number: int) -> None:
        both[number].set_cookie("dougong-session", str(session.value))
        answer = both[number].post(NEW, data=form)
        found.append((answer.status_code, answer.headers.get("Location", "")))

    threads = [threading.Thread(target=send, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert site.count("desk.ticket") == 1
    assert found[0] == found[1]
    assert found[0][0] == 303
    assert "No signal" in text_of(li.page(found[0][1]))


def test_a_form_with_a_file_that_is_sent_twice_makes_one_record(site: Site) -> None:
    li = site.login("li")
    form = {**opened(li, NEW), **GOOD, "files__here": "1"}
    answers = [li.client.post(NEW, data={**form, "files__new": (io.BytesIO(b"note"), "note.txt")}) for _ in (1, 2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert site.count("desk.ticket") == 1


def test_what_is_put_right_may_be_saved_with_the_same_form(site: Site) -> None:
    li = site.login("li")
    form = {**opened(li, NEW), **GOOD}
    refused = li.client.post(NEW, data={**form, "subject": ""})
    assert refused.status_code == 422
    again = hidden(refused.get_data(as_text=True), "_once")
    assert li.client.post(NEW, data={**form, "_once": again}).status_code == 303
    assert site.count("desk.ticket") == 1


@pytest.mark.parametrize(("language", "told"), [("en", "This form has been saved already"), ("zh", "此表单已经保存过")])
def test_a_saved_form_that_was_changed_since_says_so_and_may_make_another(site: Site, language: str, told: str) -> None:
    li = site.login("li", language=language)
    form = {**opened(li, NEW), **GOOD}
    first = li.client.post(NEW, data=form).headers["Location"]
    answer = li.client.post(NEW, data={**form, "subject": "Another"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert told in text_of(page)
    assert f'href="{first}"' in page
    assert 'name="subject" value="Another"' in page
    assert site.count("desk.ticket") == 1
    assert li.client.post(NEW, data={**form, "subject": "Another", "_once": hidden(page, "_once")}).status_code == 303
    assert site.count("desk.ticket") == 2


def test_a_change_that_is_sent_twice_is_no_conflict_with_oneself(site: Site) -> None:
    key = site.create("desk.ticket", GOOD)
    root = site.login("root")
    address = f"/app/desk/ticket/{key}/edit"
    form = {**opened(root, address), "subject": "Better"}
    answers = [root.client.post(address, data=form) for _ in (1, 2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert site.value("desk.ticket", key, "version") == 2


def test_the_key_of_one_form_is_worth_nothing_to_others(site: Site) -> None:
    li, wang = site.login("li"), site.login("wang")
    form = opened(li, NEW)
    assert li.client.post(NEW, data={**form, **GOOD}).status_code == 303
    assert wang.client.post(NEW, data={**opened(wang, NEW), "_once": form["_once"], **GOOD}).status_code == 303
    assert site.count("desk.ticket") == 2


PEOPLE = {"ann": "vault.owner", "bob": "vault.owner", "root": "system.admin"}


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[House]:
    """Ann and bob may read, create and change what is their own."""
    house = build([VAULT], tmp_path, PEOPLE)
    yield house
    house.close()


WORDS_OUTSIDE = {
    "en": "With this value the record would lie outside the ones you may create",
    "zh": "若用此值，记录将超出您可创建的范围",
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_record_made_for_somebody_else_is_refused_beside_the_owner_and_the_form_is_kept(vault: House, language: str) -> None:
    ann = vault.browser("ann", language)
    values = {"name": "For bob", "notes": "typed a lot", "keeper": str(vault.people["bob"].id)}
    answer = ann.post("/app/vault/folder/new", values)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    beside = re.search(r'id="problem-field-keeper">([^<]*)<', page)
    assert beside is not None
    assert beside[1] == WORDS_OUTSIDE[language]
    assert 'href="#field-keeper"' in page
    assert 'name="name" value="For bob"' in page
    assert ">typed a lot</textarea>" in page
    again = {**values, "_once": hidden(page, "_once"), "keeper": str(vault.people["ann"].id)}
    assert ann.post("/app/vault/folder/new", again).status_code == 303


def test_a_program_is_refused_as_before(vault: House) -> None:
    body = {"name": "For bob", "keeper": str(vault.people["bob"].id)}
    refused = vault.program("ann").open("POST", "/api/vault/folder", json=body)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "outside-your-records")


@pytest.mark.parametrize(("language", "told"), [("en", "It is not among the records you may see"), ("zh", "该记录不在你可查看的范围内")])
def test_who_hands_a_record_over_lands_on_the_list_and_is_told(vault: House, language: str, told: str) -> None:
    key = vault.create("ann", "vault.folder", name="Ann's")
    ann = vault.browser("ann", language)
    shown = ann.get(f"/app/vault/folder/{key}/edit").get_data(as_text=True)
    form = {name: hidden(shown, name) for name in ("_once", "version", "base")}
    answer = ann.post(f"/app/vault/folder/{key}/edit", {**form, "keeper": str(vault.people["bob"].id)})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/app/vault/folder")
    page = ann.get("/app/vault/folder").get_data(as_text=True)
    assert told in page
    assert vault.row("vault.folder", key)["keeper"] == str(vault.people["bob"].id)


@pytest.mark.parametrize(("language", "told"), [("en", "You may not change this record"), ("zh", "您无权修改此记录")])
def test_who_loses_the_right_to_change_while_typing_keeps_what_was_typed(site: Site, language: str, told: str) -> None:
    key = site.create("desk.ticket", GOOD, by="li")
    li = site.login("li", language=language)
    address = f"/app/desk/ticket/{key}/edit"
    form = {**opened(li, address), "subject": "Mine", "details": "typed a lot"}
    with site.runtime.begin(site.people["root"]) as work:
        records.update(work, "desk.ticket", key, {"owner": site.people["wang"].id}, None)
    answer = li.client.post(address, data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert told in text_of(page)
    assert ">typed a lot</textarea>" in page


def delete(site: Site, key: str) -> None:
    with site.runtime.begin(site.people["root"]) as work:
        records.delete(work, "desk.ticket", key, None)


@pytest.mark.parametrize(
    ("language", "told", "restore"),
    [("en", "This record is no longer there", "Restore it and save"), ("zh", "这条记录已不存在", "恢复并保存")],
)
def test_what_was_typed_into_a_record_deleted_meanwhile_is_kept_and_saved_after_all(
    site: Site, language: str, told: str, restore: str
) -> None:
    key = site.create("desk.ticket", GOOD)
    root = site.login("root", language=language)
    address = f"/app/desk/ticket/{key}/edit"
    form = {**opened(root, address), "subject": "Better", "details": "typed a lot"}
    delete(site, key)
    answer = root.client.post(address, data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 404
    assert told in text_of(page)
    assert restore in text_of(page)
    assert 'name="subject" value="Better"' in page
    assert ">typed a lot</textarea>" in page
    again = {**form, **{name: hidden(page, name) for name in ("_once", "version", "base")}, "_action": "restore"}
    saved = root.client.post(address, data=again)
    assert (saved.status_code, saved.headers["Location"]) == (303, f"/app/desk/ticket/{key}")
    assert site.value("desk.ticket", key, "subject") == "Better"
    assert site.value("desk.ticket", key, "details") == "typed a lot"


def test_who_may_not_restore_saves_it_as_a_new_record(site: Site) -> None:
    key = site.create("desk.ticket", GOOD, by="li")
    li = site.login("li")
    address = f"/app/desk/ticket/{key}/edit"
    form = {**opened(li, address), **GOOD, "subject": "Better"}
    delete(site, key)
    page = li.client.post(address, data=form).get_data(as_text=True)
    assert "Restore it" not in page
    assert f'formaction="{NEW}"' in page
    forced = li.client.post(address, data={**form, "_action": "restore"})
    assert forced.status_code == 404
    saved = li.client.post(NEW, data={**form, "_once": hidden(page, "_once")})
    assert saved.status_code == 303
    assert site.value("desk.ticket", saved.headers["Location"].rpartition("/")[2], "subject") == "Better"


def test_who_may_only_change_keeps_what_was_typed_too(tmp_path: Path) -> None:
    said = yaml.safe_load((VAULT / "roles" / "owner.yaml").read_text("utf-8"))
    said["may"]["folder"] = {"read": "own", "update": "own"}
    folder = tmp_path / "vault"
    shutil.copytree(VAULT, folder)
    (folder / "roles" / "owner.yaml").write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
    house = build([folder], tmp_path, PEOPLE)
    key = house.create("root", "vault.folder", name="Ann's", keeper=str(house.people["ann"].id))
    house.trash("root", "vault.folder", key)
    ann = house.browser("ann")
    page = ann.post(f"/app/vault/folder/{key}/edit", {"name": "Mine", "notes": "typed a lot", "version": "1", "base": "{}"})
    house.close()
    assert page.status_code == 404
    text = page.get_data(as_text=True)
    assert ">typed a lot</textarea>" in text
    assert "formaction" not in text


@pytest.mark.parametrize(("language", "headline", "there"), [("en", "Still in use", "Tickets: 2"), ("zh", "仍被使用", "工单：2")])
def test_what_cannot_be_deleted_says_so_on_its_own_page_with_links_to_what_needs_it(
    site: Site, language: str, headline: str, there: str
) -> None:
    grace = site.create("desk.person", {"name": "Grace"})
    for number in (1, 2):
        site.create("desk.ticket", {**GOOD, "subject": f"No signal {number}", "caller": grace})
    site.create("desk.ticket", {**GOOD, "subject": "Another's"})
    root = site.login("root", language=language)
    answer = root.post(f"/app/desk/person/{grace}/delete", {"version": "1"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "<h1" in page
    assert "Grace" in text_of(page)
    assert headline in text_of(page)
    link = re.search(rf'<a[^>]*href="([^"]*)"[^>]*>{there}</a>', page)
    assert link is not None, text_of(page)
    found = text_of(root.page(unescape(link[1])))
    assert "No signal 1" in found
    assert "No signal 2" in found
    assert "Another's" not in found
    # Read again or opened in another tab, the address leads back to the record.
    assert root.get(f"/app/desk/person/{grace}/delete").headers["Location"] == f"/app/desk/person/{grace}"


def test_several_that_cannot_be_deleted_are_told_with_links_and_a_way_back(site: Site) -> None:
    grace = site.create("desk.person", {"name": "Grace"})
    site.create("desk.ticket", {**GOOD, "caller": grace})
    answer = site.login("root").post("/app/desk/person/bulk", {"action": "delete", "id": grace})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Still in use" in text_of(page)
    assert "Something else came first" not in page
    assert f'href="/app/desk/person/{grace}"' in page
    assert f'href="/app/desk/ticket?f=caller%3Aeq%3A{grace}"' in page


def test_what_refers_unseen_is_said_without_telling_what(vault: House) -> None:
    rack = vault.create("root", "vault.rack", label="Held", keeper=str(vault.people["bob"].id))
    vault.create("ann", "vault.slip", body="On the rack", rack=rack)
    page = vault.browser("bob").post(f"/app/vault/rack/{rack}/delete").get_data(as_text=True)
    assert "Still in use" in page
    assert "records that you may not see" in page
    assert "Slip" not in page[page.find('id="refused"') :][:800]


def ended(person: Person) -> None:
    """The session is over, as after a logout in another tab."""
    person.post("/logout")


@pytest.mark.parametrize(("language", "told"), [("en", "Your session has ended"), ("zh", "登录已失效")])
def test_what_was_typed_when_the_session_ended_is_there_after_a_login_elsewhere(site: Site, language: str, told: str) -> None:
    li = site.login("li", language=language)
    form = {**opened(li, NEW), **GOOD, "details": 'two\nlines and "quotes" <b>', "parts__here": "1", "parts.0.name": "Toner"}
    ended(li)
    answer = li.client.post(NEW, data=form)
    kept = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert told in text_of(kept)
    assert 'href="/login?next=/back"' in kept
    assert f'action="{NEW}"' in kept
    carried = {unescape(name): unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', kept)}
    carried |= {name: unescape(value[1:]) for name, value in re.findall(r'<textarea name="([^"]*)" hidden>([^<]*)</textarea>', kept)}
    assert {name: carried[name] for name in form if name != "csrf"} == {name: value for name, value in form.items() if name != "csrf"}
    li.post("/login", {"login": "li", "password": PASSWORD}, form="/login")
    again = li.client.post(NEW, data=carried)
    shown = again.get_data(as_text=True)
    assert again.status_code == 403
    assert site.count("desk.ticket") == 0
    assert 'name="subject" value="No signal"' in shown
    assert 'name="parts.0.name" value="Toner"' in shown
    assert "&lt;b&gt;</textarea>" in shown
    assert li.client.post(NEW, data={**carried, "csrf": hidden(shown, "csrf")}).status_code == 303
    assert site.count("desk.ticket") == 1


def test_a_form_of_an_earlier_session_is_shown_again_and_stores_nothing(site: Site) -> None:
    li = site.login("li", language="en")
    form = {**opened(li, NEW), **GOOD, "files__here": "1", "files__new": (io.BytesIO(b"note"), "note.txt")}
    ended(li)
    li.post("/login", {"login": "li", "password": PASSWORD}, form="/login")
    answer = li.client.post(NEW, data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "You have logged in again, as Li" in text_of(page)
    assert "Please choose the file again" in text_of(page)
    assert 'name="subject" value="No signal"' in page
    with site.runtime.database.read() as connection:
        for table in ("dg_file", "desk_ticket"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0, table


def test_restoring_from_a_form_of_an_earlier_session_restores_nothing(site: Site) -> None:
    key = site.create("desk.ticket", GOOD)
    root = site.login("root")
    delete(site, key)
    form = {"csrf": "0" * 64, "_action": "restore", "subject": "Better", "version": "1", "base": "{}"}
    assert root.client.post(f"/app/desk/ticket/{key}/edit", data=form).status_code == 404
    assert root.get(f"/app/desk/ticket/{key}").status_code == 404


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}])
def test_what_another_site_sends_is_never_shown_again(site: Site, headers: dict[str, str]) -> None:
    form = {"subject": "Sent by another site", "channel": "web"}
    stranger = site.visitor().client.post(NEW, data=form, headers=headers)
    assert stranger.status_code == 303
    li = site.login("li").client.post(NEW, data=form, headers=headers)
    assert li.status_code == 403
    assert "Sent by another site" not in li.get_data(as_text=True)


@pytest.mark.parametrize(("language", "told"), [("en", "Your session has ended"), ("zh", "登录已失效")])
def test_a_redraw_without_a_session_puts_a_notice_on_the_page_and_leads_nowhere(site: Site, language: str, told: str) -> None:
    visitor = site.visitor()
    visitor.client.set_cookie("dougong-language", language)
    for send in (
        visitor.client.post(NEW, data=GOOD, headers={"HX-Request": "true"}),
        visitor.client.post(NEW, data=GOOD, headers={"Dougong-Form": "save"}),
        visitor.client.get("/app/desk/ticket", headers={"HX-Request": "true"}),
    ):
        text = send.get_data(as_text=True)
        assert send.status_code == 401
        assert "HX-Redirect" not in send.headers
        assert (send.headers["HX-Retarget"], send.headers["HX-Reswap"]) == ("#notice", "innerHTML")
        assert told in text
        assert "<html" not in text
        assert "No signal" not in text


def test_saving_by_script_says_where_to_go_and_draws_only_the_form(site: Site) -> None:
    li = site.login("li")
    form = {**opened(li, NEW), **GOOD}
    by_script = {"Dougong-Form": "save"}
    refused = li.client.post(NEW, data={**form, "subject": ""}, headers=by_script)
    assert (refused.status_code, refused.headers["Dougong-Form"]) == (422, "read")
    assert "<html" not in refused.get_data(as_text=True)
    saved = li.client.post(NEW, data=form, headers=by_script)
    assert saved.status_code == 204
    assert "No signal" in text_of(li.page(saved.headers["Dougong-Location"]))


def test_a_login_after_a_refused_button_leads_back_to_its_page(site: Site) -> None:
    key = site.create("desk.ticket", GOOD)
    visitor = site.visitor()
    page = f"/app/desk/ticket/{key}"
    for referrer, target in (
        (f"http://localhost{page}?a=1", f"/login?next={page}%3Fa%3D1"),
        (f"https://evil.example{page}", "/login"),
        ("", "/login"),
    ):
        answer = visitor.client.post(f"{page}/delete", headers={"Referer": referrer})
        assert answer.headers["Location"] == target
