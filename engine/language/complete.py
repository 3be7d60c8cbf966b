"""Completion: what a writer may put at a place in an expression, in the writer's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lark.exceptions import UnexpectedInput, VisitError

from engine.i18n import Language
from engine.language import lexicon
from engine.language.building import Refused
from engine.language.functions import chinese_name, known_names
from engine.language.keywords import is_keyword
from engine.language.lexer import Lexer
from engine.language.names import Member, index_of
from engine.language.parser import fill_phrases, interactive
from engine.language.rules import words as rule_words
from engine.language.rules.entities import spoken_name
from engine.language.rules.lexer import RuleLexer
from engine.language.scope import FieldInfo, Scope
from engine.language.turns import SpokenLexer
from engine.language.types import Choice, MultiChoice
from engine.language.verbs import VERBS

Kind = Literal["field", "collection", "variable", "function", "keyword", "choice", "phrase", "entity", "action", "parameter"]
_KEYWORDS = ("AND", "OR", "NOT", "WHERE", "BETWEEN", "BLANKNESS", "OP", "TRUE", "FALSE", "BLANK")


@dataclass(frozen=True, slots=True)
class Completion:
    """One proposal: ``text`` replaces ``source[start:end]``; ``detail`` is its name or label in the other language."""

    text: str
    kind: Kind
    start: int
    end: int
    detail: str = ""


def complete(source: str, offset: int, scope: Scope, language: Language = "en", *, rules: bool = False) -> tuple[Completion, ...]:
    """What may stand at a place: members, functions, choices, keywords, phrases, that continue the word begun there.

    With ``rules`` the text is one of whole rules: also entities, events, actions and their parameters.
    """
    before = source[:offset]
    start = _word_start(before, scope, rules=rules)
    lexer = _lexer(before[:start], scope, rules=rules)
    prefix = before[start:]
    accepted = _accepted(lexer, rules=rules)
    found: dict[str, Completion] = {}
    proposals = (*_proposals(lexer, accepted, scope, language), *_rule_proposals(lexer, accepted, scope, language == "zh"))
    for text, kind, detail in proposals:
        if _continues(text, prefix) or _continues(detail, prefix):
            found.setdefault(text, Completion(text, kind, start, offset, detail))
    return tuple(found.values())


def _lexer(source: str, scope: Scope, *, rules: bool) -> Lexer:
    lexer = RuleLexer(source, scope) if rules else SpokenLexer(source, scope)
    lexer.run()
    return lexer


def _word_start(before: str, scope: Scope, *, rules: bool) -> int:
    """Where the word begins that the writer is in the midst of; the end where there is none."""
    lexer = _lexer(before, scope, rules=rules)
    last = lexer.tokens[-1] if lexer.tokens else None
    words = ("NAME", "FUNC", "VERB") if rules else ("NAME", "FUNC")
    if last is not None and last.type in words and last.end_pos == len(before) and last.start_pos is not None:
        return last.start_pos
    numeral = last is not None and last.type == "NUMBER" and last.end_pos == len(before) and last.start_pos is not None
    # 四 is a number, and also how 四舍五入 begins.
    if numeral and last is not None and any(chinese_name(name).startswith(before[last.start_pos :]) for name in known_names()):
        return last.start_pos or 0
    return len(before)


def _continues(text: str, prefix: str) -> bool:
    return text.lower().startswith(prefix.lower()) if prefix else bool(text)


def _accepted(lexer: Lexer, *, rules: bool) -> frozenset[str]:
    parser = interactive("sentence" if rules else "start")
    try:
        fill_phrases(lexer)
        for token in lexer.tokens:
            parser.feed_token(token)
    except (UnexpectedInput, VisitError, Refused):
        return frozenset()
    return frozenset(parser.accepts())


def _proposals(lexer: Lexer, accepted: frozenset[str], scope: Scope, language: Language) -> Iterable[tuple[str, Kind, str]]:
    chinese = language == "zh"
    after_dot = bool(lexer.tokens) and lexer.tokens[-1].type == "DOT"
    if "TEXT" in accepted:
        yield from _choices(lexer, scope, chinese)
    if "NAME" in accepted:
        for entity in lexer.entities_in_sight():
            yield from _members(scope, entity, chinese)
        if not after_dot:
            for name in scope.variables:
                yield name, "variable", ""
    if "FUNC" in accepted and not after_dot:
        for name in known_names():
            other = chinese_name(name)
            yield (f"{other}(", "function", name) if chinese else (f"{name}(", "function", other)
    if "PHRASE" in accepted and not after_dot:
        yield from _phrases(lexer, scope, chinese)
    for word in lexicon.WORDS:
        if word.terminal in _KEYWORDS and word.terminal in accepted:
            yield word.zh[0] if chinese else word.en[0], "keyword", word.en[0] if chinese else word.zh[0]


def _phrases(lexer: Lexer, scope: Scope, chinese: bool) -> Iterable[tuple[str, Kind, str]]:
    """The app's phrases about the record at hand, their places still to be filled."""
    entity = lexer.entities_in_sight()[0]
    for phrase in scope.phrases:
        if phrase.of is None or phrase.of == entity:
            spoken = dict(phrase.words)
            first, second = ("zh", "en") if chinese else ("en", "zh")
            yield spoken.get(first) or spoken[second], "phrase", spoken.get(second, "") if first in spoken else ""


def _rule_proposals(lexer: Lexer, accepted: frozenset[str], scope: Scope, chinese: bool) -> Iterable[tuple[str, Kind, str]]:
    if "ENTITY" in accepted:
        for full in scope.entities:
            if full.count(".") == 1:
                yield spoken_name(scope, full, chinese), "entity", spoken_name(scope, full, not chinese)
    for word in (*rule_words.CLAUSES, *rule_words.BEGINNINGS, *rule_words.MIDDLES):
        spoken, other = (word.zh, word.en) if chinese else (word.en, word.zh)
        if word.terminal in accepted and spoken:
            yield spoken[0], "keyword", other[0] if other else ""
    if "VERB" in accepted:
        for verb in VERBS.values():
            yield (f"{verb.zh[0]}(", "action", verb.name) if chinese else (f"{verb.name}(", "action", verb.zh[0])
    if "ARG" in accepted:
        verb_name = lexer.frames[-1].opener.removeprefix("do:")
        for param in VERBS[verb_name].params if verb_name in VERBS else ():
            yield (f"{param.zh}: ", "parameter", param.name) if chinese else (f"{param.name}: ", "parameter", param.zh)


def _members(scope: Scope, entity: str | None, chinese: bool) -> Iterable[tuple[str, Kind, str]]:
    info = scope.entities.get(entity or "")
    if info is None:
        return
    members: list[Member] = [*info.fields.values(), *info.collections.values()]
    for member in members:
        label = next((text for text in member.labels if not text.isascii()), "")
        name = f"`{member.name}`" if is_keyword(member.name) else member.name
        readable = label and index_of(info).members.get(label) is member and not is_keyword(label)
        kind: Kind = "field" if isinstance(member, FieldInfo) else "collection"
        yield (label, kind, member.name) if chinese and readable else (name, kind, label)


def _choices(lexer: Lexer, scope: Scope, chinese: bool) -> Iterable[tuple[str, Kind, str]]:
    """The options of the choice that the text is compared with: the last name before the operator."""
    name = next((str(token) for token in reversed(lexer.tokens) if token.type == "NAME"), None)
    if name is None or lexer.tokens[-1].type not in ("OP", "LSQB", "COMMA"):
        return
    for info in scope.entities.values():
        member = index_of(info).members.get(name)
        if isinstance(member, FieldInfo) and isinstance(member.type, Choice | MultiChoice) and info.name in lexer.seen_entities():
            for code in member.type.codes:
                label = next((text for text, of in member.options.items() if of == code and not text.isascii()), "")
                yield (f"'{label}'", "choice", code) if chinese and label else (f"'{code}'", "choice", label)
