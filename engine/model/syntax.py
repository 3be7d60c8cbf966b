"""Which kind of definition a file holds, and whether it is well formed: a document against its JSON Schema."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.diagnostics import Diagnostic, error, nearest
from engine.model import schema
from engine.model.document import parse
from engine.model.node import Node

KINDS = {
    "app": "app",
    "entity": "entity",
    "extends": "overlay",
    "role": "role",
    "import": "import",
    "data": "data",
    "flow": "flow",
    "rules": "rules",
    "metrics": "metrics",
    "dashboard": "dashboard",
    "print": "print",
    "calendar": "calendar",
    "currency": "currency",
    "table": "table",
    "connector": "connector",
    "template": "template",
    "scenario": "scenario",
    "locale": "locale",
    "view": "view",
    "form": "form",
}
"""The key that says what a document is, and its kind (also its schema's name). The first of these that a document has counts."""

_MAPS_OF_NAMES = frozenset(
    (
        "properties",
        "checks",
        "unique",
        "sections",
        "may",
        "columns",
        "settings",
        "views",
        "constants",
        "totals",
        "requires",
        "tiles",
        "metrics",
    )
)
"""Keys whose maps have author's names for keys: there only the wrong entry is set aside, elsewhere the whole key."""

_NAMED_BY_FILE = ("rules", "metrics", "scenario", "locale")


@dataclass(frozen=True, slots=True)
class Document:
    """One definition: its kind, name and value. ``ok`` is False where its syntax is wrong: then it is known by name only."""

    path: str
    kind: str
    name: str
    node: Node
    name_node: Node
    ok: bool
    lost: frozenset[str] = frozenset()
    """Names and labels of what was set aside because its syntax is wrong: not known, but not to be called unknown."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one file."""

    document: Document | None
    found: tuple[Diagnostic, ...]
    text: str
    lost: frozenset[str] = frozenset()
    """What the file would have declared, as far as its name tells, where it can't be read."""


def read_document(path: str, data: bytes) -> Reading:
    """A file parsed, its kind found and its syntax checked; ``path`` is how places in it are named."""
    parsed = parse(path, data)
    root = parsed.node
    if root is None:
        return Reading(None, parsed.found, parsed.text, frozenset((PurePosixPath(path).stem,)))
    found = list(parsed.found)
    if not root.is_map:
        found.append(error("not-a-definition", root.start))
        return Reading(None, tuple(found), parsed.text, frozenset((PurePosixPath(path).stem,)))
    word = next((each for each in KINDS if each in root.value), None)
    if word is None:
        found.append(_unknown_kind(root))
        return Reading(None, tuple(found), parsed.text, frozenset((PurePosixPath(path).stem,)))
    kind = KINDS[word]
    checked = schema.Found()
    schema.checker(kind)(root, checked)
    found += checked.diagnostics
    by_file = kind in _NAMED_BY_FILE
    name = PurePosixPath(path).stem if by_file else _name(root.value[word])
    at = root.keys[word] if by_file else root.value[word]
    whole, lost = _set_aside(root, checked.bad, word) if checked.bad else (root, set[str]())
    if id(root.value[word]) in checked.bad and not by_file:
        name = ""
        lost.add(PurePosixPath(path).stem)
    document = Document(path, kind, name, whole, at, ok=not found, lost=frozenset(lost))
    return Reading(document, tuple(found), parsed.text)


def _set_aside(root: Node, bad: set[int], word: str) -> tuple[Node, set[str]]:
    """The document without what is wrong in it, and the names and labels of what went."""
    kept, lost = _copy(root), set[str]()
    for key, key_node, value in root.items():
        if key == word or not _is_bad(value, key_node, bad):
            _put(kept, key, key_node, value)
        elif key in _MAPS_OF_NAMES and value.is_map and id(value) not in bad:
            inner = _copy(value)
            for name, name_node, each in value.items():
                if _is_bad(each, name_node, bad):
                    lost |= {name, *_labels(each)}
                else:
                    _put(inner, name, name_node, each)
            _put(kept, key, key_node, inner)
        elif value.is_map:
            lost |= set(value.value)
    return kept, lost


def _copy(node: Node) -> Node:
    return Node(node.path, {}, (node.line, node.column, node.end_line, node.end_column))


def _put(target: Node, key: str, key_node: Node, value: Node) -> None:
    target.value[key] = value
    target.keys[key] = key_node


def _is_bad(node: Node, key: Node | None, bad: set[int]) -> bool:
    """Whether a value, its key or anything inside it is wrong."""
    if id(node) in bad or (key is not None and id(key) in bad):
        return True
    if node.is_map:
        return any(_is_bad(value, node.keys[name], bad) for name, value in node.value.items())
    return node.is_list and any(_is_bad(value, None, bad) for value in node.value)


def _labels(node: Node) -> set[str]:
    title = node.get("title")
    if title is None:
        return set()
    return {each.text for each in title.value.values() if each.text} if title.is_map else {title.text} - {""}


def _name(node: Node) -> str:
    return node.value if isinstance(node.value, str) else ""


def _unknown_kind(root: Node) -> Diagnostic:
    for key in root.value:
        near = nearest(key, KINDS)
        if near:
            return error("unknown-kind", root.key_span(key), fix=near, known=list(KINDS), suggestion=near)
    return error("unknown-kind", root.start, known=list(KINDS), suggestion="")
