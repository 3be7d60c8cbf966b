"""Patterns mean the same in RE2, in PostgreSQL and in the browser's runtime, and none takes long."""

from __future__ import annotations

import json

import psycopg
import pytest
import re2
from py_mini_racer import MiniRacer

from engine import resources
from engine.language.functions.patterns import PatternError, canonical_pattern

TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "aab",
    "a\nb",
    "T-2026",
    "第12条",
    "x.y",
    "[a]",
    "a-b",
    "a\\b",
    "😀",
    "1,2,3",
    " ",
    "ａ",
    "aaaaaaaaaaaa!",
    "]",
    "^",
    "a&&b",
    "Z_9",
]
# The pattern, and of TEXTS those that it is found in; worked out by hand.
CASES: list[tuple[str, list[str]]] = [
    ("^a", ["a", "ab", "aab", "a\nb", "a-b", "a\\b", "aaaaaaaaaaaa!", "a&&b"]),
    ("a.b", ["aab", "a-b", "a\\b"]),
    ("^.$", ["a", "b", "😀", " ", "ａ", "]", "^"]),
    ("a$", ["a"]),
    ("^$", [""]),
    ("第\\d+条", ["第12条"]),
    ("^[A-Z]-[0-9]{4}$", ["T-2026"]),
    ("x\\.y", ["x.y"]),
    ("[.]", ["x.y"]),
    ("\\[a\\]", ["[a]"]),
    ("[\\]]", ["[a]", "]"]),
    ("[a-]b", ["ab", "aab", "a-b"]),
    ("a\\\\b", ["a\\b"]),
    ("^(\\d,)*\\d$", ["1,2,3"]),
    ("(a+)+$", ["a"]),
    ("^(?:a|ab)(?:b|)$", ["a", "ab"]),
    ("a{2,}", ["aab", "aaaaaaaaaaaa!"]),
    ("^a{2}b", ["aab"]),
    ("^a??b", ["b", "ab"]),
    ("\\s", ["a\nb", " "]),
    ("^\\S$", ["a", "b", "😀", "ａ", "]", "^"]),
    ("[^a-z]$", ["T-2026", "第12条", "[a]", "😀", "1,2,3", " ", "ａ", "aaaaaaaaaaaa!", "]", "^", "Z_9"]),
    ("[&]{2}", ["a&&b"]),
    ("^[\\w]+$", ["a", "b", "ab", "aab", "Z_9"]),
    ("\\^", ["^"]),
    ("a\\nb", ["a\nb"]),
    ("^(?:a*)*!?$", ["", "a", "aaaaaaaaaaaa!"]),
]


@pytest.fixture(scope="module")
def browser() -> MiniRacer:
    engine = MiniRacer()
    engine.eval(resources.language_runtime().read_text("utf-8"))
    return engine


def found_in_browser(engine: MiniRacer, pattern: str, texts: list[str]) -> list[str]:
    test = f"(s) => DougongLanguage.matches(s, {json.dumps(pattern)})"
    kept: list[str] = json.loads(str(engine.eval(f"JSON.stringify({json.dumps(texts)}.filter({test}))")))
    return kept


@pytest.mark.parametrize(("pattern", "found"), CASES, ids=[case[0] for case in CASES])
def test_found_where_people_expect_it(browser: MiniRacer, pattern: str, found: list[str]) -> None:
    spelt = canonical_pattern(pattern)
    assert [text for text in TEXTS if re2.search(spelt, text)] == found
    assert found_in_browser(browser, spelt, TEXTS) == found


@pytest.mark.postgresql
def test_found_by_postgresql_in_the_same_texts(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        for pattern, found in CASES:
            rows = connection.execute(
                'SELECT x FROM unnest(%s::text[]) WITH ORDINALITY AS e(x, place) WHERE x COLLATE "C" ~ %s ORDER BY place',
                (TEXTS, canonical_pattern(pattern)),
            ).fetchall()
            assert [row[0] for row in rows] == found, pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)",
        "(?i)a",
        "(?:a)(?i)b",
        "(?<n>a)",
        "\\1",
        "\\b",
        "\\pL",
        "\\x41",
        "\\",
        "a**",
        "a+*",
        "*a",
        "{2}",
        "a{",
        "a{2",
        "a{3,2}",
        "a{256}",
        "(",
        "a)",
        "[",
        "[]",
        "[z-a]",
        "[[:alpha:]]",
        "[\\d-z]",
        "^*",
        "(" * 2000,
        "((a{100}){100}){100}",
        "***=a",
        "]",
        "}",
        "\\Q",
    ],
)
def test_what_some_back_end_reads_otherwise_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        canonical_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(a*)*b", "((a|ab)*)*c", "(?:a?){30}a{30}$"])
def test_no_pattern_takes_exponential_time_in_the_browser(browser: MiniRacer, pattern: str) -> None:
    # A RegExp would try more ways than there is time for.
    assert found_in_browser(browser, canonical_pattern(pattern), ["a" * 5_000 + "!"]) == []
