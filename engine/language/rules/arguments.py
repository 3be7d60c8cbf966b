"""The arguments of one action: each is of its parameter's kind, none is missing, none is said twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from engine.language import ast
from engine.language import rule_tree as tree
from engine.language.expression import Expression
from engine.language.names import member_of
from engine.language.resolve import nearest, spoken
from engine.language.rules.entities import entity_named
from engine.language.scope import FieldInfo, Scope
from engine.language.types import Choice, Date, DateTime, Duration, ListOf, MultiChoice, Ref, Text, Type
from engine.language.verbs import DECLARED, PEOPLE, VERBS, Parameter, Verb

Given = Expression | str | tuple[Any, ...]
"""What a parameter is given: an expression, a name, or several expressions."""

_USERS = "system.user"


class RuleChecking(Protocol):
    """The checker of rules as arguments see it."""

    def problem(self, code: str, span: ast.Span, fix: str | None = None, **params: Any) -> None: ...
    def checked(self, node: Any, expects: Type | None = None, *, condition: bool = False, fits: tuple[type[Type], ...] = ()) -> Any: ...


@dataclass(slots=True)
class Arguments:
    """Reads the arguments of one action."""

    checker: RuleChecking
    scope: Scope
    action: tree.Action
    given: dict[str, Given] = field(default_factory=dict)
    target: FieldInfo | None = None
    entity: str | None = None

    def read(self) -> tuple[dict[str, Given], tree.Action]:
        """What each parameter is given, and the action with canonical names."""
        verb = VERBS.get(self.action.verb)
        if verb is None:
            close = nearest(self.action.verb, tuple(VERBS))
            self.checker.problem("unknown-action", self.action.verb_span, close, name=self.action.verb, known=", ".join(VERBS))
            return {}, self.action
        order = [param.name for param in verb.params]
        said: set[str] = set()
        nodes = []
        for argument in sorted(self.action.args, key=lambda each: order.index(each.name) if each.name in order else len(order)):
            if argument.name in said:
                self.checker.problem("argument-twice", argument.name_span, name=argument.name)
                continue
            said.add(argument.name)
            nodes.append(self._argument(verb, argument))
        for param in verb.params:
            if param.required and param.name not in said:
                self.checker.problem("argument-missing", self.action.verb_span, name=verb.name, wanted=param.name, wanted_zh=param.zh)
        return self.given, replace(self.action, args=tuple(nodes))

    def _argument(self, verb: Verb, argument: tree.Argument) -> tree.Argument:
        param = next((each for each in verb.params if each.name == argument.name), None)
        if param is None:
            return self._open(argument) if verb.open and argument.name else self._unknown(verb, argument)
        value, node = _READ[param.kind](self, argument, param)
        if value is not None:
            self.given[param.name] = value
        return replace(argument, value=node)

    def _unknown(self, verb: Verb, argument: tree.Argument) -> tree.Argument:
        known = [word for param in verb.params for word in (param.name, param.zh)]
        close = nearest(argument.name, tuple(known))
        self.checker.problem(
            "unknown-argument",
            argument.name_span,
            close,
            name=argument.name,
            verb=verb.name,
            known=", ".join(param.name for param in verb.params),
        )
        return argument

    def _open(self, argument: tree.Argument) -> tree.Argument:
        """A field of the entity that is created."""
        if self.entity is None:
            value, node = self.checker.checked(argument.value)
            self.given[argument.name] = value
            return replace(argument, value=node)
        entity = self.entity
        member = member_of(self.scope, entity, argument.name)
        info = self.scope.entities[self.entity]
        if not isinstance(member, FieldInfo):
            close = nearest(argument.name, spoken(info))
            self.checker.problem(
                "unknown-name", argument.name_span, close, name=argument.name, entity=self.entity, known=", ".join(info.fields)
            )
            return argument
        if not (member.stored and member.writable):
            self.checker.problem("not-writable", argument.name_span, name=member.name)
            return argument
        value, node = self._value(argument.value, member, entity)
        self.given[member.name] = value
        return replace(argument, name=member.name, value=node)

    def _value(self, node: Any, field_info: FieldInfo, entity: str | None) -> tuple[Any, Any]:
        """A value of a field's type; an option of a choice by its code or label."""
        if isinstance(node, ast.TextLiteral) and isinstance(field_info.type, Choice):
            code = field_info.options.get(node.value, node.value)
            if code not in field_info.type.codes:
                known = (*field_info.type.codes, *field_info.options)
                close = nearest(node.value, known)
                self.checker.problem(
                    "unknown-choice",
                    node.span,
                    f"'{close}'" if close else None,
                    found=node.value,
                    known=", ".join(field_info.type.codes[:20]),
                )
                return None, node
            made, _ = self.checker.checked(replace(node, value=code), field_info.type)
            return made, replace(node, value=code, of=(entity or "", field_info.name))
        made, resolved = self.checker.checked(node, field_info.type)
        return made, resolved

    def read_field(self, argument: tree.Argument, param: Parameter) -> tuple[Any, Any]:
        path = argument.value
        if not isinstance(path, ast.Path) or len(path.names) != 1:
            self.checker.problem("field-needed", path.span)
            return None, path
        member = member_of(self.scope, self.scope.of, path.names[0])
        if not isinstance(member, FieldInfo):
            info = self.scope.entities[self.scope.of or ""]
            close = nearest(path.names[0], spoken(info))
            self.checker.problem("unknown-name", path.span, close, name=path.names[0], entity=info.name, known=", ".join(info.fields))
            return None, path
        if not (member.stored and member.writable):
            self.checker.problem("not-writable", path.span, name=member.name)
            return None, path
        self.target = member
        return member.name, replace(path, names=(member.name,), owners=(self.scope.of,))

    def read_value(self, argument: tree.Argument, param: Parameter) -> tuple[Any, Any]:
        if self.target is None:
            return None, argument.value
        return self._value(argument.value, self.target, self.scope.of)

    def read_any(self, argument: tree.Argument, param: Parameter) -> tuple[Any, Any]:
        made: tuple[Any, Any] = self.checker.checked(argument.value)
        return made

    def read_text(self, argument: tree.Argument, param: Parameter) -> tuple[Any, Any]:
        made: tuple[Any, Any] = self.checker.checked(argument.value, fits=(Text,))
        return made

    def read_condition(self, argument: tree.Argument, param: Parameter) -> tuple[Any, Any]:
        made: tuple[Any, Any] = self.checker.checked(argument.value, condition=True)
        return made

    def read_duration(self, argument: tree.Argument, param: Parameter) -> tuple[Any, Any]:
        made: tuple[Any, Any] = self.checker.checked(argument.value, fits=(Duration,))
        return made

    def read_moment(self, argument: tree.Argument, param: Parameter) -> tuple[Any, Any]:
        made: tuple[Any, Any] = self.checker.checked(argument.value, fits=(Date, DateTime))
        return made

    def read_name(self, argument: tree.Argument, param: Parameter) -> tuple[Any, Any]:
        node = argument.value
        if not isinstance(node, ast.Path | ast.TextLiteral):
            self.checker.problem("name-needed", node.span, name=param.name, name_zh=param.zh)
            return None, node
        name = ".".join(node.names) if isinstance(node, ast.Path) else node.value
        known = self.scope.declared.get(param.of)
        if known is None:
            return name, node
        found = known.get(name)
        if found is None:
            kind, kind_zh = DECLARED[param.of]
            self.checker.problem("unknown-definition", node.span, nearest(name, tuple(known)), name=name, kind=kind, kind_zh=kind_zh)
            return None, node
        parts = tuple(found.split("."))
        return found, ast.Path(parts, node.span, (node.span,) * len(parts))

    def read_entity(self, argument: tree.Argument, param: Parameter) -> tuple[Any, Any]:
        name, node = self.read_name(argument, param)
        found = entity_named(self.scope, name) if name is not None else None
        if name is not None and found is None:
            known = tuple(word for full in self.scope.entities for word in (full.partition(".")[2], *self.scope.entities[full].labels))
            self.checker.problem("unknown-entity", node.span, nearest(name, known), name=name)
        if found is None:
            return None, node
        self.entity = found
        return found, ast.Path(tuple(found.split(".")), node.span, (node.span,) * len(found.split(".")))

    def read_stage(self, argument: tree.Argument, param: Parameter) -> tuple[Any, Any]:
        info = self.scope.entities[self.scope.of or ""]
        stages = info.fields.get(info.stage[0]) if info.stage is not None else None
        if stages is None:
            self.checker.problem("no-stages", argument.span, entity=info.name)
            return None, argument.value
        return self._value(argument.value, stages, self.scope.of)

    def read_tags(self, argument: tree.Argument, param: Parameter) -> tuple[Any, Any]:
        return self._several(argument.value, lambda node: self.checker.checked(node, fits=(Text, Choice, MultiChoice)))

    def read_people(self, argument: tree.Argument, param: Parameter) -> tuple[Any, Any]:
        return self._several(argument.value, self._person)

    def _several(self, node: Any, read: Callable[[Any], tuple[Any, Any]]) -> tuple[Any, Any]:
        if not isinstance(node, ast.ListLiteral):
            value, made = read(node)
            return (None if value is None else (value,)), made
        pairs = [read(item) for item in node.items]
        values = tuple(value for value, _ in pairs if value is not None)
        return values, replace(node, items=tuple(made for _, made in pairs))

    def _person(self, node: Any) -> tuple[Any, Any]:
        if isinstance(node, ast.Call) and node.name in PEOPLE:
            return self._group(node)
        made, resolved = self.checker.checked(node)
        if made is None:
            return None, resolved
        kind = made.type.item if isinstance(made.type, ListOf) else made.type
        if not isinstance(kind, Ref) or kind.entity != _USERS:
            self.checker.problem("people-needed", node.span, found=made.type)
            return None, resolved
        return made, resolved

    def _group(self, node: ast.Call) -> tuple[Any, Any]:
        """``role(x)``, ``team(x)``, ``manager(n)``: kept as text, for the rule engine knows who these are."""
        first = node.args[0] if node.args else None
        if node.name == "manager" and (first is None or (isinstance(first, ast.Number) and "." not in first.digits)):
            return f"manager({first.digits if isinstance(first, ast.Number) else 1})", node
        name = ".".join(first.names) if isinstance(first, ast.Path) else first.value if isinstance(first, ast.TextLiteral) else None
        if name is None or len(node.args) != 1:
            self.checker.problem("name-needed", node.span, name=node.name, name_zh=PEOPLE[node.name][0])
            return None, node
        if node.name == "role" and self.scope.roles:
            role = self.scope.roles.get(name)
            if role is None:
                self.checker.problem("unknown-role", node.args[0].span, nearest(name, tuple(self.scope.roles)), name=name)
                return None, node
            name = role
        plain = ast.Path((name,), node.args[0].span, (node.args[0].span,))
        return f"{node.name}({name})", replace(node, args=(plain,))


_READ: dict[str, Callable[[Arguments, tree.Argument, Parameter], tuple[Any, Any]]] = {
    "field": Arguments.read_field,
    "value": Arguments.read_value,
    "any": Arguments.read_any,
    "text": Arguments.read_text,
    "condition": Arguments.read_condition,
    "duration": Arguments.read_duration,
    "moment": Arguments.read_moment,
    "name": Arguments.read_name,
    "entity": Arguments.read_entity,
    "stage": Arguments.read_stage,
    "tags": Arguments.read_tags,
    "people": Arguments.read_people,
}
