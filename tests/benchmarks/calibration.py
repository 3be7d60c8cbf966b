"""How fast this machine is here and now: a plain loop, timed beside every figure, so that figures of two runs can be compared."""

import time

_TURNS = 3_000_000


def seconds() -> float:
    """Seconds that the loop takes."""
    began = time.perf_counter()
    total = 0
    for number in range(_TURNS):
        total += number & 7
    return time.perf_counter() - began
