"""Finding an app's phrases in a text: where one stands, and which part of the text fills each of its places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from engine.language import lexicon
from engine.language.scope import FieldInfo, PhraseInfo, Scope
from engine.language.types import Choice, Date, DateTime, Decimal, Duration, Integer, Money, MultiChoice, Text, Type

KINDS = ("duration", "number", "integer", "text", "date", "any")
"""What a place of a phrase may hold, besides the choices of a field."""

PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DIGITS = r"(?:[0-9０-９]+(?:[.．][0-9０-９]+)?|[一二两三四五六七八九十]{1,3})"
_UNITS = "|".join(sorted((re.escape(text) for texts in lexicon.UNITS.values() for text in texts), key=len, reverse=True))
_LITERALS: dict[str, str] = {
    "duration": rf"{_DIGITS}[ \u3000]*(?:{_UNITS})(?![A-Za-z0-9_])",
    "number": r"-?[0-9０-９]+(?:[.．][0-9０-９]+)?(?:[ \u3000]*[%％万亿])*",
    "integer": r"-?[0-9０-９]+[万亿]*",
    "text": r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|“[^”]*”|‘[^’]*’",
    "date": r"@[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9０-９]{4}年[0-9０-９]{1,2}月[0-9０-９]{1,2}[日号]",
}
_LITERALS["any"] = "|".join(_LITERALS[kind] for kind in ("duration", "date", "number", "text"))
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _LITERALS.items()}
_SETTING = re.compile(r"settings\.[A-Za-z_][A-Za-z0-9_]*")
_BRACKETED = re.compile(r"[A-Za-z0-9_\u3400-\u9fff]*\([^()]*\)")
"""Any expression in brackets or call of a function, so that a place can also be filled with something computed."""
_UNIT_AFTER = re.compile(rf"[ \u3000]*(?:{_UNITS})(?![A-Za-z0-9_])")
_FITTING: dict[str, tuple[type[Type], ...]] = {
    "duration": (Duration,),
    "number": (Integer, Decimal, Money),
    "integer": (Integer,),
    "text": (Text, Choice),
    "date": (Date, DateTime),
    "any": (Type,),
}


@dataclass(frozen=True, slots=True)
class Used:
    """A phrase found in a text: where it ends, and the part of the text that fills each place."""

    phrase: PhraseInfo
    end: int
    places: tuple[tuple[str, int, int], ...]


@lru_cache(maxsize=4_096)
def template(words: str) -> tuple[re.Pattern[str] | str, ...]:
    """The words of a phrase as a sequence of patterns and names of places."""
    parts: list[re.Pattern[str] | str] = []
    for index, part in enumerate(PLACE.split(words)):
        if index % 2:
            parts.append(part)
        elif part:
            parts.append(re.compile(_spaced(part), re.IGNORECASE))
    return tuple(parts)


def _spaced(words: str) -> str:
    """The pattern of plain words: spaces as many as one likes, none needed beside Chinese."""
    made = r"[\s\u3000]*" if words[0].isspace() else ""
    pieces = words.split()
    for index, piece in enumerate(pieces):
        if index:
            apart = pieces[index - 1][-1].isascii() and piece[0].isascii()
            made += r"[\s\u3000]+" if apart else r"[\s\u3000]*"
        made += re.escape(piece)
    if _is_word(words[-1]):
        return made + r"(?![A-Za-z0-9_])"
    return made + (r"[\s\u3000]*" if words[-1].isspace() else "")


def _is_word(character: str) -> bool:
    return character == "_" or (character.isascii() and character.isalnum())


def find_phrase(scope: Scope, entity: str | None, source: str, at: int) -> Used | None:
    """The longest phrase about an entity that stands at an offset of a text, or None."""
    best: Used | None = None
    for phrase in scope.phrases:
        if phrase.of is not None and entity is not None and phrase.of != entity:
            continue
        for _, words in phrase.words:
            found = _match(scope, phrase, template(words), source, at, ())
            if found is not None and (best is None or found.end > best.end):
                best = found
    return best


def _match(
    scope: Scope,
    phrase: PhraseInfo,
    parts: tuple[re.Pattern[str] | str, ...],
    source: str,
    at: int,
    places: tuple[tuple[str, int, int], ...],
) -> Used | None:
    if not parts:
        return Used(phrase, at, places)
    first, rest = parts[0], parts[1:]
    if isinstance(first, str):
        while places and source[at : at + 1] in (" ", "\u3000"):
            at += 1
        kind = dict(phrase.params).get(first, "any")
        for end in sorted(set(_ends(scope, kind, source, at)), reverse=True):
            after = end
            while rest and source[after : after + 1] in (" ", "\u3000"):
                after += 1
            found = _match(scope, phrase, rest, source, after, (*places, (first, at, end)))
            if found is not None:
                return found
        return None
    matched = first.match(source, at)
    return None if matched is None else _match(scope, phrase, rest, source, matched.end(), places)


def _ends(scope: Scope, kind: str, source: str, at: int) -> Iterator[int]:
    """Where a value of a kind that begins at an offset may end."""
    choice = choice_of(scope, kind)
    if choice is not None:
        for label in choice_words(choice):
            if source.startswith(label, at):
                yield at + len(label)
    bracketed = _BRACKETED.match(source, at)
    if bracketed is not None:
        yield bracketed.end()
    pattern = _PATTERNS["text" if choice is not None else kind if kind in _PATTERNS else "any"]
    matched = pattern.match(source, at)
    if matched is not None:
        yield matched.end()
    yield from _setting_ends(scope, "text" if choice is not None else kind, source, at)


def _setting_ends(scope: Scope, kind: str, source: str, at: int) -> Iterator[int]:
    wanted = _FITTING.get(kind, (Type,))
    written = _SETTING.match(source, at)
    named = [(written.group(), written.group())] if written is not None else []
    for text, variable in [*named, *scope.labels.items()]:
        if not source.startswith(text, at):
            continue
        type_ = scope.variables.get(variable)
        if isinstance(type_, wanted):
            yield at + len(text)
        if isinstance(type_, Integer) and kind in ("duration", "any"):
            unit = _UNIT_AFTER.match(source, at + len(text))
            if unit is not None:
                yield unit.end()


def choice_of(scope: Scope, kind: str) -> FieldInfo | None:
    """The choice field that a kind names as ``entity.field``, or None where it names none."""
    entity, dot, name = kind.rpartition(".")
    info = scope.entities.get(entity) if dot else None
    field = info.fields.get(name) if info is not None else None
    return field if field is not None and isinstance(field.type, Choice | MultiChoice) else None


def choice_words(field: FieldInfo) -> tuple[str, ...]:
    """Every text that stands for an option of a choice, the longest first."""
    assert isinstance(field.type, Choice | MultiChoice)
    return tuple(sorted({*field.options, *field.type.codes}, key=len, reverse=True))
