"""Clients that stop in the middle or never end hold no thread: others are answered as if they were not there."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from pathlib import Path

from tests.reliability.server import Server
from tests.reliability.test_kill import TICKETS, installation

SLOW = 100
HALVES = (b"", b"G", b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"POST /login HTTP/1.1\r\nContent-Length: 5\r\n\r\na")


def answer(connection: socket.socket) -> bytes:
    """One whole answer: its head and its body need not come in one piece either."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65_536)
    return received


def answers(server: Server, token: str) -> set[int]:
    return {server.ask("GET", path, token=token)[0] for path in ("/health", TICKETS) for _turn in range(10)}


def test_a_hundred_half_sent_requests_hold_nobody_up(tmp_path: Path) -> None:
    server, token = installation(f"sqlite:///{tmp_path / 'slow.db'}", tmp_path)
    server.start()
    try:
        with ExitStack() as opened:
            for number in range(SLOW):
                slow = opened.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
                slow.sendall(HALVES[number % len(HALVES)])
            began = time.monotonic()
            assert answers(server, token) == {200}
            # Far below what waiting for only one of them would take, far above what twenty answers take.
            assert time.monotonic() - began < 15
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


def test_a_request_in_many_pieces_is_answered(tmp_path: Path) -> None:
    server, _token = installation(f"sqlite:///{tmp_path / 'slow.db'}", tmp_path)
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            for _turn in range(3):  # one connection, kept
                for piece in (b"GET /hea", b"lth HTTP/1.1\r\nHo", b"st: localhost\r\n", b"\r", b"\n"):
                    connection.sendall(piece)
                    time.sleep(0.03)
                assert answer(connection).startswith(b"HTTP/1.1 200")
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3)  # sent ahead
            received = b""
            while received.count(b"HTTP/1.1 200") < 3:
                received += connection.recv(65_536)
    finally:
        server.kill()
