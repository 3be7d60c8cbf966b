"""Entities by what people call them: which one a word at the head of a rule, or after "create", means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.language.scope import EntityInfo, Scope

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_INDEXES_MAX = 64


@dataclass(frozen=True, slots=True)
class _Spoken:
    of: Mapping[str, EntityInfo]
    app: str
    words: dict[str, str]
    by_first: dict[str, tuple[str, ...]]


_indexes: dict[tuple[int, str], _Spoken] = {}


def _spoken(scope: Scope) -> _Spoken:
    app = (scope.of or "").partition(".")[0]
    known = _indexes.get((id(scope.entities), app))
    if known is not None and known.of is scope.entities:
        return known
    words: dict[str, str] = {}
    shared: set[str] = set()
    # An app's own entities come first, so that their names mean them; of others only a name that is theirs alone.
    ordered = sorted(scope.entities.values(), key=lambda info: (info.name.partition(".")[0] != app, info.name))
    for info in ordered:
        for word in (info.name.partition(".")[2], *info.labels):
            if word in words and words[word] != info.name and not words[word].startswith(app + "."):
                shared.add(word)
            words.setdefault(word, info.name)
    for word in shared:
        del words[word]
    words.update({name: name for name in scope.entities})
    starts: dict[str, list[str]] = {}
    for word in words:
        if word and not word.isascii():
            starts.setdefault(word[0], []).append(word)
    if len(_indexes) >= _INDEXES_MAX:
        _indexes.clear()
    made = _Spoken(scope.entities, app, words, {first: tuple(sorted(group, key=len, reverse=True)) for first, group in starts.items()})
    _indexes[id(scope.entities), app] = made
    return made


def entity_named(scope: Scope, word: str) -> str | None:
    """The full name of the entity that a name or label means, or None."""
    return _spoken(scope).words.get(word)


def entity_at(scope: Scope, source: str, at: int) -> tuple[str, int] | None:
    """The entity whose name or label stands at an offset, and how many characters it takes; None where none does."""
    spoken = _spoken(scope)
    matched = _WORD.match(source, at)
    if matched is not None:
        word = matched.group()
        return (spoken.words[word], len(word)) if word in spoken.words else None
    for word in spoken.by_first.get(source[at : at + 1], ()):
        if source.startswith(word, at):
            return spoken.words[word], len(word)
    return None


def spoken_name(scope: Scope, full: str, chinese: bool) -> str:
    """What to call an entity so that it reads back as the same."""
    info = scope.entities.get(full)
    labels = info.labels if info is not None and chinese else ()
    for word in (*(label for label in labels if not label.isascii()), full.partition(".")[2]):
        if entity_named(scope, word) == full:
            return word
    return full
