"""Which passwords are too easy to guess: words that many choose, runs of keys, and the person's own login or name, however dressed up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_PLAIN = str.maketrans("@431!05$7", "aaeiiosst")
"""Signs that stand for letters in disguised words."""
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
)
_CHOSEN_BY_MANY = """
password passwort passwd pass word secret letmein welcome login admin administrator root user guest test demo master
changeme default dragon monkey football baseball soccer basketball superman batman princess sunshine shadow iloveyou
iloveu love lovely hello freedom whatever trustno starwars pokemon computer internet samsung google apple microsoft
windows ubuntu linux server database company office summer winter spring autumn monday friday january december
charlie michael jordan jessica ashley daniel thomas andrew robert george qwerty azerty asdf zxcvbn killer hunter
ranger cheese cookie flower orange banana silver golden purple ginger pepper tigger buster mustang ferrari porsche
harley corvette mercedes access system manager support service oracle mysql postgres temp temporary newpass mypass
woaini woaiwojia mima nihao zhongguo beijing shanghai dougong abc xyz
"""
_WORDS = frozenset(_CHOSEN_BY_MANY.split())
_DIGITS_MIN = 10
"""Figures alone are birthdays and telephone numbers unless there are many."""
_REST_MIN = 5
"""How many characters beside what is easily guessed make a password one's own."""


def is_guessable(password: str, about: Iterable[str] = ()) -> bool:
    """Whether somebody would find a password early: little is left of it without words, runs and names (``about``) that all try."""
    text = unicodedata.normalize("NFKC", password).casefold()
    if len(set(text)) <= 3 or (text.isdecimal() and len(text) < _DIGITS_MIN):
        return True
    names = {part for each in about for part in _parts(each)}
    return any(len(_rest(each, names)) < _REST_MIN for each in (text, text.translate(_PLAIN)))


def _parts(name: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return [part for part in (folded, *re.split(r"[\W_]+", folded)) if len(part) >= 2]


def _rest(text: str, names: set[str]) -> str:
    """What is a person's own: the text without known words and runs, and without the figures and signs hung on to those."""
    for word in sorted(_WORDS | names, key=len, reverse=True):
        text = text.replace(word, "\0")
    for run in _RUNS:
        for each in (run, run[::-1]):
            for length in range(len(each), 3, -1):
                for start in range(len(each) - length + 1):
                    text = text.replace(each[start : start + length], "\0")
    return re.sub(r"[\W_]", "", re.sub(r"[\W\d_]*\0[\W\d_\0]*", "", text))
