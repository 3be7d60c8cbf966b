"""The tree of a rule to its canonical text, in English or Chinese; reading the text back gives the same tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.i18n import Language
from engine.language import rule_tree as tree
from engine.language.format import Printer
from engine.language.rules import words
from engine.language.rules.entities import spoken_name
from engine.language.scope import Scope
from engine.language.verbs import PEOPLE, VERBS


class RulePrinter(Printer):
    """Writes rules: names that the words of rules would hide stand in back quotes."""

    def __init__(self, language: Language, scope: Scope) -> None:
        super().__init__(language, scope.entities)
        self.scope = scope
        self.reserved = words.WORDS
        self.entity_words = frozenset(word for info in scope.entities.values() for word in (info.name.partition(".")[2], *info.labels))

    def say(self, terminal: str, value: str) -> str:
        return words.spelling(terminal, value, self.chinese)

    def rule(self, rule: tree.Rule) -> str:
        """The whole rule, a clause a line."""
        lines = []
        if rule.trigger is not None:
            subject = f"{spoken_name(self.scope, rule.subject, self.chinese)} " if rule.subject else ""
            lines.append(f"{self.say('WHEN', 'when')} {subject}{_TRIGGERS[type(rule.trigger)](self, rule.trigger)}")
        elif rule.subject:
            lines.append(f"{self.say('WHEN', 'for')} {spoken_name(self.scope, rule.subject, self.chinese)}")
        if rule.condition is not None:
            lines.append(f"{self.say('IF', 'if')} {self.text(rule.condition)}")
        if rule.then:
            lines.append(f"{self.say('THEN', 'then')} {self.actions(rule.then)}")
        if rule.otherwise:
            lines.append(f"{self.say('ELSE', 'else')} {self.actions(rule.otherwise)}")
        return "\n".join(lines)

    def actions(self, actions: tuple[tree.Action, ...]) -> str:
        return ("；" if self.chinese else "; ").join(map(self.action, actions))

    def action(self, action: tree.Action) -> str:
        verb = VERBS.get(action.verb)
        params = {param.name: param for param in verb.params} if verb is not None else {}
        spoken = verb.zh[0] if verb is not None and self.chinese else action.verb
        order = list(params)
        parts = []
        plain = True
        for index, argument in enumerate(action.args):
            plain = plain and index < len(order) and order[index] == argument.name
            value = self.entity(argument) if action.verb == "create" and argument.name == "entity" else self.text(argument.value)
            if plain or not argument.name:
                parts.append(value)
                continue
            param = params.get(argument.name)
            name = param.zh if param is not None and self.chinese else argument.name
            parts.append(f"{name}: {value}" if name.isidentifier() else f"`{name}`: {value}")
        return f"{spoken}({', '.join(parts)})"

    def entity(self, argument: tree.Argument) -> str:
        name = ".".join(getattr(argument.value, "names", ()))
        return spoken_name(self.scope, name, self.chinese) if name in self.scope.entities else self.text(argument.value)

    def function(self, name: str) -> str:
        return PEOPLE[name][0] if self.chinese and name in PEOPLE else super().function(name)

    def lifecycle(self, trigger: tree.Lifecycle) -> str:
        joined = " 或 " if self.chinese else " or "
        return joined.join(self.say("EVENT", event) for event in trigger.events)

    def field_moved(self, trigger: tree.FieldMoved) -> str:
        made = f"{self.text(trigger.path)} {self.say('CHANGES', 'changes')}"
        if trigger.before is not None:
            made += f" {self.say('FROM', 'from')} {self.operand(trigger.before)}"
        if trigger.after is not None:
            made += f" {self.say('CHANGED_TO', 'to')} {self.operand(trigger.after)}"
        return made

    def stage_moved(self, trigger: tree.StageMoved) -> str:
        made = self.say("ENTERED" if trigger.way == "entered" else "LEFT", trigger.way)
        made += ("" if self.chinese else " ") + self.say("STAGE", "stage")
        return made if trigger.stage is None else f"{made} {self.operand(trigger.stage)}"

    def clock(self, trigger: tree.Clock) -> str:
        return words.clock_text(trigger.unit, trigger.days, trigger.at, self.chinese)

    def around(self, trigger: tree.Around) -> str:
        anchors = " / ".join(self.operand(anchor, tight=True) for anchor in trigger.anchors)
        if self.chinese:
            return f"{anchors} {self.say('Z' + trigger.way.upper(), trigger.way)} {self.operand(trigger.length)}"
        return f"{self.operand(trigger.length)} {trigger.way} {anchors}"

    def absence(self, trigger: tree.Absence) -> str:
        made = f"{self.say('LACK', 'lack')} {self.text(trigger.rows)} {self.say('FOR', 'for')} {self.operand(trigger.length)}"
        return made if trigger.since is None else f"{made} {self.say('SINCE', 'since')} {self.operand(trigger.since)}"

    def repeat(self, trigger: tree.Repeat) -> str:
        made = f"{self.say('EVERY', 'every')}{'' if self.chinese else ' '}{self.operand(trigger.length)}"
        return made if trigger.condition is None else f"{made} {self.say('WHILE', 'while')} {self.text(trigger.condition)}"

    def occurrence(self, trigger: tree.Occurrence) -> str:
        return f"{self.say('ON_EVENT', 'on_event')} {self.text(trigger.name)}"

    def button(self, trigger: tree.Button) -> str:
        return f"{self.say('ON_BUTTON', 'on_button')} {self.text(trigger.title)}"

    def becomes(self, trigger: tree.Becomes) -> str:
        return self.text(trigger.condition)


_TRIGGERS: dict[type[Any], Callable[[RulePrinter, Any], str]] = {
    tree.Lifecycle: RulePrinter.lifecycle,
    tree.FieldMoved: RulePrinter.field_moved,
    tree.StageMoved: RulePrinter.stage_moved,
    tree.Clock: RulePrinter.clock,
    tree.Around: RulePrinter.around,
    tree.Absence: RulePrinter.absence,
    tree.Repeat: RulePrinter.repeat,
    tree.Occurrence: RulePrinter.occurrence,
    tree.Button: RulePrinter.button,
    tree.Becomes: RulePrinter.becomes,
}


def format_rule(rule: tree.Rule, scope: Scope, language: Language = "en") -> str:
    """The canonical text of a rule; ``scope`` gives the Chinese labels and names of entities."""
    return RulePrinter(language, scope).rule(rule)
