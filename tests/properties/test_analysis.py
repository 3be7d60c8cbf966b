"""What static analysis claims of conditions is true of every record that is tried, and what it shows can be seen."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language import always_false, always_true, compile_expression, gap, implies, python_function, satisfiable
from engine.language.expression import Expression
from tests.properties.expression_grammar import Writer
from tests.properties.random_world import CODES, ENTITIES
from tests.properties.random_world import scope as fuzz_scope

SCOPE = fuzz_scope("Asia/Shanghai")
NOW = datetime(2026, 3, 10, 4, 0)  # noqa: DTZ001 - instants are kept naive, in UTC
TODAY = date(2026, 3, 10)
ATOMS = (
    *(f"{name} {op} {value}" for name in ("i", "j") for op in ("<", "<=", ">", ">=", "=", "!=") for value in (0, 1, 2, 3)),
    *(f"n {op} {value}" for op in ("<", ">=", "=", "!=") for value in ("1", "1.01", "2.5")),
    *(f"kind {op}" for op in ("= 'new'", "!= 'plan'", "in ['new', 'done']", "not in ['plan']", "is blank", "is not blank")),
    *(f"d {op} {day}" for op in ("<", "<=", ">", "=", "!=") for day in ("@2026-03-09", "@2026-03-10", "today()", "today() + 1 day")),
    *(f"at {op} now() {sign} {span}" for op in ("<", ">=") for sign in "+-" for span in ("1 day", "3 days")),
    *(f"s {op} '{text}'" for op in ("=", "!=", "<", ">=", "contains", "starts with") for text in ("a", "b", "ab")),
    *("b", "not b", "c = true", "b = c", "b is blank", "i < j", "i >= j", "i = j", "d < e", "d = e", "i + 1 > j", "i + 1 > 3", "i + 1 < 2"),
    *("has(tags, 'vip')", "has_any(tags, 'vip', 'key')", "has_all(tags, 'vip', 'key')", "tags is blank", "i between 1 and 2", "i is blank"),
    *(
        "count(parts) = 0",
        "count(parts) > 1",
        "count(parts) < 0",
        "any(parts where qty > 1)",
        "owner.level > 1",
        "owner.level <= 1",
        "if(b, i > 1, i < 1)",
    ),
)
_POOL: dict[str, list[Any]] = {
    "i": [None, -1, 0, 1, 2, 3, 4],
    "j": [None, 0, 1, 2, 3],
    "n": [None, 0, 100, 101, 250, 251],
    "kind": [None, *CODES],
    "d": [None, *(TODAY + timedelta(days=days) for days in (-2, -1, 0, 1, 2))],
    "e": [None, *(TODAY + timedelta(days=days) for days in (-1, 0, 1))],
    "at": [None, *(NOW + timedelta(hours=hours) for hours in (-73, -72, -25, -24, 0, 24, 25, 72, 73))],
    "s": [None, "a", "ab", "b", "abc", "c"],
    "b": [None, True, False],
    "c": [None, True, False],
    "tags": [None, (), ("vip",), ("key",), ("vip", "key"), ("old",)],
    "owner.level": [None, 0, 1, 2],
    "parts": [[], [{"qty": 1}], [{"qty": 2}, {"qty": None}], [{"qty": 5}, {"qty": 6}, {}]],
}


def condition(random: Random, depth: int) -> str:
    """A condition of a few facts about few fields, so that many exclude or imply each other."""
    if depth == 0 or random.random() < 0.25:
        return random.choice(ATOMS)
    if random.random() < 0.15:
        return f"not ({condition(random, depth - 1)})"
    word = random.choice((" and ", " and ", " or "))
    return "(" + word.join(condition(random, depth - 1) for _ in range(random.randint(2, 3))) + ")"


def compiled(source: str) -> Expression:
    """A condition, compiled."""
    made = compile_expression(source, SCOPE, condition=True)
    assert made.expression is not None, (source, made.problems)
    return made.expression


def records(random: Random, count: int) -> list[dict[str, Any]]:
    """Records of small values, blank among them."""
    return [{name: random.choice(values) for name, values in _POOL.items()} for _ in range(count)]


def check(sources: tuple[str, str], rows: list[dict[str, Any]], seen: Counter[str]) -> None:
    """Hold every claim about two conditions against the records."""
    variables = {"now": NOW, "today": TODAY}
    first, second = (compiled(source) for source in sources)
    is_first, is_second = python_function(first), python_function(second)
    results = [(is_first(row, variables), is_second(row, variables)) for row in rows]
    if always_false(first):
        seen["never"] += 1
        assert not any(one for one, _ in results), sources
    if always_true(first):
        seen["always"] += 1
        assert all(one for one, _ in results), sources
    possible = satisfiable(first, second)
    seen[f"both {possible.answer}"] += 1
    if possible.answer == "no":
        assert not any(one and two for one, two in results), sources
    elif possible.answer == "yes":
        assert is_first(possible.record, possible.variables) is True, sources
        assert is_second(possible.record, possible.variables) is True, sources
    follows = implies(first, second)
    seen[f"implies {follows.answer}"] += 1
    if follows.answer == "yes":
        assert all(two for one, two in results if one), sources
    elif follows.answer == "no":
        assert is_first(follows.record, follows.variables) is True, sources
        assert is_second(follows.record, follows.variables) is not True, sources
    missing = gap((first, second))
    seen[f"gap {missing.answer}"] += 1
    if missing.answer == "no":
        assert all(one or two for one, two in results), sources


def test_claims_hold_for_small_conditions() -> None:
    random = Random(5)
    seen: Counter[str] = Counter()
    for _ in range(400):
        check((condition(random, 2), condition(random, 1)), records(random, 60), seen)
    # A run in which nothing is claimed would prove nothing.
    for claim in ("never", "both no", "both yes", "implies yes", "implies no", "gap no", "gap yes"):
        assert seen[claim] >= 5, seen


@settings(max_examples=150, deadline=None, derandomize=True)
@given(random=st.randoms(use_true_random=False))
def test_claims_hold_for_any_condition(random: Random) -> None:
    made = compile_expression(Writer(random).any(4), SCOPE, condition=True).expression
    if made is None:
        return
    other = condition(random, 2)
    rows = [{**row, "owner.active": None, "m": random.choice((None, 0, 100))} for row in records(random, 20)]
    variables = {"now": NOW, "today": TODAY}
    function = python_function(made)
    if always_false(made):
        assert not any(function(row, variables) for row in rows)
    if always_true(made):
        assert all(function(row, variables) for row in rows)
    found = satisfiable(made, compiled(other))
    if found.answer == "yes":
        assert function(found.record, found.variables) is True


def test_the_pool_speaks_of_fields_there_are() -> None:
    fields = ENTITIES["desk.ticket"].fields
    assert {name for name in _POOL if "." not in name} <= {*fields, "parts"}
