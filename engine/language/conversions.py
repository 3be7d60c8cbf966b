"""Fitting a checked value to the type that its place wants: only what loses nothing but digits beyond a field's scale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.language import core
from engine.language.bounds import beyond_kept
from engine.language.functions.numbers import constant, convert_to_float, rescale
from engine.language.functions.rows import Mismatch
from engine.language.types import Blank, Choice, Decimal, Float, Integer, ListOf, Money, Ref, Text, Type


def fit(node: Any, wanted: Type) -> Any:
    """The value in the wanted type. Raises Mismatch where there is no way."""
    if isinstance(node.type, Blank):
        return core.Const(None, wanted, node.span)
    if node.type == wanted:
        return node
    if isinstance(wanted, Float) and (isinstance(node, core.Const)):
        return convert_to_float(node)
    if isinstance(wanted, Decimal | Money | Integer) and isinstance(node.type, Integer | Decimal | Money):
        return _number(node, wanted)
    if isinstance(wanted, Text) and isinstance(node.type, Choice):
        return _retyped(node, wanted)
    if isinstance(wanted, Choice) and isinstance(node.type, Choice) and set(node.type.codes) <= set(wanted.codes):
        return _retyped(node, wanted)
    if isinstance(wanted, Ref) and isinstance(node.type, Ref) and (not wanted.entity or not node.type.entity):
        return _retyped(node, wanted)
    if isinstance(wanted, ListOf) and isinstance(node.type, ListOf):
        return node
    fixes = {(Integer, Float): "float(…)", (Decimal, Float): "float(…)", (Float, Decimal): "decimal(…, 2)"}
    raise Mismatch("wrong-type", 0, fixes.get((type(node.type), type(wanted))), expected=wanted, found=node.type)


def _retyped(node: Any, wanted: Type) -> Any:
    # Field, Var, Const, If, Default, Apply and Gather all carry their type; nothing else gives a choice or a reference.
    return replace(node, type=wanted)


def _number(node: Any, wanted: Type) -> Any:
    if (
        isinstance(wanted, Money)
        and isinstance(node.type, Money)
        and wanted.currency
        and node.type.currency
        and wanted.currency != node.type.currency
    ):
        raise Mismatch("two-currencies", 0, left=node.type.currency, right=wanted.currency)
    had, wants = core.scale_of(node.type), core.scale_of(wanted)
    if isinstance(wanted, Integer) and had:
        if isinstance(node, core.Const) and node.value is not None and node.value % 10**had == 0:
            return core.Const(node.value // 10**had, wanted, node.span)
        raise Mismatch("wrong-type", 0, "floor(…)", expected=wanted, found=node.type)
    if wants >= had:
        moved = replace(rescale(node, wants), type=wanted)
        if isinstance(moved, core.Const) and beyond_kept(moved) is not None:
            raise Mismatch("number-too-big", 0)
        return moved
    return core.Apply("divide_round", (node, constant(10 ** (had - wants)), constant(1)), wanted, node.nullable, node.span)
