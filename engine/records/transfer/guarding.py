"""Text that a spreadsheet would run as a formula: made harmless on the way out, made itself again on the way in."""

from __future__ import annotations

_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def guarded(text: str) -> str:
    """Text as it may stand in a CSV cell: an apostrophe before whatever a spreadsheet would take for a formula.

    Text that already looks guarded gets one more, so that reading it back gives exactly what was written.
    """
    return f"'{text}" if _is_formula(text.lstrip("'")) else text


def unguarded(text: str) -> str:
    """The text behind a guard; text without one is left as it is."""
    return text[1:] if text[:1] == "'" and _is_formula(text.lstrip("'")) else text


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet may run it; some pass over blanks at the start."""
    return text[:1] in _STARTS or text.lstrip()[:1] in _STARTS
