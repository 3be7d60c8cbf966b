"""Syntax trees as short texts, so that a person can list the expected ones: ``(> score 80)``."""

from __future__ import annotations

from typing import Any

from engine.language import ast
from engine.language import rule_tree as tree


def shape(node: Any) -> str:
    """A tree in prefix form: operators, calls and actions in brackets with their parts, names and literals as they are."""
    match node:
        case ast.Call(name=name, args=args, where=where):
            rows = [] if where is None else [f"where {shape(where)}"]
            return f"({' '.join([name, *map(shape, args), *rows])})"
        case ast.Phrase(means=means):
            return shape(means)
        case ast.Unary(op=op, item=item):
            return f"({op} {shape(item)})"
        case ast.Binary(op=op, left=left, right=right):
            return f"({op} {shape(left)} {shape(right)})"
        case ast.Logic(op=op, items=items):
            return f"({' '.join([op, *map(shape, items)])})"
        case ast.ListLiteral(items=items):
            return f"[{' '.join(map(shape, items))}]"
    return _plain(node) or _rule_shape(node)


def _plain(node: Any) -> str:
    match node:
        case None:
            return "-"
        case ast.Number(digits=digits):
            return digits
        case ast.TextLiteral(value=value):
            return f"'{value}'"
        case ast.Constant(value=value):
            return str(value)
        case ast.Length(digits=digits, unit=unit):
            return f"{digits}_{unit}"
        case ast.Path(names=names):
            return ".".join(names)
    return ""


def _rule_shape(node: Any) -> str:
    match node:
        case tree.Rule():
            parts = [f"rule {node.subject}", f"when {shape(node.trigger)}", f"if {shape(node.condition)}"]
            return " | ".join([*parts, f"then {_actions(node.then)}", f"else {_actions(node.otherwise)}"])
        case tree.Repeat(length=length, condition=condition):
            return f"(every {shape(length)} while {shape(condition)})"
        case tree.StageMoved(way=way, stage=stage):
            return f"({way} {shape(stage)})"
        case tree.Around(way=way, length=length, anchors=anchors):
            return f"({way} {shape(length)} {' '.join(map(shape, anchors))})"
        case tree.Becomes(condition=condition):
            return shape(condition)
    raise ValueError(f"no shape for {node!r}")


def _actions(actions: tuple[tree.Action, ...]) -> str:
    made = [f"({' '.join([action.verb, *(f'{arg.name}={shape(arg.value)}' for arg in action.args)])})" for action in actions]
    return " ".join(made) or "-"
