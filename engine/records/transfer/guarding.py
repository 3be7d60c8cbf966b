"""Text that a spreadsheet would run as a formula: made harmless on the way out, made itself again on the way in."""

from __future__ import annotations

_STARTS = frozenset("=+-@\t\r\n＝＋－＠")


def guarded(text: str) -> str:
    """Text as it may stand in a CSV cell: an apostrophe before whatever a spreadsheet would take for a formula.

    Text that already looks guarded gets one more, so that reading it back gives exactly what was written.
    """
    if not text:
        return text
    rest = text.lstrip("'")
    return f"'{text}" if rest[:1] in _STARTS and rest else text


def unguarded(text: str) -> str:
    """The text behind a guard; text without one is left as it is."""
    if text[:1] == "'":
        rest = text.lstrip("'")
        if rest[:1] in _STARTS and rest:
            return text[1:]
    return text
