"""A vault with two clerks who share nothing, an administrator, and everything one may hold: for tests of what the other may reach."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine import records
from engine.access import Actor
from engine.clock import Clock, FixedClock
from engine.model.app import App
from engine.runtime import Runtime
from engine.settings import Settings
from engine.store import Database
from engine.testing import factory
from engine.web import create_app
from engine.web.visit import csrf_token

VAULT = Path(__file__).parent / "vault"
NOWHERE = "0198a000-0000-7000-8000-00000000dead"
"""An id that no record has."""

COUNTERS = frozenset({"dg_login_attempt", "dg_session", "dg_idempotency"})
"""Tables that a refused request may write: logins that were tried, sessions that were used, keys of requests."""


@dataclass
class Browser:
    """Somebody logged in, whose forms carry the right token."""

    client: FlaskClient
    secret: str

    def open(self, method: str, path: str, **options: Any) -> TestResponse:
        """One request; a write brings the form token, as our own pages would."""
        headers = dict(options.pop("headers", {}))
        if method not in ("GET", "HEAD", "OPTIONS"):
            headers.setdefault("X-CSRF-Token", csrf_token(self.secret))
        return self.client.open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.open("GET", path, **options)

    def post(self, path: str, data: Mapping[str, Any] | None = None, **options: Any) -> TestResponse:
        return self.open("POST", path, data=data or {}, **options)


@dataclass
class Program:
    """A program with somebody's token."""

    site: Flask
    token: str

    def open(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **dict(options.pop("headers", {}))}
        return self.site.test_client(use_cookies=False).open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.open("GET", path, **options)


@dataclass
class House:
    """A running installation with its people by login."""

    file: Path
    runtime: Runtime
    site: Flask
    settings: Settings
    clock: Clock
    people: dict[str, Actor]
    _tokens: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    def browser(self, name: str, language: str = "en") -> Browser:
        secret = self.runtime.identity.open_session(str(self.people[name].id))
        client = self.site.test_client()
        client.set_cookie("dougong-session", secret)
        client.set_cookie("dougong-language", language)
        return Browser(client, secret)

    def program(self, name: str, *scopes: str) -> Program:
        wanted = scopes or ("read", "write")
        if (name, wanted) not in self._tokens:
            self._tokens[name, wanted] = self.runtime.identity.issue_token(str(self.people[name].id), "test", wanted)
        return Program(self.site, self._tokens[name, wanted])

    def create(self, by: str, entity: str, **values: Any) -> str:
        with self.runtime.begin(self.people[by]) as work:
            return records.create(work, entity, values)

    def trash(self, by: str, entity: str, key: str) -> None:
        with self.runtime.begin(self.people[by]) as work:
            records.delete(work, entity, key, None)

    def row(self, entity: str, key: str) -> dict[str, Any]:
        """A record as the administrator sees it."""
        with self.runtime.read(self.people["root"]) as work:
            return records.present(work.app, records.get(work, entity, key))

    def state(self) -> dict[str, str]:
        """A fingerprint of the rows of every table but the declared counters."""
        connection = sqlite3.connect(self.file)
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        found = {
            name: hashlib.sha256(repr(sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"')))).encode()).hexdigest()
            for name in names
            if name not in COUNTERS
        }
        connection.close()
        return found

    def close(self) -> None:
        self.runtime.database.close()


def build(apps: list[Path], folder: Path, people: Mapping[str, str], clock: Clock | None = None) -> House:
    """An installation of these apps with one person for each login, in the role named."""
    file = folder / "house.db"
    running = factory.runtime(apps, f"sqlite:///{file}", clock=clock or FixedClock(factory.NOON))
    actors = {login: factory.person(running, login, role) for login, role in people.items()}
    return _opened(file, folder, running, actors, clock or FixedClock(factory.NOON))


def copied(house: House, folder: Path) -> House:
    """The same installation again, on a copy of its database."""
    source, target = sqlite3.connect(house.file), sqlite3.connect(folder / "house.db")
    source.backup(target)
    source.close()
    target.close()
    app: App = house.runtime.app
    running = Runtime(Database(f"sqlite:///{folder / 'house.db'}"), lambda _files: app, clock=house.clock)
    people = {login: actor for login, known in house.people.items() if (actor := running.actor_of(str(known.id)))}
    return _opened(folder / "house.db", folder, running, people, house.clock)


def _opened(file: Path, folder: Path, running: Runtime, people: dict[str, Actor], clock: Clock) -> House:
    settings = Settings(f"sqlite:///{file}", folder / "data", None, "WARNING", ())
    return House(file, running, create_app(running, settings), settings, clock, people)


_CHANGING = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|nonce-[\w-]+|(?<=nonce=\")[\w-]+|\b[0-9a-f]{64}\b")


def told(answer: TestResponse) -> tuple[int, str, str]:
    """All that an answer tells: status, headers, body; without what differs between any two answers (ids, nonces, form tokens)."""
    headers = {
        name: value for name, value in answer.headers.items() if name not in ("Date", "X-Request-ID", "Set-Cookie", "Content-Length")
    }
    return (
        answer.status_code,
        _CHANGING.sub("*", json.dumps(headers, sort_keys=True)),
        _CHANGING.sub("*", answer.get_data(as_text=True)),
    )
