"""Whether a declared phrase makes sense: its meaning reads, fits an entity, and is a condition or a duration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from engine.language import ast
from engine.language.checker import Checker
from engine.language.checking import is_unknown
from engine.language.expression import Problem
from engine.language.names import member_of
from engine.language.parser import fill, parse_meaning
from engine.language.phrases import choice_of
from engine.language.resolve import UNNAMED, Place
from engine.language.scope import PhraseInfo, Scope
from engine.language.types import Boolean, Choice, Duration, MultiChoice

_DAY = ast.Length("1", "day")
_SAMPLES: dict[str, tuple[Any, ...]] = {
    "duration": (_DAY,),
    "number": (ast.Number("1"),),
    "integer": (ast.Number("1"),),
    "text": (ast.TextLiteral("x"),),
    "date": (ast.Constant(date(2000, 1, 1)),),
    "any": (_DAY, ast.Number("1"), ast.TextLiteral("x"), ast.Constant(date(2000, 1, 1))),
}


def check_phrase(phrase: PhraseInfo, scope: Scope, entities: Iterable[str]) -> tuple[Problem, ...]:
    """What is wrong with the meaning of a phrase, as offsets into its text; ``entities`` are those it may speak of.

    A phrase without an entity of its own is right as soon as it fits one of them.
    """
    found: tuple[Problem, ...] = ()
    known: list[str] = []
    for entity in (phrase.of,) if phrase.of is not None else entities:
        place = replace(scope, of=entity, phrases=())
        tree, problems = parse_meaning(phrase.means, place)
        if tree is None or problems:
            return problems
        if phrase.of is None and not _names_known(tree, place):
            continue
        known.append(entity)
        problems = _check_in(phrase, tree, place)
        if not problems:
            return ()
        found = found or problems
    if not known:
        return (Problem("phrase-fits-nowhere", 0, len(phrase.means)),)
    return found


def _names_known(tree: Any, scope: Scope) -> bool:
    """Whether the fields that a meaning begins with are of this entity; those behind "where" and dots are checked later."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Path) and node.names[0] not in UNNAMED and member_of(scope, scope.of, node.names[0]) is None:
            variable = any(".".join(node.names[:length]) in scope.variables for length in range(1, len(node.names) + 1))
            if not variable:
                return False
        stack += node.args if isinstance(node, ast.Call) else ast.children(node)
    return True


def _check_in(phrase: PhraseInfo, tree: Any, scope: Scope) -> tuple[Problem, ...]:
    found: tuple[Problem, ...] = ()
    for index in range(max((len(_samples(scope, kind)) for _, kind in phrase.params), default=1)):
        args = {}
        for name, kind in phrase.params:
            samples = _samples(scope, kind)
            args[name] = samples[min(index, len(samples) - 1)]
        checker = Checker(phrase.means, scope, places=(Place(scope.of, 0),))
        node, _ = checker.check(fill(tree, args))
        problems = tuple(checker.problems)
        if not problems and not is_unknown(node) and not isinstance(node.type, Boolean | Duration):
            checker.problem("phrase-neither", tree.span, found=node.type)
            problems = tuple(checker.problems)
        if not problems:
            return ()
        if not found or any(problem.code == "phrase-neither" for problem in problems):
            found = problems
    return found


def _samples(scope: Scope, kind: str) -> tuple[Any, ...]:
    choice = choice_of(scope, kind)
    if choice is not None:
        assert isinstance(choice.type, Choice | MultiChoice)
        return tuple(ast.TextLiteral(code) for code in choice.type.codes[:1]) or (ast.TextLiteral("x"),)
    return _SAMPLES.get(kind, _SAMPLES["any"])
