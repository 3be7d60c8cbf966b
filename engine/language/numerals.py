"""Numbers as people write them: decimal points that move (15%, 50万), and small Chinese numbers before a unit (三天)."""

from __future__ import annotations

import re

_CHINESE = re.compile(r"[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九]")
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}


def chinese_number(source: str, at: int) -> tuple[int, int]:
    """The number from 一 to 九十九 that stands at an offset, and how many characters it has (0 where there is none)."""
    matched = _CHINESE.match(source, at)
    if matched is None:
        return 0, 0
    tens, ten, ones = matched.group().rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0), len(matched.group())


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
