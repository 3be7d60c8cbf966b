"""Between which whole numbers a node's values lie: decides where SQL needs more than 64 bits, and what is refused as too big.

Arithmetic is exact on every back end however big its intermediate results; only what is to be kept has a limit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine import limits
from engine.language import core
from engine.language import types as t
from engine.language.functions.number_operations import ROUND_MAX

Bounds = tuple[int, int]

INT64: Bounds = (-(2**63), 2**63 - 1)
DECIMAL: Bounds = (1 - 10**limits.decimal_digits_max, 10**limits.decimal_digits_max - 1)
_ROWS = 10**12
_SMALL: Bounds = (-(10**13), 10**13)
"""Counts of characters, days, seconds, parts of dates."""


def kept_bounds(type_: t.Type) -> Bounds:
    """What a kept value of an integer-kept type may be."""
    return DECIMAL if isinstance(type_, t.Decimal | t.Money) else INT64


class Measure:
    """Bounds of the nodes of one tree, each found once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Bounds]] = {}

    def of(self, node: Any) -> Bounds:
        """The least and the largest value of an integer-kept node."""
        known = self._known.get(id(node))
        # The node is held beside its bounds, so that no other can come by its identity.
        if known is not None and known[0] is node:
            return known[1]
        found = self._bounds(node)
        self._known[id(node)] = (node, found)
        return found

    def fits(self, node: Any) -> bool:
        """Whether the values of a node can't leave 64 bits (also true of what is no integer)."""
        if not core.is_scaled(node.type):
            return True
        low, high = self.of(node)
        return INT64[0] <= low and high <= INT64[1]

    def _bounds(self, node: Any) -> Bounds:
        match node:
            case core.Const(value=int(value)):
                return (value, value)
            case core.Const():
                return (0, 0)
            case core.Field() | core.Var():
                return kept_bounds(node.type)
            case core.If(then=then, otherwise=otherwise):
                return _union((self.of(then), self.of(otherwise)))
            case core.Default(items=items):
                return _union(tuple(map(self.of, items)))
            case core.Gather():
                return self._gathered(node)
            case core.Apply(op=op, args=args) if op in _RESULTS:
                return _RESULTS[op](tuple(map(self.of, args)))
        return _SMALL

    def _gathered(self, node: core.Gather) -> Bounds:
        if node.op in ("count", "distinct_count"):
            return (0, _ROWS)
        low, high = self.of(node.value)
        if node.op == "sum":
            return (min(0, low * _ROWS), max(0, high * _ROWS))
        factor = 10 ** (core.scale_of(node.type) - core.scale_of(node.value.type))
        return (low * factor, high * factor)


def _union(sides: tuple[Bounds, ...]) -> Bounds:
    return (min((low for low, _ in sides), default=0), max((high for _, high in sides), default=0))


def _size(side: Bounds) -> int:
    return max(abs(side[0]), abs(side[1]))


def _around(size: int) -> Bounds:
    return (-size, size)


def _product(args: tuple[Bounds, ...]) -> Bounds:
    (a, b), (c, d) = args
    corners = (a * c, a * d, b * c, b * d)
    return (min(corners), max(corners))


def _quotient(args: tuple[Bounds, ...]) -> Bounds:
    low, high = args[1]
    least = max(1, low if low > 0 else -high)
    return _around(_size(args[0]) * (_size(args[2]) if len(args) > 2 else 1) // least + 1)


def _rounded(args: tuple[Bounds, ...]) -> Bounds:
    scale, places = args[1][1], max(args[2][0], -ROUND_MAX)
    return _around(_size(args[0]) + int(10 ** max(0, scale - places)))


_RESULTS: dict[str, Callable[[tuple[Bounds, ...]], Bounds]] = {
    "add": lambda args: (args[0][0] + args[1][0], args[0][1] + args[1][1]),
    "subtract": lambda args: (args[0][0] - args[1][1], args[0][1] - args[1][0]),
    "multiply": _product,
    "negate": lambda args: (-args[0][1], -args[0][0]),
    "absolute": lambda args: (0, _size(args[0])),
    "int": lambda args: args[0],
    "multiply_round": lambda args: _around(_size(_product(args[:2])) // max(1, args[2][0]) + 1),
    "divide_round": _quotient,
    "modulo": lambda args: _around(_size(args[1])),
    "floor_divide": _quotient,
    "ceil_divide": _quotient,
    "trunc_divide": _quotient,
    "round_half": _rounded,
    "round_up": _rounded,
    "round_down": _rounded,
    "sign": lambda _: (-1, 1),
    "min": _union,
    "max": _union,
    "float_floor": lambda _: INT64,
    "float_ceil": lambda _: INT64,
    "float_trunc": lambda _: INT64,
    "to_decimal": lambda _: INT64,
    "parse_number": lambda _: DECIMAL,
}


def too_big(node: Any) -> bool:
    """Whether some part of an expression may come to more digits than a number may have."""
    measure = Measure()
    most = 10**limits.number_digits_max
    return any(
        core.is_scaled(part.type) and _size(measure.of(part)) > most
        for part in core.walk(node)
        if isinstance(part, core.Apply | core.Gather)
    )


def beyond_kept(node: Any) -> Bounds | None:
    """The bounds of what can be kept of a whole expression's value, where it may lie beyond them; else None."""
    if not core.is_scaled(node.type):
        return None
    low, high = Measure().of(node)
    kept = kept_bounds(node.type)
    return kept if low < kept[0] or high > kept[1] else None
