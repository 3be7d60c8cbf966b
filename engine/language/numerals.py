"""Numbers as people write them: decimal points that move (15%, 50万元), full-width digits, Chinese numbers (三天, 五万)."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.language.lexicon import MULTIPLIERS, UNITS

_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千万亿]{1,32}(?![零〇一二两三四五六七八九十百千万亿])")
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}
_NUMBER = re.compile(r"[0-9０-９]+(?:[.．][0-9０-９]+)?")
_NARROW = str.maketrans("０１２３４５６７８９．", "0123456789.")
_DATE = re.compile(r"([0-9０-９]{4})年([0-9０-９]{1,2})月([0-9０-９]{1,2})[日号]")
_UNIT_WORDS = "|".join(text for texts in UNITS.values() for text in texts)
_QUANTITY = re.compile(
    rf"[0-9０-９]+(?:[.．][0-9０-９]+)?[ \u3000]*(?:[%％]|[{''.join(MULTIPLIERS)}]*元?(?:{_UNIT_WORDS})?)",
)
DIGITS = frozenset("0123456789０１２３４５６７８９")
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}


def chinese_number(source: str, at: int) -> tuple[int, int]:
    """The whole number in Chinese words (三百, 两千五百万) that stands at an offset, and how many characters it has.

    (0, 0) where there is none, or where the words are no complete number: 一万五 may be 15,000 or 10,005.
    """
    matched = _CHINESE.match(source, at)
    if matched is None:
        return 0, 0
    words = matched.group().replace("两", "二").replace("〇", "零")
    value = _value(words)
    plain = "一" + words if words.startswith("十") else words
    return (value, len(words)) if _written(value) == plain else (0, 0)


def _value(words: str) -> int:
    total = section = digit = 0
    for word in words:
        if word in _LARGE:
            section = (section + digit) * _LARGE[word] if word == "万" else (total + section + digit) * _LARGE[word]
            total, section, digit = (total + section, 0, 0) if word == "万" else (section, 0, 0)
        elif word in _SMALL:
            section, digit = section + (digit or 1) * _SMALL[word], 0
        else:
            digit = _DIGITS[word]
    return total + section + digit


def _written(value: int) -> str:
    """A whole number in Chinese words, as it is written in full; "" beyond 亿亿."""
    if value >= 10**16:
        return ""
    high, rest = divmod(value, 10**8)
    thousands, ones = divmod(rest, 10**4)
    text = _written(high) + "亿" if high else ""
    if thousands:
        text += ("零" if text and thousands < 1000 else "") + _section(thousands) + "万"
    if ones:
        text += ("零" if text and (ones < 1000 or not thousands) else "") + _section(ones)
    return text


def _section(value: int) -> str:
    """A number below ten thousand; a gap is said as 零."""
    text, gap = "", False
    for name, power in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit = value // power % 10
        if digit:
            text += ("零" if gap and text else "") + "零一二三四五六七八九"[digit] + name
        gap = not digit
    return text


def chinese_date(source: str, at: int) -> tuple[str, int] | None:
    """The day (2026年1月31日) that stands at an offset as ISO text, and how many characters it has; None where there is none."""
    matched = _DATE.match(source, at)
    if matched is None:
        return None
    year, month, day = map(int, matched.groups())
    return f"{year:04}-{month:02}-{day:02}", matched.end() - at


def is_quantity(label: str) -> bool:
    """Whether a label reads as a number, perhaps with its unit (30天, 50万): such a label is only understood in back quotes."""
    return _QUANTITY.fullmatch(label) is not None


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
