"""Trace: the value of every part of an expression for one record, to answer "why" and "why not"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    row: int | None = None
    """Of a part that is asked of every related record: which of them, in their order, from 0."""


ROWS_MAX = 20
"""Of how many related records a trace shows the parts."""
_ROW = "\0row"


def trace(expression: Expression, record: Mapping[str, Any], variables: Mapping[str, Any]) -> tuple[Step, ...]:
    """The parts of an expression with their values, each whole before its parts, in the order of the text.

    The first step is the whole expression. Parts that an aggregate asks of its rows follow it, row by row, for the
    first ``ROWS_MAX`` rows. Constants are left out.
    """
    return _Tracing(expression.source, record, variables).steps(expression.core, (0, len(expression.source)))


def reasons(expression: Expression, record: Mapping[str, Any], variables: Mapping[str, Any]) -> tuple[Step, ...]:
    """Why a condition holds for a record, or why not: the parts that decided, each followed by the values that it read.

    Where one false part makes an ``and`` false, the true ones are left out; of an ``or`` that holds, the false ones.
    """
    tracing = _Tracing(expression.source, record, variables)
    found: list[Step] = []
    for node in _deciding(expression.core, record, variables):
        span = node.span if node.span[1] > node.span[0] else (0, len(expression.source))
        found += [step for step in tracing.steps(node, span) if step not in found]
    return tuple(found)


def _deciding(node: Any, record: Mapping[str, Any], variables: Mapping[str, Any]) -> list[Any]:
    match node:
        case core.Logic(op=op, items=items):
            held = [evaluate(item, record, variables) is True for item in items]
            decisive = op == "or"
            chosen = [item for item, holds in zip(items, held, strict=True) if holds is decisive] or items
            return [part for item in chosen for part in _deciding(item, record, variables)]
        case core.Not(item=item) | core.Truth(item=item) if isinstance(item, _TAKEN_APART):
            return _deciding(item, record, variables)
        case core.If(condition=condition, then=then, otherwise=otherwise):
            branch = then if evaluate(condition, record, variables) is True else otherwise
            below = [] if isinstance(branch, core.Const) else _deciding(branch, record, variables)
            return [*_deciding(condition, record, variables), *below]
    return [node]


_TAKEN_APART = (core.Logic, core.Not, core.Truth, core.If)


class _Tracing:
    """Evaluates parts of one expression for one record."""

    def __init__(self, source: str, record: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        self.source = source
        self.record = record
        self.variables = variables

    def steps(self, node: Any, span: tuple[int, int]) -> tuple[Step, ...]:
        """A part that is said to stand at ``span``, with all below it."""
        found: list[Step] = []
        rows: dict[tuple[int, int], list[Step]] = {}
        self.visit(node, span, 0, found, rows)
        found.sort(key=lambda step: (step.depth > 0, step.start, -step.end))
        return tuple(each for step in found for each in (step, *rows.pop((step.start, step.end), ())))

    def visit(self, node: Any, span: tuple[int, int], depth: int, found: list[Step], rows: dict[tuple[int, int], list[Step]]) -> None:
        start, end = span
        seen = any((step.start, step.end) == span for step in found)
        if not depth or (end > start and not seen and not isinstance(node, core.Const)):
            value = evaluate(node, self.record, self.variables)
            found.append(Step(start, end, self.source[start:end], value, node.type, depth))
        if isinstance(node, core.Gather):
            rows.setdefault(span, self.of_rows(node, depth + 1))
            return
        for part in core.parts(node):
            self.visit(part, part.span, depth + 1, found, rows)

    def of_rows(self, node: core.Gather, depth: int) -> list[Step]:
        """What an aggregate asks of its first rows; the fields of a row are read beside those of the record."""
        found: list[Step] = []
        related = self.record.get(node.rows.key) or ()
        for number, row in enumerate(related[:ROWS_MAX]):
            beside = {**self.record, **{f"{_ROW}.{name}": value for name, value in row.items()}}
            within = _Tracing(self.source, beside, self.variables)
            for part in core.parts(node):
                if part.span[1] > part.span[0] and not isinstance(part, core.Const):
                    steps = within.steps(_beside(part), part.span)
                    found += [replace(step, depth=step.depth + depth, row=number) for step in steps]
        return found


def _beside(node: Any) -> Any:
    """A part about a row, with the row's fields under names of their own."""
    if isinstance(node, core.Field) and node.level:
        return replace(node, level=0, era=_ROW)
    return core.rebuild(node, _beside)
