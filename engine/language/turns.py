"""Turns of speech that a lexer must look around for: 在1到5之间, 属于（甲、乙）, 单价之和, 三百, 百分之十五.

They come out as the tokens of the plain form, so that the grammar knows nothing of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lark import Token

from engine import limits
from engine.language.keywords import SYMBOL_STARTS
from engine.language.lexer import Lexer
from engine.language.numerals import DIGITS, after_space, chinese_number, read_number, shift
from engine.language.phrases import choice_words
from engine.language.scope import FieldInfo
from engine.language.types import Choice, MultiChoice

_OPEN, _CLOSED = "([（［【", ")]）］】"
_QUOTES = {"'": "'", '"': '"', "“": "”", "‘": "’"}
_ENDS = re.compile(r"[,，;；。\n]|且|并且|而且|同时|或|就|则|否则|→")
_OVER: dict[str, str] = {
    "之和": "sum",
    "的总和": "sum",
    "总和": "sum",
    "的平均值": "avg",
    "平均值": "avg",
    "的最大值": "max",
    "最大值": "max",
    "的最小值": "min",
    "最小值": "min",
}
"""What is said after a path for the aggregate over it."""
_AHEAD_MAX = 200
"""How many characters may stand between 在 and 之间: a long text of many of them is still read once."""
_WITHIN = ("之中", "之一", "中", "里")
_NOT_BETWEEN = re.compile(r"not\s+between(?![A-Za-z0-9_])", re.IGNORECASE)
_BETWEEN_TO = ("和", "与", "跟")


@dataclass(slots=True)
class SpokenLexer(Lexer):
    """The lexer of texts as people write them."""

    def _special(self, character: str) -> bool:
        if Lexer._special(self, character) or (not character.isascii() and self._turn()):
            return True
        matched = _NOT_BETWEEN.match(self.source, self.at) if character in "nN" and self._after_operand() else None
        if matched is not None:
            self._keyword(matched.group(), "BETWEEN", "not_between")
        return matched is not None

    def _turn(self) -> bool:
        if self._after_operand():
            return self._bounded() or self._aggregate()
        if self._after_dot():
            return False
        return self._percent() or self._numeral()

    # between

    def _keyword(self, text: str, terminal: str, value: str) -> None:
        if terminal == "OP" and value in ("in", "not_in") and text in ("在", "不在") and self._ahead("之间"):
            terminal, value = "BETWEEN", "between" if value == "in" else "not_between"
        if terminal == "BETWEEN":
            self.frames[-1].bound = "to"
        elif terminal in ("TO", "AND") and self.frames[-1].bound == "to":
            self.frames[-1].bound = "end"
        Lexer._keyword(self, text, terminal, value)

    def _ahead(self, word: str) -> bool:
        """Whether a word comes before the part of the text ends, outside brackets and quotes."""
        source, at, depth = self.source, self.at, 0
        end = source.find(word, at, at + _AHEAD_MAX) + 1
        while at < end:
            character = source[at]
            if character in _QUOTES:
                at = source.find(_QUOTES[character], at + 1)
                if at < 0:
                    return False
            elif character in _OPEN:
                depth += 1
            elif character in _CLOSED:
                depth -= 1
            elif depth == 0 and source.startswith(word, at):
                return True
            elif depth == 0 and _ENDS.match(source, at):
                return False
            if depth < 0:
                return False
            at += 1
        return False

    def _bounded(self) -> bool:
        """``和`` between the bounds, and ``之间`` after them."""
        frame = self.frames[-1]
        if frame.bound == "to":
            word = next((text for text in _BETWEEN_TO if self.source.startswith(text, self.at)), "")
            if word and not self._name_at(self.at):
                self._add("TO", "to", len(word))
                frame.bound = "end"
                return True
        if self.source.startswith("之间", self.at) and frame.bound == "end":
            self.at += 2
            frame.bound = ""
            return True
        return False

    # lists in round brackets

    def _symbol(self) -> bool:
        character = self.source[self.at]
        if character in "(（" and self._after_in() and self._lists():
            self._add("LSQB", "[", 1)
            return self._open_list()
        if character in _CLOSED and len(self.frames) > 1 and self.frames[-1].listing:
            self.frames.pop()
            # A bracket of the other sort closes nothing, which the parser then tells.
            self._add("RSQB" if character in ")）" else "RPAR", character, 1)
            self.at += next((len(text) for text in _WITHIN if self.source.startswith(text, self.at)), 0)
            return True
        if character in "~～" and self.frames[-1].bound == "to":
            self.frames[-1].bound = "end"
        return Lexer._symbol(self)

    def _open_list(self) -> bool:
        outer = self.frames[-1]
        self.frames.append(type(outer)(outer.entity, "[", member=outer.member, listing=True))
        if len(self.frames) > limits.expression_depth_max:
            self._problem("expression-too-deep", self.at - 1, self.at, limit=limits.expression_depth_max)
            return False
        return True

    def _lists(self) -> bool:
        """Whether the bracket here holds several values, or one written out, rather than a list in brackets."""
        source, at, depth = self.source, self.at + 1, 0
        first = source[after_space(source, at) : after_space(source, at) + 1]
        if first in _QUOTES or first in DIGITS or first == "@" or self._option_stands(after_space(source, at)):
            return True
        while at < len(source) and depth >= 0:
            character = source[at]
            if character in _QUOTES:
                at = source.find(_QUOTES[character], at + 1)
                if at < 0:
                    return False
            elif character in _OPEN:
                depth += 1
            elif character in _CLOSED:
                depth -= 1
            elif depth == 0 and character in ",，、":
                return True
            at += 1
        return False

    def _option_stands(self, at: int) -> bool:
        member = self.frames[-1].member
        if not isinstance(member, FieldInfo) or not isinstance(member.type, Choice | MultiChoice):
            return False
        return not self._name_at(at) and any(self._stands(text, at) for text in choice_words(member))

    # numbers

    def _numeral(self) -> bool:
        """A number in words where no name stands and nothing else goes on."""
        value, length = chinese_number(self.source, self.at)
        if not length or self._name_at(self.at) or self._label_at(self.at) or self._option_at(self.at) or self._keyword_at(self.at):
            return False
        end = self.at + length
        counted = next((text for text in ("万元", "元", "个") if self.source.startswith(text, end)), "")
        if not self._goes_on(end):
            counted = ""
        elif not counted or self._goes_on(end + len(counted)):
            return False
        self._add("NUMBER", str(value), length)
        self.at += len(counted)
        return True

    def _goes_on(self, end: int) -> bool:
        """Whether what stands at an offset continues a word."""
        following = self.source[end : end + 1]
        return following.isalnum() and following not in SYMBOL_STARTS and self._keyword_at(end) is None and not self._ends_part(end)

    def _ends_part(self, end: int) -> bool:
        return _ENDS.match(self.source, end) is not None or self.source.startswith(("之间", "时", *_BETWEEN_TO), end)

    def _percent(self) -> bool:
        """``百分之十五``."""
        if not self.source.startswith("百分之", self.at) or self._name_at(self.at):
            return False
        at = self.at + 3
        if self.source[at : at + 1] in DIGITS and at < len(self.source):
            digits, end = read_number(self.source, at, self._name_at)
        else:
            value, length = chinese_number(self.source, at)
            digits, end = str(value), at + length
        if end == at:
            return False
        self._add("NUMBER", shift(digits, -2), end - self.at)
        return True

    # aggregates

    def _aggregate(self) -> bool:
        """``配件的单价之和``: the aggregate over the path that has just been read."""
        word = next((text for text in _OVER if self.source.startswith(text, self.at)), "")
        if not word or self.tokens[-1].type != "NAME" or self.frames[-1].collection is None:
            return False
        dotted = word.startswith("的")
        if len(self._name_at(self.at + dotted)) >= len(word) - dotted:
            return False
        first = len(self.tokens) - 1
        while first >= 2 and self.tokens[first - 1].type == "DOT":
            first -= 2
        start = self.tokens[first].start_pos or 0
        opening = [Token(terminal, value, start, 0, 0, 0, 0, start) for terminal, value in (("FUNC", _OVER[word]), ("LPAR", "("))]
        self.tokens[first:first] = opening
        self._add("RPAR", ")", len(word))
        self.frames[-1].collection = None
        return True
