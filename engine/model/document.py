"""One definition file, from bytes to values with places: YAML 1.2 core (JSON is a subset), read from parser events.

Anchors, aliases, tags, duplicate keys and deep nesting are refused; nothing here raises for what a file holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from yaml import CSafeLoader, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from engine import limits
from engine.diagnostics import Diagnostic, Span, error
from engine.model.node import Node
from engine.model.strict_json import STAND_IN, as_written, as_yaml, json_problem

_INT = re.compile(r"[-+]?[0-9]+")
_OTHER_INT = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOT_A_NUMBER = {".inf", ".Inf", ".INF", "+.inf", "-.inf", ".nan", ".NaN", ".NAN"}
_INT_DIGITS_MAX = 400
_SHOWN_CHARS = 40


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's value (None where the text could not be read at all) and what was found wrong."""

    node: Node | None
    found: tuple[Diagnostic, ...]
    text: str = field(default="", repr=False)


def parse(path: str, data: bytes) -> Parsed:
    """The value of one YAML or JSON file; ``path`` is how places in it are named."""
    if len(data) > limits.package_file_bytes_max:
        return Parsed(None, (error("file-too-large", Span.whole(path), bytes=len(data), most=limits.package_file_bytes_max),))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        before = data[: problem.start].decode("utf-8", "replace")
        line = before.count("\n")
        column = len(before) - (before.rfind("\n") + 1)
        span = Span(path, line, column, line, column + 1)
        return Parsed(None, (error("not-utf8", span),), data.decode("utf-8", "replace"))
    is_json = path.lower().endswith(".json") and bool(text.strip())
    no_json = json_problem(path, text) if is_json else None
    if no_json is not None:
        return Parsed(None, (no_json,), text)
    reader = _Reader(path, text.split("\n") if is_json else ())
    try:
        reader.read(CSafeLoader(as_yaml(text) if is_json else text))
    except YAMLError as problem:
        reader.found.append(_syntax_error(path, text, problem))
        return Parsed(None, tuple(reader.found), text)
    except _Refused:
        return Parsed(None, tuple(reader.found), text)
    if reader.root is None:
        return Parsed(None, (*reader.found, error("empty-file", Span.whole(path))), text)
    return Parsed(reader.root, tuple(reader.found), text)


def _syntax_error(path: str, text: str, problem: YAMLError) -> Diagnostic:
    mark = getattr(problem, "problem_mark", None)
    if mark is None:
        position = getattr(problem, "position", None)
        if isinstance(position, int):
            before = text[:position]
            line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
            span = Span(path, line, column, line, column + 1)
            return error("unreadable-character", span, character=f"U+{_code_point(text, position):04X}")
        return error("yaml-syntax", Span.whole(path), problem=str(problem)[:200])
    lines = text.split("\n")
    line = min(mark.line, max(0, len(lines) - 1))
    column = mark.column if line == mark.line else len(lines[line])
    said = str(getattr(problem, "problem", "") or "")
    return error(_syntax_code(said), Span(path, line, column, line, column + 1), problem=said)


def _code_point(text: str, position: int) -> int:
    return ord(text[position]) if position < len(text) else 0


def _syntax_code(said: str) -> str:
    """The commonest slips have their own words; the rest is told in the parser's."""
    if "mapping values are not allowed" in said:
        return "yaml-colon"
    if "\\t" in said or "tab" in said:
        return "yaml-tab"
    if "expected ',' or" in said or "flow" in said:
        return "yaml-bracket"
    if "expected <block end>" in said or "expected key" in said or "could not find expected ':'" in said:
        return "yaml-indent"
    if "quoted scalar" in said or "unexpected end of stream" in said:
        return "yaml-quote"
    return "yaml-syntax"


class _Refused(Exception):
    """Reading stops: what follows would make no sense or cost too much."""


class _Reader:
    """Builds nodes from parser events, iteratively, so that depth costs no stack. ``written`` are the lines of a JSON file."""

    def __init__(self, path: str, written: Sequence[str] = ()) -> None:
        self.path = path
        self.written = written
        self.root: Node | None = None
        self.found: list[Diagnostic] = []
        self._open: list[Node] = []
        self._key: list[Node | None] = []

    def read(self, loader: CSafeLoader) -> None:
        """Take every event of one document."""
        documents = 0
        while True:
            event = loader.get_event()
            if isinstance(event, ScalarEvent):
                self._scalar(event)
            elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                self._start(event, {} if isinstance(event, MappingStartEvent) else [])
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                self._end(event)
            elif isinstance(event, AliasEvent):
                self._refuse("yaml-anchor", event)
            elif isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse("yaml-many-documents", event)
            elif event is None or isinstance(event, StreamEndEvent):
                return
            elif isinstance(event, DocumentEndEvent) and self.root is not None and self.root.value is None:
                self.root = None

    def _refuse(self, code: str, event: Event, **params: object) -> None:
        self.found.append(Diagnostic(code, "error", Span(self.path, *_place(event)), params))
        raise _Refused

    def _scalar(self, event: ScalarEvent) -> None:
        if event.anchor is not None:
            self._refuse("yaml-anchor", event)
        if event.tag is not None:
            self._refuse("yaml-tag", event, tag=str(event.tag)[:_SHOWN_CHARS])
        style = event.style or ""
        text = self._meant(event) if self.written and STAND_IN in event.value else event.value
        node = Node(self.path, text, _place(event), text, style)
        if not style and not self._awaits_key():
            node.value = self._resolve(text, node)
        self._add(node)

    def _meant(self, event: ScalarEvent) -> str:
        line, first, _, end = _place(event)
        return as_written(self.written[line][first:end], event.value)

    def _resolve(self, text: str, node: Node) -> object:
        if text in _WORDS:
            return None
        first = text[0]
        if first in "0123456789-+.":
            if _INT.fullmatch(text) and len(text) <= _INT_DIGITS_MAX:
                return int(text)
            if _FLOAT.fullmatch(text):
                value = float(text)
                return value if abs(value) < float("inf") else self._no_number(text, node)
            if _OTHER_INT.fullmatch(text):
                return int(text, 0)
            return self._no_number(text, node) if text in _NOT_A_NUMBER else text
        return _WORDS_BOOL.get(text, text)

    def _no_number(self, text: str, node: Node) -> int:
        """Tell it here; zero in its place keeps later checks from telling it again."""
        self.found.append(error("not-a-number", node.span, value=text[:_SHOWN_CHARS]))
        return 0

    def _awaits_key(self) -> bool:
        return bool(self._open) and self._open[-1].is_map and self._key[-1] is None

    def _start(self, event: MappingStartEvent | SequenceStartEvent, value: object) -> None:
        if event.anchor is not None:
            self._refuse("yaml-anchor", event)
        if event.tag is not None:
            self._refuse("yaml-tag", event, tag=str(event.tag)[:_SHOWN_CHARS])
        if self._awaits_key():
            self._refuse("yaml-key", event)
        if len(self._open) >= limits.document_depth_max:
            self._refuse("yaml-too-deep", event, most=limits.document_depth_max)
        node = Node(self.path, value, _place(event))
        self._add(node)
        self._open.append(node)
        self._key.append(None)

    def _end(self, event: MappingEndEvent | SequenceEndEvent) -> None:
        node = self._open.pop()
        self._key.pop()
        _, _, node.end_line, node.end_column = _place(event)

    def _add(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if parent.is_list:
            parent.value.append(node)
            return
        key = self._key[-1]
        if key is None:
            self._take_key(parent, node)
            return
        self._key[-1] = None
        if key.text in parent.value:
            first = parent.keys[key.text]
            self.found.append(error("duplicate-key", key.span, key=key.text[:_SHOWN_CHARS], line=first.line + 1))
            return
        parent.value[key.text] = node
        parent.keys[key.text] = key

    def _take_key(self, parent: Node, node: Node) -> None:
        if not node.text:
            self.found.append(error("yaml-key", node.span))
            raise _Refused
        self._key[-1] = node


def _place(event: Event) -> tuple[int, int, int, int]:
    start: Any = event.start_mark
    end: Any = event.end_mark
    return (start.line, start.column, end.line, end.column)
