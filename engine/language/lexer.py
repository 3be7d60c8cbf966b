"""Text to tokens: longest match over the scope's names and labels and the keywords of both languages.

Chinese has no spaces, so what a word is depends on what may be named at that place: the lexer follows paths
(负责人的区域) and the rows of an aggregate (count(… where …)) to know whose labels count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lark import Token

from engine import limits
from engine.language import lexicon
from engine.language.expression import Problem
from engine.language.functions import spoken_names
from engine.language.names import index_of, leads_to, member_of
from engine.language.scope import CollectionInfo, Scope

_SPACE = re.compile(r"[\s\u3000\ufeff]+")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_CALL_FOLLOWS = re.compile(r"[\s\u3000]*[(（]")
_AT_DATE = re.compile(r"@([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?)")
_BARE_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZH_DATE = re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})[日号]")
_EN_PERIOD = re.compile(
    r"(this|last|next)\s+(week|month|quarter|year)(?![A-Za-z0-9_])|(last|next)\s+([0-9]{1,4})\s+(days|weeks|months)(?![A-Za-z0-9_])"
)
_ZH_PERIOD = re.compile(r"(最近|过去|近|未来)\s*([0-9]{1,4})\s*(天|周|个月)")
_EN_KEYWORD = re.compile(
    r"(?:is\s+not\s+(?:blank|null)|is\s+(?:blank|null)|is\s+not|is|not\s+in|not\s+contains|starts\s+with|ends\s+with"
    r"|and|or|not|where|between|in|contains|true|false|blank|null)(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t"}
_CLOSING = {"'": "'", '"': '"', "“": "”", "‘": "’"}
_PERIOD_DAYS = {"天": "days", "周": "weeks", "个月": "months"}
_IS_WORDS = {
    "is": ("OP", "="),
    "is not": ("OP", "!="),
    "is null": ("BLANKNESS", "is"),
    "is not null": ("BLANKNESS", "is_not"),
    "null": ("BLANK", "blank"),
}


_ALSO_FUNCTIONS = ("between", "contains")
_OPERAND_ENDS = frozenset(("NAME", "NUMBER", "UNIT", "TEXT", "DATE", "TRUE", "FALSE", "BLANK", "PERIOD", "RPAR", "RSQB"))


def _spoken_keywords() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[tuple[str, str, str], ...]]]:
    english = dict(_IS_WORDS)
    chinese: dict[str, list[tuple[str, str, str]]] = {}
    for word in lexicon.WORDS:
        for text in word.en:
            english.setdefault(text, (word.terminal, word.value))
        for text in word.zh:
            chinese.setdefault(text[0], []).append((text, word.terminal, word.value))
    for period, spellings in lexicon.PERIODS_ZH.items():
        for text in spellings:
            chinese.setdefault(text[0], []).append((text, "PERIOD", period))
    for text, function in lexicon.SPOKEN_CALLS.items():
        chinese.setdefault(text[0], []).append((text, "SPOKEN", function))
    chinese.setdefault("的", []).append(("的", "DOT", "."))
    ordered = {first: tuple(sorted(words, key=lambda row: -len(row[0]))) for first, words in chinese.items()}
    return english, ordered


_ENGLISH, _CHINESE = _spoken_keywords()
_SYMBOL_STARTS = frozenset(symbol[0] for symbol in lexicon.SYMBOLS if symbol != "的")
_UNITS = sorted(((text, unit) for unit, texts in lexicon.UNITS.items() for text in texts), key=lambda row: -len(row[0]))
_FUNCTION_STARTS: dict[str, tuple[str, ...]] = {}


def is_keyword(word: str) -> bool:
    """Whether a name must stand in back quotes because the language uses the word."""
    if not _WORD.fullmatch(word):
        return any(text == word for text, _, _ in _CHINESE.get(word[:1], ()))
    return word.lower() in _ENGLISH or word in ("yesterday", "tomorrow")


@dataclass(slots=True)
class _Frame:
    """An open bracket: whose names count inside, and which call opened it."""

    entity: str | None
    opener: str = ""
    path_entity: str | None = None
    path_owner: str | None = None
    collection: str | None = None


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
            elif character in _SYMBOL_STARTS:
                if not self._symbol():
                    return
            elif character.isascii() and character.isdigit():
                self._number()
            elif character in _CLOSING:
                self._text(character)
            elif character == "@":
                self._date()
            elif character == "`":
                self._quoted_name()
            else:
                self._word(character)

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
                self._problem("bad-character", at, at + 1, character=text)
                self.at += 1
                return True
        terminal, value = lexicon.SYMBOLS[text]
        if terminal == "LPAR" or terminal == "LSQB":
            opener = self.tokens[-1] if self.tokens and self.tokens[-1].type in ("FUNC", "CHANGED") else None
            self.frames.append(_Frame(self.frames[-1].entity, "" if opener is None else str(opener)))
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
        matched = _ZH_DATE.match(source, start)
        if matched:
            year, month, day = matched.groups()
            self._add("DATE", f"{year}-{int(month):02}-{int(day):02}", matched.end() - start)
            return
        matched = _BARE_DATE.match(source, start)
        if matched:
            self._problem("date-without-at", start, matched.end(), fix="@" + matched.group(), text=matched.group())
            self._add("DATE", matched.group(), matched.end() - start)
            return
        matched = _NUMBER.match(source, start)
        digits = matched.group() if matched else source[start]
        end = start + len(digits)
        if source[end : end + 1] in ("%", "％"):
            self._add("NUMBER", shift(digits, -2), end + 1 - start)
            return
        power, spaced = 0, _after_space(source, end)
        while source[spaced : spaced + 1] in lexicon.MULTIPLIERS and not self._name_at(spaced):
            power += lexicon.MULTIPLIERS[source[spaced]]
            end = spaced = spaced + 1
        self._add("NUMBER", shift(digits, power) if power else digits, end - start)
        self._unit()

    def _unit(self) -> None:
        start = _after_space(self.source, self.at)
        for text, unit in _UNITS:
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
        self._add("TEXT", "".join(parts), min(at + 1, len(source)) - start)

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
        after_dot = bool(self.tokens) and self.tokens[-1].type == "DOT"
        if function and len(function) >= len(name) and not after_dot:
            self._add("FUNC", function, len(function))
            return
        keyword = self._keyword_at(at)
        if keyword and len(keyword[0]) >= len(name):
            self._keyword(*keyword)
        elif name:
            self._name(name, len(name))
        elif (period := _ZH_PERIOD.match(source, at)) is not None:
            ahead = "next" if period.group(1) == "未来" else "last"
            self._add("PERIOD", f"{ahead}_{int(period.group(2))}_{_PERIOD_DAYS[period.group(3)]}", period.end() - at)
        elif not first.isalpha():
            self._problem("bad-character", at, at + 1, character=first)
            self.at += 1
        else:
            end = at + 1
            while end < len(source) and source[end].isalnum() and not self._keyword_at(end) and not self._name_at(end):
                end += 1
            self._name(source[at:end], end - at)

    def _keyword_at(self, at: int) -> tuple[str, str, str] | None:
        changing = self.frames[-1].opener == "changed"
        for text, terminal, value in _CHINESE.get(self.source[at : at + 1], ()):
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
            _FUNCTION_STARTS.update(_by_first(spoken_names()))
        for name in _FUNCTION_STARTS.get(self.source[at], ()):
            if self.source.startswith(name, at) and _CALL_FOLLOWS.match(self.source, at + len(name)):
                return name
        return ""

    def _ascii_word(self, first: str) -> None:
        source, at = self.source, self.at
        matched = _WORD.match(source, at)
        if matched is None:
            self._problem("bad-character", at, at + 1, character=first)
            self.at += 1
            return
        word = matched.group()
        name = self._name_at(at)
        after_dot = bool(self.tokens) and self.tokens[-1].type == "DOT"
        if not after_dot:
            if self._ascii_special(word, name):
                return
            if len(name) <= len(word) and _CALL_FOLLOWS.match(source, matched.end()):
                self._add("CHANGED" if word == "changed" else "FUNC", word, len(word))
                return
        chosen = name if len(name) > len(word) else word
        self._name(chosen, len(chosen))

    def _ascii_special(self, word: str, name: str) -> bool:
        source, at = self.source, self.at
        keyword = _EN_KEYWORD.match(source, at)
        if word in _ALSO_FUNCTIONS and not self._after_operand() and _CALL_FOLLOWS.match(source, at + len(word)):
            return False
        if keyword and len(keyword.group()) >= len(name) and (keyword.group().islower() or keyword.group().isupper()):
            text = " ".join(keyword.group().lower().split())
            terminal, value = _ENGLISH[text]
            self._keyword(keyword.group(), terminal, value)
            return True
        if self.frames[-1].opener == "changed" and word in lexicon.CHANGE_WORDS and self.tokens[-1].type != "LPAR":
            self._add(lexicon.CHANGE_WORDS[word], word, len(word))
            return True
        period = _EN_PERIOD.match(source, at)
        if period and len(period.group()) > len(name):
            self._add("PERIOD", "_".join(period.group().split()), len(period.group()))
            return True
        if word in ("yesterday", "tomorrow") and not name:
            self._add("PERIOD", word, len(word))
            return True
        return False

    def _after_operand(self) -> bool:
        """Whether a value has just been read, so that an operator may follow."""
        return bool(self.tokens) and self.tokens[-1].type in _OPERAND_ENDS

    def _name(self, name: str, length: int) -> None:
        frame = self.frames[-1]
        member = None
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
        self._add("NAME", name, length)

    def _outside_record(self, name: str) -> str | None:
        if name in ("old", "record"):
            return self.scope.of
        if name == "parent":
            info = self.scope.entities.get(self.frames[-1].entity or "")
            return leads_to(self.scope, info.fields.get("parent")) if info else None
        type_ = self.scope.variables.get(name)
        return getattr(type_, "entity", None)

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


def _after_space(source: str, at: int) -> int:
    while source[at : at + 1] in (" ", "\u3000"):
        at += 1
    return at


def shift(digits: str, power: int) -> str:
    """Move the decimal point of a plain number text ``power`` places to the right (left when negative)."""
    whole, _, fraction = digits.partition(".")
    text = whole + fraction
    point = len(whole) + power
    if point <= 0:
        text, point = "0" * (1 - point) + text, 1
    text = text.ljust(point, "0")
    whole, fraction = text[:point].lstrip("0") or "0", text[point:].rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
