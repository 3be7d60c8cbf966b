"""Partial evaluation: what a condition comes to once some values from outside the record are known.

Row scopes are asked per user: with the user's values put in, many conditions are always true or always false, and
the rest becomes a smaller predicate for the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.language import core
from engine.language.backends.python import evaluate
from engine.language.compiler import reduce_expression
from engine.language.expression import Expression
from engine.language.functions import OPERATIONS
from engine.language.functions.logic import truth
from engine.language.types import Boolean, ListOf


def partial(expression: Expression, variables: Mapping[str, Any]) -> bool | Expression:
    """Put known variables into a condition: True (always allows), False (never), or what is left to ask of each record.

    Variables that are not among the keys stay open; a key with None is known to be blank. Values are in kept form.
    """
    node = _reduced(truth(expression.core), variables)
    if isinstance(node, core.Const):
        return node.value is True
    return reduce_expression(expression, node)


def substitute(expression: Expression, known: Mapping[str, Expression]) -> Expression:
    """Put expressions in the place of variables; each must be of the variable's type and about the same entity."""

    def changed(node: Any) -> Any:
        if isinstance(node, core.Var) and node.name in known:
            return known[node.name].core
        return core.rebuild(node, changed)

    return reduce_expression(expression, changed(expression.core))


def _reduced(node: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(node, core.Var):
        if node.name in known and not isinstance(node.type, ListOf):
            return core.Const(known[node.name], node.type, node.span)
        return node
    if isinstance(node, core.Member) and isinstance(node.items, core.Var) and node.items.name in known:
        type_ = node.items.type
        item_type = type_.item if isinstance(type_, ListOf) else type_
        values = known[node.items.name] or ()
        node = replace(node, items=tuple(core.Const(value, item_type) for value in values))
    node = core.rebuild(node, lambda part: _reduced(part, known))
    return _simplified(node)


def _simplified(node: Any) -> Any:
    if isinstance(node, core.Const | core.Field | core.Var):
        return node
    fold = _FOLDS.get(type(node))
    node = fold(node) if fold is not None else node
    if _is_never(node):
        return core.Const(False if isinstance(node.type, Boolean) else None, node.type, node.span)
    parts = core.parts(node)
    if parts and not isinstance(node, core.Gather) and all(isinstance(part, core.Const) for part in parts):
        return core.Const(evaluate(node, {}, {}), node.type, node.span)
    return node


def _is_never(node: Any) -> bool:
    """Whether a part is false, or blank, whatever the record holds, because something in it is known to be blank."""
    match node:
        case core.Member(items=()):
            return True
        case core.Member(item=item):
            return _is_blank(item)
        case core.Predicate(args=args):
            return any(map(_is_blank, args))
        case core.Apply(op=op, args=args):
            return OPERATIONS[op].strict and any(map(_is_blank, args))
        case core.IsBlank(item=item):
            return not item.nullable
    return False


def _is_blank(node: Any) -> bool:
    return isinstance(node, core.Const) and node.value is None


def _chosen(node: core.If) -> Any:
    """A choice whose condition is known, or makes no difference, or is itself the value."""
    if isinstance(node.condition, core.Const):
        return node.then if node.condition.value is True else node.otherwise
    if node.then == node.otherwise:
        return node.then
    if isinstance(node.then, core.Const) and isinstance(node.otherwise, core.Const):
        if (node.then.value, node.otherwise.value) == (True, False) and isinstance(node.type, Boolean):
            return node.condition
        if (node.then.value, node.otherwise.value) == (False, True) and isinstance(node.type, Boolean):
            return _simplified(core.Not(node.condition, node.span))
    return node


def _defaulted(node: core.Default) -> Any:
    """Without blanks, and without what stands behind a value that is always there."""
    left: list[Any] = []
    for item in node.items:
        if not _is_blank(item):
            left.append(item)
            if not item.nullable:
                break
    if not left:
        return core.Const(None, node.type, node.span)
    return left[0] if len(left) == 1 else replace(node, items=tuple(left), nullable=left[-1].nullable)


def _gathered(node: core.Gather) -> Any:
    """An aggregate over rows that are all chosen, or none of them."""
    if not isinstance(node.where, core.Const):
        return node
    if node.where.value is True:
        return replace(node, where=None)
    return core.Const(evaluate(node, {}, {}), node.type, node.span)


def _logic(node: core.Logic) -> Any:
    decisive = node.op == "or"
    left: list[Any] = []
    for item in node.items:
        if isinstance(item, core.Const):
            if (item.value is True) is decisive:
                return core.Const(decisive, core.BOOLEAN, node.span)
            continue
        left += [each for each in (item.items if isinstance(item, core.Logic) and item.op == node.op else (item,)) if each not in left]
    opposites = [item.item for item in left if isinstance(item, core.Not)]
    if any(item in opposites for item in left):
        return core.Const(decisive, core.BOOLEAN, node.span)
    if not left:
        return core.Const(not decisive, core.BOOLEAN, node.span)
    return left[0] if len(left) == 1 else replace(node, items=tuple(left))


def _compared(node: core.Compare) -> Any:
    """A comparison with a blank is a test for blank, or false."""
    for blank, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(blank, core.Const) and blank.value is None and not isinstance(other, core.Const):
            if node.op == "=":
                return core.IsBlank(other, node.span)
            if node.op == "!=":
                return core.Not(core.IsBlank(other), node.span)
            return core.Const(False, core.BOOLEAN, node.span)
    return node


def _negated(node: core.Not) -> Any:
    return node.item.item if isinstance(node.item, core.Not) else node


_FOLDS: dict[type[Any], Callable[[Any], Any]] = {
    core.Logic: _logic,
    core.If: _chosen,
    core.Default: _defaulted,
    core.Gather: _gathered,
    core.Compare: _compared,
    core.Not: _negated,
}
