"""A condition as alternatives of facts that must hold together, few enough to look at each (at most 64)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from engine.language import core
from engine.language.backends.python import evaluate
from engine.language.types import Boolean
from engine.language.value_sets import BLANK, NOTHING, PRESENT, Span, Values, among, compared, complement, point, universe

TERMS_MAX = 64
_TRUE = Values(False, (point(True),))
_NOWHERE = (0, 0)
_OUTCOMES: dict[str, frozenset[str]] = {
    "=": frozenset(("=", "none")),
    "!=": frozenset(("<", ">", "one")),
    "<": frozenset("<"),
    "<=": frozenset(("<", "=")),
    ">": frozenset(">"),
    ">=": frozenset((">", "=")),
}
_EVERY = frozenset(("<", "=", ">", "none", "one"))
_FLIPPED = {"<": ">", ">": "<"}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


class TooManyTerms(Exception):
    """A condition has more alternatives than are looked at."""


@dataclass(frozen=True, slots=True)
class Term:
    """Facts that must hold together: values of parts, relations of two parts, and parts that are simply so or not.

    A part is a checked node without its place; relations are ``< = >``, "one" (of the two is blank), "none" (is not).
    """

    values: dict[Any, Values]
    relations: dict[tuple[Any, Any], frozenset[str]]
    flags: dict[Any, bool]

    def also(self, other: Term) -> Term | None:
        """Both terms' facts, or None where they can't hold together."""
        values = dict(self.values)
        for part, allowed in other.values.items():
            values[part] = allowed.meet(values[part]).within(part.type) if part in values else allowed
            if values[part].empty:
                return None
        relations = dict(self.relations)
        for pair, outcomes in other.relations.items():
            relations[pair] = outcomes & relations.get(pair, _EVERY)
            if not relations[pair]:
                return None
        flags = dict(self.flags)
        for part, so in other.flags.items():
            if flags.setdefault(part, so) != so:
                return None
        return Term(values, relations, flags)


_ALWAYS = Term({}, {}, {})
Terms = tuple[Term, ...]


def terms(node: Any, *, so: bool = True) -> Terms:
    """The alternatives under which a condition holds (or, with ``so`` False, doesn't); none: it can't. Raises TooManyTerms."""
    if isinstance(node, core.Not):
        return terms(node.item, so=not so)
    if isinstance(node, core.Logic):
        parts = [terms(item, so=so) for item in node.items]
        return _either(parts) if (node.op == "or") == so else _all(parts)
    if isinstance(node, core.Truth) and isinstance(node.item, core.If):
        chosen, then, otherwise = node.item.condition, core.Truth(node.item.then), core.Truth(node.item.otherwise)
        first = _all([terms(chosen), terms(then, so=so)])
        return _either([first, _all([terms(chosen, so=False), terms(otherwise, so=so)])])
    if isinstance(node, core.Has):
        codes = [_flag(core.Has(bare(node.item), (code,), True), so) for code in node.codes]
        return _all(codes) if node.every == so else _either(codes)
    read = _LITERALS.get(type(node))
    found = read(node) if read is not None else None
    if found is None:
        return _flag(bare(node), so)
    part, allowed = found
    if isinstance(part, tuple):
        return _related(part, allowed if so else _EVERY - allowed)
    return _valued(part, allowed if so else complement(allowed))


def _either(parts: list[Terms]) -> Terms:
    made = tuple(term for part in parts for term in part)
    if len(made) > TERMS_MAX:
        raise TooManyTerms
    return made


def _all(parts: list[Terms]) -> Terms:
    made: Terms = (_ALWAYS,)
    for part in parts:
        joined = (a.also(b) for a in made for b in part)
        made = tuple(term for term in joined if term is not None)
        if len(made) > TERMS_MAX:
            raise TooManyTerms
    return made


def _valued(part: Any, allowed: Values) -> Terms:
    if isinstance(part, core.Const):
        holds = allowed.blank if part.value is None else not allowed.meet(Values(False, (point(part.value),))).empty
        return (_ALWAYS,) if holds else ()
    left = allowed.meet(_universe(part)).within(part.type)
    return () if left.empty else (Term({part: left}, {}, {}),)


def _universe(part: Any) -> Values:
    if isinstance(part, core.Gather) and part.op in ("count", "distinct_count"):
        return Values(False, (Span(low=0, low_in=True),))
    return universe(part.type, nullable=part.nullable)


def _related(pair: tuple[Any, Any], outcomes: frozenset[str]) -> Terms:
    left, right = pair
    if left == right:
        outcomes &= {"=", "none"}
    if not (left.nullable and right.nullable):
        outcomes -= {"none"}
    if not left.nullable and not right.nullable:
        outcomes -= {"one"}
    return (Term({}, {pair: outcomes}, {}),) if outcomes else ()


def _flag(part: Any, so: bool) -> Terms:
    """A part that is so or not; what is so of values says that they are there."""
    if isinstance(part, core.Const):
        return (_ALWAYS,) if (part.value is True) == so else ()
    made: Terms = (Term({}, {}, {part: so}),)
    present = part.args if isinstance(part, core.Predicate) else (part.item,) if isinstance(part, core.Has | core.Member) else ()
    return _all([made, *(_valued(item, PRESENT) for item in present)]) if so else made


def bare(node: Any) -> Any:
    """A node without its place in the text, so that the same part read twice is the same."""
    return replace(core.rebuild(node, bare), span=_NOWHERE)


def _constant(node: Any) -> Any:
    """A node that reads nothing, worked out."""
    if isinstance(node, core.Const) or any(isinstance(part, core.Field | core.Var | core.Gather) for part in core.walk(node)):
        return bare(node)
    return core.Const(evaluate(node, {}, {}), node.type)


def _compare(node: core.Compare) -> Any:
    left, right, op = _constant(node.left), _constant(node.right), node.op
    if isinstance(left, core.Const):
        left, right, op = right, left, _MIRRORED[op]
    if isinstance(right, core.Const):
        if right.value is None:
            return left, {"=": BLANK, "!=": PRESENT}.get(op, NOTHING)
        return left, compared(op, right.value)
    outcomes = _OUTCOMES[op]
    if repr(left) > repr(right):
        left, right = right, left
        outcomes = frozenset(_FLIPPED.get(outcome, outcome) for outcome in outcomes)
    return (left, right), outcomes


def _member(node: core.Member) -> Any:
    if isinstance(node.items, core.Var) or any(item.value is None for item in node.items):
        return None
    return bare(node.item), among([item.value for item in node.items])


def _blank(node: core.IsBlank) -> Any:
    return bare(node.item), BLANK


def _truth(node: core.Truth) -> Any:
    return bare(node.item), _TRUE


def _field(node: Any) -> Any:
    return (bare(node), _TRUE) if isinstance(node.type, Boolean) else None


_LITERALS: dict[type[Any], Callable[[Any], Any]] = {
    core.Compare: _compare,
    core.Member: _member,
    core.IsBlank: _blank,
    core.Truth: _truth,
    core.Field: _field,
    core.Var: _field,
    core.Const: _field,
}
