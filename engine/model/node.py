"""A value as an author wrote it, with the place of every key and scalar: what a definition file is parsed into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.diagnostics import Span

type_names = {str: "text", bool: "true-false", int: "number", float: "number", dict: "map", list: "list", type(None): "nothing"}


class Node:
    """One value of a file; treated as frozen once it is parsed.

    ``value`` is a str, int, float, bool or None, a dict of Nodes by key, or a list of Nodes. ``text`` is a scalar as
    written (``1.50`` stays ``1.50``). ``keys`` are a map's keys as Nodes. ``style`` is how a scalar is quoted:
    "" plain, ``'``, ``"``, ``|`` or ``>``.
    """

    __slots__ = ("column", "end_column", "end_line", "keys", "line", "path", "style", "text", "value")

    def __init__(self, path: str, value: Any, place: tuple[int, int, int, int], text: str = "", style: str = "") -> None:
        self.path = path
        self.value = value
        self.line, self.column, self.end_line, self.end_column = place
        self.text = text
        self.style = style
        self.keys: dict[str, Node] = {}

    @property
    def span(self) -> Span:
        """Where the value stands."""
        return Span(self.path, self.line, self.column, self.end_line, self.end_column)

    @property
    def is_map(self) -> bool:
        """Whether it is a map of keys to values."""
        return type(self.value) is dict

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return type(self.value) is list

    def get(self, key: str) -> Node | None:
        """The value under a key, or None where this is no map or has no such key."""
        return self.value.get(key) if type(self.value) is dict else None

    def text_of(self, key: str) -> str | None:
        """A scalar under a key as written, or None."""
        node = self.get(key)
        return None if node is None or node.is_map or node.is_list or node.value is None else node.text

    def items(self) -> Iterator[tuple[str, Node, Node]]:
        """Key, the key's own node, and the value, for every entry of a map (nothing for anything else)."""
        if type(self.value) is dict:
            for key, value in self.value.items():
                yield key, self.keys[key], value

    def each(self) -> list[Node]:
        """The entries of a list; a single value counts as a list of one, a map as none."""
        if type(self.value) is list:
            return list(self.value)
        return [] if type(self.value) is dict or self.value is None else [self]

    def key_span(self, key: str) -> Span:
        """Where a key stands; the whole value where there is no such key."""
        node = self.keys.get(key)
        return node.span if node is not None else self.start

    @property
    def start(self) -> Span:
        """The first line of the value: a short place to point at for what concerns the whole."""
        if self.keys:
            return next(iter(self.keys.values())).span
        return Span(self.path, self.line, self.column, self.line, self.column + 1)

    @property
    def kind(self) -> str:
        """The sort of value in one word (a key of the message catalogue's words)."""
        return type_names[type(self.value)]

    def plain(self) -> Any:
        """The value without places, as dicts, lists and scalars."""
        if type(self.value) is dict:
            return {key: value.plain() for key, value in self.value.items()}
        if type(self.value) is list:
            return [value.plain() for value in self.value]
        return self.value


NOTHING = Node("", {}, (0, 0, 0, 0))
"""A map without entries, for what a definition leaves out."""
