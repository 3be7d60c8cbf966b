"""Source text to syntax tree, with Lark's LALR table (built once, kept in the user's cache folder)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, UnexpectedToken, VisitError
from lark.lexer import Lexer as LarkLexer

from engine import limits
from engine.language import ast
from engine.language.expression import Problem
from engine.language.functions import canonical_name
from engine.language.lexer import Lexer
from engine.language.scope import Scope

_GRAMMAR = Path(__file__).with_name("expression.lark")

_EXPECTED: dict[str, tuple[str, str]] = {
    "NAME": ("a field or a value", "字段或值"),
    "OP": ("a comparison such as = or >", "比较（如等于、大于）"),
    "AND": ("and / or", "且／或"),
    "PLUS": ("an arithmetic sign", "运算符号"),
    "RPAR": (")", "）"),
    "RSQB": ("]", "]"),
    "COMMA": (",", "，"),
    "LPAR": ("(", "（"),
    "TO": ("~ or and", "到"),
    "$END": ("the end", "结尾"),
}


class _Tokens(LarkLexer):
    """Hands the parser the tokens that our own lexer made."""

    def __init__(self, conf: object) -> None:
        """Lark passes its configuration, of which nothing is needed."""

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]  # Lark's own custom-lexer protocol of one argument
        return iter(data)


class _Refused(Exception):
    """A token is well placed but its value is not possible."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def _span(parts: Iterable[Any]) -> ast.Span:
    start, end = -1, 0
    for part in parts:
        if part is None:
            continue
        first, last = _at(part) if isinstance(part, Token) else part.span
        if start < 0:
            start = first
        end = last
    return max(start, 0), end


def _at(token: Token) -> ast.Span:
    return token.start_pos or 0, token.end_pos or 0


class _Build(Transformer):  # type: ignore[type-arg]  # Lark's transformer is untyped
    """One method per rule of the grammar; called while parsing, so no concrete tree is ever built."""

    def start(self, parts: list[Any]) -> Any:
        return parts[0]

    def group(self, parts: list[Any]) -> Any:
        # The brackets belong to the part, so that a trace or a caret shows them.
        return replace(parts[1], span=_span(parts))

    def any_of(self, parts: list[Any]) -> Any:
        return ast.Logic("or", tuple(parts[::2]), _span(parts))

    def all_of(self, parts: list[Any]) -> Any:
        return ast.Logic("and", tuple(parts[::2]), _span(parts))

    def negate(self, parts: list[Any]) -> Any:
        return ast.Unary("not", parts[1], _span(parts))

    def minus(self, parts: list[Any]) -> Any:
        item = parts[1]
        if isinstance(item, ast.Number) and not item.digits.startswith("-"):
            return ast.Number("-" + item.digits, _span(parts))
        return ast.Unary("-", item, _span(parts))

    def plus(self, parts: list[Any]) -> Any:
        return parts[1]

    def compare(self, parts: list[Any]) -> Any:
        left, op, right = parts
        return ast.Binary(str(op), left, right, _span(parts), _at(op))

    binary = compare

    def between(self, parts: list[Any]) -> Any:
        return ast.Between(parts[0], parts[2], parts[4], _span(parts))

    def blankness(self, parts: list[Any]) -> Any:
        return ast.BlankTest(parts[0], parts[1] == "is_not", _span(parts))

    def number(self, parts: list[Any]) -> Any:
        return ast.Number(str(parts[0]), _at(parts[0]))

    def length(self, parts: list[Any]) -> Any:
        return ast.Length(str(parts[0]), str(parts[1]), _span(parts))

    def text(self, parts: list[Any]) -> Any:
        return ast.TextLiteral(str(parts[0]), _at(parts[0]))

    def constant(self, parts: list[Any]) -> Any:
        token = parts[0]
        if token.type == "DATE":
            return ast.Constant(_read_date(token), _at(token))
        return ast.Constant({"TRUE": True, "FALSE": False}.get(token.type), _at(token))

    def period(self, parts: list[Any]) -> Any:
        return ast.Period(str(parts[0]), _at(parts[0]))

    def list_(self, parts: list[Any]) -> Any:
        items = tuple(part for part in parts[1:-1] if part is not None and not isinstance(part, Token))
        return ast.ListLiteral(items, _span(parts))

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
        return ast.Call(canonical_name(str(name)), tuple(args), where, _span(parts), _at(name))

    def changed(self, parts: list[Any]) -> Any:
        values: dict[str, Any] = {}
        last = ""
        for part in parts[3:-1]:
            if isinstance(part, Token):
                last = part.type
            elif part is not None:
                values[last] = part
        return ast.Changed(parts[2], values.get("FROM"), values.get("CHANGED_TO"), _span(parts))

    def path(self, parts: list[Any]) -> Any:
        names = parts[::2]
        return ast.Path(tuple(str(name) for name in names), _span(parts), tuple(_at(name) for name in names))


def _read_date(token: Token) -> date | datetime:
    try:
        if len(token) == 10:
            return date.fromisoformat(token)
        return datetime.fromisoformat(token.replace(" ", "T"))
    except ValueError:
        raise _Refused(Problem("bad-date", *_at(token), {"text": str(token)})) from None


@lru_cache(maxsize=1)
def _lark() -> Lark:
    options: dict[str, Any] = {"parser": "lalr", "lexer": _Tokens, "transformer": _Build(), "maybe_placeholders": True}
    grammar = _GRAMMAR.read_text(encoding="utf-8")
    try:
        folder = Path.home() / ".cache" / "dougong"
        folder.mkdir(parents=True, exist_ok=True)
        return Lark(grammar, cache=str(folder / "expression.lalr"), **options)
    except (OSError, RuntimeError):
        return Lark(grammar, **options)


def interactive() -> Any:
    """A parser to feed token by token, which tells what it would accept next."""
    return _lark().parse_interactive([])


def expected_words(terminals: Iterable[str]) -> tuple[str, str]:
    """What could stand at a place, for people: in English and in Chinese."""
    known = set(terminals)
    chosen = [words for terminal, words in _EXPECTED.items() if terminal in known]
    return ", ".join(en for en, _ in chosen), "、".join(zh for _, zh in chosen)


def check_text(source: str) -> Problem | None:
    """Refuse a source that no reader should try: too long, or with characters that no text can hold."""
    if len(source) > limits.expression_chars_max:
        return Problem("expression-too-long", 0, len(source), {"limit": limits.expression_chars_max, "length": len(source)})
    for at, character in enumerate(source):
        if character == "\0" or "\ud800" <= character <= "\udfff" or character in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068":
            return Problem("bad-character", at, at + 1, {"character": f"U+{ord(character):04X}"})
    if not source.strip(" \n\t\r\u3000\ufeff"):
        return Problem("expression-empty", 0, len(source))
    return None


def parse(source: str, scope: Scope) -> tuple[Any, tuple[Problem, ...]]:
    """The syntax tree of a source text (None where it has none) and every problem found on the way."""
    refused = check_text(source)
    if refused is not None:
        return None, (refused,)
    lexer = Lexer(source, scope)
    lexer.run()
    problems = lexer.problems
    if any(problem.code == "expression-too-deep" for problem in problems):
        return None, tuple(problems)
    tree = None
    try:
        tree = _lark().parse(lexer.tokens)
    except UnexpectedToken as error:
        if not problems:
            problems.append(_syntax_problem(source, error))
    except _Refused as error:
        problems.append(error.problem)
    except VisitError as error:
        if not isinstance(error.orig_exc, _Refused):
            raise
        problems.append(error.orig_exc.problem)
    except LarkError:
        problems.append(Problem("syntax", 0, len(source), {"found": "", "expected_en": "", "expected_zh": ""}))
    if tree is None:
        return None, tuple(problems)
    oversize = _oversize(tree, source)
    if oversize or len(problems) > len(lexer.problems):
        return None, (*problems, *oversize)
    return tree, tuple(problems)


def _oversize(tree: Any, source: str) -> tuple[Problem, ...]:
    nodes, depth = ast.size_and_depth(tree)
    if nodes > limits.expression_nodes_max:
        return (Problem("expression-too-big", 0, len(source), {"limit": limits.expression_nodes_max, "count": nodes}),)
    if depth > limits.expression_depth_max:
        return (Problem("expression-too-deep", 0, len(source), {"limit": limits.expression_depth_max}),)
    return ()


def _syntax_problem(source: str, error: UnexpectedToken) -> Problem:
    token = error.token
    expected_en, expected_zh = expected_words(error.accepts or error.expected)
    if token.type == "$END":
        return Problem("syntax-end", len(source), len(source), {"expected_en": expected_en, "expected_zh": expected_zh})
    start, end = _at(token)
    found = source[start:end]
    return Problem("syntax", start, end, {"found": found, "expected_en": expected_en, "expected_zh": expected_zh})
