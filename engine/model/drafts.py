"""Entities while they are being put together: names known, expressions not yet. Discarded when the App is frozen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.diagnostics import Diagnostic, Span, error, nearest, split_lines
from engine.i18n import LocalizedText
from engine.language.scope import USUAL, Conventions, EntityInfo, PhraseInfo
from engine.language.types import Type
from engine.model.kinds.entity import Field
from engine.model.memory import Memory
from engine.model.node import Node
from engine.model.package import Package
from engine.model.syntax import Document

SYSTEM = "system"


@dataclass
class AppDraft:
    """One package with its documents; ``reach`` are the apps whose definitions it may name."""

    name: str
    package: Package
    manifest: Document
    documents: tuple[Document, ...]
    requires: tuple[str, ...] = ()
    reach: frozenset[str] = frozenset()
    currency: str = "CNY"
    time_zone: str = "UTC"

    @property
    def node(self) -> Node:
        """The manifest's value."""
        return self.manifest.node


@dataclass
class Part:
    """What one document says about an entity: the entity file itself, or an overlay of another app."""

    app: str
    node: Node


@dataclass
class EntityDraft:
    """An entity being built. ``nodes`` are the definitions of its fields, ``apps`` who declared each."""

    name: str
    app: str
    table: str
    title: LocalizedText
    node: Node
    span: Span
    parts: list[Part] = field(default_factory=list)
    fields: dict[str, Field] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    apps: dict[str, str] = field(default_factory=dict)
    parent: str | None = None
    parent_field: str | None = None

    @property
    def short_name(self) -> str:
        """The name inside its app."""
        return self.name.partition(".")[2]


@dataclass
class Build:
    """All that one compilation holds while it runs; only model.build and its steps change it."""

    apps: dict[str, AppDraft]
    sources: Mapping[str, str]
    found: list[Diagnostic] = field(default_factory=list)
    entities: dict[str, EntityDraft] = field(default_factory=dict)
    infos: dict[str, EntityInfo] = field(default_factory=dict)
    variables: dict[str, Type] = field(default_factory=dict)
    conventions: Conventions = USUAL
    labels: dict[str, str] = field(default_factory=dict)
    """What people call variables: the titles of settings."""
    phrases: dict[str, tuple[PhraseInfo, ...]] = field(default_factory=dict)
    """The phrases that each app declares."""
    memory: Memory = field(default_factory=Memory)
    lost: set[str] = field(default_factory=set)
    """Names and labels of what could not be read: it was told once, so what names it is not told again."""
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def error(self, code: str, span: Span, *, fix: str | None = None, **params: object) -> None:
        """Note an error."""
        self.found.append(error(code, span, fix=fix, **params))

    def unknown(self, code: str, node: Node, known: Iterable[str], *, name: str | None = None, **params: object) -> None:
        """Note a name that means nothing here, with the known name it is nearest to."""
        said = name if name is not None else node.text
        if said in self.lost or any(part in self.lost for part in said.split(".")):
            return
        near = nearest(said, known)
        self.error(code, node.span, fix=near, name=said, suggestion=near or "", **params)

    def find_entity(self, app: str, node: Node, *, children: bool = False) -> EntityDraft | None:
        """The entity that a name in a document of ``app`` means; notes an error where there is none in reach."""
        name = node.text if isinstance(node.value, str) else str(node.value)
        return self.find_entity_named(app, name, node, children=children)

    def find_entity_named(self, app: str, name: str, at: Node, *, children: bool = False) -> EntityDraft | None:
        """As find_entity, for a name that stands at ``at``."""
        found = self.entities.get(f"{app}.{name}") or self.entities.get(name)
        if found is not None and (children or found.parent is None):
            if found.app == app or found.app in self.apps[app].reach:
                return found
            self.error("not-required", at.span, name=name, app=found.app, own=app)
            return None
        reachable = [e for e in self.entities.values() if e.parent is None and (e.app == app or e.app in self.apps[app].reach)]
        known = [e.short_name if e.app == app else e.name for e in reachable]
        self.unknown("unknown-entity", at, known, name=name)
        return None

    def names_lost(self, text: str) -> bool:
        """Whether an expression names something that could not be read."""
        return any(_mentions(text, word) for word in self.lost)

    def phrases_of(self, app: str) -> tuple[PhraseInfo, ...]:
        """The phrases that an app's texts may use: its own, then those of the apps in its reach."""
        others = sorted(self.apps[app].reach - {app})
        return tuple(phrase for name in (app, *others) for phrase in self.phrases.get(name, ()))

    def lines(self, path: str) -> list[str]:
        """The lines of a file by the path that its places name."""
        if path not in self._lines:
            self._lines[path] = split_lines(self.sources.get(path, ""))
        return self._lines[path]


def _mentions(text: str, word: str) -> bool:
    return word in text and re.search(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", text) is not None


def localized(node: Node | None, otherwise: str = "") -> LocalizedText:
    """A label as a definition has it: one text, or one per language; ``otherwise`` a name to make words of."""
    if node is None:
        return LocalizedText.same(words(otherwise))
    if node.is_map:
        return LocalizedText(node.text_of("en") or node.text_of("zh") or "", node.text_of("zh") or node.text_of("en") or "")
    return LocalizedText.same(node.text)


def words(name: str) -> str:
    """A name as a label: ``first_reply`` reads "First reply"."""
    return name.replace("_", " ").capitalize()
