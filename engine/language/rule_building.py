"""Tokens of a rule to its tree: one method per rule of the grammar, called while Lark parses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lark import Token

from engine.language import ast
from engine.language import rule_tree as tree
from engine.language.building import Build, spanned, token_span
from engine.language.verbs import PEOPLE_SPELLINGS, VERBS, parameter_of


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a rule on its way into the tree."""

    value: Any
    span: ast.Span


def _verb(token: Token) -> str:
    return str(token).removeprefix("do:")


def _ways(token: Token) -> str:
    return "before" if token.type in ("BEFORE", "ZBEFORE") else "after"


def _anchors(node: Any) -> tuple[Any, ...]:
    """``a / b``: several dates."""
    if isinstance(node, ast.Binary) and node.op == "/":
        return (*_anchors(node.left), *_anchors(node.right))
    return (node,)


_EVENTS = ("created", "updated", "deleted", "saved")


def _one(before: Any, trigger: Any, last: bool) -> bool:
    """Whether two triggers are one: events, and conditions that stand side by side."""
    return type(before) is type(trigger) and (isinstance(trigger, tree.Lifecycle) or (last and isinstance(trigger, tree.Becomes)))


def _whole(group: list[Any]) -> Any:
    """The one trigger that several of a kind are."""
    if len(group) == 1:
        return group[0]
    span = (group[0].span[0], group[-1].span[1])
    if isinstance(group[0], tree.Lifecycle):
        return tree.Lifecycle(tuple(event for event in _EVENTS if any(event in each.events for each in group)), span)
    return tree.Becomes(ast.Logic("or", tuple(each.condition for each in group), span), span)


def role_call(name: str, place: ast.Span) -> ast.Call:
    """Everybody with a role."""
    return ast.Call("role", (ast.Path((name,), place, (place,)),), None, place, place)


class RuleBuild(Build):
    """The builder of expressions, and of the rules around them."""

    def sentence(self, parts: list[Any]) -> Any:
        return tuple(rule for part in parts if not isinstance(part, Token) for rule in part)

    def rule(self, parts: list[Any]) -> Any:
        triggers, condition = parts[0].value
        then = parts[2] if len(parts) > 1 and isinstance(parts[1], Token) else parts[1] if len(parts) > 1 else None
        otherwise = parts[-1] if len(parts) > 2 and isinstance(parts[-2], Token) and parts[-2].type == "ELSE" else None
        done = then.value if then is not None else ()
        undone = otherwise.value if otherwise is not None else ()
        place = spanned(parts)
        rules = []
        for subject, trigger in triggers or ((None, None),):
            name = str(subject) if subject is not None else None
            rules.append(tree.Rule(name, trigger, condition, done, undone, place, token_span(subject) if subject is not None else (0, 0)))
        return tuple(rules)

    def head(self, parts: list[Any]) -> Any:
        return _Part((parts[1].value, parts[3]), spanned(parts))

    def bare_head(self, parts: list[Any]) -> Any:
        triggers, _, condition = parts
        subject, trigger = triggers.value[0]
        if isinstance(trigger, tree.Becomes) and condition is None and len(triggers.value) == 1:
            # Without "when" a condition is only asked, whatever set the rule off.
            return _Part((((subject, None),), trigger.condition), spanned(parts))
        return _Part((triggers.value, condition), spanned(parts))

    def subject_head(self, parts: list[Any]) -> Any:
        return _Part((((parts[1], None),), parts[3]), spanned(parts))

    def if_head(self, parts: list[Any]) -> Any:
        return _Part(((), parts[1]), spanned(parts))

    def triggers(self, parts: list[Any]) -> Any:
        return _Part(tuple(one for part in parts if not isinstance(part, Token) for one in part.value), spanned(parts))

    def several(self, parts: list[Any]) -> Any:
        """Triggers joined by "or": each with what it is about, which is said once for those that follow."""
        made: list[tuple[Any, list[Any]]] = []
        subject = None
        for part in parts:
            if isinstance(part, Token):
                subject = part if part.type == "ENTITY" else subject
            elif part is not None:
                alike = next((group for of, group in made if of is subject and _one(group[-1], part, group is made[-1][1])), None)
                if alike is None:
                    made.append((subject, [part]))
                else:
                    alike.append(part)
        return _Part(tuple((of, _whole(group)) for of, group in made), spanned(parts))

    def lifecycle(self, parts: list[Any]) -> Any:
        return tree.Lifecycle((str(parts[0]),), spanned(parts))

    def field_moved(self, parts: list[Any]) -> Any:
        values: dict[str, Any] = {}
        last = ""
        for part in parts[1:]:
            if isinstance(part, Token):
                last = part.type
            elif part is not None:
                values[last] = part
        return tree.FieldMoved(parts[0], values.get("FROM"), values.get("CHANGED_TO"), spanned(parts))

    def stage_moved(self, parts: list[Any]) -> Any:
        stage = next((part for part in parts if part is not None and not isinstance(part, Token)), None)
        return tree.StageMoved(str(parts[0]), stage, spanned(parts))

    def clock(self, parts: list[Any]) -> Any:
        unit, days, when = str(parts[0]).split("|")
        return tree.Clock(unit, tuple(int(day) for day in days.split(",") if day), when, token_span(parts[0]))

    def repeat(self, parts: list[Any]) -> Any:
        return tree.Repeat(parts[1], parts[3] if len(parts) > 2 else None, spanned(parts))

    def around(self, parts: list[Any]) -> Any:
        return tree.Around(_ways(parts[1]), parts[0], _anchors(parts[2]), spanned(parts))

    def around_since(self, parts: list[Any]) -> Any:
        return tree.Around("after", parts[1], _anchors(parts[3]), spanned(parts))

    def around_anchor(self, parts: list[Any]) -> Any:
        return tree.Around(_ways(parts[1]), parts[2], _anchors(parts[0]), spanned(parts))

    def absence(self, parts: list[Any]) -> Any:
        return tree.Absence(parts[1], parts[3], parts[5], spanned(parts))

    def absence_said(self, parts: list[Any]) -> Any:
        return tree.Absence(parts[3], parts[1], None, spanned(parts))

    def occurrence(self, parts: list[Any]) -> Any:
        return tree.Occurrence(parts[1], spanned(parts))

    def button(self, parts: list[Any]) -> Any:
        return tree.Button(ast.TextLiteral(str(parts[1]), token_span(parts[1])), spanned(parts))

    def becomes(self, parts: list[Any]) -> Any:
        return tree.Becomes(parts[0], parts[0].span)

    def actions(self, parts: list[Any]) -> Any:
        return _Part(tuple(part for part in parts if not isinstance(part, Token)), spanned(parts))

    spoken = actions

    def people(self, parts: list[Any]) -> Any:
        items = tuple(part for part in parts if not isinstance(part, Token))
        return items[0] if len(items) == 1 else ast.ListLiteral(items, spanned(parts))

    def said(self, parts: list[Any]) -> Any:
        verb, value = parts
        name = _verb(verb)
        args = () if value is None else (tree.Argument(VERBS[name].said_as, value, value.span, value.span),)
        return tree.Action(name, args, spanned(parts), token_span(verb))

    def done_by(self, parts: list[Any]) -> Any:
        who, verb, value = parts
        action = self.said([verb, value])
        return tree.Action(action.verb, (tree.Argument("who", who, who.span, who.span), *action.args), spanned(parts), token_span(verb))

    def for_people(self, parts: list[Any]) -> Any:
        who = parts[0]
        return tree.Action("assign", (tree.Argument("who", who, who.span, who.span),), who.span, who.span)

    def assignment(self, parts: list[Any]) -> Any:
        path, op, value = parts
        args = (tree.Argument("field", path, path.span, path.span), tree.Argument("value", value, value.span, value.span))
        # A comparison where an action belongs is told of by the checker, by its sign.
        return tree.Action("set" if op == "=" else str(op), args, spanned(parts), token_span(op))

    def argument(self, parts: list[Any]) -> Any:
        name, value = parts
        spoken = "" if name is None else str(name)
        return tree.Argument(spoken, value, spanned(parts), value.span if name is None else token_span(name))

    def done(self, parts: list[Any]) -> Any:
        name = _verb(parts[0])
        verb = VERBS.get(name)
        args: list[tree.Argument] = []
        for part in parts[2:-1]:
            if not isinstance(part, tree.Argument):
                continue
            spoken = part.name
            if verb is not None and not spoken and len(args) < len(verb.params):
                spoken = verb.params[len(args)].name
            elif verb is not None and spoken:
                param = parameter_of(verb, spoken)
                spoken = param.name if param is not None else spoken
            args.append(tree.Argument(spoken, part.value, part.span, part.name_span))
        return tree.Action(name, tuple(args), spanned(parts), token_span(parts[0]))

    def role(self, parts: list[Any]) -> Any:
        return role_call(str(parts[0]), token_span(parts[0]))

    def call(self, parts: list[Any]) -> Any:
        made = super().call(parts)
        return ast.Call(PEOPLE_SPELLINGS.get(made.name, made.name), made.args, made.where, made.span, made.name_span)
