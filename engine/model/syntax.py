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


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one file."""

    document: Document | None
    found: tuple[Diagnostic, ...]
    text: str


def read_document(path: str, data: bytes) -> Reading:
    """A file parsed, its kind found and its syntax checked; ``path`` is how places in it are named."""
    parsed = parse(path, data)
    root = parsed.node
    if root is None:
        return Reading(None, parsed.found, parsed.text)
    found = list(parsed.found)
    if not root.is_map:
        found.append(error("not-a-definition", root.start))
        return Reading(None, tuple(found), parsed.text)
    word = next((each for each in KINDS if each in root.value), None)
    if word is None:
        found.append(_unknown_kind(root))
        return Reading(None, tuple(found), parsed.text)
    kind = KINDS[word]
    schema.checker(kind)(root, found)
    name_node = root.value[word]
    name = PurePosixPath(path).stem if kind in _NAMED_BY_FILE else _name(name_node)
    at = root.keys[word] if kind in _NAMED_BY_FILE else name_node
    return Reading(Document(path, kind, name, root, at, ok=not found), tuple(found), parsed.text)


def _name(node: Node) -> str:
    return node.value if isinstance(node.value, str) else ""


def _unknown_kind(root: Node) -> Diagnostic:
    for key in root.value:
        near = nearest(key, KINDS)
        if near:
            return error("unknown-kind", root.key_span(key), fix=near, known=list(KINDS), suggestion=near)
    return error("unknown-kind", root.start, known=list(KINDS), suggestion="")
