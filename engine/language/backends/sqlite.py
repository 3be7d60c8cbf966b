"""The Python functions that SQL fragments call on SQLite: the same code as the Python back end runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any

from engine.errors import Overflow
from engine.language.backends.wide import decode, encode
from engine.language.functions import OPERATIONS
from engine.language.functions.number_operations import round_divide
from engine.language.functions.rows import Operation
from engine.language.functions.texts import held

Registered = tuple[str, int, Callable[..., Any]]
_HALF = 4_294_967_296

_READ: dict[str, Callable[[Any], Any]] = {
    "i": decode,
    "d": date.fromisoformat,
    "m": datetime.fromisoformat,
    "c": time.fromisoformat,
    "f": float,
    "a": json.loads,
}
_WRITE: dict[str, Callable[[Any], Any]] = {
    "d": date.isoformat,
    "m": lambda value: value.isoformat(" ", "microseconds"),
    "c": lambda value: value.isoformat("microseconds"),
    "b": int,
}


def _adapted(operation: Operation, write: Callable[[Any], Any] | None) -> Callable[..., Any]:
    readers = tuple(_READ.get(letter) for letter in operation.takes)
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


def _widened(value: int | None) -> str | None:
    return None if value is None else encode(value)


def _within(value: int | str | None, low: str, high: str) -> int | None:
    number = None if value is None else decode(value)
    return number if number is not None and decode(low) <= number <= decode(high) else None


def _held(value: int | str | None, low: str, high: str) -> int | None:
    number = None if value is None else decode(value)
    if number is not None and not decode(low) <= number <= decode(high):
        raise Overflow
    return number


def _listed(values: str) -> list[int]:
    return [decode(value) for value in json.loads(values) if value is not None]


def _join(rows: str, separator: str) -> str | None:
    """Texts of rows, given as pairs of their place in the order and the text."""
    texts = [text for _, text in sorted(json.loads(rows), key=lambda row: row[0]) if text is not None]
    return held(separator.join(texts))


def _sum(high: int | None, low: int | None) -> str:
    return encode((high or 0) * _HALF + (low or 0))


def _average(high: int | None, low: int | None, count: int, factor: int) -> int | None:
    return round_divide(((high or 0) * _HALF + (low or 0)) * factor, count) if count else None


def _average_of(values: str, factor: int) -> int | None:
    numbers = _listed(values)
    return round_divide(sum(numbers) * factor, len(numbers)) if numbers else None


def sqlite_functions() -> Iterator[Registered]:
    """Every function to register on a connection, as (name, number of arguments or -1, function); all are deterministic."""
    for operation in OPERATIONS.values():
        write = _WRITE.get(operation.gives)
        if not operation.strict:
            yield f"dg_{operation.name}", -1, operation.python
        elif write is not None or any(letter in _READ for letter in operation.takes):
            yield f"dg_{operation.name}", len(operation.takes), _adapted(operation, write)
        else:
            yield f"dg_{operation.name}", len(operation.takes), _simple(operation)
        if operation.gives == "i" and operation.strict:
            yield f"dg_{operation.name}_wide", len(operation.takes), _adapted(operation, encode)
    yield "dg_wide", 1, _widened
    yield "dg_within", 3, _within
    yield "dg_held", 3, _held
    yield "dg_join_rows", 2, _join
    yield "dg_sum", 2, _sum
    yield "dg_sum_of", 1, lambda values: encode(sum(_listed(values)))
    yield "dg_avg", 4, _average
    yield "dg_avg_wide", 4, lambda *values: _widened(_average(*values))
    yield "dg_avg_of", 2, lambda *values: _widened(_average_of(*values))
