"""The same request delivered many times at once under one Idempotency-Key: one effect, one answer, on both databases."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

from engine.testing import factory
from tests.desk import DESK
from tests.reliability.server import Server
from tests.reliability.test_kill import TICKETS, counts, installation

TOGETHER = 12


def together(server: Server, token: str, asks: list[tuple[str, str, Any, str]]) -> list[tuple[int, Any]]:
    """All at the same moment: (method, path, body, key); the answers in that order."""
    answers: list[tuple[int, Any]] = [(0, None)] * len(asks)
    gate = threading.Barrier(len(asks))

    def send(position: int) -> None:
        method, path, body, key = asks[position]
        gate.wait()
        answers[position] = server.ask(method, path, body, token=token, headers={"Idempotency-Key": key})

    senders = [threading.Thread(target=send, args=(position,)) for position in range(len(asks))]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return answers


def test_one_key_is_one_effect_however_often_and_at_once(fresh_url: str, tmp_path: Path) -> None:
    server, token = installation(fresh_url, tmp_path)
    server.start()
    try:
        made: list[str] = []
        for turn in range(4):
            body = {"subject": f"Turn {turn}", "channel": "web"}
            answers = together(server, token, [("POST", TICKETS, body, f"key-{turn}")] * TOGETHER)
            assert Counter(status for status, _body in answers) == {201: TOGETHER}
            assert len({str(answer) for answer in answers}) == 1, "every sender gets the first one's answer"
            made.append(answers[0][1]["id"])
        path = f"{TICKETS}/{made[0]}"
        changed = together(server, token, [("PATCH", path, {"subject": "Changed once"}, "change")] * TOGETHER)
        assert {(status, body["version"]) for status, body in changed} == {(200, 2)}
        deleted = together(server, token, [("DELETE", f"{TICKETS}/{made[1]}", None, "delete")] * TOGETHER)
        assert {status for status, _body in deleted} == {204}
        different = [("POST", TICKETS, {"subject": f"Other {number}", "channel": "web"}, "one key") for number in range(TOGETHER)]
        outcome = together(server, token, different)
        assert Counter(status for status, _body in outcome) == {201: 1, 409: TOGETHER - 1}
    finally:
        server.kill()
    server.start()
    try:
        again = server.ask("POST", TICKETS, {"subject": "Turn 0", "channel": "web"}, token=token, headers={"Idempotency-Key": "key-0"})
        assert (again[0], again[1]["id"]) == (201, made[0]), "the answer outlives the server"
    finally:
        server.kill()
    kept, audited, told, total = counts(fresh_url, set(made))
    assert total == len(made) + 1
    assert set(kept.values()) == {1}
    assert audited == told == kept


def test_a_key_is_its_senders_own(fresh_url: str, tmp_path: Path) -> None:
    running = factory.runtime([DESK], fresh_url)
    tokens = []
    for name in ("ann", "bob"):
        person = factory.person(running, name, "desk.agent")
        tokens.append(running.identity.issue_token(str(person.id), "test"))
    running.database.close()
    server = Server(fresh_url, tmp_path, workers=1)
    server.start()
    try:
        body = {"subject": "Same words", "channel": "web"}
        answers = [server.ask("POST", TICKETS, body, token=token, headers={"Idempotency-Key": "k"}) for token in tokens]
        assert [status for status, _body in answers] == [201, 201]
        assert answers[0][1]["id"] != answers[1][1]["id"]
    finally:
        server.kill()
