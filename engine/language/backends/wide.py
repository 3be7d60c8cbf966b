"""Whole numbers of any size on SQLite, whose integers have 64 bits: as texts that sort as the numbers do.

The texts hold sign, how many digits, digits; for negative numbers each digit's distance from nine, so that the order turns.
"""

from __future__ import annotations

_NINES = str.maketrans("0123456789", "9876543210")
_LENGTH_MAX = 9_999


def encode(value: int) -> str:
    """The text of a number."""
    if value > 0:
        digits = str(value)
        return f"p{len(digits):04}{digits}"
    if value == 0:
        return "o"
    digits = str(-value)
    return f"n{_LENGTH_MAX - len(digits):04}{digits.translate(_NINES)}"


def decode(value: int | str) -> int:
    """The number of a text; a number as it is."""
    if not isinstance(value, str):
        return value
    if value[0] == "p":
        return int(value[5:])
    return 0 if value == "o" else -int(value[5:].translate(_NINES))
