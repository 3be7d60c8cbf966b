"""Patterns of ``matches``: a small regular language, brought to one spelling that every back end reads alike.

Only what RE2, PostgreSQL and the browser's runtime agree on is let through: no look-around, no back-references, and
repetitions that stay small when written out, so that no pattern takes more than time proportional to the text.
"""

from __future__ import annotations

import re

STATES_MAX = 2_000
"""Parts of a pattern once its repetitions are written out."""
REPEAT_MAX = 255
_DEPTH_MAX = 20
_SPECIAL = frozenset("\\^$.|?*+()[]{}")
_IN_SETS = frozenset("\\]^-[&~")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_SETS = {"d": "0-9", "w": "0-9A-Za-z_", "s": " \\t\\n\\r\\f\\v"}
_SPELT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\f": "\\f", "\v": "\\v"}
_REPEAT = re.compile(r"\{([0-9]{1,3})(?:(,)([0-9]{1,3})?)?\}")
_MARKS = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class PatternError(ValueError):
    """The pattern has a part that not every back end can read; the message is that part."""


def canonical_pattern(pattern: str) -> str:
    """The pattern in its one spelling. Raises PatternError."""
    reader = _Reader(pattern)
    text, _ = reader.choices(0)
    if reader.at < len(pattern):
        raise PatternError(pattern[reader.at])
    return text


class _Reader:
    """Reads a pattern; each method gives the text of a part and its states when written out."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        taken = self.peek()
        self.at += 1
        return taken

    def choices(self, depth: int) -> tuple[str, int]:
        if depth > _DEPTH_MAX:
            raise PatternError("(" * 3 + "…")
        parts = [self.sequence(depth)]
        while self.peek() == "|":
            self.at += 1
            parts.append(self.sequence(depth))
        return "|".join(text for text, _ in parts), sum(size for _, size in parts) + len(parts) - 1

    def sequence(self, depth: int) -> tuple[str, int]:
        texts, total = [], 0
        while self.peek() not in ("", "|", ")"):
            text, size = self.repeated(depth)
            texts.append(text)
            total += size
            if total > STATES_MAX:
                raise PatternError(f"> {STATES_MAX}")
        return "".join(texts) or "(?:)", total

    def repeated(self, depth: int) -> tuple[str, int]:
        anchor = self.peek() in ("^", "$")
        text, size = self.atom(depth)
        start = self.at
        low, high = self.repetition()
        if self.at == start:
            return text, size
        said = self.pattern[start : self.at]
        if anchor or (high is not None and (low > high or high > REPEAT_MAX)) or low > REPEAT_MAX:
            raise PatternError(said)
        if self.peek() == "?":  # a lazy repetition finds a match where a greedy one does
            self.at += 1
        if self.peek() in _MARKS or _REPEAT.match(self.pattern, self.at):
            raise PatternError(said + self.peek())
        return text + said, (size + 1) * max(low + 1 if high is None else high, 1)

    def repetition(self) -> tuple[int, int | None]:
        mark = self.peek()
        if mark in _MARKS:
            self.at += 1
            return _MARKS[mark]
        if mark != "{":
            return 1, 1
        matched = _REPEAT.match(self.pattern, self.at)
        if matched is None:
            raise PatternError("{")
        self.at = matched.end()
        low = int(matched[1])
        return low, int(matched[3]) if matched[3] else None if matched[2] else low

    def atom(self, depth: int) -> tuple[str, int]:
        character = self.take()
        if character == "(":
            return self.group(depth)
        if character == "[":
            return self.set(), 1
        if character == ".":
            return "[^\\n]", 1
        if character in ("^", "$"):
            return character, 1
        if character == "\\":
            return self.escape()
        if character in _SPECIAL:
            raise PatternError(character)
        return _SPELT.get(character, character), 1

    def group(self, depth: int) -> tuple[str, int]:
        if self.peek() == "?" and not self.pattern.startswith("?:", self.at):
            raise PatternError("(?")
        if self.peek() == "?":
            self.at += 2
        inside, size = self.choices(depth + 1)
        if self.take() != ")":
            raise PatternError("(")
        return f"(?:{inside})", size + 1

    def escape(self) -> tuple[str, int]:
        character = self.take()
        if character.lower() in _SETS:
            return f"[{'^' if character.isupper() else ''}{_SETS[character.lower()]}]", 1
        literal = self.literal(character)
        return "\\" + literal if literal in _SPECIAL else _SPELT.get(literal, literal), 1

    def literal(self, character: str) -> str:
        if character in _CONTROLS:
            return _CONTROLS[character]
        if not character or character.isalnum() or character == "_" or not character.isascii():
            raise PatternError("\\" + character)
        return character

    def set(self) -> str:
        start = self.at - 1
        inverted = self.peek() == "^"
        self.at += inverted
        pieces = []
        while self.peek() not in ("]", ""):
            pieces.append(self.member())
        if self.take() != "]" or not pieces:
            raise PatternError(self.pattern[start : self.at])
        return f"[{'^' if inverted else ''}{''.join(pieces)}]"

    def member(self) -> str:
        start = self.at
        if self.peek() == "\\" and self.pattern[self.at + 1 : self.at + 2] in _SETS:
            self.at += 2
            if self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] != "]":
                raise PatternError(self.pattern[start : self.at + 1])
            return _SETS[self.pattern[self.at - 1]]
        first = self.one()
        if self.peek() != "-" or self.pattern[self.at + 1 : self.at + 2] in ("]", ""):
            return _in_set(first)
        self.at += 1
        last = self.one()
        if first > last:
            raise PatternError(self.pattern[start : self.at])
        return f"{_in_set(first)}-{_in_set(last)}"

    def one(self) -> str:
        character = self.take()
        if character == "[" and self.peek() in (":", ".", "="):
            raise PatternError("[" + self.peek())
        return self.literal(self.take()) if character == "\\" else character


def _in_set(character: str) -> str:
    return "\\" + character if character in _IN_SETS else _SPELT.get(character, character)
