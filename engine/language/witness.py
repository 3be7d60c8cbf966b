"""Looking for a record that shows a condition to be possible; what is found has been tried, so it is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.language import core
from engine.language.backends.python import build_function
from engine.language.terms import Term, Terms, bare
from engine.language.types import (
    Boolean,
    Choice,
    Date,
    DateTime,
    Decimal,
    Duration,
    Float,
    Integer,
    ListOf,
    Money,
    MultiChoice,
    Ref,
    Text,
    Time,
    Type,
)
from engine.language.value_sets import after, examples

_TRIES = 400
_NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC).replace(tzinfo=None)
_IDS = ("018f0000-0000-7000-8000-000000000001", "018f0000-0000-7000-8000-000000000002")
Shown = tuple[dict[str, Any], dict[str, Any]]


def find_witness(node: Any, ways: Terms, zone: str) -> Shown | None:
    """A record and variables for which a condition holds, or None where none was found in a few hundred tries."""
    function = build_function(node)
    today = _NOW.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    for record, variables in _candidates(node, ways, today):
        variables.update(now=_NOW, today=today)
        if function(record, variables) is True:
            return record, variables
    return None


def _candidates(node: Any, ways: Terms, today: date) -> Iterator[Shown]:
    leaves = _Leaves(node, today)
    for way in ways:
        fixed = _told(way)
        yield leaves.record(_Firsts(fixed), None)
    for attempt in range(_TRIES):
        dice = _Dice(attempt)
        chosen = _told(ways[attempt % len(ways)]) if ways else {}
        yield leaves.record(_Throws(chosen, leaves, dice), dice)


def _told(way: Term) -> dict[Any, list[Any]]:
    """Values that a term's facts leave to each field and variable."""
    chosen = {part: examples(allowed) for part, allowed in way.values.items() if isinstance(part, core.Field | core.Var)}
    return {part: values for part, values in chosen.items() if values}


class _Dice:
    """Numbers that look random and are the same each time, so that a finding is."""

    def __init__(self, seed: int) -> None:
        self.state = seed * 2_654_435_761 + 11

    def throw(self, sides: int) -> int:
        self.state = (self.state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        return (self.state >> 33) % sides


@dataclass(frozen=True, slots=True)
class _Firsts:
    """Chooses the plainest value that the facts leave, blank where they say nothing."""

    told: dict[Any, list[Any]]

    def __call__(self, part: Any) -> Any:
        return self.told.get(part, [None])[0]


@dataclass(frozen=True, slots=True)
class _Throws:
    """Chooses any value that the facts leave, or any that is worth trying."""

    told: dict[Any, list[Any]]
    leaves: _Leaves
    dice: _Dice

    def __call__(self, part: Any) -> Any:
        values = self.told.get(part) or self.leaves.pool(part.type)
        return values[self.dice.throw(len(values))]


class _Leaves:
    """What a condition reads, and values to try for each, taken from the constants in it."""

    def __init__(self, node: Any, today: date) -> None:
        parts = list(core.walk(node))
        self.today = today
        self.constants = [part for part in parts if isinstance(part, core.Const) and part.value is not None]
        self.members = [
            item for part in parts if isinstance(part, core.Member) and not isinstance(part.items, core.Var) for item in part.items
        ]
        self.gathers = [part for part in parts if isinstance(part, core.Gather)]
        self.fields = {part.key: bare(part) for part in parts if isinstance(part, core.Field) and part.level == 0}
        self.variables = {part.name: bare(part) for part in parts if isinstance(part, core.Var)}
        self.pools: dict[Type, list[Any]] = {}

    def record(self, choose: Any, dice: _Dice | None) -> Shown:
        """A record and variables whose values are chosen one by one."""
        record = {key: choose(part) for key, part in self.fields.items()}
        variables = {name: choose(part) for name, part in self.variables.items()}
        for gather in self.gathers:
            count = (0, 1, 1, 2, 5)[dice.throw(5)] if dice is not None else 0
            inner = {part.key: bare(part) for part in core.walk(gather) if isinstance(part, core.Field) and part.level == 1}
            made = [{key: choose(part) for key, part in inner.items()} for _ in range(count)]
            rows = record.setdefault(gather.rows.key, [])
            for index, row in enumerate(made):
                if index < len(rows):
                    rows[index] = {**row, **rows[index]}
                else:
                    rows.append(row)
        return record, variables

    def pool(self, type_: Type) -> list[Any]:
        """Values of a type that are worth trying."""
        if type_ not in self.pools:
            self.pools[type_] = [*self._near(type_), *self._plain(type_), None]
        return self.pools[type_]

    def _near(self, type_: Type) -> list[Any]:
        found: list[Any] = []
        for constant in (*self.constants, *self.members):
            if isinstance(constant.type, type(type_)) or (
                isinstance(constant.value, int) and isinstance(type_, Integer | Decimal | Money | Duration)
            ):
                found.append(constant.value)
                if isinstance(constant.value, int | date) and not isinstance(constant.value, bool | datetime):
                    found += [after(constant.value, 1), after(constant.value, -1)]
            if isinstance(type_, Date | DateTime) and isinstance(constant.type, Duration | Integer) and abs(constant.value) < 10**9:
                found += self._around(type_, constant)
        return [value for value in found if not isinstance(value, str) or not isinstance(type_, Choice) or value in type_.codes]

    def _around(self, type_: Type, constant: core.Const) -> list[Any]:
        unit = constant.type
        seconds = constant.value * (
            30 * 86_400 if isinstance(unit, Duration) and unit.calendar else 1 if isinstance(unit, Duration) else 86_400
        )
        found: list[Any] = []
        for offset in (seconds, -seconds, seconds + 86_400, -seconds - 86_400, seconds - 86_400, 86_400 - seconds):
            try:
                moment = _NOW + timedelta(seconds=offset)
            except OverflowError:
                continue
            found.append(moment if isinstance(type_, DateTime) else moment.date())
        return found

    def _plain(self, type_: Type) -> list[Any]:
        match type_:
            case Boolean():
                return [True, False]
            case Choice(codes=codes):
                return list(codes)
            case MultiChoice(codes=codes):
                return [(), *((code,) for code in codes), codes]
            case Integer() | Decimal() | Money() | Duration():
                return [0, 1, -1, 100, 10**6, 10**9]
            case Float():
                return [0.0, 1.0, -1.0, 1e6]
            case Text():
                return ["a", "b", "字"]
            case Date():
                return [self.today, after(self.today, -1), after(self.today, 1), after(self.today, -400)]
            case DateTime():
                return [_NOW, _NOW - timedelta(days=400), _NOW + timedelta(days=400)]
            case Time():
                return [time(9), time(18)]
            case Ref():
                return list(_IDS)
            case ListOf(item=item):
                return [(), tuple(value for value in self.pool(item)[:1] if value is not None)]
        return []
