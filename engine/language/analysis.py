"""What conditions can and can't be: never or always true, overlapping, implied, leaving gaps; with a record that shows it.

A claim that something can't be is proven by sets of values; a claim that it can be is shown by a record for which it is so.
Where neither is found the answer is "unknown".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.language import ast, core
from engine.language.expression import Expression, Problem
from engine.language.functions.logic import truth
from engine.language.rules.compiling import CompiledRule
from engine.language.terms import TooManyTerms, terms
from engine.language.witness import find_witness

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer; where it is "yes" for something that can be, ``record`` and ``variables`` (in kept form) show it."""

    answer: Answer
    record: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rules that write one field, and may both act for the record that ``finding`` shows ("unknown": perhaps)."""

    first: int
    second: int
    field: str
    finding: Finding


def satisfiable(*conditions: Expression) -> Finding:
    """Whether there is a record for which all conditions hold. They must be about one entity, of one compilation."""
    return _possible(_both([truth(condition.core) for condition in conditions]), conditions[0].time_zone)


def always_false(condition: Expression) -> bool:
    """Whether a condition provably holds for no record."""
    return _impossible(truth(condition.core))


def always_true(condition: Expression) -> bool:
    """Whether a condition provably holds for every record."""
    return _impossible(core.Not(truth(condition.core)))


def overlap(first: Expression, second: Expression) -> Finding:
    """Whether two conditions may hold for the same record."""
    return satisfiable(first, second)


def implies(first: Expression, second: Expression) -> Finding:
    """Whether the second condition holds wherever the first does; with "no", a record for which only the first does."""
    found = _possible(_both([truth(first.core), core.Not(truth(second.core))]), first.time_zone)
    answer: Answer = {"yes": "no", "no": "yes", "unknown": "unknown"}[found.answer]  # type: ignore[assignment]  # the map's values are answers
    return Finding(answer, found.record, found.variables)


def gap(conditions: Iterable[Expression]) -> Finding:
    """Whether there is a record for which none of the conditions holds."""
    given = list(conditions)
    return _possible(_both([core.Not(truth(condition.core)) for condition in given]), given[0].time_zone)


def conflicts(rules: Iterable[CompiledRule]) -> tuple[Conflict, ...]:
    """Pairs of rules about one entity that write the same field and aren't known to exclude each other."""
    given = list(rules)
    found: list[Conflict] = []
    for index, first in enumerate(given):
        for other, second in enumerate(given[index + 1 :], index + 1):
            shared = {name for name in first.writes & second.writes if not name.startswith("+")}
            if first.of != second.of or not shared:
                continue
            asked = [each for each in (first.condition, second.condition) if each is not None]
            finding = satisfiable(*asked) if asked else Finding("yes")
            if finding.answer != "no":
                found += [Conflict(index, other, name, finding) for name in sorted(shared)]
    return tuple(found)


def condition_warnings(condition: Expression) -> tuple[Problem, ...]:
    """Warnings of a condition that is always or never true; one that is written as plain true or false is meant so."""
    if isinstance(condition.ast, ast.Constant):
        return ()
    start, end = condition.ast.span
    if always_false(condition):
        return (Problem("always-false", start, end, severity="warning"),)
    if always_true(condition):
        return (Problem("always-true", start, end, severity="warning"),)
    return ()


def _both(nodes: list[Any]) -> Any:
    return nodes[0] if len(nodes) == 1 else core.Logic("and", tuple(nodes))


def _impossible(node: Any) -> bool:
    try:
        return not terms(node)
    except TooManyTerms:
        return False


def _possible(node: Any, zone: str) -> Finding:
    try:
        ways = terms(node)
    except TooManyTerms:
        ways = None
    if ways is not None and not ways:
        return Finding("no")
    shown = find_witness(node, ways or (), zone)
    return Finding("unknown") if shown is None else Finding("yes", *shown)
