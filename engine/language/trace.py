"""Trace: the value of every part of an expression for one record, to answer "why" and "why not"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.language import core
from engine.language.backends.python import evaluate
from engine.language.expression import Expression
from engine.language.types import Type


@dataclass(frozen=True, slots=True)
class Step:
    """One part: its text (``source[start:end]``), its value in kept form, its type, and how deep it stands."""

    start: int
    end: int
    text: str
    value: Any
    type: Type
    depth: int


def trace(expression: Expression, record: Mapping[str, Any], variables: Mapping[str, Any]) -> tuple[Step, ...]:
    """The parts of an expression with their values, each whole before its parts, in the order of the text.

    The first step is the whole expression. Parts inside an aggregate have a value per row and are left out, as are constants.
    """
    steps: list[Step] = []
    seen: set[tuple[int, int]] = set()
    _visit(expression, expression.core, record, variables, 0, steps, seen)
    steps.sort(key=lambda step: (step.depth > 0, step.start, -step.end))
    return tuple(steps)


def _visit(
    expression: Expression,
    node: Any,
    record: Mapping[str, Any],
    variables: Mapping[str, Any],
    depth: int,
    steps: list[Step],
    seen: set[tuple[int, int]],
) -> None:
    start, end = node.span if depth else (0, len(expression.source))
    shown = end > start and (start, end) not in seen and not isinstance(node, core.Const)
    if shown or not depth:
        seen.add(node.span)
        seen.add((start, end))
        value = evaluate(node, record, variables)
        steps.append(Step(start, end, expression.source[start:end], value, node.type, depth))
    if isinstance(node, core.Gather):
        return
    for part in core.parts(node):
        _visit(expression, part, record, variables, depth + 1, steps, seen)
