"""When a request is here whole, so that a thread can go to work on it."""

from __future__ import annotations

import pytest

from engine.web.worker import arrived

HEAD = b"POST /api HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\n\r\nGET", True),
        (HEAD + b"Content-Length: 5\r\n\r\nabcd", False),
        (HEAD + b"content-length:5\r\n\r\nabcde", True),
        (HEAD + b"Content-Length: 0\r\n\r\n", True),
        (HEAD + b"Content-Length: 2000000\r\n\r\n", True),
        (HEAD + b"Content-Length: 99999999999999999999\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", True),
        (HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", True),
        (HEAD + b"X: y\r\nX-Content-Length: 9\r\n\r\n", True),
        (HEAD + b"Content-Length: 5\r\nX: Content-Length: 0\r\n\r\nabc", False),
        (b"x" * 80_000, True),
        (b"GET / HTTP/1.1\n\n", False),
    ],
    ids=range(15),
)
def test_arrived(received: bytes, whole: bool) -> None:
    assert arrived(received) is whole
