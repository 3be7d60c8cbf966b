"""Gunicorn's worker with threads, made frugal with them: a thread works on whole requests and stays with a busy client."""

from __future__ import annotations

import re
import select
import selectors
import socket
import struct
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

_STAY_MS = 20
_ARRIVAL_S = 30
_STALL_S = 30
_HELD_BYTES_MAX = 1_000_000
_READ_BYTES = 65_536
_HEAD_BYTES_MAX = 70_000
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*(?=\r\n)", re.IGNORECASE)
_UNKNOWN_LENGTH = re.compile(rb"\r\n(?:transfer-encoding|expect|upgrade):", re.IGNORECASE)


def arrived(received: bytes | bytearray) -> bool:
    """Whether a thread can go to work: the request is here whole, is not held by its size, or does not tell its length."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return len(received) > _HEAD_BYTES_MAX
    start = bytes(received[: head + 2])
    if _UNKNOWN_LENGTH.search(start):
        return True
    length = _LENGTH.search(start)
    body = int(length[1]) if length else 0
    return body > _HELD_BYTES_MAX or len(received) >= head + 4 + body


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """Takes requests in on its one polling thread, so that clients that stop in the middle hold no other; answers them in threads.

    After an answer a thread stays with its connection for a moment, as long as every connection can have one: a client
    that works without pause sends its next request at once, and the way back to the poller costs as much as a small request.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving: dict[TConn, bytearray] = {}

    def enqueue_req(self, conn: TConn) -> None:
        """Take a request in before a thread is given to it; what is left over from the last one is there already."""
        if conn.initialized and conn.parser.unreader.buf.getvalue():
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + _ARRIVAL_S
        self._arriving[conn] = bytearray()
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_arrival, conn))

    def _on_arrival(self, conn: TConn, _socket: socket.socket) -> None:
        received = self._arriving[conn]
        try:
            part = conn.sock.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        received += part
        if part and not arrived(received):
            return
        self.poller.unregister(conn.sock)
        del self._arriving[conn]
        if not part:
            self.nr_conns -= 1
            conn.close()
            return
        conn.received = bytes(received)
        super().enqueue_req(conn)

    def murder_pending(self) -> None:
        """Close what has been arriving for too long."""
        super().murder_pending()
        now = time.monotonic()
        for conn in [conn for conn in self._arriving if conn.timeout < now]:
            del self._arriving[conn]
            self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()

    def handle(self, conn: TConn) -> Any:
        """Serve requests of one connection as long as they follow each other closely and every connection has its thread."""
        received = getattr(conn, "received", b"")
        if received:
            conn.received = b""
            conn.init()
            # The rest of what is too large to be held is read by the thread, which waits only so long for each part.
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", _STALL_S, 0))
            conn.parser.unreader.unread(received)
            conn.data_ready = True
        going = super().handle(conn)
        while going is True and self.alive and self.nr_conns <= self.cfg.threads and _follows(conn):
            going = super().handle(conn)
        return going


def _follows(conn: TConn) -> bool:
    """Whether more comes from the client within the moment that a thread stays."""
    if conn.parser.unreader.buf.getvalue():
        return True
    waiting = select.poll()
    waiting.register(conn.sock, select.POLLIN)
    return bool(waiting.poll(_STAY_MS))
