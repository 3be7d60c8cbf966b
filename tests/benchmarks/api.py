"""The JSON interface beside a hand-written endpoint on the same machine: how many creations and lists of 50 a second.

Both sides are gunicorn with two workers of eight threads on SQLite under the same pragmas; they take turns, round by round.
The list is 50 of 100,000 rows under a row scope (own records of one status, newest first).
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from engine import records
from engine.clock import FixedClock
from engine.testing import factory
from tests.benchmarks import floor
from tests.benchmarks.load import Target, Work, rate

NAME = "api"

_APP = Path(__file__).parent / "apps" / "shop"
_ROOT = Path(__file__).resolve().parents[2]
_OWNERS = 20
_BARS = {"create": 0.5, "list": 0.6}
_START_S = 60


def run(*, sample: bool = False) -> None:
    """Print requests per second of both sides, and the product's share of the floor's."""
    rows, rounds, seconds, clients = (6_000, 1, 0.3, 1) if sample else (100_000, 5, 3.0, 4)
    with tempfile.TemporaryDirectory() as made, ExitStack() as running:
        folder = Path(made)
        sides = [_floor(folder, rows, running), _shop(folder, rows, running)]
        for name, bar in _BARS.items():
            pairs: list[tuple[float, float]] = []
            for turn in range(rounds + 1):  # the first round warms up and is left out
                found = {}
                for index in (0, 1) if turn % 2 else (1, 0):
                    target, works = sides[index]
                    found[index] = rate(target, works[name], clients=clients, seconds=seconds)
                if turn or sample:
                    pairs.append((found[0], found[1]))
            by_hand, ours = (statistics.median(pair[index] for pair in pairs) for index in (0, 1))
            share = statistics.median(pair[1] / pair[0] for pair in pairs)
            print(f"{name:<8} {ours:7.0f} /s   by hand {by_hand:7.0f} /s   share {share:.2f}   (bar {bar})", flush=True)


def _row(number: int, owners: list[str]) -> dict[str, Any]:
    return {
        "name": f"Item {number}",
        "company": f"Company {number % 5000}",
        "mobile": f"138{number:08d}",
        "email": f"i{number}@example.com",
        "source": ("web", "expo", "referral", "ads")[number % 4],
        "region": f"r{number % 8}",
        "industry": f"i{number % 12}",
        "status": floor.STATUSES[number // _OWNERS % 5],
        "owner": owners[number % _OWNERS],
        "score": number * 7 % 101,
        "budget": f"{number * 37 % 1_000_000}.50",
        "next_at": f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        "need": "needs a quote for forty seats",
    }


def _posted(owner: str) -> str:
    return json.dumps({**_row(3, [owner] * _OWNERS), "name": "Load {n}", "status": "new"})


def _floor(folder: Path, rows: int, running: ExitStack) -> tuple[Target, dict[str, Work]]:
    path = folder / "floor.db"
    owners = [f"u{number}" for number in range(_OWNERS)]
    engine = floor.connect(str(path))
    at = factory.NOON.replace(tzinfo=None)
    with engine.begin() as connection:
        made = [{**floor.checked(_row(n, owners))[0], "created_at": at + timedelta(seconds=n)} for n in range(rows)]
        connection.execute(floor.item.insert(), made)
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()
    port = running.enter_context(_server(folder, "floor", "-m", "tests.benchmarks.floor", str(path)))
    listing = Work("GET", "/item?owner=u3&status=working&limit=50", 200, items=50)
    return Target(port), {"create": Work("POST", "/item", 201, _posted("u3")), "list": listing}


def _shop(folder: Path, rows: int, running: ExitStack) -> tuple[Target, dict[str, Work]]:
    url = f"sqlite:///{folder / 'shop.db'}"
    clock = FixedClock(factory.NOON)
    installation = factory.runtime([_APP], url, clock=clock)
    people = [factory.person(installation, f"u{number}", "shop.seller") for number in range(_OWNERS)]
    owners = [str(each.id) for each in people]
    for start in range(0, rows, 1000):
        with installation.begin(factory.SYSTEM) as work:
            records.create_many(work, "shop.item", [_row(number, owners) for number in range(start, min(start + 1000, rows))])
        clock.advance(timedelta(seconds=1000))
    installation.database.close()
    seller = owners[3]
    # The server reads the real clock: a token must not have been issued (nor run out) by the one above.
    token = _token(url)
    port = running.enter_context(_server(folder, "shop", "-m", "engine.cli", "serve", str(_APP), "--db", url, "--workers", "2", "--port"))
    listing = Work("GET", "/api/shop/item?where=status='working'&sort=-created_at&limit=50", 200, items=50)
    return Target(port, f"Authorization: Bearer {token}\r\n"), {
        "create": Work("POST", "/api/shop/item", 201, _posted(seller)),
        "list": listing,
    }


def _token(url: str) -> str:
    command = [sys.executable, "-m", "engine.cli", "token", "u3", "--db", url]
    return subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True).stdout.split()[-1]


@contextmanager
def _server(folder: Path, name: str, *arguments: str) -> Iterator[int]:
    """A server process on a free port, given as its last argument; ended with all its workers afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "DOUGONG_DATA": str(folder)}  # the server gets ours with a folder of its own
    with (folder / f"{name}.log").open("wb") as log:
        command = [sys.executable, *arguments, str(port)]
        process = subprocess.Popen(command, cwd=_ROOT, stdout=log, stderr=log, env=environment)
        try:
            _await(process, port, folder / f"{name}.log")
            yield port
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


if __name__ == "__main__":
    run()
