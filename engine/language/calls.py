"""Checking of function calls: the function exists, its arguments are as many and of the kinds that its row says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine import limits
from engine.language import ast, core
from engine.language.checking import Checking, Pair, is_unknown, unknown
from engine.language.dwelling import NAMES as DWELLING
from engine.language.dwelling import check_dwelling
from engine.language.functions import FUNCTIONS, SPECIAL, known_names
from engine.language.functions.formats import label_of
from engine.language.functions.logic import NUMBERS
from engine.language.functions.rows import Function, Mismatch
from engine.language.functions.texts import TEXT
from engine.language.periods import in_period
from engine.language.resolve import nearest
from engine.language.special import SPECIAL_CALLS
from engine.language.types import (
    Blank,
    Boolean,
    Choice,
    Date,
    DateTime,
    Duration,
    Integer,
    ListOf,
    MultiChoice,
    Text,
    Type,
)

_KINDS: dict[str, tuple[tuple[type[Type], ...], Type]] = {
    "text": ((Text, Choice), TEXT),
    "integer": ((Integer,), core.INTEGER),
    "number": (NUMBERS, core.INTEGER),
    "boolean": ((Boolean,), core.BOOLEAN),
    "date": ((Date,), Date()),
    "datetime": ((DateTime,), DateTime()),
    "day": ((Date, DateTime), Date()),
    "duration": ((Duration,), Duration()),
}


def check_call(checker: Checking, node: ast.Call) -> Pair:
    """The core of a call."""
    if node.name in SPECIAL_CALLS and (node.where is None or node.name == "list"):
        return SPECIAL_CALLS[node.name](checker, node)
    if node.where is not None:
        return checker.problem("where-misplaced", node.span, name=node.name), node
    if node.name in SPECIAL:
        return _special(checker, node)
    function = FUNCTIONS.get(node.name)
    if function is None:
        known = known_names()
        close = nearest(node.name, known)
        return checker.problem("unknown-function", node.name_span, close, name=node.name), node
    low, high = arity(function)
    if not low <= len(node.args) <= high:
        wanted = str(low) if low == high else f"{low}…{high}"
        return checker.problem("argument-count", node.span, name=node.name, expected=wanted, found=len(node.args)), node
    pairs = [checker.check(arg) for arg in node.args]
    tree = replace(node, args=tuple(part for _, part in pairs))
    if any(is_unknown(arg) for arg, _ in pairs):
        return unknown(node.span), tree
    try:
        args, trees = _adopted(checker, node.name, pairs)
        tree = replace(node, args=trees)
        checked = tuple(_argument(function, index, arg) for index, arg in enumerate(args))
        if node.name == "text" and len(args) == 1 and isinstance(args[0].type, Choice):
            return replace(label_of(args[0], checker.shown(args[0].type), checker.scope), span=node.span), tree
        return replace(function.build(checked, checker.scope), span=node.span), tree
    except Mismatch as error:
        spans = tuple(arg.span for arg in node.args) or (node.span,)
        return checker.mismatch(error, spans), tree


def arity(function: Function) -> tuple[int, int]:
    """The least and the largest number of arguments."""
    low = sum(1 for param in function.params if param[-1] not in "?*")
    high = limits.call_arguments_max if function.params and function.params[-1].endswith("*") else len(function.params)
    return low, high


def kind_at(function: Function, index: int) -> str:
    """The kind of the parameter at a position."""
    return function.params[min(index, len(function.params) - 1)].rstrip("?*")


def _argument(function: Function, index: int, arg: Any) -> Any:
    kind = kind_at(function, index)
    if kind == "any":
        return arg
    types, example = _KINDS[kind]
    if isinstance(arg.type, Blank):
        return core.Const(None, example, arg.span)
    if not isinstance(arg.type, types):
        fix = "date(…)" if kind == "date" and isinstance(arg.type, DateTime) else None
        raise Mismatch("wrong-type", index, fix, expected=example, found=arg.type)
    return arg


def _adopted(checker: Checking, name: str, pairs: list[Pair]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Text literals beside a choice become choices, in functions whose arguments meet each other."""
    if name not in ("case", "default", "if", "ifs"):
        return tuple(arg for arg, _ in pairs), tuple(tree for _, tree in pairs)
    wanted: Type | None = None
    if name == "case" and isinstance(pairs[0][0].type, Choice):
        wanted = pairs[0][0].type
        indexes = range(1, len(pairs) - 1, 2)
    else:
        first = 0 if name == "default" else 1
        indexes = range(first, len(pairs))
        wanted = next((arg.type for arg, _ in pairs[first:] if isinstance(arg.type, Choice)), None)
    if wanted is not None:
        for index in indexes:
            try:
                pairs[index] = checker.adopt(*pairs[index], wanted)
            except Mismatch as error:
                raise Mismatch(error.code, index, error.fix, **error.params) from None
    return tuple(arg for arg, _ in pairs), tuple(tree for _, tree in pairs)


def _special(checker: Checking, node: ast.Call) -> Pair:
    if node.name in DWELLING:
        return check_dwelling(checker, node)
    if node.name == "changed":
        return checker.problem("changed-needs-field", node.span), node
    wanted = 1 if node.name == "has_role" else 2
    many = node.name in ("has_any", "has_all")
    if len(node.args) < wanted or (len(node.args) > wanted and not many):
        return checker.problem("argument-count", node.span, name=node.name, expected=str(wanted), found=len(node.args)), node
    if node.name == "has_role":
        return _has_role(checker, node)
    item, item_tree = checker.check(node.args[0])
    tree = replace(node, args=(item_tree, *node.args[1:]))
    if is_unknown(item):
        return item, tree
    spans = tuple(arg.span for arg in node.args)
    try:
        if node.name == "in_period":
            name = node.args[1].name if isinstance(node.args[1], ast.Period) else getattr(node.args[1], "value", "")
            return replace(in_period(item, str(name), checker.scope.time_zone), span=node.span), tree
        return _has(checker, node, item, item_tree)
    except Mismatch as error:
        return checker.mismatch(error, spans), tree


def _has(checker: Checking, node: ast.Call, item: Any, item_tree: Any) -> Pair:
    if not isinstance(item.type, MultiChoice):
        raise Mismatch("wrong-type", 0, expected=MultiChoice(()), found=item.type)
    codes: list[str] = []
    trees: list[Any] = []
    for index, arg in enumerate(node.args[1:], 1):
        parts = arg.items if isinstance(arg, ast.ListLiteral) else (arg,)
        made = []
        for part in parts:
            value, part_tree = checker.check(part)
            if not isinstance(value, core.Const) or not isinstance(value.type, Text) or value.value is None:
                raise Mismatch("choice-literal-needed", index)
            value, part_tree = checker.adopt(value, part_tree, item.type)
            codes.append(value.value)
            made.append(part_tree)
        trees.append(replace(arg, items=tuple(made)) if isinstance(arg, ast.ListLiteral) else made[0])
    return core.Has(item, tuple(codes), node.name != "has_any", node.span), replace(node, args=(item_tree, *trees))


def _has_role(checker: Checking, node: ast.Call) -> Pair:
    item, tree = checker.check(node.args[0])
    if is_unknown(item):
        return item, node
    if not isinstance(item.type, Text):
        return checker.problem("wrong-type", node.args[0].span, expected=TEXT, found=item.type), node
    roles = checker.scope.variables.get("user.roles", ListOf(TEXT))
    return core.Member(item, core.Var("user.roles", roles), node.span), replace(node, args=(tree,))
