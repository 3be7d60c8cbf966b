"""Checked form to a JavaScript arrow function over the small runtime in ``designer/src/language-runtime.js``."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from engine.language import core
from engine.language import types as t
from engine.language.bounds import beyond_kept

_READERS: dict[type[t.Type], str] = {
    t.Integer: "i",
    t.Decimal: "i",
    t.Money: "i",
    t.Duration: "i",
    t.Workdays: "i",
    t.Float: "f",
    t.Boolean: "b",
    t.Date: "d",
    t.DateTime: "m",
    t.Time: "c",
    t.MultiChoice: "a",
    t.ListOf: "a",
}
_SIGNS = {"=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def _text(value: str) -> str:
    # Also safe inside a script element: "</script>" and the two separators that old parsers take for line ends.
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c")


def literal(value: Any, type_: t.Type) -> str:
    """A constant in kept form as JavaScript."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}n" if value >= 0 else f"({value}n)"
    if isinstance(value, float):
        return repr(value) if value >= 0 else f"({value!r})"
    if isinstance(value, datetime):
        return _text(value.isoformat(" ", "microseconds"))
    if isinstance(value, date):
        return _text(value.isoformat())
    if isinstance(value, time):
        return _text(value.isoformat("microseconds"))
    return _text(str(value))


def reader(type_: t.Type) -> str:
    """The runtime's reader that normalises a record's value of a type."""
    return _READERS.get(type(type_), "t")


def _list(nodes: tuple[Any, ...]) -> str:
    return ", ".join(map(write, nodes))


def _field(node: core.Field) -> str:
    row = "q" if node.level else "r"
    return f"L.{reader(node.type)}({row}[{_text(node.key)}])"


def _member(node: core.Member) -> str:
    group = write(node.items) if isinstance(node.items, core.Var) else "[" + _list(node.items) + "]"
    return f"L.among({write(node.item)}, {group})"


def _gather(node: core.Gather) -> str:
    value = "1n" if node.value is None else write(node.value)
    test = "null" if node.where is None else f"(q) => {write(node.where)}"
    is_float = "true" if isinstance(node.type, t.Float) else "false"
    factor = 1
    if node.op == "avg" and not isinstance(node.type, t.Float):
        factor = 10 ** (core.scale_of(node.type) - core.scale_of(node.value.type))
    rows = f"r[{_text(node.rows.key)}], (q) => {value}, {test}"
    if node.op in core.ORDERED_GATHERS:
        return f"L.ordered({_text(node.op)}, {rows}, (q) => q[{_text(node.rows.order)}], {_text(node.separator)})"
    return f"L.gather({_text(node.op)}, {rows}, {is_float}, {factor}n)"


_WRITE: dict[type[Any], Callable[[Any], str]] = {
    core.Const: lambda node: literal(node.value, node.type),
    core.Var: lambda node: f"L.{reader(node.type)}(v[{_text(node.name)}])",
    core.Field: _field,
    core.Apply: lambda node: f"L.{node.op}({_list(node.args)})",
    core.Compare: lambda node: f"L.{_SIGNS[node.op]}({write(node.left)}, {write(node.right)})",
    core.Member: _member,
    core.Has: lambda node: f"L.has({write(node.item)}, {json.dumps(node.codes)}, {'true' if node.every else 'false'})",
    core.Predicate: lambda node: f"L.{node.op}({_list(node.args)})",
    core.IsBlank: lambda node: f"({write(node.item)} === null)",
    core.Truth: lambda node: f"({write(node.item)} === true)",
    core.Not: lambda node: f"(!{write(node.item)})",
    core.Logic: lambda node: "(" + (" && " if node.op == "and" else " || ").join(map(write, node.items)) + ")",
    core.If: lambda node: f"({write(node.condition)} ? {write(node.then)} : {write(node.otherwise)})",
    core.Default: lambda node: "(" + " ?? ".join(map(write, node.items)) + ")",
    core.Gather: _gather,
}


def write(node: Any) -> str:
    """The JavaScript expression of a node."""
    return _WRITE[type(node)](node)


def write_arrow(node: Any) -> str:
    """The arrow function of a checked node: ``(r, v) => …`` with the runtime as a defaulted third argument.

    It throws a RangeError with the message "overflow" where the result is a number that can't be kept.
    """
    text, beyond = write(node), beyond_kept(node)
    if beyond is not None:
        text = f"L.kept({text}, {beyond[0]}n, {beyond[1]}n)"
    return f"(r, v, L = globalThis.DougongLanguage) => {text}"
