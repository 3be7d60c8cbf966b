"""Files in forms and on pages: sent with the form, kept whatever else is wrong with it, shown where they belong."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import Any

from tests.web.conftest import Person, Site, text_of
from tests.web.test_forms import NEW, hidden

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
GOOD = {"subject": "Printer", "channel": "web", "status": "fresh", "files__here": "1"}


def upload(name: str, content: bytes = b"hello") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def listed(page: str) -> list[str]:
    return re.findall(r'<input type="hidden" name="files" value="([0-9a-f-]{36})">', page)


def made(site: Site, person: Person, *files: tuple[io.BytesIO, str]) -> str:
    answer = person.post(NEW, {**GOOD, "files__new": list(files)})
    assert answer.status_code == 303, text_of(answer.get_data(as_text=True))
    return str(answer.headers["Location"])


def edit(person: Person, path: str, changes: dict[str, Any]) -> Any:
    page = person.page(f"{path}/edit")
    sent = {"base": hidden(page, "base"), "version": hidden(page, "version"), "files__here": "1", "files": listed(page)}
    return person.post(f"{path}/edit", {**sent, **changes})


def test_files_come_with_the_form_and_stand_on_the_record(site: Site) -> None:
    li = site.login("li")
    path = made(site, li, upload("notes.txt"), upload("dot.png", PNG))
    page = li.page(path)
    assert "notes.txt 5 B" in text_of(page)
    assert f'src="/files/{site.value("desk.ticket", path[-36:], "files")[1]["id"]}?view=1"' in page


def test_a_form_that_is_refused_keeps_its_file(site: Site) -> None:
    li = site.login("li")
    answer = li.post(NEW, {**GOOD, "subject": "", "cause": "typed", "files__new": upload("notes.txt")})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert len(listed(page)) == 1
    assert "notes.txt" in text_of(page)
    assert 'value="typed"' in page
    again = li.post(NEW, {**GOOD, "files": listed(page)})
    assert again.status_code == 303
    assert "notes.txt" in text_of(li.page(again.headers["Location"]))


def test_an_empty_file_is_told_beside_its_field_and_nothing_is_lost(site: Site) -> None:
    li = site.login("li")
    answer = li.post(NEW, {**GOOD, "files__new": [upload("empty.txt", b""), upload("good.txt")]})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert re.search(r'id="problem-field-files">[^<]*empty\.txt', page)
    assert 'value="Printer"' in page
    assert len(listed(page)) == 1


def test_a_bad_file_and_other_mistakes_are_told_in_one_round(site: Site) -> None:
    page = site.login("li").post(NEW, {**GOOD, "subject": "", "files__new": upload("empty.txt", b"")}).get_data(as_text=True)
    assert re.search(r'id="problem-field-files">', page)
    assert re.search(r'id="problem-field-subject">', page)


def test_files_are_added_and_removed(site: Site) -> None:
    li = site.login("li")
    path = made(site, li, upload("a.txt"), upload("b.txt"))
    first = site.value("desk.ticket", path[-36:], "files")[0]["id"]
    assert edit(li, path, {"files__remove": first, "files__new": upload("c.txt")}).status_code == 303
    assert [each["name"] for each in site.value("desk.ticket", path[-36:], "files")] == ["b.txt", "c.txt"]
    assert li.get(f"/files/{first}").status_code == 404
    assert "a.txt, b.txt" in text_of(li.page(f"{path}/history"))


def test_saving_without_a_change_keeps_files_and_version(site: Site) -> None:
    li = site.login("li")
    path = made(site, li, upload("a.txt"))
    version = site.value("desk.ticket", path[-36:], "version")
    assert edit(li, path, {}).status_code == 303
    assert site.value("desk.ticket", path[-36:], "version") == version


def test_the_form_says_what_it_takes(site: Site) -> None:
    page = site.login("li").page(NEW)
    assert 'enctype="multipart/form-data"' in page
    assert re.search(
        r'<input[^>]* id="field-files" name="files__new" data-max-bytes="50000000" [^>]*multiple aria-describedby="limits-field-files">',
        page,
    )
    assert "At most 50 MB each" in text_of(page)
    assert "每个文件最大 50 MB" in text_of(site.login("li", language="zh").page(NEW))


def test_a_name_is_text_and_nothing_else(site: Site) -> None:
    li = site.login("li")
    path = made(site, li, upload("'onerror=alert(1) & <b>.png", PNG))
    for page in (li.page(path), li.page(f"{path}/edit"), li.page(f"{path}/history")):
        assert "<b>" not in page
        assert "&#39;onerror=alert(1) &amp; _b_.png" in page


def test_only_real_images_are_shown_and_only_when_asked(site: Site) -> None:
    li = site.login("li")
    path = made(site, li, upload("dot.png", PNG), upload("x.svg", b"<svg onload='alert(1)'/>"), upload("liar.png", b"<script>"))
    image, drawing, liar = (f"/files/{each['id']}" for each in site.value("desk.ticket", path[-36:], "files"))
    shown = li.get(f"{image}?view=1")
    assert (shown.content_type, shown.data) == ("image/png", PNG)
    assert shown.headers["Content-Disposition"].startswith("inline;")
    for address in (image, f"{drawing}?view=1", f"{liar}?view=1"):
        answer = li.get(address)
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert li.get(image, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304


def test_nobody_else_has_a_file_that_is_in_no_record(site: Site) -> None:
    li = site.login("li")
    page = li.post(NEW, {**GOOD, "subject": "", "files__new": upload("notes.txt")}).get_data(as_text=True)
    address = f"/files/{listed(page)[0]}"
    assert li.get(address).status_code == 200
    assert site.login("mei").get(address).status_code == 404
    assert site.login("root").post(NEW, {**GOOD, "files": listed(page)}).status_code == 422
    assert site.visitor().get(address).status_code == 303


def test_a_change_by_somebody_else_keeps_a_new_file(site: Site) -> None:
    root, other = site.login("root"), site.login("root")
    path = made(site, root)
    mine = root.page(f"{path}/edit")
    assert edit(other, path, {"cause": "theirs"}).status_code == 303
    sent = {"base": hidden(mine, "base"), "version": hidden(mine, "version"), "files__here": "1", "files__new": upload("mine.txt")}
    answer = root.post(f"{path}/edit", sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert len(listed(page)) == 1
    base = json.loads(hidden(page, "base"))
    assert base["files"] == []
