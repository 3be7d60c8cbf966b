"""Where a part of a text value stands in its file: a language problem's offsets become lines and columns.

A scalar is read once more beside its text, through quotes, escapes, folding and indentation.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.diagnostics import Span
from engine.model.node import Node

_Spot = tuple[int, int]
_ESCAPE_DIGITS = {"x": 2, "u": 4, "U": 8}
_HALVES = ("d8", "d9", "da", "db")
"""How JSON begins a character that takes two escapes."""


class _Strange(Exception):
    """The text and the file do not go together as expected."""


def place(node: Node, lines: Sequence[str], start: int, end: int) -> Span:
    """The place of the characters ``start`` to ``end`` of a scalar's text; the whole scalar where it cannot be followed.

    ``lines`` are those of the node's file.
    """
    last = len(node.text.rstrip())  # a block's text ends with a line break, which nobody sees
    start = min(start, last)
    end = min(max(end, start + 1), last)
    try:
        spots = _Follower(node, lines).spots(end)
    except (_Strange, IndexError):
        return node.span
    if not spots:
        return node.span
    if start == len(spots):
        line, column = spots[-1]
        return Span(node.path, line, column + 1, line, column + 2)
    line, column = spots[start]
    end_line, end_column = spots[end - 1]
    return Span(node.path, line, column, end_line, end_column + 1)


class _Follower:
    """Walks along the lines of a file while the characters of a scalar's text are counted off."""

    def __init__(self, node: Node, lines: Sequence[str]) -> None:
        self.node = node
        self.lines = lines
        self.line = node.line
        self.column = node.column
        self.indent = 0

    def spots(self, count: int) -> list[_Spot]:
        """Where each of the first characters of the text stands. Raises _Strange, IndexError."""
        text, found = self.node.text, list[_Spot]()
        block = self.node.style in ("|", ">")
        self.column += 0 if block else len(self.node.style)
        if block:
            self._enter_block()
        while len(found) < min(count, len(text)):
            at_end = self.column >= len(self.lines[self.line]) if block else not self.lines[self.line][self.column :].strip()
            if at_end and text[len(found)] in " \n\u2028\u2029":
                self._next_line(text, found, block=block)
            else:
                self._character(text[len(found)], found)
        return found

    def _enter_block(self) -> None:
        """The first line with something on it says how far a block is indented."""
        self.line += 1
        self._skip_blank()
        written = self.lines[self.line]
        begun = self.node.text.lstrip("\n")
        self.indent = len(written) - len(written.lstrip(" ")) - (len(begun) - len(begun.lstrip(" ")))
        breaks = len(self.node.text) - len(begun)
        self.line -= breaks
        self.column = self.indent if not breaks else len(self.lines[self.line])

    def _skip_blank(self) -> None:
        while not self.lines[self.line].strip():
            self.line += 1

    def _next_line(self, text: str, found: list[_Spot], *, block: bool) -> None:
        """A line break is a space where lines are folded; what else was broken is as many line breaks."""
        spot = (self.line, min(self.column, len(self.lines[self.line])))
        if block and self.node.style == "|":
            found.append(spot)
            self.line += 1
            self.column = min(self.indent, len(self.lines[self.line]))
            return
        self.line += 1
        self._skip_blank()
        self.column = self.indent if block else len(self.lines[self.line]) - len(self.lines[self.line].lstrip())
        first = len(found)
        found.append(spot)
        while text[first] == "\n" and len(found) < len(text) and text[len(found)] == "\n":
            found.append(spot)

    def _character(self, wanted: str, found: list[_Spot]) -> None:
        spot = (self.line, self.column)
        written = self.lines[self.line][self.column]
        if self.node.style == '"' and written == "\\":
            self._escape(found, spot)
            return
        if written != wanted:
            raise _Strange
        found.append(spot)
        self.column += 2 if self.node.style == "'" and written == "'" else 1

    def _escape(self, found: list[_Spot], spot: _Spot) -> None:
        """``\\n``, ``\\u4e2d``; a backslash before a line break takes the break away."""
        if self.column + 1 >= len(self.lines[self.line]):
            self.line += 1
            self.column = len(self.lines[self.line]) - len(self.lines[self.line].lstrip())
            return
        found.append(spot)
        letter = self.lines[self.line][self.column + 1]
        half = letter == "u" and self.lines[self.line][self.column + 2 : self.column + 4].lower() in _HALVES
        self.column += 2 * (2 + 4) if half else 2 + _ESCAPE_DIGITS.get(letter, 0)
