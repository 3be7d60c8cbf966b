"""Numbers as people write them: decimal points that move (15%, 50万元), full-width digits, small Chinese numbers before a unit (三天)."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.language.lexicon import MULTIPLIERS

_CHINESE = re.compile(r"[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九]")
_NUMBER = re.compile(r"[0-9０-９]+(?:[.．][0-9０-９]+)?")
_NARROW = str.maketrans("０１２３４５６７８９．", "0123456789.")
DIGITS = frozenset("0123456789０１２３４５６７８９")
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}


def chinese_number(source: str, at: int) -> tuple[int, int]:
    """The number from 一 to 九十九 that stands at an offset, and how many characters it has (0 where there is none)."""
    matched = _CHINESE.match(source, at)
    if matched is None:
        return 0, 0
    tens, ten, ones = matched.group().rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0), len(matched.group())


def read_number(source: str, at: int, names_at: Callable[[int], str]) -> tuple[str, int]:
    """The plain digits of the number that stands at an offset, and where it ends.

    ``names_at`` gives the name that begins at an offset, so that a label such as 万 is not taken for a multiplier.
    """
    matched = _NUMBER.match(source, at)
    assert matched is not None
    digits, end = matched.group().translate(_NARROW), matched.end()
    if source[end : end + 1] in ("%", "％"):
        return shift(digits, -2), end + 1
    power, spaced = 0, after_space(source, end)
    while source[spaced : spaced + 1] in MULTIPLIERS and not names_at(spaced):
        power += MULTIPLIERS[source[spaced]]
        end = spaced = spaced + 1
    if source.startswith("元", end) and not names_at(end):
        end += 1
    return shift(digits, power) if power else digits, end


def after_space(source: str, at: int) -> int:
    """The offset, or where the blanks that begin there end."""
    while source[at : at + 1] in (" ", "\u3000"):
        at += 1
    return at


def shift(digits: str, power: int) -> str:
    """Move the decimal point of a plain number text ``power`` places to the right (left when negative)."""
    whole, _, fraction = digits.partition(".")
    text = whole + fraction
    point = len(whole) + power
    if point <= 0:
        text, point = "0" * (1 - point) + text, 1
    text = text.ljust(point, "0")
    whole, fraction = text[:point].lstrip("0") or "0", text[point:].rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
