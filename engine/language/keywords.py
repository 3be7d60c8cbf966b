"""The keywords of both languages as the lexer looks them up: by word, and for Chinese by first character, longest first."""

from __future__ import annotations

import re

from engine.language import lexicon
from engine.language.numerals import is_quantity

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IS_WORDS = {
    "is": ("OP", "="),
    "is not": ("OP", "!="),
    "is null": ("BLANKNESS", "is"),
    "is not null": ("BLANKNESS", "is_not"),
    "null": ("BLANK", "blank"),
}


def _spoken_keywords() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[tuple[str, str, str], ...]]]:
    english = dict(_IS_WORDS)
    chinese: dict[str, list[tuple[str, str, str]]] = {}
    for word in lexicon.WORDS:
        for text in word.en:
            english.setdefault(text, (word.terminal, word.value))
        for text in word.zh:
            chinese.setdefault(text[0], []).append((text, word.terminal, word.value))
    for period, spellings in lexicon.PERIODS_ZH.items():
        for text in spellings:
            chinese.setdefault(text[0], []).append((text, "PERIOD", period))
    for text, function in lexicon.SPOKEN_CALLS.items():
        chinese.setdefault(text[0], []).append((text, "SPOKEN", function))
    chinese.setdefault("的", []).append(("的", "DOT", "."))
    ordered = {first: tuple(sorted(words, key=lambda row: -len(row[0]))) for first, words in chinese.items()}
    return english, ordered


ENGLISH, CHINESE = _spoken_keywords()
SYMBOL_STARTS = frozenset(symbol[0] for symbol in lexicon.SYMBOLS if symbol != "的")
UNITS = sorted(((text, unit) for unit, texts in lexicon.UNITS.items() for text in texts), key=lambda row: -len(row[0]))


_VALUES = frozenset(("user", "settings", "old", "record", "parent", "now", "today", "changed"))
_PERIOD = re.compile(r"(?:this|last|next)\s+(?:week|month|quarter|year)", re.IGNORECASE)


def is_keyword(word: str) -> bool:
    """Whether a name must stand in back quotes because the language uses the word."""
    if not _WORD.fullmatch(word):
        return any(text == word for text, _, _ in CHINESE.get(word[:1], ()))
    return word.lower() in ENGLISH or word in ("yesterday", "tomorrow")


def is_taken(label: str) -> bool:
    """Whether a label alone means something else in an expression, so that it is only understood in back quotes."""
    return is_keyword(label) or is_quantity(label) or label.lower() in _VALUES or _PERIOD.fullmatch(label) is not None
