"""Which tests are false as soon as the record that their fields stand in is missing: those may become semi-joins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.language import core
from engine.language.functions import OPERATIONS


def at_root(node: Any, hops: int) -> Any:
    """The test as seen from the record that its path of so many hops leads to."""
    if isinstance(node, core.Field):
        return replace(node, hops=node.hops[hops:], level=0)
    return core.rebuild(node, lambda part: at_root(part, hops))


def false_on_blank(node: Any) -> bool:
    """Whether the test is false as soon as every field in it is blank."""
    match node:
        case core.Compare(op="="):
            sides = (node.left, node.right)
            return any(_blank_on_blank(side) for side in sides) and any(not side.nullable for side in sides)
        case core.Compare(op="!="):
            return False
        case core.Compare():
            return _blank_on_blank(node.left) or _blank_on_blank(node.right)
        case core.Member(item=item) | core.Has(item=item) | core.Truth(item=item):
            return _blank_on_blank(item)
        case core.Predicate(args=args):
            return any(map(_blank_on_blank, args))
    return False


def _blank_on_blank(node: Any) -> bool:
    if isinstance(node, core.Field):
        return True
    return isinstance(node, core.Apply) and OPERATIONS[node.op].strict and any(map(_blank_on_blank, node.args))
