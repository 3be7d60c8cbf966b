"""Saving: once however often it is sent, and nothing typed is lost whatever stands in its way."""

from __future__ import annotations

import io
import re
import threading
from html import unescape

import pytest

from engine import records
from tests.web.conftest import Person, Site, csrf_of, text_of

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
