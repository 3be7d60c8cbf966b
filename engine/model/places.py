"""Where a part of a text value stands in its file: a language problem's offsets become lines and columns."""

from __future__ import annotations

from engine.diagnostics import Span, split_lines
from engine.model.node import Node


def place(node: Node, source: str, start: int, end: int) -> Span:
    """The place of the characters ``start`` to ``end`` of a scalar's text, or the whole scalar where escapes or
    folding hide it. ``source`` is the text of the node's file.
    """
    if node.style == "|":
        found = _in_block(node, source, start, end)
    elif node.line == node.end_line:
        found = _on_one_line(node, source, start, end)
    else:
        found = None
    return found or node.span


def _on_one_line(node: Node, source: str, start: int, end: int) -> Span | None:
    quote = len(node.style)
    written = split_lines(source)[node.line][node.column + quote : node.end_column - quote]
    if written != node.text:
        return None
    first = node.column + quote + start
    return Span(node.path, node.line, first, node.line, max(first + 1, node.column + quote + end))


def _in_block(node: Node, source: str, start: int, end: int) -> Span | None:
    """A literal block: its text's lines are the file's lines after the ``|``, less one indentation."""
    lines = split_lines(source)
    before = node.text[:start]
    row = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1)
    text_lines = node.text.split("\n")
    line = node.line + 1 + row
    if line >= len(lines) or not lines[line].endswith(text_lines[row]):
        return None
    indent = len(lines[line]) - len(text_lines[row])
    end_column = min(column + max(1, end - start), max(len(text_lines[row]), column + 1))
    return Span(node.path, line, indent + column, line, indent + end_column)
