"""The language's speeds: a condition against hand-written Python, compiling, as ratios and times of one run."""

from __future__ import annotations

import statistics
import tempfile
import timeit
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from engine.language import CodeCache, compile_expression, kept_code, python_function, to_javascript, to_sql
from engine.language.backends import python
from engine.language.parser import parse
from tests.unit.language.desk import compiled, scope

CONDITIONS: list[dict[str, str]] = yaml.safe_load((Path(__file__).parent / "conditions.yaml").read_text(encoding="utf-8"))
RECORD: dict[str, Any] = {
    "amount": 6_000_000,
    "status": "open",
    "region": "东",
    "name": "华东战略伙伴",
    "qty": 12,
    "owner.region": "西",
    "active": True,
    "due": date(2026, 1, 1),
    "at": datetime.fromisoformat("2026-02-01"),
    "parts": [{"qty": number, "ok": number % 2 == 0} for number in range(5)],
}
VARIABLES: dict[str, Any] = {"today": date(2026, 2, 10), "now": datetime.fromisoformat("2026-02-10")}
NAME = "language"
_ROUNDS, _CALLS = 7, 20_000


def nanoseconds(functions: Sequence[Callable[..., Any]], calls: int = _CALLS) -> list[float]:
    """The best time of one call of each; they take turns, so that what disturbs one disturbs all."""
    timers = [timeit.Timer(partial(each, RECORD, VARIABLES)) for each in functions]
    rounds = [[timer.timeit(calls) for timer in timers] for _ in range(_ROUNDS)]
    return [min(times) / calls * 1e9 for times in zip(*rounds, strict=True)]


def conditions(calls: int = _CALLS) -> list[tuple[str, float, float]]:
    """For each condition the time of the generated function and of the hand-written one, in ns."""
    measured = []
    for row in CONDITIONS:
        generated = python_function(compiled(row["expr"], condition=True))
        by_hand = eval(f"lambda r, v: {row['hand']}", {"three_days": timedelta(days=3)})
        assert bool(by_hand(RECORD, VARIABLES)) == generated(RECORD, VARIABLES), row["name"]
        ours, hand = nanoseconds([generated, by_hand], calls)
        measured.append((row["name"], ours, hand))
    return measured


def compiling() -> dict[str, float]:
    """Milliseconds per expression to compile, and to give each form, over the ten conditions."""
    sources = [row["expr"] for row in CONDITIONS]
    expressions = [compiled(source, condition=True) for source in sources]
    place = scope()
    steps: dict[str, Callable[[], object]] = {
        "parse": lambda: [parse(source, place) for source in sources],
        "compile": lambda: [compile_expression(source, scope(), condition=True) for source in sources],
        "python": lambda: [python_function(expression) for expression in expressions],
        "sqlite": lambda: [to_sql(expression, "sqlite", alias="t", condition=True) for expression in expressions],
        "javascript": lambda: [to_javascript(expression) for expression in expressions],
    }
    return {name: min(timeit.repeat(step, number=5, repeat=5)) / 5 / len(sources) * 1e3 for name, step in steps.items()}


def loading(count: int) -> float:
    """Milliseconds to have so many expressions as functions from the code cache."""
    with tempfile.TemporaryDirectory() as folder:
        cache = CodeCache(Path(folder), "bench")
        keys = [(f"qty + {number} > 5 and name contains 'a{number}'",) for number in range(count)]
        for key in keys:
            cache.add(key, compiled(key[0], condition=True))
        cache.save()

        def load() -> None:
            fresh = CodeCache(Path(folder), "bench")
            for key in keys:
                fresh.get(key)

        return min(timeit.repeat(load, number=1, repeat=5)) * 1e3


def starting(count: int) -> tuple[float, float]:
    """Milliseconds in which a server makes the functions of so many checked expressions: the first time, and when it starts again."""
    # Constants are no part of the generated source, so the expressions differ in their signs.
    signs = [["+-"[number >> bit & 1] for bit in range(11)] for number in range(count)]
    expressions = [compiled("qty" + "".join(f" {sign} over" for sign in row) + " > 5", condition=True) for row in signs]

    def start(folder: str) -> float:
        python._made.clear()

        def make() -> None:
            with kept_code(Path(folder), "bench"):
                for expression in expressions:
                    python_function(expression)

        return timeit.timeit(make, number=1) * 1e3

    with tempfile.TemporaryDirectory() as folder:
        return start(folder), min(start(folder) for _ in range(3))


def run(*, sample: bool = False) -> None:
    """Print the tables, and how far the generated functions are from hand-written ones."""
    measured = conditions(100 if sample else _CALLS)
    for name, generated, by_hand in measured:
        print(f"{name:12} {generated:7.0f} ns  by hand {by_hand:7.0f} ns  ratio {generated / by_hand:.2f}")
    ratio = statistics.geometric_mean(generated / by_hand for _, generated, by_hand in measured)
    print(f"geometric mean ratio {ratio:.2f}   (bar 2.0)")
    for name, milliseconds in compiling().items():
        print(f"{name:12} {milliseconds:.3f} ms per expression{'   (bar 0.5 ms)' if name == 'parse' else ''}")
    count = 20 if sample else 2_000
    print(f"from cache   {loading(count):.1f} ms for {count} expressions   (bar 20 ms for 2,000)")
    first, again = starting(count)
    print(f"functions    {first:.0f} ms for {count} checked expressions at a first start, {again:.0f} ms at the next")


if __name__ == "__main__":
    run()
