"""The Python functions that SQL fragments call on SQLite: the same code as the Python back end runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any

from engine.language.functions import OPERATIONS
from engine.language.functions.number_operations import kept, round_divide
from engine.language.functions.rows import Operation

Registered = tuple[str, int, Callable[..., Any]]

_READ: dict[str, Callable[[Any], Any]] = {"d": date.fromisoformat, "m": datetime.fromisoformat, "c": time.fromisoformat, "f": float}
_WRITE: dict[str, Callable[[Any], Any]] = {
    "d": date.isoformat,
    "m": lambda value: value.isoformat(" ", "microseconds"),
    "c": lambda value: value.isoformat("microseconds"),
    "b": int,
}


def _adapted(operation: Operation) -> Callable[..., Any]:
    readers = tuple(_READ.get(letter) for letter in operation.takes)
    write = _WRITE.get(operation.gives)
    function = operation.python

    def call(*values: Any) -> Any:
        if None in values:
            return None
        read = [value if reader is None else reader(value) for reader, value in zip(readers, values, strict=True)]
        result = function(*read)
        return result if result is None or write is None else write(result)

    return call


def _simple(operation: Operation) -> Callable[..., Any]:
    function = operation.python

    def call(*values: Any) -> Any:
        return None if None in values else function(*values)

    return call


def _checked(value: Any) -> int | None:
    """An integer sum as SQLite computed it: it silently turns into a float where it leaves 64 bits, and so is blank."""
    return value if isinstance(value, int) else None


def _joined(high: int | None, low: int | None) -> int:
    return (high or 0) * 4_294_967_296 + (low or 0)


def _sum(high: int | None, low: int | None) -> int | None:
    return kept(_joined(high, low))


def _average(high: int | None, low: int | None, count: int, factor: int) -> int | None:
    return kept(round_divide(_joined(high, low) * factor, count)) if count else None


def sqlite_functions() -> Iterator[Registered]:
    """Every function to register on a connection, as (name, number of arguments or -1, function); all are deterministic."""
    for operation in OPERATIONS.values():
        if operation.name == "int":
            continue
        if not operation.strict:
            yield f"dg_{operation.name}", -1, operation.python
        elif any(letter in _READ for letter in operation.takes) or operation.gives in _WRITE:
            yield f"dg_{operation.name}", len(operation.takes), _adapted(operation)
        else:
            yield f"dg_{operation.name}", len(operation.takes), _simple(operation)
    yield "dg_int", 1, _checked
    yield "dg_sum", 2, _sum
    yield "dg_avg", 4, _average
