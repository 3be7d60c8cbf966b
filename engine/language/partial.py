"""Partial evaluation: what a condition comes to once some values from outside the record are known.

Row scopes are asked per user: with the user's values put in, many conditions are always true or always false, and
the rest becomes a smaller predicate for the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.language import core
from engine.language.backends.python import evaluate
from engine.language.compiler import reduce_expression
from engine.language.expression import Expression
from engine.language.functions.logic import truth
from engine.language.types import ListOf


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
    match node:
        case core.Const() | core.Field() | core.Var() | core.Gather():
            return node
        case core.Logic():
            return _logic(node)
        case core.If(condition=core.Const(value=value), then=then, otherwise=otherwise):
            return then if value is True else otherwise
        case core.Member(items=()):
            return core.Const(False, core.BOOLEAN, node.span)
        case core.Compare():
            node = _compared(node)
        case core.Predicate(args=args) if any(isinstance(arg, core.Const) and arg.value is None for arg in args):
            return core.Const(False, core.BOOLEAN, node.span)
    parts = core.parts(node)
    if parts and all(isinstance(part, core.Const) for part in parts):
        return core.Const(evaluate(node, {}, {}), node.type, node.span)
    return node


def _logic(node: core.Logic) -> Any:
    decisive = node.op == "or"
    left = []
    for item in node.items:
        if isinstance(item, core.Const):
            if (item.value is True) is decisive:
                return core.Const(decisive, core.BOOLEAN, node.span)
        else:
            left.append(item)
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
