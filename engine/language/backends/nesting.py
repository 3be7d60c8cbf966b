"""How deep SQLite's parser must go for a text: its stack has 100 places, and a statement that needs more is refused as a whole.

A model of the places that each construct holds while what stands inside it is read (the grammar is SQLite's parse.y), never
less than the parser takes.
"""

from __future__ import annotations

import re
from typing import Any

from engine.language.backends import sql

PLACES_MAX = 84
"""Of the parser's 100; the rest is for the statement around an expression."""

_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|:?[A-Za-z_][A-Za-z0-9_]*|\d[\w.]*|\|\||<<|>>|<=|>=|<>|!=|==|[-+*/%<>=(),.&|~]""")
_PRECEDENCE = {
    "OR": 1,
    "AND": 2,
    **dict.fromkeys(("=", "==", "!=", "<>", "IS", "IN", "LIKE", "GLOB", "MATCH", "BETWEEN"), 4),
    **dict.fromkeys(("<", "<=", ">", ">="), 5),
    **dict.fromkeys(("&", "|", "<<", ">>"), 6),
    **dict.fromkeys(("+", "-"), 7),
    **dict.fromkeys(("*", "/", "%"), 8),
    "||": 9,
}
_SELECT, _FUNCTION, _LATER_ARGUMENT, _PAREN = 12, 3, 5, 1
_CASE = {"CASE": 2, "WHEN": 4, "THEN": 6, "ELSE": 4}
_WORDS = frozenset({*_PRECEDENCE, *_CASE, "END", "NOT", "SELECT", "FROM", "WHERE", "AS", "ON", "JOIN", "BY", "LIMIT", "EXISTS", "DISTINCT"})


def fits(node: Any) -> bool:
    """Whether a checked node's text leaves SQLite's parser room; what never runs in a statement always does."""
    if sql.reason_not_in_sql(node) is not None:
        return True
    return places(sql.write_sql(node, "sqlite", "t", condition=False, strict=True).text) <= PLACES_MAX


class _Frame:
    """One open bracket or CASE: the places it holds, and the operators inside it that wait for their right side."""

    def __init__(self, places: int, *, function: bool = False) -> None:
        self.places = places
        self.function = function
        self.waiting: list[tuple[int, int]] = []

    @property
    def held(self) -> int:
        return self.places + sum(places for _precedence, places in self.waiting)

    def operator(self, word: str) -> None:
        precedence = _PRECEDENCE[word]
        if word == "AND" and self.waiting and self.waiting[-1] == (4, 3):
            self.waiting[-1] = (4, 5)  # the AND of a BETWEEN
            return
        while self.waiting and self.waiting[-1][0] >= precedence:
            self.waiting.pop()
        self.waiting.append((precedence, 3 if precedence == 4 else 2))


def places(text: str) -> int:
    """The most places of the parser's stack that a text takes at once."""
    frames, held, most, before = [_Frame(0)], 0, 0, ""
    for match in _TOKEN.finditer(text):
        word = match[0].upper()
        top = frames[-1]
        if word == "(":
            function = bool(before) and (before[0].isalpha() or before[0] in '_"') and before not in _WORDS
            frames.append(_Frame(_FUNCTION if function else _PAREN, function=function))
        elif word == "CASE":
            frames.append(_Frame(_CASE["CASE"]))
        elif word in (")", "END") and len(frames) > 1:
            frames.pop()
        elif word in ("WHEN", "THEN", "ELSE"):
            top.places, top.waiting = _CASE[word], []
        elif word == "SELECT":
            top.places, top.waiting = _SELECT, []
        elif word in (",", "FROM", "WHERE", "ON", "BY", "LIMIT"):
            top.waiting = []
            top.places = _LATER_ARGUMENT if top.function else top.places
        elif word == "NOT":
            top.waiting.append((3, 1))
        elif word in _PRECEDENCE:
            top.operator(word)
        before = word
        held = sum(frame.held for frame in frames)
        most = max(most, held + 2)
    return most
