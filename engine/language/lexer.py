"""Text to tokens: longest match over the scope's names and labels and the keywords of both languages.

Chinese has no spaces, so what a word is depends on what may be named at that place: the lexer follows paths
(负责人的区域) and the rows of an aggregate (count(… where …)) to know whose labels count.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from lark import Token

from engine import limits
from engine.language import lexicon
from engine.language.expression import Problem
from engine.language.functions import FUNCTIONS, spoken_names
from engine.language.keywords import CHINESE, ENGLISH, SYMBOL_STARTS, UNITS
from engine.language.names import Member, index_of, leads_to, member_of
from engine.language.numerals import DIGITS, after_space, chinese_date, chinese_number, is_quantity, read_number
from engine.language.phrases import Used, choice_words, find_phrase
from engine.language.scope import CollectionInfo, FieldInfo, Scope
from engine.language.types import Choice, Integer, MultiChoice

_SPACE = re.compile(r"[\s\u3000\ufeff]+")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CALL_FOLLOWS = re.compile(r"[\s\u3000]*[(（]")
_AT_DATE = re.compile(r"@([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?)")
_BARE_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EN_PERIOD = re.compile(
    r"(this|last|next)\s+(week|month|quarter|year)(?![A-Za-z0-9_])|(last|next)\s+([0-9]{1,4})\s+(days|weeks|months)(?![A-Za-z0-9_])"
)
_ZH_PERIOD = re.compile(r"(最近|过去|近|未来)\s*([0-9０-９]{1,4})\s*(天|周|个月)(?:之内|以内|内)?")
_EN_KEYWORD = re.compile(
    r"(?:is\s+not\s+(?:blank|null)|is\s+(?:blank|null)|is\s+not|is|not\s+in|not\s+contains|starts\s+with|ends\s+with"
    r"|and|or|not|where|between|in|contains|true|false|blank|null)(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t"}
_CLOSING = {"'": "'", '"': '"', "“": "”", "‘": "’"}
_PERIOD_DAYS = {"天": "days", "周": "weeks", "个月": "months"}
_ALSO_FUNCTIONS = ("between", "contains")
_OPERAND_ENDS = frozenset(("NAME", "NUMBER", "UNIT", "TEXT", "DATE", "TRUE", "FALSE", "BLANK", "PERIOD", "RPAR", "RSQB"))
_FUNCTION_STARTS: dict[str, tuple[str, ...]] = {}
_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MOVES = frozenset(("FROM", "CHANGED_TO", "ENTERED", "LEFT", "STAGE"))
_LITERAL_BEFORE = frozenset(("=", "!=", "contains", "not_contains"))


class PhraseToken(Token):
    """A phrase of the app; ``used`` says which and what fills its places, ``tree`` (set by the parser) what it stands for."""

    used: Used
    tree: Any


@dataclass(slots=True)
class _Frame:
    """An open bracket: whose names count inside, which call opened it; if it is a round one that holds a list; and
    what ``between`` waits for ("to", "end", "")."""

    entity: str | None
    opener: str = ""
    path_entity: str | None = None
    path_owner: str | None = None
    collection: str | None = None
    member: Member | None = None
    listing: bool = False
    bound: str = ""


@dataclass(slots=True)
class Lexer:
    """Reads one source text; ``tokens`` and ``problems`` hold the outcome of ``run``."""

    source: str
    scope: Scope
    tokens: list[Token] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=list)
    at: int = 0

    def run(self) -> None:
        """Read the whole text; stops early only where brackets nest beyond the limit."""
        self.frames = [_Frame(self.scope.of)]
        source, end = self.source, len(self.source)
        while self.at < end:
            character = source[self.at]
            if character in " \n\t\r\u3000\ufeff":
                matched = _SPACE.match(source, self.at)
                self.at = matched.end() if matched else self.at + 1
            elif self._special(character):
                continue
            elif character in SYMBOL_STARTS:
                if not self._symbol():
                    return
            elif character in DIGITS:
                self._number()
            elif character in _CLOSING:
                self._text(character)
            elif character == "@":
                self._date()
            elif character == "`":
                self._quoted_name()
            else:
                self._word(character)

    def _special(self, character: str) -> bool:
        """Read what only some texts hold, and tell whether there was any: phrases, and the places of a phrase's meaning."""
        if character == "{":
            matched = _PARAMETER.match(self.source, self.at)
            if matched is not None:
                self._add("PARAMETER", matched.group(1), matched.end() - self.at)
                return True
        return bool(self.scope.phrases) and not self._after_dot() and self._phrase()

    def _phrase(self) -> bool:
        entity = self.frames[-1].entity
        used = find_phrase(self.scope, entity, self.source, self.at)
        if used is None or used.end - self.at <= len(self._name_at(self.at)):
            return False
        token = PhraseToken("PHRASE", self.source[self.at : used.end], self.at, 0, 0, 0, 0, used.end)
        token.used = used
        token.tree = entity
        self.tokens.append(token)
        self.at = used.end
        return True

    def _after_dot(self) -> bool:
        return bool(self.tokens) and self.tokens[-1].type == "DOT"

    def _add(self, terminal: str, value: str, length: int) -> None:
        start = self.at
        self.at += length
        self.tokens.append(Token(terminal, value, start, 0, 0, 0, 0, self.at))

    def _problem(self, code: str, start: int, end: int, fix: str | None = None, **params: object) -> None:
        self.problems.append(Problem(code, start, end, params, fix))

    def _symbol(self) -> bool:
        source, at = self.source, self.at
        text = source[at : at + 2]
        if text not in lexicon.SYMBOLS:
            text = source[at]
            if text not in lexicon.SYMBOLS:
                self._problem("bad-character", at, at + 1, lexicon.SIGNS_ELSEWHERE.get(text), character=lexicon.shown_character(text))
                self.at += 1
                return True
        terminal, value = lexicon.SYMBOLS[text]
        if terminal == "LPAR" or terminal == "LSQB":
            opener = self.tokens[-1] if self.tokens and self.tokens[-1].type in ("FUNC", "CHANGED", "DO") else None
            outer = self.frames[-1]
            self.frames.append(_Frame(outer.entity, text if opener is None else str(opener), member=outer.member))
            if len(self.frames) > limits.expression_depth_max:
                self._problem("expression-too-deep", at, at + 1, limit=limits.expression_depth_max)
                return False
        elif terminal in ("RPAR", "RSQB") and len(self.frames) > 1:
            self.frames.pop()
        elif terminal == "TO" and self.frames[-1].opener == "changed":
            terminal = "CHANGED_TO"
        self._add(terminal, value, len(text))
        return True

    def _number(self) -> None:
        source, start = self.source, self.at
        name = self._name_at(start)
        if name and not is_quantity(name):
            self._name(name, len(name))
            return
        if (found := chinese_date(source, start)) is not None:
            self._add("DATE", *found)
            return
        matched = _BARE_DATE.match(source, start)
        if matched:
            self._problem("date-without-at", start, matched.end(), fix="@" + matched.group(), text=matched.group())
            self._add("DATE", matched.group(), matched.end() - start)
            return
        value, end = read_number(source, start, self._name_at)
        self._add("NUMBER", value, end - start)
        if source[end - 1] in "%％":
            return
        self._unit()

    def _unit(self) -> None:
        start = after_space(self.source, self.at)
        for text, unit in UNITS:
            if self.source.startswith(text, start):
                end = start + len(text)
                following = self.source[end : end + 1]
                if text.isascii() and (following == "_" or (following.isascii() and following.isalnum())):
                    continue
                if len(self._name_at(start)) > len(text):
                    return
                self.at = start
                self._add("UNIT", unit, len(text))
                return

    def _text(self, quote: str) -> None:
        source, start, closing = self.source, self.at, _CLOSING[quote]
        escapes = quote in "'\""
        parts: list[str] = []
        at = start + 1
        while at < len(source) and source[at] != closing:
            if escapes and source[at] == "\\":
                text, length = self._escape(at)
                parts.append(text)
                at += length
            else:
                parts.append(source[at])
                at += 1
        if at >= len(source):
            self._problem("text-not-closed", start, len(source), fix=source[start:] + closing, quote=closing)
        # Records keep their texts composed (é as one character), and so must be what they are compared with.
        self._add("TEXT", unicodedata.normalize("NFC", "".join(parts)), min(at + 1, len(source)) - start)

    def _escape(self, at: int) -> tuple[str, int]:
        following = self.source[at + 1 : at + 2]
        if following in _ESCAPES:
            return _ESCAPES[following], 2
        digits = self.source[at + 2 : at + 6]
        if following == "u" and len(digits) == 4 and all(d in "0123456789abcdefABCDEF" for d in digits):
            character = chr(int(digits, 16))
            if character != "\0" and not "\ud800" <= character <= "\udfff":
                return character, 6
        self._problem("bad-escape", at, min(at + 2, len(self.source)), escape="\\" + following)
        return "", 1 + len(following)

    def _date(self) -> None:
        matched = _AT_DATE.match(self.source, self.at)
        if matched:
            self._add("DATE", matched.group(1), matched.end() - self.at)
            return
        self._problem("bad-date", self.at, self.at + 1, text=self.source[self.at : self.at + 11])
        self.at += 1

    def _quoted_name(self) -> None:
        end = self.source.find("`", self.at + 1)
        if end < 0:
            self._problem("text-not-closed", self.at, len(self.source), fix=self.source[self.at :] + "`", quote="`")
            end = len(self.source)
        name = self.source[self.at + 1 : end]
        self._name(name, min(end + 1, len(self.source)) - self.at)

    def _entities(self) -> list[str | None]:
        """Whose names may stand here: after a dot those of the path's entity, else of every open row, inmost first."""
        frame = self.frames[-1]
        if self.tokens and self.tokens[-1].type == "DOT":
            return [frame.path_entity]
        found: list[str | None] = []
        for open_frame in reversed(self.frames):
            if open_frame.entity not in found:
                found.append(open_frame.entity)
        return found

    def entities_in_sight(self) -> tuple[str | None, ...]:
        """Whose names may stand after what has been read, for completion."""
        return tuple(self._entities())

    def seen_entities(self) -> frozenset[str | None]:
        """Every entity whose members this text may name so far: of open rows, and where the last path led."""
        return frozenset([*(frame.entity for frame in self.frames), *(frame.path_owner for frame in self.frames)])

    def _name_at(self, at: int) -> str:
        """The longest name or label of the scope that stands at an offset, or ''."""
        best = ""
        first = self.source[at : at + 1]
        for entity in self._entities():
            info = self.scope.entities.get(entity) if entity else None
            if info is None:
                continue
            for word in index_of(info).starts.get(first, ()):
                if len(word) <= len(best):
                    break
                if self.source.startswith(word, at) and self._ends_word(at + len(word)):
                    best = word
                    break
        return best

    def _ends_word(self, end: int) -> bool:
        before, after = self.source[end - 1], self.source[end : end + 1]
        return not (_is_word(before) and after and _is_word(after))

    def _word(self, first: str) -> None:
        if first.isascii():
            self._ascii_word(first)
            return
        source, at = self.source, self.at
        name = self._name_at(at)
        function = self._function_at(at)
        after_dot = self._after_dot()
        if function and len(function) >= len(name) and not after_dot:
            changed = function == lexicon.CHANGED_ZH
            self._add("CHANGED" if changed else "FUNC", "changed" if changed else function, len(function))
            return
        keyword = self._keyword_at(at)
        if keyword and len(keyword[0]) >= len(name):
            self._keyword(*keyword)
        elif name:
            self._name(name, len(name))
        elif self._bare_word():
            return
        elif (period := _ZH_PERIOD.match(source, at)) is not None:
            ahead = "next" if period.group(1) == "未来" else "last"
            self._add("PERIOD", f"{ahead}_{int(period.group(2))}_{_PERIOD_DAYS[period.group(3)]}", period.end() - at)
        elif not first.isalpha():
            self._problem("bad-character", at, at + 1, character=lexicon.shown_character(first))
            self.at += 1
        else:
            end = at + 1
            while end < len(source) and source[end].isalnum() and not self._keyword_at(end) and not self._name_at(end):
                end += 1
            self._name(source[at:end], end - at)

    def _keyword_at(self, at: int) -> tuple[str, str, str] | None:
        changing = self.frames[-1].opener == "changed"
        for text, terminal, value in CHINESE.get(self.source[at : at + 1], ()):
            if self.source.startswith(text, at):
                return text, terminal, value
        if changing:
            for text, terminal in lexicon.CHANGE_WORDS.items():
                if not text.isascii() and self.source.startswith(text, at):
                    return text, terminal, text
        return None

    def _keyword(self, text: str, terminal: str, value: str) -> None:
        if self.frames[-1].opener == "changed" and text in lexicon.CHANGE_WORDS:
            terminal = lexicon.CHANGE_WORDS[text]
        if value == "today" and self._after_in() and not _CALL_FOLLOWS.match(self.source, self.at + len(text)):
            terminal = "PERIOD"
        if terminal == "SPOKEN":
            start = self.at
            self._add("FUNC", value, len(text))
            if not _CALL_FOLLOWS.match(self.source, self.at):
                self.tokens.append(Token("LPAR", "(", start, 0, 0, 0, 0, self.at))
                self.tokens.append(Token("RPAR", ")", start, 0, 0, 0, 0, self.at))
            return
        if terminal == "WHERE":
            self._enter_rows()
        self._add(terminal, value, len(text))

    def _function_at(self, at: int) -> str:
        if not _FUNCTION_STARTS:
            _FUNCTION_STARTS.update(_by_first((*spoken_names(), lexicon.CHANGED_ZH)))
        for name in _FUNCTION_STARTS.get(self.source[at], ()):
            if self.source.startswith(name, at) and _CALL_FOLLOWS.match(self.source, at + len(name)):
                return name
        return ""

    def _ascii_word(self, first: str) -> None:
        source, at = self.source, self.at
        matched = _WORD.match(source, at)
        if matched is None:
            length = 2 if source.startswith(first * 2, at) and first in lexicon.SIGNS_ELSEWHERE else 1
            shown = lexicon.shown_character(first) * length
            self._problem("bad-character", at, at + length, lexicon.SIGNS_ELSEWHERE.get(first), character=shown)
            self.at += length
            return
        word = matched.group()
        name = self._name_at(at)
        after_dot = self._after_dot()
        if not after_dot:
            if self._ascii_special(word, name):
                return
            if len(name) <= len(word) and _CALL_FOLLOWS.match(source, matched.end()):
                self._add("CHANGED" if word == "changed" else "FUNC", word, len(word))
                return
        chosen = name if len(name) > len(word) else word
        if not name and not after_dot and self._bare_word():
            return
        self._name(chosen, len(chosen))

    def _ascii_special(self, word: str, name: str) -> bool:
        source, at = self.source, self.at
        keyword = _EN_KEYWORD.match(source, at)
        if word in _ALSO_FUNCTIONS and not self._after_operand() and _CALL_FOLLOWS.match(source, at + len(word)):
            return False
        if keyword and len(keyword.group()) >= len(name) and (keyword.group().islower() or keyword.group().isupper()):
            text = " ".join(keyword.group().lower().split())
            terminal, value = ENGLISH[text]
            self._keyword(keyword.group(), terminal, value)
            return True
        if self.frames[-1].opener == "changed" and word in lexicon.CHANGE_WORDS and self.tokens[-1].type != "LPAR":
            self._add(lexicon.CHANGE_WORDS[word], word, len(word))
            return True
        if word in lexicon.BARE_CALLS and not name and not _CALL_FOLLOWS.match(source, at + len(word)):
            self._keyword(word, "SPOKEN", word)
            return True
        period = _EN_PERIOD.match(source, at)
        if period and len(period.group()) > len(name):
            self._add("PERIOD", "_".join(period.group().split()), len(period.group()))
            return True
        named = word in ("yesterday", "tomorrow") or (word == "today" and self._after_in())
        if named and not name and not _CALL_FOLLOWS.match(source, at + len(word)):
            self._add("PERIOD", word, len(word))
            return True
        return False

    def _after_in(self) -> bool:
        return bool(self.tokens) and self.tokens[-1].type == "OP" and self.tokens[-1] in ("in", "not_in")

    def _after_operand(self) -> bool:
        """Whether a value has just been read, so that an operator may follow."""
        return bool(self.tokens) and self.tokens[-1].type in _OPERAND_ENDS

    def _name(self, name: str, length: int) -> None:
        frame = self.frames[-1]
        member = None
        if name == lexicon.OLD_ZH and not self._after_dot() and not self._name_at(self.at):
            name = "old"
        for entity in self._entities():
            member = member_of(self.scope, entity, name)
            if member is not None:
                frame.path_owner = entity
                break
        if member is None and not (self.tokens and self.tokens[-1].type == "DOT"):
            frame.path_entity = self._outside_record(name)
        else:
            frame.path_entity = leads_to(self.scope, member)
        if isinstance(member, CollectionInfo):
            frame.collection = member.entity
        frame.member = member
        self._add("NAME", name, length)

    def _outside_record(self, name: str) -> str | None:
        if name in ("old", "record"):
            return self.scope.of
        if name == "parent":
            info = self.scope.entities.get(self.frames[-1].entity or "")
            return leads_to(self.scope, info.fields.get("parent")) if info else None
        type_ = self.scope.variables.get(name)
        return getattr(type_, "entity", None)

    def _bare_word(self) -> bool:
        """Read what is no name of a field: an option of the choice at hand, what people call a variable, a Chinese number."""
        option = self._option_at(self.at)
        if option:
            self._add("TEXT", option, len(option))
            return True
        label = self._label_at(self.at)
        if label:
            self._variable(self.scope.labels[label], len(label))
            return True
        value, length = chinese_number(self.source, self.at)
        if not length or not any(self.source.startswith(text, self.at + length) for text, _ in UNITS):
            return False
        self._add("NUMBER", str(value), length)
        self._unit()
        return True

    def _option_at(self, at: int) -> str:
        """The label or code of the choice that is being compared, where it stands without quotes."""
        member = self.frames[-1].member
        last = self.tokens[-1] if self.tokens else None
        if last is None or not isinstance(member, FieldInfo) or not isinstance(member.type, Choice | MultiChoice):
            return ""
        listed = last.type in ("LSQB", "COMMA") and self.frames[-1].opener == "["
        if not listed and last.type not in _MOVES and not (last.type == "OP" and last in _LITERAL_BEFORE):
            return ""
        return next((text for text in choice_words(member) if self._stands(text, at)), "")

    def _label_at(self, at: int) -> str:
        """The longest thing that people call a variable, where it stands at an offset."""
        found = [label for label in self.scope.labels if self._stands(label, at)]
        return max(found, key=len, default="")

    def _stands(self, text: str, at: int) -> bool:
        return bool(text) and self.source.startswith(text, at) and self._ends_word(at + len(text))

    def _variable(self, name: str, length: int) -> None:
        """Write out a variable by its name; a whole number before a unit becomes a duration (``N天``)."""
        start, end = self.at, self.at + length
        unit_at = after_space(self.source, end)
        unit = next((row for row in UNITS if self.source.startswith(row[0], unit_at)), None)
        counted = unit is not None and unit[1] + "s" in FUNCTIONS and isinstance(self.scope.variables.get(name), Integer)
        before = (("FUNC", unit[1] + "s"), ("LPAR", "(")) if counted and unit else ()
        named = [("NAME", part) for part in name.split(".")]
        spread = [token for part in named for token in (("DOT", "."), part)][1:]
        if counted and unit:
            end = unit_at + len(unit[0])
        for terminal, value in (*before, *spread, *((("RPAR", ")"),) if before else ())):
            self.tokens.append(Token(terminal, value, start, 0, 0, 0, 0, end))
        self.at = end

    def _enter_rows(self) -> None:
        frame = self.frames[-1]
        if frame.collection is not None:
            frame.entity = frame.collection


def _by_first(names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name[0], []).append(name)
    return {first: tuple(sorted(group, key=len, reverse=True)) for first, group in found.items()}


def _is_word(character: str) -> bool:
    return character == "_" or (character.isascii() and character.isalnum())
