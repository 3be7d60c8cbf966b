"""Several renames at once, put into an order in which no name is taken twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence


def in_order(renames: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The renames one after the other; names that go round in a circle pass through a spare one."""
    pending = dict(renames)
    while pending:
        free = next((name for name, new in pending.items() if new not in pending), None)
        if free is not None:
            yield free, pending.pop(free)
            continue
        name, new = pending.popitem()
        spare = f"_t_{hashlib.sha256(name.encode()).hexdigest()[:12]}"
        yield name, spare
        pending[spare] = new
