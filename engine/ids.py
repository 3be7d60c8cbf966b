"""Keys of records and events: UUID version 7 (RFC 9562), so that new rows land at the end of an index."""

from __future__ import annotations

import os
import re
import threading
import time

_PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""Two random bits behind the two that name the variant."""
_lock = threading.Lock()
_last_ms = 0
_last_sequence = 0


def new_id() -> str:
    """A fresh UUIDv7 in canonical lower-case text form.

    Keys made by one process are strictly increasing: the 12 bits after the version count up within a
    millisecond (RFC 9562 section 6.2, method 1) and borrow from the next one when they run out.
    """
    return new_ids(1)[0]


def new_ids(count: int) -> list[str]:
    """Many fresh keys, in increasing order, for less than the price of as many single ones."""
    global _last_ms, _last_sequence
    now_ms = time.time_ns() // 1_000_000
    noise = os.urandom(8 * count).hex()
    made = []
    with _lock:
        if now_ms > _last_ms:
            _last_ms, _last_sequence = now_ms, (int.from_bytes(os.urandom(2)) & 0x7FF) - 1
        instant = _instant_text(_last_ms)
        for place in range(0, 16 * count, 16):
            _last_sequence += 1
            if _last_sequence > 0xFFF:
                _last_ms, _last_sequence = _last_ms + 1, 0
                instant = _instant_text(_last_ms)
            variant = _VARIANTS[noise[place]]
            made.append(f"{instant}-7{_last_sequence:03x}-{variant}{noise[place + 1 : place + 4]}-{noise[place + 4 : place + 16]}")
    return made


def _instant_text(ms: int) -> str:
    digits = f"{ms:012x}"
    return f"{digits[:8]}-{digits[8:]}"


def is_id(text: str) -> bool:
    """Whether a text has the form of a record key; ask before a text from outside reaches a query."""
    return _PATTERN.fullmatch(text) is not None
