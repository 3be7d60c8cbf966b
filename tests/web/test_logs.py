"""Logs: one line is one JSON object, whatever somebody typed, and no secret is in it."""

from __future__ import annotations

import io
import json
import logging

import pytest

from engine.web.logs import JsonFormatter, masked
from tests.web.conftest import PASSWORD, Site


@pytest.fixture
def lines() -> object:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("dougong")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(level)


HOSTILE = 'a\r\n{"level":"ok"}\x1b[31m\u202e\u2028'


def test_hostile_text_cannot_forge_a_line(site: Site, lines: io.StringIO) -> None:
    visitor = site.visitor()
    visitor.post("/login", {"login": HOSTILE, "password": PASSWORD}, form="/login")
    visitor.get("/nowhere/%0d%0a%7B%7D%E2%80%AE")
    written = lines.getvalue().splitlines()
    assert len(written) >= 3
    for line in written:
        assert line.isascii()
        assert json.loads(line)["level"] == "info"
    assert PASSWORD not in lines.getvalue()


def test_a_request_is_told_with_its_id_and_person(site: Site, lines: io.StringIO) -> None:
    li = site.login("li")
    li.get("/app/desk/ticket?q=secret-words", headers={"X-Request-ID": "trace-0001"})
    told = json.loads(lines.getvalue().splitlines()[-1])
    assert told["request_id"] == "trace-0001"
    assert told["status"] == 200
    assert told["user"] == site.people["li"].id
    assert "secret-words" not in lines.getvalue()


@pytest.mark.parametrize(
    "text",
    ["Authorization: Bearer dg_abcdefghijklmnopqrstuvwxyz0123456789", '{"password": "hunter2hunter2"}', "token=hunter2hunter2&x=1"],
)
def test_secrets_are_masked_by_their_form(text: str) -> None:
    assert "hunter2hunter2" not in masked(text)
    assert "ijklmnopqrstuvwxyz" not in masked(text)
    assert "***" in masked(text)
