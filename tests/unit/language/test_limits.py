"""Every limit of an expression: the largest that is allowed, the smallest that is not, and what is said of it in both languages."""

from __future__ import annotations

import re

import pytest

from engine import limits
from engine.diagnostics import Diagnostic, Span, message
from engine.language import compile_expression, python_function
from engine.language.rules.words import WORDS
from tests.unit.language.desk import compiled, problems, scope

LIMITS = [
    # what, the largest that is fine, the smallest that is not, the code
    ("characters", "name = '" + "x" * 3_991 + "'", "name = '" + "x" * 3_992 + "'", "expression-too-long"),
    ("nodes", " and ".join(["qty > 1"] * 166), " and ".join(["qty > 1"] * 167), "expression-too-big"),
    ("nesting", "(" * 31 + "qty" + ")" * 31, "(" * 33 + "qty" + ")" * 33, "expression-too-deep"),
    ("nested calls", "abs(" * 31 + "qty" + ")" * 31, "abs(" * 33 + "qty" + ")" * 33, "expression-too-deep"),
    ("nested not", "not " * 31 + "active", "not " * 32 + "active", "expression-too-deep"),
    ("list", "qty in [" + ",".join(["1"] * 1_000) + "]", "qty in [" + ",".join(["1"] * 1_001) + "]", "list-too-long"),
    ("hops", "owner.manager.manager.name", "owner.manager.manager.manager.name", "path-too-long"),
    ("aggregates", "count(parts where qty > 1)", "count(parts where count(parts) > 1)", "aggregate-nested"),
    ("exponent", "power(weight, 64)", "power(weight, 65)", "beyond-limit"),
    ("negative exponent", "power(weight, -64)", "power(weight, -65)", "beyond-limit"),
    ("padding", "pad_left(name, 65536)", "pad_left(name, 65537)", "beyond-limit"),
    ("places", "qty = 1.123456", "qty = 1.1234567", "too-many-places"),
    ("digits", "qty = 9223372036854775807", "qty = " + "9" * 400, "number-too-big"),
    ("repetition of a pattern", "matches(name, 'a{255}')", "matches(name, 'a{256}')", "bad-pattern"),
    ("pattern written out", "matches(name, '(a{30}){30}')", "matches(name, '((a{100}){100}){100}')", "bad-pattern"),
]


@pytest.mark.parametrize(("fine", "beyond", "code"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_a_limit_has_its_place_and_its_words(fine: str, beyond: str, code: str) -> None:
    assert compile_expression(fine, scope()).expression is not None, compile_expression(fine, scope()).problems
    found = [problem for problem in problems(beyond) if problem.severity == "error"]
    assert [problem.code for problem in found] == [code]
    told = Diagnostic(found[0].code, "error", Span("x", 0, found[0].start, 0, found[0].end), found[0].params)
    for language in ("en", "zh"):
        assert not re.search(r"\{[a-z]", message(told, language))


def test_a_text_that_grows_beyond_the_limit_is_blank() -> None:
    function = python_function(compiled("replace(name, 'a', concat(name, name))"))
    assert function({"name": "a" * 181}, {}) is not None
    assert function({"name": "a" * 182}, {}) is None


def test_an_exponent_known_only_with_the_record_is_blank_beyond_the_limit() -> None:
    function = python_function(compiled("power(2, qty)"))
    assert function({"qty": limits.power_exponent_max}, {}) == 18446744073700000000.0
    assert function({"qty": limits.power_exponent_max + 1}, {}) is None


@pytest.mark.parametrize("mark", ["\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))])
def test_marks_of_direction_are_refused_wherever_they_stand(mark: str) -> None:
    for source in (f"qty > 1{mark}", f"name = '{mark}x'", f"{mark}qty > 1", f"qty >{mark} 1"):
        assert [problem.code for problem in problems(source)] == ["bad-character"]
        assert problems(source)[0].params == {"character": f"U+{ord(mark):04X}"}
    assert compiled(f"name = '\\u{ord(mark):04x}x'").reads == {"name"}


@pytest.mark.parametrize("character", ["\u200b", "\u00ad", "\x07", "\u2028", "\ue000"])
def test_what_can_not_be_seen_is_told_by_its_code_point(character: str) -> None:
    found = problems(f"qty {character}> 1")
    assert not found or {"character": f"U+{ord(character):04X}"} in [problem.params for problem in found]


KEYWORDS = [
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
    "match",
    "case",
    "type",
    "select",
    "insert",
    "update",
    "delete",
    "drop",
    "table",
    "where",
    "group",
    "order",
    "by",
    "having",
    "union",
    "all",
    "any",
    "null",
    "between",
    "like",
    "exists",
    "values",
    "into",
    "create",
    "alter",
    "function",
    "var",
    "let",
    "const",
    "typeof",
    "instanceof",
    "new",
    "this",
    "delete",
    "void",
    "enum",
    "export",
    "super",
    "extends",
    "debugger",
    "eval",
    "arguments",
    "undefined",
    "NaN",
    "Infinity",
    "constructor",
    "prototype",
    "__proto__",
    "toString",
    "hasOwnProperty",
    "__class__",
    "__builtins__",
    "__import__",
    "exec",
    "open",
    "globals",
    "r",
    "v",
    "f",
    "K0",
    "f0",
    "v0",
    "t0",
    "A_sum",
    "F_len",
]


@pytest.mark.parametrize("word", sorted(set(KEYWORDS) | {word for word in WORDS if word.isascii() and word.isidentifier()}))
def test_words_of_other_languages_mean_nothing_here(word: str) -> None:
    for source in (word, f"{word} > 1", f"{word}(1)", f"name.{word}", f"owner.{word}", f"`{word}` = 'x'", f"changed({word})"):
        outcome = compile_expression(source, scope())
        if outcome.expression is None:
            assert outcome.problems
            assert all(0 <= problem.start <= problem.end <= len(source) for problem in outcome.problems)
        else:
            function = python_function(outcome.expression)
            assert function.__globals__["__builtins__"] == {}  # type: ignore[attr-defined]
