"""Sets of values of one type: whether blank is among them, and intervals of the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from engine.language.types import Boolean, Choice, Date, Decimal, Duration, Integer, Money, Type

_DISCRETE = (Integer, Decimal, Money, Duration, Date)


@dataclass(frozen=True, slots=True)
class Span:
    """An interval; an end that is None is open to infinity."""

    low: Any = None
    high: Any = None
    low_in: bool = False
    high_in: bool = False

    def meet(self, other: Span) -> Span | None:
        """What two intervals share, or None."""
        low, low_in = _inner(self.low, self.low_in, other.low, other.low_in, larger=True)
        high, high_in = _inner(self.high, self.high_in, other.high, other.high_in, larger=False)
        if low is not None and high is not None and (low > high or (low == high and not (low_in and high_in))):
            return None
        return Span(low, high, low_in, high_in)


def _inner(a: Any, a_in: bool, b: Any, b_in: bool, *, larger: bool) -> tuple[Any, bool]:
    if a is None:
        return b, b_in
    if b is None:
        return a, a_in
    if a == b:
        return a, a_in and b_in
    return (a, a_in) if (a > b) == larger else (b, b_in)


@dataclass(frozen=True, slots=True)
class Values:
    """A set of values: ``blank`` or not, and disjoint intervals in order."""

    blank: bool
    spans: tuple[Span, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing is in the set."""
        return not self.blank and not self.spans

    def meet(self, other: Values) -> Values:
        """What is in both."""
        shared = (a.meet(b) for a in self.spans for b in other.spans)
        return Values(self.blank and other.blank, tuple(span for span in shared if span is not None))

    def within(self, type_: Type) -> Values:
        """The same set where between two neighbours of a type there is nothing (whole numbers, days)."""
        if not isinstance(type_, _DISCRETE):
            return self
        closed = (_closed(span) for span in self.spans)
        return Values(self.blank, tuple(span for span in closed if span.low is None or span.high is None or span.low <= span.high))


def _closed(span: Span) -> Span:
    low = span.low if span.low is None or span.low_in else after(span.low, 1)
    high = span.high if span.high is None or span.high_in else after(span.high, -1)
    return Span(low, high, low is not None, high is not None)


def after(value: Any, steps: int) -> Any:
    """The value some steps further on; the last there is where none follows."""
    if isinstance(value, date):
        try:
            return value + timedelta(days=steps)
        except OverflowError:
            return value
    return value + steps


NOTHING = Values(False, ())
BLANK = Values(True, ())
PRESENT = Values(False, (Span(),))
ANY = Values(True, (Span(),))


def point(value: Any) -> Span:
    """The interval of one value."""
    return Span(value, value, True, True)


def universe(type_: Type, *, nullable: bool) -> Values:
    """Every value that something of a type may have."""
    if isinstance(type_, Boolean):
        return Values(nullable, (point(False), point(True)))
    if isinstance(type_, Choice):
        return Values(nullable, tuple(point(code) for code in sorted(set(type_.codes))))
    return ANY if nullable else PRESENT


def compared(op: str, value: Any) -> Values:
    """The values that stand in a relation (``= != < <= > >=``) to one that is not blank."""
    below, above = Span(high=value), Span(low=value)
    match op:
        case "=":
            return Values(False, (point(value),))
        case "!=":
            return Values(True, (below, above))
        case "<":
            return Values(False, (below,))
        case "<=":
            return Values(False, (Span(high=value, high_in=True),))
        case ">":
            return Values(False, (above,))
    return Values(False, (Span(low=value, low_in=True),))


def among(values: list[Any]) -> Values:
    """Exactly some values, none of them blank."""
    return Values(False, tuple(point(value) for value in sorted(set(values))))


def complement(values: Values) -> Values:
    """Everything else."""
    rest: tuple[Span, ...] = (Span(),)
    for span in values.spans:
        outside = []
        if span.low is not None:
            outside.append(Span(high=span.low, high_in=not span.low_in))
        if span.high is not None:
            outside.append(Span(low=span.high, low_in=not span.high_in))
        rest = tuple(shared for kept in rest for other in outside if (shared := kept.meet(other)) is not None)
    return Values(not values.blank, rest)


def examples(values: Values) -> list[Any]:
    """Some members of a set, the plainest first; None stands for blank."""
    found: list[Any] = []
    for span in values.spans:
        for end, inside, inward in ((span.low, span.low_in, 1), (span.high, span.high_in, -1)):
            if end is None:
                continue
            if inside:
                found.append(end)
            moved = _moved(end, inward)
            if moved is not None and span.meet(point(moved)) is not None:
                found.append(moved)
        if isinstance(span.low, float | datetime) and span.high is not None and span.low != span.high:
            found.append(span.low + (span.high - span.low) / 2)
    return [*found, None] if values.blank else found


def _moved(value: Any, steps: int) -> Any:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return value + "a" if steps > 0 else None
    if isinstance(value, int | float | date):
        return after(value, steps)
    return None
