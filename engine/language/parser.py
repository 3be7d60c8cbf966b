"""Source text to syntax tree, with Lark's LALR table (built once, kept in the user's cache folder)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token
from lark.exceptions import LarkError, UnexpectedToken, VisitError
from lark.lexer import Lexer as LarkLexer

from engine import limits, settings
from engine.language import ast
from engine.language.building import Refused, token_span
from engine.language.expression import Problem
from engine.language.lexer import Lexer, PhraseToken
from engine.language.phrases import choice_of, choice_words
from engine.language.rule_building import RuleBuild
from engine.language.scope import Scope
from engine.language.turns import SpokenLexer

_GRAMMAR = Path(__file__).with_name("expression.lark")

_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that make a text look other than it is read; a literal may hold them as escapes."""

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
    "TEXT": ("a text in quotes", "引号中的文本"),
    "ENTITY": ("what the rule is about", "规则针对的对象"),
    "EVENT": ("is created, is updated or the like", "创建、更新等"),
    "IF": ("if", "如果"),
    "THEN": ("then", "就"),
    "VERB": ("an action such as notify(…)", "动作（如提醒(…)）"),
    "ELSE": ("else", "否则"),
    "SEP": (";", "；"),
    "STAGE": ("stage", "阶段"),
    "FOR": ("for how long", "达多久"),
    "CHANGED_TO": ("to what value", "变为何值"),
    "ARG": ("a parameter's name", "参数名"),
    "$END": ("the end", "结尾"),
}


class _Tokens(LarkLexer):
    """Hands the parser the tokens that our own lexer made."""

    def __init__(self, conf: object) -> None:
        """Lark passes its configuration, of which nothing is needed."""

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]  # Lark's own custom-lexer protocol of one argument
        return iter(data)


@lru_cache(maxsize=1)
def _lark() -> Lark:
    options: dict[str, Any] = {
        "parser": "lalr",
        "lexer": _Tokens,
        "start": ["start", "sentence"],
        "transformer": RuleBuild(),
        "maybe_placeholders": True,
    }
    grammar = _GRAMMAR.read_text(encoding="utf-8")
    folder = settings.cache_folder()
    if folder is not None:
        try:
            return Lark(grammar, cache=str(folder / "expression.lalr"), **options)
        except OSError:
            pass
    return Lark(grammar, **options)


def interactive(start: str = "start") -> Any:
    """A parser to feed token by token, which tells what it would accept next."""
    return _lark().parse_interactive([], start=start)


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
        if character == "\0" or "\ud800" <= character <= "\udfff" or character in _DIRECTIONS:
            return Problem("bad-character", at, at + 1, {"character": f"U+{ord(character):04X}"})
    if not source.strip(" \n\t\r\u3000\ufeff"):
        return Problem("expression-empty", 0, len(source))
    return None


def parse(source: str, scope: Scope) -> tuple[Any, tuple[Problem, ...]]:
    """The syntax tree of a source text (None where it has none) and every problem found on the way."""
    return read(source, SpokenLexer(source, scope), "start")


def read(source: str, lexer: Lexer, start: str) -> tuple[Any, tuple[Problem, ...]]:
    """As ``parse``, with the lexer and the rule of the grammar that the text is to be read by."""
    refused = check_text(source)
    if refused is not None:
        return None, (refused,)
    lexer.run()
    problems = list(lexer.problems)
    if any(problem.code == "expression-too-deep" for problem in problems):
        return None, tuple(problems)
    tree = None
    try:
        fill_phrases(lexer)
        tree = _lark().parse(lexer.tokens, start=start)
    except UnexpectedToken as error:
        if not problems:
            problems.append(_syntax_problem(source, error, _acceptable(lexer, error.token, start) or error.accepts or error.expected))
    except Refused as error:
        problems.append(error.problem)
    except VisitError as error:
        if not isinstance(error.orig_exc, Refused):
            raise
        problems.append(error.orig_exc.problem)
    except LarkError:
        problems.append(Problem("syntax", 0, len(source), {"found": "", "expected_en": "", "expected_zh": ""}))
    if tree is None:
        return None, tuple(problems)
    oversize = _oversize(tree, source) if start == "start" else ()
    return (None if oversize else tree), (*problems, *oversize)


def fill_phrases(lexer: Lexer) -> None:
    """Put what each phrase stands for in its token. Raises Refused where one can't be read."""
    for token in lexer.tokens:
        if isinstance(token, PhraseToken):
            token.tree = _filled(token, lexer.scope)


def parse_meaning(means: str, scope: Scope) -> tuple[Any, tuple[Problem, ...]]:
    """The syntax tree of what a phrase means; its places are ``Parameter`` nodes. A phrase can't be made of phrases."""
    return parse(means, replace(scope, phrases=()))


def _filled(token: PhraseToken, scope: Scope) -> ast.Phrase:
    """The phrase that a token is, its meaning filled in. Raises Refused where the meaning or an argument can't be read."""
    phrase, span = token.used.phrase, token_span(token)
    source_start = span[0]
    args = tuple((name, _argument(token, name, start - source_start, end - source_start, scope)) for name, start, end in token.used.places)
    tree, problems = parse_meaning(phrase.means, replace(scope, of=token.tree))
    if tree is None or problems:
        raise Refused(Problem("phrase-broken", *span, {"phrase": str(token)}))
    return ast.Phrase(phrase.words, args, fill(ast.placed(tree, span), dict(args)), span)


def _argument(token: PhraseToken, name: str, start: int, end: int, scope: Scope) -> Any:
    text, offset = token[start:end], token_span(token)[0] + start
    kind = dict(token.used.phrase.params).get(name, "any")
    choice = choice_of(scope, kind)
    if choice is not None and text in choice_words(choice):
        return ast.TextLiteral(choice.options.get(text, text), (offset, offset + len(text)), (kind.rpartition(".")[0], choice.name))
    tree, problems = parse(text, replace(scope, phrases=()))
    if tree is None or problems:
        raise Refused(Problem("phrase-broken", offset, offset + len(text), {"phrase": str(token)}))
    if choice is not None and isinstance(tree, ast.TextLiteral) and tree.value in choice_words(choice):
        tree = replace(tree, value=choice.options.get(tree.value, tree.value), of=(kind.rpartition(".")[0], choice.name))
    return ast.moved(tree, offset)


def fill(tree: Any, args: Mapping[str, Any]) -> Any:
    """The meaning of a phrase with its arguments in their places."""
    if isinstance(tree, ast.Parameter):
        return args.get(tree.name, tree)
    return ast.rebuild(tree, lambda part: fill(part, args))


def _oversize(tree: Any, source: str) -> tuple[Problem, ...]:
    longest = ast.longest_list(tree)
    if longest is not None and len(longest.items) > limits.list_items_max:
        return (Problem("list-too-long", *longest.span, {"limit": limits.list_items_max, "count": len(longest.items)}),)
    nodes, depth = ast.size_and_depth(tree)
    if nodes > limits.expression_nodes_max:
        return (Problem("expression-too-big", 0, len(source), {"limit": limits.expression_nodes_max, "count": nodes}),)
    if depth > limits.expression_depth_max:
        return (Problem("expression-too-deep", 0, len(source), {"limit": limits.expression_depth_max}),)
    return ()


def _acceptable(lexer: Lexer, wrong: Token, start: str) -> set[str]:
    """What could have stood where a token is wrong; the failed parser itself knows no more after it has closed what it held open."""
    parser = interactive(start)
    try:
        for token in lexer.tokens:
            if token is wrong:
                break
            parser.feed_token(token)
        accepted: set[str] = parser.accepts()
    except (LarkError, Refused):
        return set()
    return accepted


def _syntax_problem(source: str, error: UnexpectedToken, acceptable: Iterable[str]) -> Problem:
    token = error.token
    expected_en, expected_zh = expected_words(acceptable)
    if token.type == "$END":
        return Problem("syntax-end", len(source), len(source), {"expected_en": expected_en, "expected_zh": expected_zh})
    start, end = token_span(token)
    found = source[start:end]
    return Problem("syntax", start, end, {"found": found, "expected_en": expected_en, "expected_zh": expected_zh})
