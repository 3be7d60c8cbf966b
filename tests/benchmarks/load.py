"""A small load generator for servers of this machine: client processes, each with one keep-alive connection over a bare socket.

A driver that parses little leaves the machine to the servers. ``rate`` gives requests per second; a wrong answer ends the run.
"""

from __future__ import annotations

import json
import multiprocessing
import socket
import time
from dataclasses import dataclass
from threading import BrokenBarrierError
from typing import Any

_REQUESTS_MAX = 50_000
_ANSWER_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Work:
    """What to ask: in ``body``, {n} becomes a number never used twice. ``items``: how long the answer's list must be."""

    method: str
    path: str
    status: int
    body: str = ""
    items: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to ask, on the loopback address."""

    port: int
    headers: str = ""


def rate(target: Target, work: Work, *, clients: int, seconds: float) -> float:
    """Requests per second that so many clients get answered. Raises RuntimeError for an answer that is not as the work says."""
    context = multiprocessing.get_context("spawn")
    ready, answers = context.Barrier(clients), context.Queue()
    crowd = [
        context.Process(target=_client, args=(target, work, seconds, time.time_ns() // 1000 + n, clients, ready, answers), daemon=True)
        for n in range(clients)
    ]
    for each in crowd:
        each.start()
    try:
        told = [answers.get(timeout=seconds + 2 * _ANSWER_TIMEOUT_S) for _ in crowd]
    finally:
        for each in crowd:
            each.join(5)
            each.terminate()
    for _, _, trouble in told:
        if trouble:
            raise RuntimeError(f"{work.method} {work.path}: {trouble}")
    return float(sum(done / took for done, took, _ in told))


def _client(target: Target, work: Work, seconds: float, first: int, step: int, ready: Any, answers: Any) -> None:
    """One client process: puts (requests done, seconds, trouble) into ``answers``."""
    done, trouble = 0, ""
    began = time.perf_counter()
    try:
        with socket.create_connection(("127.0.0.1", target.port), timeout=_ANSWER_TIMEOUT_S) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ready.wait(_ANSWER_TIMEOUT_S)
            began = time.perf_counter()
            while not trouble and done < _REQUESTS_MAX and time.perf_counter() - began < seconds:
                status, body = _ask(connection, _request(target, work, first + done * step))
                trouble = _wrong(work, status, body, whole=done == 0)
                done += 1
    except (OSError, ValueError, BrokenBarrierError) as error:
        trouble = f"{type(error).__name__}: {error}"
        ready.abort()
    answers.put((done, max(time.perf_counter() - began, 1e-9), trouble))


def _request(target: Target, work: Work, number: int) -> bytes:
    body = work.body.replace("{n}", str(number)).encode()
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{work.method} {work.path} HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n{target.headers}{length}\r\n".encode() + body


def _ask(connection: socket.socket, request: bytes) -> tuple[int, bytes]:
    """Send one request; its status and body. Raises ValueError where the answer is no HTTP with a length."""
    connection.sendall(request)
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _more(connection)
    head, body = received[:end].lower() + b"\r\n", received[end + 4 :]
    at = head.find(b"\r\ncontent-length:")
    length = int(head[at + 17 : head.find(b"\r\n", at + 2)])
    while len(body) < length:
        body += _more(connection)
    return int(head[9:12]), body


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(262_144)
    if not part:
        raise ValueError("the server closed the connection")
    return part


def _wrong(work: Work, status: int, body: bytes, *, whole: bool) -> str:
    """What is wrong with an answer. Its list is counted in the first one only: reading all would load the driver."""
    if status != work.status:
        return f"{status} {body[:300].decode(errors='replace')}"
    if whole and work.items is not None and len(json.loads(body)["items"]) != work.items:
        return f"{len(json.loads(body)['items'])} items instead of {work.items}"
    return ""
