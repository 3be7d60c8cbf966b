"""Clients that stop in the middle or never end: the server is none the worse once they are gone.

While they stay each holds one of the server's threads: a server that faces strangers stands behind a proxy that takes
requests in whole before it passes them on.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

from tests.reliability.server import Server
from tests.reliability.test_kill import TICKETS, installation

SLOW = 100
HALVES = (b"", b"G", b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"POST /login HTTP/1.1\r\nContent-Length: 5\r\n\r\na")


def answers(server: Server, token: str) -> set[int]:
    return {server.ask("GET", path, token=token)[0] for path in ("/health", TICKETS) for _turn in range(10)}


def test_a_hundred_half_sent_requests_leave_no_trace(tmp_path: Path) -> None:
    server, token = installation(f"sqlite:///{tmp_path / 'slow.db'}", tmp_path)
    server.start()
    try:
        with ExitStack() as opened:
            for number in range(SLOW):
                slow = opened.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
                slow.sendall(HALVES[number % len(HALVES)])
        assert answers(server, token) == {200}
    finally:
        server.kill()


def test_a_head_without_end_is_refused(tmp_path: Path) -> None:
    server, _token = installation(f"sqlite:///{tmp_path / 'slow.db'}", tmp_path)
    server.start()
    try:
        for said in (
            b"GET /" + b"x" * 20_000,
            b"GET / HTTP/1.1\r\n" + b"X-Long: " + b"x" * 20_000,
            b"GET / HTTP/1.1\r\n" + b"X-Many: x\r\n" * 500,
        ):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
                connection.sendall(said + b"\r\n\r\n")
                assert connection.recv(100).split(b" ")[1].startswith(b"4")
        assert server.ask("GET", "/health", token=None)[0] == 200
    finally:
        server.kill()
