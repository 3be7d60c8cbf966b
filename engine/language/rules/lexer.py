"""A whole rule to tokens: the lexer of expressions, which also knows where in a rule it is and so which words count."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lark import Token

from engine.language.functions import canonical_name, known_names
from engine.language.phrases import find_phrase
from engine.language.rules import words
from engine.language.rules.entities import entity_at
from engine.language.turns import SpokenLexer
from engine.language.verbs import PEOPLE_SPELLINGS, SPELLINGS

_BREAKS = ",，、;；。\n"
_THEN = re.compile(r"→|->|=>|就|则|那么|\bthen\b", re.IGNORECASE)
_ELSE = re.compile(r"[\s\u3000]*(?:否则|else\b|otherwise\b)", re.IGNORECASE)
_CALL = re.compile(r"[\s\u3000]*[(（]")
_ARGUMENT = re.compile(r"(?:`([^`]+)`|([A-Za-z_][A-Za-z0-9_]*|[\u3400-\u9fff]+))[\s\u3000]*[:：]")
_CALLED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)[\s\u3000]*[(（]")
_OPERANDS = frozenset(
    (
        *("NAME", "NUMBER", "UNIT", "TEXT", "DATE", "TRUE", "FALSE", "BLANK", "PERIOD", "RPAR", "RSQB", "PHRASE", "BLANKNESS"),
        *("ROLE", "EVENT", "CHANGES", "CLOCK", "ENTERED", "LEFT", "STAGE"),
    )
)
_STARTS = frozenset(("WHEN", "RULE_SEP", "TRIGGER_SEP", "ENTITY", "OR"))
_ACTION_STARTS = frozenset(("THEN", "ELSE", "SEP"))


def _sorted(rows: Iterable[words.RuleWord]) -> tuple[tuple[str, str, str], ...]:
    spelled = [(text, row.terminal, row.value) for row in rows for text in (*row.en, *row.zh)]
    return tuple(sorted(spelled, key=lambda row: -len(row[0])))


_CLAUSES, _BEGINNINGS, _MIDDLES = _sorted(words.CLAUSES), _sorted(words.BEGINNINGS), _sorted(words.MIDDLES)
_EVENTS = _sorted(words.EVENTS)
_VERBS = tuple(sorted(SPELLINGS, key=len, reverse=True))


@dataclass(slots=True)
class RuleLexer(SpokenLexer):
    """Reads whole rules. ``asking``: whether the condition has begun, ``acting``: the actions; ``changing``: a trigger
    speaks of a field's change, so that from and to count.
    """

    asking: bool = False
    acting: bool = False
    changing: bool = False

    def _special(self, character: str) -> bool:
        outside = len(self.frames) == 1
        if outside and (self._break(character) or self._clause()):
            return True
        if outside and not self.acting and not self.asking and self._trigger():
            return True
        if self.acting or (outside and self._after_operand()):
            return self._action(character, outside)
        return SpokenLexer._special(self, character)

    def _last(self) -> str:
        return self.tokens[-1].type if self.tokens else ""

    def _after_operand(self) -> bool:
        return self._last() in _OPERANDS

    def _word_at(self, rows: tuple[tuple[str, str, str], ...], at: int) -> tuple[str, str, str] | None:
        """The longest of some words that stands at an offset and is no part of a longer name."""
        for text, terminal, value in rows:
            length = self._spelled(text, at)
            if length:
                return self.source[at : at + length], terminal, value
        return None

    def _spelled(self, text: str, at: int) -> int:
        """How many characters a word takes at an offset, spaces inside being as many as one likes; 0 where it isn't there."""
        source, start = self.source, at
        for index, part in enumerate(text.split(" ")):
            if index:
                gap = at
                while source[at : at + 1] in (" ", "\n", "\t") and at < len(source):
                    at += 1
                if at == gap:
                    return 0
            if source[at : at + len(part)].lower() != part:
                return 0
            at += len(part)
        return at - start if self._ends_word(at) else 0

    def _wins(self, length: int) -> bool:
        """Whether a word of the rule counts rather than a name that stands at the same place."""
        return length >= len(self._name_at(self.at))

    # Clauses and what parts them

    def _clause(self) -> bool:
        found = self._word_at(_CLAUSES, self.at)
        if found is None or not self._wins(len(found[0])):
            return False
        text, terminal, value = found
        if not self._clause_fits(text, terminal):
            return False
        self.asking = self.asking or terminal == "IF"
        self.acting = self.acting or terminal in ("THEN", "ELSE")
        self._add(terminal, value, len(text))
        return True

    def _clause_fits(self, text: str, terminal: str) -> bool:
        last = self._last()
        if terminal == "WHEN":
            period = self._keyword_at(self.at)
            return last in ("", "RULE_SEP") and (period is None or len(period[0]) <= len(text))
        if terminal == "IF":
            return not self.acting and (last in ("", "RULE_SEP") or self._after_operand() or self._only_subject())
        return True

    def _only_subject(self) -> bool:
        """Whether a rule has only said what it is about: ``for ticket``."""
        return len(self.tokens) > 1 and self._last() == "ENTITY" and self.tokens[-2].type == "WHEN" and self.tokens[-2] == "for"

    def _break(self, character: str) -> bool:
        """A comma, semicolon or the like: it parts rules or actions, or only stands before the next clause."""
        if character not in _BREAKS and character not in "+/并且a时":
            return False
        if character == "时":
            return self._filler()
        if not self.acting:
            return self._break_in_head(character)
        if character not in _BREAKS:
            return self._join(character)
        self.at += 1
        following = self._next()
        if following >= len(self.source) or _ELSE.match(self.source, self.at) or self._last() in _ACTION_STARTS:
            return True
        if self._rule_follows(following):
            self.asking = self.acting = self.changing = False
            self.frames[0].entity = self.scope.of
            self.at -= 1
            self._add("RULE_SEP", character, 1)
        else:
            self.at -= 1
            self._add("SEP", ";", 1)
        return True

    def _break_in_head(self, character: str) -> bool:
        if character == "/":
            entity = entity_at(self.scope, self.source, self._next(self.at + 1))
            if entity is None:
                return False
            self._add("TRIGGER_SEP", "/", 1)
            return True
        if character not in _BREAKS:
            return False
        following = self._next(self.at + 1)
        found = self._word_at(_CLAUSES, following)
        if found is None and self._acts(following):
            # 当…时，提醒…: the comma says "then".
            self.acting = True
            self._add("THEN", "then", 1)
            return True
        if found is None and character in ",，、":
            return False
        self.at += 1
        return True

    def _acts(self, at: int) -> bool:
        """Whether an action begins at an offset, and a rule that has said what sets it off stands before it."""
        verb = self._verb_at(at)
        complete = self._last() not in (*_STARTS, "", "IF", "OP", "AND", "NOT", "COMMA")
        return complete and verb is not None and verb[1] >= len(self._name_at(at))

    def _filler(self) -> bool:
        """``时`` after a trigger (当…时) means nothing of its own."""
        after = self._next(self.at + 1)
        ends = (
            after > self.at + 1 or after >= len(self.source) or self.source[after] in _BREAKS or self._word_at(_CLAUSES, after) is not None
        )
        if self.acting or not self._after_operand() or not ends:
            return False
        self.at += 1
        return True

    def _next(self, at: int | None = None) -> int:
        at = self.at if at is None else at
        while at < len(self.source) and self.source[at] in " \n\t\r\u3000\ufeff":
            at += 1
        return at

    def _rule_follows(self, at: int) -> bool:
        """Whether the next part up to a comma or semicolon is the head of another rule: it has its own "then"."""
        end = at
        quote = ""
        while end < len(self.source) and (quote or self.source[end] not in _BREAKS):
            character = self.source[end]
            if quote:
                quote = "" if character == quote else quote
            elif character in "'\"“‘":
                quote = {"“": "”", "‘": "’"}.get(character, character)
            end += 1
        return bool(self._spelled("when", at)) or self.source.startswith("当", at) or _THEN.search(self.source, at, end) is not None

    def _join(self, character: str) -> bool:
        """Words and signs between actions: only where a verb follows."""
        length = 1
        if character not in "+/":
            length = next((found for text in words.JOINS if (found := self._spelled(text, self.at))), 0)
        if not length or not self._after_operand_or_verb() or self._verb_at(self._next(self.at + length)) is None:
            return False
        self._add("SEP", ";", length)
        return True

    def _after_operand_or_verb(self) -> bool:
        return self._after_operand() or self._last() == "VERB"

    # Triggers

    def _trigger(self) -> bool:
        last = self._last()
        if last in _STARTS or not last:
            return self._trigger_start(last)
        if last in ("ENTERED", "LEFT"):
            return self._rule_word(_MIDDLES, ("STAGE",)) or SpokenLexer._special(self, self.source[self.at])
        if self._after_operand() or last == "AFTER":
            return self._middle()
        return False

    def _trigger_start(self, last: str) -> bool:
        if self._subject_phrase(last):
            return True
        if last != "ENTITY":
            found = entity_at(self.scope, self.source, self.at)
            if found is not None and found[1] > len(self._name_at(self.at)):
                self._add("ENTITY", found[0], found[1])
                self.frames[0].entity = found[0]
                return True
        clock = words.clock_at(self.source, self.at)
        if clock is not None:
            self._add("CLOCK", clock[0], clock[1] - self.at)
            return True
        return self._rule_word(_BEGINNINGS, ()) or (not self._name_at(self.at) and self._rule_word(_EVENTS, ()))

    def _subject_phrase(self, last: str) -> bool:
        """A phrase at the head of a rule; one about another entity also says what the rule is about."""
        named = self.frames[0].entity if last == "ENTITY" else None
        used = find_phrase(self.scope, named or self.frames[0].entity, self.source, self.at)
        if used is None and named is None:
            used = find_phrase(self.scope, None, self.source, self.at)
        if used is None or used.end - self.at <= len(self._name_at(self.at)):
            return False
        if used.phrase.of is not None and used.phrase.of != self.frames[0].entity:
            self._add("ENTITY", used.phrase.of, 0)
            self.frames[0].entity = used.phrase.of
        return self._phrase()

    def _middle(self) -> bool:
        last = self._last()
        allowed = ["CHANGES", "STAGE", "BEFORE", "AFTER", "ZBEFORE", "ZAFTER", "FOR", "SINCE", "WHILE", "EVENT", "LACK"]
        if last == "CHANGES" or self._moves_ahead():
            allowed += ["FROM", "CHANGED_TO"]
        if self.changing:
            allowed.append("CHANGED_TO")
        return self._rule_word(_MIDDLES, tuple(allowed))

    def _moves_ahead(self) -> bool:
        """``状态从甲变为乙`` says "changes" only by its other words."""
        return self._last() == "NAME" and any(self.source.startswith(text, self.at) for text in ("从", "变为", "变成", "改为"))

    def _rule_word(self, rows: tuple[tuple[str, str, str], ...], allowed: tuple[str, ...]) -> bool:
        chosen = tuple(row for row in rows if row[1] in allowed) if allowed else rows
        found = self._word_at(chosen, self.at)
        if found is None or not self._wins(len(found[0])):
            return False
        text, terminal, value = found
        keyword = self._keyword_at(self.at)
        if keyword is not None and len(keyword[0]) > len(text):
            return False
        self.changing = self.changing or terminal in ("FROM", "CHANGES")
        if terminal == "LACK" or terminal == "EVERY":
            self.changing = False
        if terminal in ("ENTERED", "LEFT"):
            info = self.scope.entities.get(self.frames[0].entity or "")
            self.frames[0].member = info.fields.get(info.stage[0]) if info is not None and info.stage is not None else None
        self._add(terminal, value, len(text))
        return True

    # Actions

    def _verb_at(self, at: int) -> tuple[str, int] | None:
        """The verb that stands at an offset, and how many characters it has."""
        for text in _VERBS:
            if self.source.startswith(text, at) and self._ends_word(at + len(text)):
                return SPELLINGS[text], len(text)
        return None

    def _action(self, character: str, outside: bool) -> bool:
        if outside and self._verb():
            return True
        opener = self._last() in ("LPAR", "COMMA") and self.frames[-1].opener.startswith("do:")
        matched = _ARGUMENT.match(self.source, self.at) if opener else None
        if matched is not None:
            self._add("ARG", matched[1] or matched[2], matched.end() - self.at)
            return True
        if outside and self._after_operand() and self.acting:
            joined = next((text for text in words.TOGETHER if self._spelled(text, self.at)), "")
            if joined and self._wins(len(joined)):
                self._add("WITH", joined, len(joined))
                return True
        return self._named(outside) or SpokenLexer._special(self, character)

    def _verb(self) -> bool:
        starts = self._last() in _ACTION_STARTS
        if not starts and not self._after_operand():
            return False
        found = self._verb_at(self.at)
        if found is None or not self._wins(found[1]):
            return self._unknown_verb() if starts else self._entity_action(starts)
        self.acting = True
        name, length = found
        self._add("DO" if _CALL.match(self.source, self.at + length) else "VERB", f"do:{name}", length)
        return True

    def _unknown_verb(self) -> bool:
        """``notfy(…)``: read as an action, so that the checker can say which verb was meant."""
        matched = _CALLED.match(self.source, self.at)
        if matched is None or canonical_name(matched[1]) in known_names() or matched[1] in PEOPLE_SPELLINGS:
            return self._entity_action(True)
        self._add("DO", f"do:{matched[1]}", len(matched[1]))
        return True

    def _entity_action(self, starts: bool) -> bool:
        """What a rule makes said alone (``…→任务``) is to be created; before any "then" only a Chinese word is."""
        found = entity_at(self.scope, self.source, self.at)
        if found is None or (starts and found[1] <= len(self._name_at(self.at))):
            return False
        # 进入合同签订阶段: the longer name is the stage's.
        if len(self._option_at(self.at)) >= found[1]:
            return False
        # After a value no name of a field can stand, so a label that is both is the entity's.
        if not starts and (self.acting or self.source[self.at].isascii()):
            return False
        self.acting = True
        self.tokens.append(Token("VERB", "do:create", self.at, 0, 0, 0, 0, self.at))
        self._add("NAME", found[0], found[1])
        return True

    def _named(self, outside: bool) -> bool:
        """Roles and entities by their labels, where no field has the name."""
        if not self.acting or self._after_dot() or self.source[self.at].isascii():
            return False
        group = next(
            (text for text in PEOPLE_SPELLINGS if self._stands(text, self.at) and _CALL.match(self.source, self.at + len(text))), ""
        )
        if group:
            self._add("FUNC", PEOPLE_SPELLINGS[group], len(group))
            return True
        best = max((label for label in self.scope.roles if self._stands(label, self.at)), key=len, default="")
        if best and len(best) > len(self._name_at(self.at)):
            self._add("ROLE", self.scope.roles[best], len(best))
            return True
        made = self._last() == "VERB" or self.frames[-1].opener == "do:create"
        found = entity_at(self.scope, self.source, self.at) if made else None
        if found is None or found[1] <= len(self._name_at(self.at)):
            return False
        self._add("NAME", found[0], found[1])
        return True
