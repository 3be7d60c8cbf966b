"""The web application over the example service desk, with people who can log in; a client that behaves like a browser."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine import records
from engine.access import Actor
from engine.clock import FixedClock
from engine.model.app import App
from engine.runtime import Runtime
from engine.settings import Settings
from engine.store import Database
from engine.testing import factory
from engine.web import create_app

DESK = Path(__file__).resolve().parents[2] / "examples" / "desk"
PASSWORD = "correct horse battery"


def csrf_of(page: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf" (?:value|content)="([0-9a-f]{64})"', page)
    assert found is not None, page[:500]
    return found[1]


def text_of(page: str) -> str:
    """What a reader sees of a page's main part, in one line."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page[page.find("<main") :], flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("&#39;", "'").strip()


@dataclass
class Person:
    """Somebody at a browser."""

    client: FlaskClient
    actor: Actor | None = None

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, data: Mapping[str, Any] | None = None, *, form: str = "/account", **options: Any) -> TestResponse:
        """Send a form with the token that the page at ``form`` carries."""
        token = csrf_of(self.client.get(form).get_data(as_text=True))
        return self.client.post(path, data={"csrf": token, **(data or {})}, **options)

    def page(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, text_of(answer.get_data(as_text=True))[:500])
        return answer.get_data(as_text=True)


@dataclass
class Site:
    """The application with its people: li and wang are agents of one department, mei is a senior agent, root administers."""

    app: Flask
    runtime: Runtime
    clock: FixedClock
    settings: Settings
    people: dict[str, Actor]

    def visitor(self) -> Person:
        return Person(self.app.test_client())

    def login(self, name: str, password: str = PASSWORD, language: str = "en") -> Person:
        person = Person(self.app.test_client(), self.people.get(name))
        person.client.set_cookie("dougong-language", language)
        answer = person.post("/login", {"login": name, "password": password}, form="/login")
        assert answer.status_code == 303, text_of(answer.get_data(as_text=True))
        return person

    def create(self, entity: str, values: Mapping[str, Any], by: str = "root") -> str:
        with self.runtime.begin(self.people[by]) as work:
            return records.create(work, entity, values)

    def value(self, entity: str, key: str, field: str) -> Any:
        with self.runtime.read(self.people["root"]) as work:
            return records.get(work, entity, key).values[field]

    def count(self, entity: str) -> int:
        with self.runtime.read(self.people["root"]) as work:
            return len(records.find(work, records.Query(entity, limit=500)).items)


@dataclass(frozen=True)
class Prepared:
    """A database with people, made once; each test works on a copy of its file."""

    file: Path
    app: App
    keys: dict[str, str]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The example desk applied to a SQLite file: li and wang are agents, mei a senior agent, root an administrator."""
    file = tmp_path_factory.mktemp("site") / "web.db"
    running = factory.runtime([DESK], f"sqlite:///{file}")
    hall = factory.department(running, "Hall")
    people = {
        "li": factory.person(running, "li", "desk.agent", department=hall, password=PASSWORD),
        "wang": factory.person(running, "wang", "desk.agent", department=hall, password=PASSWORD),
        "mei": factory.person(running, "mei", "desk.senior", department=hall, password=PASSWORD),
        "root": factory.person(running, "root", "system.admin", password=PASSWORD),
    }
    app = running.app
    with running.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM dg_login_attempt")
    running.database.close()
    return Prepared(file, app, {name: str(actor.id) for name, actor in people.items()})


def open_site(prepared: Prepared, folder: Path, clock: FixedClock | None = None) -> Site:
    """A site of its own on a copy of the prepared database."""
    url = f"sqlite:///{folder / 'web.db'}"
    source = sqlite3.connect(prepared.file)
    copy = sqlite3.connect(folder / "web.db")
    source.backup(copy)
    source.close()
    copy.close()
    clock = clock or FixedClock(factory.NOON)
    running = Runtime(Database(url), lambda _files: prepared.app, clock=clock)
    people = {name: actor for name, key in prepared.keys.items() if (actor := running.actor_of(key))}
    settings = Settings(url, folder / "data", None, "WARNING", ())
    return Site(create_app(running, settings), running, clock, settings, people)


@pytest.fixture
def site(prepared: Prepared, tmp_path: Path) -> Iterator[Site]:
    """A fresh site on SQLite."""
    opened = open_site(prepared, tmp_path)
    yield opened
    opened.runtime.database.close()
