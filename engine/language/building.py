"""Tokens to syntax tree: one method per rule of the grammar, called while Lark parses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from lark import Token, Transformer

from engine.language import ast
from engine.language.expression import Problem
from engine.language.functions import canonical_name


class Refused(Exception):
    """A token is well placed but its value is not possible."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def spanned(parts: Iterable[Any]) -> ast.Span:
    """From where the first of some parts begins to where the last ends."""
    start, end = -1, 0
    for part in parts:
        if part is None:
            continue
        first, last = token_span(part) if isinstance(part, Token) else part.span
        if start < 0:
            start = first
        end = last
    return max(start, 0), end


def token_span(token: Token) -> ast.Span:
    """Where a token stands."""
    return token.start_pos or 0, token.end_pos or 0


class Build(Transformer):  # type: ignore[type-arg]  # Lark's transformer is untyped
    """One method per rule of the grammar; called while parsing, so no concrete tree is ever built."""

    def start(self, parts: list[Any]) -> Any:
        return parts[0]

    def group(self, parts: list[Any]) -> Any:
        # The brackets belong to the part, so that a trace or a caret shows them.
        return replace(parts[1], span=spanned(parts))

    def any_of(self, parts: list[Any]) -> Any:
        return ast.Logic("or", tuple(parts[::2]), spanned(parts))

    def all_of(self, parts: list[Any]) -> Any:
        return ast.Logic("and", tuple(parts[::2]), spanned(parts))

    def negate(self, parts: list[Any]) -> Any:
        return ast.Unary("not", parts[1], spanned(parts))

    def minus(self, parts: list[Any]) -> Any:
        item = parts[1]
        if isinstance(item, ast.Number) and not item.digits.startswith("-"):
            return ast.Number("-" + item.digits, spanned(parts))
        return ast.Unary("-", item, spanned(parts))

    def plus(self, parts: list[Any]) -> Any:
        return parts[1]

    def compare(self, parts: list[Any]) -> Any:
        left, op, right = parts
        return ast.Binary(str(op), left, right, spanned(parts), token_span(op))

    binary = compare

    def between(self, parts: list[Any]) -> Any:
        made = ast.Between(parts[0], parts[2], parts[4], spanned(parts))
        return ast.Unary("not", made, made.span) if parts[1] == "not_between" else made

    def blankness(self, parts: list[Any]) -> Any:
        return ast.BlankTest(parts[0], parts[1] == "is_not", spanned(parts))

    def number(self, parts: list[Any]) -> Any:
        return ast.Number(str(parts[0]), token_span(parts[0]))

    def length(self, parts: list[Any]) -> Any:
        return ast.Length(str(parts[0]), str(parts[1]), spanned(parts))

    def text(self, parts: list[Any]) -> Any:
        return ast.TextLiteral(str(parts[0]), token_span(parts[0]))

    def constant(self, parts: list[Any]) -> Any:
        token = parts[0]
        if token.type == "DATE":
            return ast.Constant(_read_date(token), token_span(token))
        return ast.Constant({"TRUE": True, "FALSE": False}.get(token.type), token_span(token))

    def period(self, parts: list[Any]) -> Any:
        return ast.Period(str(parts[0]), token_span(parts[0]))

    def list_(self, parts: list[Any]) -> Any:
        items = tuple(part for part in parts[1:-1] if part is not None and not isinstance(part, Token))
        return ast.ListLiteral(items, spanned(parts))

    def call(self, parts: list[Any]) -> Any:
        name = parts[0]
        args: list[Any] = []
        where = None
        after_where = False
        for part in parts[2:-1]:
            if isinstance(part, Token):
                after_where = part.type == "WHERE"
            elif part is not None:
                if after_where:
                    where = part
                else:
                    args.append(part)
                after_where = False
        return ast.Call(canonical_name(str(name)), tuple(args), where, spanned(parts), token_span(name))

    def changed(self, parts: list[Any]) -> Any:
        values: dict[str, Any] = {}
        last = ""
        for part in parts[3:-1]:
            if isinstance(part, Token):
                last = part.type
            elif part is not None:
                values[last] = part
        return ast.Changed(parts[2], values.get("FROM"), values.get("CHANGED_TO"), spanned(parts))

    def parameter(self, parts: list[Any]) -> Any:
        return ast.Parameter(str(parts[0]), token_span(parts[0]))

    def phrase(self, parts: list[Any]) -> Any:
        return parts[0].tree

    def path(self, parts: list[Any]) -> Any:
        names = parts[::2]
        return ast.Path(tuple(str(name) for name in names), spanned(parts), tuple(token_span(name) for name in names))


def _read_date(token: Token) -> date | datetime:
    try:
        if len(token) == 10:
            return date.fromisoformat(token)
        return datetime.fromisoformat(token.replace(" ", "T"))
    except ValueError:
        raise Refused(Problem("bad-date", *token_span(token), {"text": str(token)})) from None
