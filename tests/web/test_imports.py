"""Imports by page with a declared format: what it does is shown and not contradicted, and it is taken back as one."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from engine import records
from engine.clock import FixedClock
from engine.settings import Settings
from engine.testing import factory
from engine.web import create_app
from tests.web.conftest import PASSWORD, Person, Site, text_of

STORES = Path(__file__).resolve().parents[1] / "apps" / "stores"
FILE = b"Keeper,Shelf,Room,On,Colour\nZhao,Low,Cellar,,red\nZhao,High,Cellar,Low,red\n"
"""Two shelves, one upon the other, and one person; a column that no pass uses."""


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Site]:
    """The store rooms with their administrator."""
    url = f"sqlite:///{tmp_path / 'stores.db'}"
    clock = FixedClock(factory.NOON)
    running = factory.runtime([STORES], url, clock=clock)
    root = factory.person(running, "root", "system.admin", password=PASSWORD)
    settings = Settings(url, tmp_path / "data", None, "WARNING", ())
    yield Site(create_app(running, settings), running, clock, settings, {"root": root})
    running.database.close()


def sent(person: Person, content: bytes, entity: str = "stores/shelf") -> str:
    answer = person.post(f"/app/{entity}/import", {"file": (io.BytesIO(content), "rooms.csv")}, content_type="multipart/form-data")
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def finished(person: Person, address: str) -> str:
    for _ in range(200):
        page = person.page(address)
        if "Import finished" in page:
            return page
        time.sleep(0.05)
    raise AssertionError(text_of(page))


def carried(report: str) -> str:
    found = re.search(r'name="mapping" value="([^"]+)"', report)
    assert found is not None
    return unescape(found[1])


def test_a_declared_format_shows_where_each_column_goes_and_leaves_nothing_to_contradict(stores: Site) -> None:
    page = stores.login("root").get(sent(stores.login("root"), FILE)).get_data(as_text=True)
    text = text_of(page)
    assert "Keeper Zhao · Zhao User: Name User: Login Shelf: Keeper" in text
    assert "On Low Shelf: Stands on" in text, text
    assert "Colour red · red (leave out)" in text
    assert 'name="c0"' not in page
    assert 'name="key"' not in page
    assert "User: Login" in text


def test_columns_can_still_be_matched_by_hand_and_that_is_obeyed(stores: Site) -> None:
    root = stores.login("root")
    address = sent(root, FILE)
    page = root.page(address + "?format=own")
    assert 'name="c0"' in page
    report = root.post(address + "/check", {"format": "own", "c1": "name", "c2": "", "key": "name"}).get_data(as_text=True)
    assert "Columns left out: Keeper, Room, On, Colour" in text_of(report)
    root.post(address + "/run", {"mapping": carried(report)})
    finished(root, address)
    with stores.runtime.read(stores.people["root"]) as work:
        shelves = records.find(work, records.Query("stores.shelf", limit=9)).items
    assert {(each.values["name"], each.values["room"]) for each in shelves} == {("Low", None), ("High", None)}


def test_the_passes_of_one_import_have_names_of_their_own_and_are_taken_back_as_one(stores: Site) -> None:
    root = stores.login("root")
    before = stores.count("system.user")
    address = sent(root, FILE)
    report = root.post(address + "/check", {"format": "stores.stores.rooms"}).get_data(as_text=True)
    titles = re.findall(r'<h2 class="card-title">([^<]+)</h2>', report)
    assert titles == ["1. Users · Name, Login", "2. Shelf · Name, Room, Keeper", "3. Shelf · Name, Stands on"]
    assert "Import this file" in text_of(report)
    assert "Import 5 records" not in text_of(report)
    root.post(address + "/run", {"mapping": carried(report)})
    done = finished(root, address)
    assert (stores.count("stores.shelf"), stores.count("system.user")) == (2, before + 1)
    assert done.count("/undo") == 1
    overview = root.page("/app/stores/shelf/import")
    assert overview.count("rooms.csv") == 1
    undo = re.search(r'action="([^"]+/undo)"', overview)
    assert undo is not None
    assert "3 deleted, 1 put back" in text_of(root.post(undo[1]).get_data(as_text=True))
    assert (stores.count("stores.shelf"), stores.count("system.user")) == (0, before)
    assert "/undo" not in root.page("/app/stores/shelf/import")


def test_the_same_file_twice_is_two_imports(stores: Site) -> None:
    root = stores.login("root")
    for _ in range(2):
        address = sent(root, FILE)
        root.post(address + "/run", {"mapping": '{"declared": "stores.stores.rooms"}'})
        finished(root, address)
    assert root.page("/app/stores/shelf/import").count("rooms.csv") == 2


@pytest.mark.parametrize(("language", "one", "button"), [("en", "1 row", "Import 1 record"), ("zh", "1 行", "导入 1 条")])
def test_one_is_said_as_one(stores: Site, language: str, one: str, button: str) -> None:
    root = stores.login("root", language=language)
    address = sent(root, b"Name\nLow\n")
    text = text_of(root.page(address))
    assert one in text
    assert "1 rows" not in text
    report = root.post(address + "/check", {"format": "own", "c0": "name"}).get_data(as_text=True)
    assert re.search(rf"{button}\s*</button>", report)


def test_a_file_of_titles_alone_is_told_so_and_cannot_be_imported(stores: Site) -> None:
    root = stores.login("root")
    address = sent(root, b"Name,Room\n")
    page = root.page(address)
    assert "no rows below" in text_of(page)
    assert "Try it" not in text_of(page)
    report = root.post(address + "/check", {"format": "own", "c0": "name"}).get_data(as_text=True)
    assert "there is nothing to import" in text_of(report)
    assert "/run" not in re.findall(r"<button.*?</button>", report, re.S)
    assert "Import 0" not in text_of(report)


def test_date_formats_are_shown_by_an_example(stores: Site) -> None:
    root = stores.login("root")
    page = root.page(sent(root, b"Code,Bought on\nA,3/14/2026\n", "stores/item"))
    assert re.search(r'<option value="%m/%d/%Y" selected>as 01/31/2026</option>', page)
    assert not re.search(r">[^<]*%[mdY]", page)


def test_a_refusal_names_the_field_of_its_own_pass_and_only_what_no_pass_uses_is_left_out(stores: Site) -> None:
    stores.create("system.user", {"name": "Zhao", "login": "ZHAO"})
    root = stores.login("root")
    address = sent(root, FILE)
    report = text_of(root.post(address + "/check", {"format": "stores.stores.rooms"}).get_data(as_text=True))
    assert "Login : Another record already has this" in report
    assert "Columns left out: Colour" in report
    assert report.count("Columns left out") == 1
