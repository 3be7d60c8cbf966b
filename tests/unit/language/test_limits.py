"""Every limit of an expression: the largest that is allowed, the smallest that is not, and what is said of it in both languages."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from types import FunctionType

import pytest

from engine import limits
from engine.cli.evaluation import Cases, Evaluators
from engine.clock import SystemClock
from engine.diagnostics import Diagnostic, Span, message
from engine.language import compile_expression, python_function, sqlite_functions, to_sql
from engine.language.rules.words import WORDS
from tests.unit.language.desk import compiled, problems, scope

LIMITS = [
    # what, the largest that is fine, the smallest that is not, the code
    ("characters", "name = '" + "x" * 3_991 + "'", "name = '" + "x" * 3_992 + "'", "expression-too-long"),
    ("nodes", " and ".join(["qty > 1"] * 166), " and ".join(["qty > 1"] * 167), "expression-too-big"),
    ("nesting", "(" * 31 + "qty" + ")" * 31, "(" * 33 + "qty" + ")" * 33, "expression-too-deep"),
    ("nested calls", "abs(" * 20 + "qty" + ")" * 20, "abs(" * 33 + "qty" + ")" * 33, "expression-too-deep"),
    (
        "nested for a database",
        "if(active, " * 10 + "qty" + ", 0)" * 10,
        "if(active, " * 20 + "qty" + ", 0)" * 20,
        "too-deep-for-a-database",
    ),
    ("else if", "if(active, 0, " * 30 + "qty" + ")" * 30, "if(active, 0, " * 40 + "qty" + ")" * 40, "expression-too-deep"),
    ("arguments", "min(" + "qty," * 99 + "qty)", "min(" + "qty," * 100 + "qty)", "argument-count"),
    ("arguments of a default", "default(" + "qty," * 99 + "qty)", "default(" + "qty," * 100 + "qty)", "argument-count"),
    ("arguments of concat", "concat(" + "name," * 99 + "name)", "concat(" + "name," * 100 + "name)", "argument-count"),
    ("parts that multiply", "clamp(" * 3 + "qty" + ", 0, 9)" * 3, "clamp(" * 10 + "qty" + ", 0, 9)" * 10, "expression-too-big"),
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


@pytest.fixture(scope="module")
def evaluators(postgresql_url: str) -> Iterator[tuple[Cases, Evaluators]]:
    made = Evaluators(postgresql_url)
    yield Cases(SystemClock()), made
    made.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("fine", [row[1] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_both_databases_take_what_is_within_the_limits(fine: str, evaluators: tuple[Cases, Evaluators]) -> None:
    cases, back_ends = evaluators
    fields = {"name": "text", "qty": "integer", "weight": "float", "active": "boolean"}
    if any(word in fine for word in ("owner", "parts")):
        fields |= {"owner": {"ref": {"manager": {"ref": {"manager": {"ref": {"name": "text"}}}}}}, "parts": {"qty": "integer"}}
    case = cases.read({"expr": fine, "fields": fields, "record": {"qty": 1, "name": "a", "active": True}})
    assert case.compiled.expression is not None, case.compiled.problems
    expected = back_ends.value("python", case)
    assert back_ends.value("sqlite", case) == expected
    assert back_ends.value("postgresql", case) == expected


@pytest.fixture
def sqlite() -> Iterator[sqlite3.Connection]:
    """A database with the tables that the first fields of a run of cases stand for."""
    connection = sqlite3.connect(":memory:")
    for name, arity, function in sqlite_functions():
        connection.create_function(name, arity, function, deterministic=True)
    connection.execute("CREATE TABLE case0 (id, deleted_at, f_name, f_qty, f_active)")
    connection.execute("CREATE TABLE case0__parts (id, deleted_at, parent, position, f_qty)")
    yield connection
    connection.close()


GROWING = {
    "if": "if(active, {}, 1)",
    "else": "if(active, 1, {})",
    "condition": "if({} > 1, 1, 2)",
    "function": "abs({})",
    "sum": "qty + ({})",
    "product": "({}) % 7",
    "aggregate": "sum(parts.qty) + ({})",
    "filtered aggregate": "if(count(parts where qty > 1) > 1, {}, 2)",
    "case": "case({}, 1, 2, 3)",
    "default": "default({}, qty)",
    "text": "find(concat(name, pad_left(name, {})), name)",
}


@pytest.mark.parametrize("shape", GROWING)
def test_what_is_compiled_is_never_too_deep_for_a_statement(shape: str, sqlite: sqlite3.Connection) -> None:
    """At every depth the text either stands within a list's statement or was refused before."""
    cases, source, refused = Cases(SystemClock()), "qty", False
    fields = {"name": "text", "qty": "integer", "active": "boolean", "parts": {"qty": "integer"}}
    for _level in range(33):
        source = GROWING[shape].replace("{}", source)
        case = cases.read({"expr": f"({source}) >= 0", "fields": fields, "record": {"qty": 1, "name": "a", "active": True}})
        if case.compiled.expression is None:
            assert {problem.code for problem in case.compiled.problems} <= {
                "too-deep-for-a-database",
                "expression-too-deep",
                "expression-too-big",
                "result-too-big",
            }
            refused = True
            continue
        assert not refused, "what is deeper than something refused was taken"
        text = to_sql(case.compiled.expression, "sqlite", alias="t", condition=True)
        within = "(SELECT * FROM case0 AS g WHERE 1 = 1 AND (2 = 2 OR (3 = 3 AND 4 = 4)))"
        statement = f'SELECT "id" FROM {within} AS t WHERE t."id" IS NOT NULL AND (1 = 2 OR ({text.text}))'
        sqlite.execute(f"EXPLAIN {statement}", {name: None for name, _given, _type in text.params})


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
            assert isinstance(function, FunctionType)
            assert function.__globals__["__builtins__"] == {}
