"""What was acknowledged is there, once, with its audit and its event, whenever the server is killed and whoever writes at once."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine.store import Database
from engine.store.schema import AUDIT, OUTBOX
from engine.testing import factory
from tests.desk import DESK
from tests.reliability.server import Server

TICKETS = "/api/desk/ticket"


def installation(url: str, folder: Path) -> tuple[Server, str]:
    """A server that is not running yet, and the token of somebody who may create tickets."""
    running = factory.runtime([DESK], url)
    ann = factory.person(running, "ann", "desk.agent")
    assert ann.id
    token = running.identity.issue_token(ann.id, "test")
    running.database.close()
    return Server(url, folder), token


def counts(url: str, ids: set[str]) -> tuple[Counter[str], Counter[str], Counter[str], int]:
    """How often each id stands among the tickets, their creations in the audit, and the events; and how many tickets there are."""
    database = Database(url)
    with database.read() as connection:
        table = sa.table("desk_ticket", sa.column("id"))
        kept = Counter(str(key) for key in connection.execute(sa.select(table.c.id)).scalars())
        mine = AUDIT.c.entity == "desk.ticket", AUDIT.c.verb == "create"
        audited = Counter(str(key) for key in connection.execute(sa.select(AUDIT.c.record).where(*mine)).scalars())
        told = Counter(
            str(key)
            for key in connection.execute(
                sa.select(OUTBOX.c.record).where(OUTBOX.c.event == "record.create", OUTBOX.c.entity == "desk.ticket")
            ).scalars()
        )
    database.close()
    assert ids <= kept.keys(), f"{len(ids - kept.keys())} acknowledged records are gone"
    return kept, audited, told, len(kept)


def test_kill_9_during_a_thousand_creates_loses_and_doubles_nothing(fresh_url: str, tmp_path: Path) -> None:
    server, token = installation(fresh_url, tmp_path)
    acknowledged: dict[str, str] = {}
    lock = threading.Lock()
    numbers = iter(range(1_000_000))
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            with lock:
                number = next(numbers)
            key = f"create-{number}"
            while not done.is_set():
                try:
                    status, made = server.ask(
                        "POST", TICKETS, {"subject": f"Ticket {number}", "channel": "web"}, token=token, headers={"Idempotency-Key": key}
                    )
                except OSError:
                    time.sleep(0.05)  # the server is down; the same request is sent again under the same key
                    continue
                if status == 201:
                    with lock:
                        acknowledged[key] = made["id"]
                break
            if len(acknowledged) >= 1_000:
                done.set()

    server.start()
    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    chance = random.Random(5)
    kills = 0
    while kills < 4 and not done.is_set():
        done.wait(chance.uniform(0.4, 1.2))
        server.kill()
        kills += 1
        server.start()
    done.wait(120)
    done.set()
    for writer in writers:
        writer.join()
    server.kill()
    assert kills >= 1
    assert len(acknowledged) >= 1_000
    assert len(set(acknowledged.values())) == len(acknowledged)
    kept, audited, told, _total = counts(fresh_url, set(acknowledged.values()))
    assert set(kept.values()) == {1}
    assert audited == kept
    assert told == kept
    subjects = _subjects(fresh_url)
    assert len(subjects) == len(set(subjects)), "a request sent again under its key was done twice"


def _subjects(url: str) -> list[Any]:
    database = Database(url)
    with database.read() as connection:
        table = sa.table("desk_ticket", sa.column("subject"))
        found = list(connection.execute(sa.select(table.c.subject)).scalars())
    database.close()
    return found


def test_twenty_writers_at_once_are_all_served(fresh_url: str, tmp_path: Path) -> None:
    server, token = installation(fresh_url, tmp_path)
    server.start()
    answers: list[tuple[int, Any]] = []
    gate = threading.Barrier(20)

    def write(number: int) -> None:
        gate.wait()
        for turn in range(15):
            answers.append(server.ask("POST", TICKETS, {"subject": f"Writer {number} turn {turn}", "channel": "web"}, token=token))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    try:
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    finally:
        server.kill()
    assert Counter(status for status, _body in answers) == {201: 300}, [answer for answer in answers if answer[0] != 201][:3]
    numbers = [body["number"] for _status, body in answers]
    assert len(set(numbers)) == 300
    kept, audited, told, total = counts(fresh_url, {body["id"] for _status, body in answers})
    assert total == 300
    assert audited == told == kept


def test_of_two_changes_to_one_version_one_wins(fresh_url: str, tmp_path: Path) -> None:
    server, token = installation(fresh_url, tmp_path)
    server.start()
    try:
        _status, made = server.ask("POST", TICKETS, {"subject": "Contested", "channel": "web"}, token=token)
        path = f"{TICKETS}/{made['id']}"
        for version in range(1, 11):
            answers: list[int] = []
            gate = threading.Barrier(4)

            def change(number: int, version: int = version, gate: threading.Barrier = gate, answers: list[int] = answers) -> None:
                gate.wait()
                status, _body = server.ask(
                    "PATCH", path, {"subject": f"By {number} at {version}"}, token=token, headers={"If-Match": f'"{version}"'}
                )
                answers.append(status)

            changers = [threading.Thread(target=change, args=(number,)) for number in range(4)]
            for changer in changers:
                changer.start()
            for changer in changers:
                changer.join()
            assert sorted(answers) == [200, 412, 412, 412]
    finally:
        server.kill()
