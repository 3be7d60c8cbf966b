"""Checking of aggregates over related records: ``count(parts where qty > 2)``, ``sum(parts.amount)``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from engine.language import ast, core
from engine.language.checking import Checking, Pair, is_unknown, unknown
from engine.language.functions import AGGREGATES, FUNCTIONS
from engine.language.functions.logic import ORDERED, truth
from engine.language.functions.rows import Mismatch
from engine.language.operators import comparison
from engine.language.resolve import Place, Resolved
from engine.language.scope import CollectionInfo
from engine.language.types import Boolean, Decimal, Duration, Float, Integer, Json, Money, MultiChoice

_SUMMABLE = (Integer, Decimal, Money, Float, Duration)


def is_aggregate(node: ast.Call) -> bool:
    """Whether a call aggregates rows rather than being a scalar ``min`` or ``max``."""
    if node.name not in AGGREGATES:
        return False
    if node.name not in FUNCTIONS or node.where is not None:
        return True
    return len(node.args) == 1


@dataclass(frozen=True, slots=True)
class Rowwise:
    """The parts of an aggregate: its rows, the field of each that is asked for (None: the row), which rows, the tree."""

    rows: core.Rows
    value: Any
    where: Any
    tree: Any


def check_aggregate(checker: Checking, node: ast.Call) -> Pair:
    """The core of an aggregate call."""
    found = check_rows(checker, node)
    if not isinstance(found, Rowwise):
        return found, node
    try:
        return replace(_gather(node.name, found.rows, found.value, found.where), span=node.span), found.tree
    except Mismatch as error:
        return checker.mismatch(error, (node.args[0].span,)), found.tree


def check_rows(checker: Checking, node: ast.Call) -> Any:
    """The parts of an aggregate call, or the stand-in for what has been reported."""
    if len(node.args) != 1 or not isinstance(node.args[0], ast.Path):
        return checker.problem("collection-needed", node.span, name=node.name)
    path = node.args[0]
    found = checker.resolve(path)
    if found is None:
        return unknown(node.span)
    if not isinstance(found.info, CollectionInfo):
        return checker.problem("collection-needed", path.span, name=node.name)
    if checker.places[0].level > 0 or found.place.level > 0:
        return checker.problem("aggregate-nested", node.span)
    entity = checker.scope.entities.get(found.info.entity)
    if entity is None:
        return checker.problem("unknown-name", path.span, name=found.info.entity, entity="", known="")
    rows = core.Rows(
        found.info.name,
        entity.name,
        entity.table,
        found.info.via,
        found.hops,
        entity.soft_deleted,
        checker.scope.guarded,
        found.info.order,
    )
    outer = checker.places
    checker.places = (Place(entity.name, 1), *outer)
    try:
        value, value_path = _value(checker, path, found)
        where, where_tree = checker.condition(node.where) if node.where is not None else (None, None)
    finally:
        checker.places = outer
    tree = replace(node, args=(value_path,), where=where_tree)
    if any(part is not None and is_unknown(part) for part in (value, where)):
        return unknown(node.span)
    return Rowwise(rows, value, where, tree)


def check_in_rows(checker: Checking, node: ast.Binary) -> Pair:
    """``x in list(rows.field where c)``: whether some row has the value in the field."""
    item, item_tree = checker.check(node.left)
    found = check_rows(checker, node.right)
    if not isinstance(found, Rowwise) or is_unknown(item):
        return unknown(node.span), node
    tree = replace(node, left=item_tree, right=found.tree)
    if any(isinstance(part, core.Gather) for part in core.walk(item)):
        return checker.problem("aggregate-nested", node.left.span), tree
    if found.value is None:
        return checker.problem("aggregate-needs-field", node.right.span, name="list"), tree
    try:
        item, item_tree = checker.adopt(item, item_tree, found.value.type)
        same = core.Logic("and", (comparison("=", found.value, item), core.Not(core.IsBlank(item))))
    except Mismatch as error:
        return checker.mismatch(error, (node.right.span, node.left.span, node.op_span)), tree
    some: Any = core.Gather("any", found.rows, None, _both(same, found.where), core.BOOLEAN, False, node.span)
    return (core.Not(some, node.span) if node.op.startswith("not_") else some), replace(tree, left=item_tree)


def _value(checker: Checking, path: ast.Path, found: Resolved) -> Pair:
    """The field of each row that is aggregated (None: the row itself), and the whole path with canonical names."""
    reached = len(found.owners)
    rest = path.names[reached:]
    if not rest:
        return None, replace(path, names=found.names, owners=found.owners)
    inner_path = ast.Path(rest, path.span, path.spans[reached:] if path.spans else ())
    places = checker.places
    checker.places = places[:1]
    try:
        value, inner_tree = checker.check(inner_path)
    finally:
        checker.places = places
    inner_owners = inner_tree.owners or (None,) * len(rest)
    return value, replace(path, names=(*found.names[:reached], *inner_tree.names), owners=(*found.owners, *inner_owners))


def _gather(name: str, rows: core.Rows, value: Any, where: Any) -> Any:
    if name in ("any", "all"):
        return _quantified(name, rows, value, where)
    if name == "count":
        return core.Gather(
            "count", rows, None, where if value is None else _both(core.Not(core.IsBlank(value)), where), core.INTEGER, False
        )
    if value is None:
        raise Mismatch("aggregate-needs-field", 0, name=name)
    if name == "distinct_count":
        if isinstance(value.type, Json | MultiChoice):
            raise Mismatch("no-order", 0, type=value.type)
        return core.Gather(name, rows, value, where, core.INTEGER, False)
    if name in ("sum", "avg"):
        if not isinstance(value.type, _SUMMABLE) or (isinstance(value.type, Duration) and value.type.calendar):
            raise Mismatch("wrong-type", 0, expected=core.INTEGER, found=value.type)
        return core.Gather(name, rows, value, where, Decimal(6) if name == "avg" and isinstance(value.type, Integer) else value.type)
    if name in ("first", "last"):
        return core.Gather(name, rows, value, where, value.type)
    if not isinstance(value.type, ORDERED):
        raise Mismatch("no-order", 0, type=value.type)
    return core.Gather(name, rows, value, where, value.type)


def _both(condition: Any, where: Any) -> Any:
    return condition if where is None else core.Logic("and", (condition, where))


def _quantified(name: str, rows: core.Rows, value: Any, where: Any) -> Any:
    if value is not None:
        if not isinstance(value.type, Boolean):
            raise Mismatch("condition-needed", 0, found=value.type)
        where = _both(truth(value), where)
    if name == "any":
        return core.Gather("any", rows, None, where, core.BOOLEAN, False)
    # All of the rows satisfy it when none fails it.
    where = core.Not(where) if where is not None else core.Const(False, core.BOOLEAN)
    return core.Not(core.Gather("any", rows, None, where, core.BOOLEAN, False))
