"""A program that speaks to the JSON interface with somebody's token."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from engine.access import Actor
from engine.web import create_app
from tests.desk import Desk

TICKETS = "/api/desk/ticket"


@dataclass
class Client:
    """Requests as one actor."""

    site: Flask
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> TestResponse:
        """One request; ``body`` is sent as JSON."""
        sent = {"Authorization": f"Bearer {self.token}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        return self.site.test_client(use_cookies=False).open(path, method=method, data=data, headers=sent)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.ask("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.ask("PATCH", path, body, **headers)


def client_of(desk: Desk, actor: Actor, *scopes: str) -> Client:
    """A client with a new token of this person."""
    assert actor.id
    token = desk.runtime.identity.issue_token(actor.id, "test", scopes or ("read", "write"))
    return Client(create_app(desk.runtime), token)
