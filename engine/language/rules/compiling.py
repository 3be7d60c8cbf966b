"""Rules checked: every condition and argument typed against the entity that the rule is about, all problems at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from engine.language import ast
from engine.language import rule_tree as tree
from engine.language.backends import python
from engine.language.checker import Checker
from engine.language.checking import is_unknown
from engine.language.compiler import beyond_bounds, expression_of
from engine.language.conversions import fit
from engine.language.expression import Expression, Problem
from engine.language.functions.rows import Mismatch
from engine.language.resolve import Place
from engine.language.rules.arguments import Arguments, Given
from engine.language.rules.due import due_condition
from engine.language.rules.entities import spoken_name
from engine.language.rules.parsing import parse_rules
from engine.language.rules.printing import format_rule
from engine.language.scope import CollectionInfo, Scope
from engine.language.types import Date, DateTime, Duration, Type

_MOMENTS = (Date, DateTime)


@dataclass(frozen=True, slots=True)
class CompiledAction:
    """A checked action: its verb, and what each parameter is given.

    A value is an ``Expression``, a tuple of those (several people or tags), or a name as text (a field, an entity,
    a template, a flow).
    """

    verb: str
    args: dict[str, Given]
    span: ast.Span


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A checked rule. ``tree`` has canonical names. ``of`` is the entity it is about.

    ``trigger`` holds the checked parts of what sets it off by name (``condition``, ``length``, ``anchors``, ``since``,
    ``stage``, ``moved``). ``due`` is the condition that a record meets when the trigger sets the rule off for it, None
    where no record shows that (it was created, the clock says so, a button was pressed). ``rows`` is the collection
    whose absence it waits for. ``reads`` are the record's keys that the rule looks at, collections by name among them;
    ``writes`` the fields of the record that it sets, and entities it creates as ``+name``.
    """

    tree: tree.Rule
    of: str
    condition: Expression | None
    trigger: dict[str, tuple[Expression, ...]]
    due: Expression | None
    rows: str
    then: tuple[CompiledAction, ...]
    otherwise: tuple[CompiledAction, ...]
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    english: str = ""
    chinese: str = ""


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """The outcome of compiling a text: its rules unless an error was found, and every problem."""

    rules: tuple[CompiledRule, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _RuleChecker:
    """Checks one rule of a text."""

    source: str
    scope: Scope
    problems: list[Problem] = field(default_factory=list)
    trigger: dict[str, tuple[Expression, ...]] = field(default_factory=dict)
    rows: str = ""

    def problem(self, code: str, span: ast.Span, fix: str | None = None, **params: Any) -> None:
        """Report a problem at a place of the text."""
        checker = Checker(self.source, self.scope)
        checker.problem(code, span, fix, **params)
        self.problems += checker.problems

    def checked(self, node: Any, expects: Type | None = None, *, condition: bool = False, fits: tuple[type[Type], ...] = ()) -> Any:
        """The expression at a node and the node with canonical names; the expression is None where something is wrong."""
        checker = Checker(self.source, self.scope, places=(Place(self.scope.of, 0),))
        made, resolved = checker.condition(node) if condition else checker.check(node)
        if expects is not None and not condition:
            made, resolved = self._adopted(checker, made, resolved, expects)
        if fits and not is_unknown(made) and not isinstance(made.type, fits):
            made = checker.problem("wrong-type", node.span, expected=fits[0](), found=made.type)
        self.problems += checker.problems
        if is_unknown(made):
            return None, resolved
        beyond = beyond_bounds(made, resolved.span)
        self.problems += beyond
        return (None if beyond else expression_of(checker, resolved, made)), resolved

    def _adopted(self, checker: Checker, made: Any, resolved: Any, expects: Type) -> tuple[Any, Any]:
        if is_unknown(made):
            return made, resolved
        try:
            made, resolved = checker.adopt(made, resolved, expects)
            return fit(made, expects), resolved
        except Mismatch as error:
            return checker.mismatch(error, (resolved.span,)), resolved

    def note(self, name: str, *expressions: Expression | None) -> None:
        """Keep checked parts of the trigger."""
        kept = tuple(each for each in expressions if each is not None)
        if kept:
            self.trigger[name] = kept

    # Triggers

    def lifecycle(self, trigger: tree.Lifecycle) -> tree.Trigger:
        return trigger

    def occurrence(self, trigger: tree.Occurrence) -> tree.Trigger:
        return trigger

    def button(self, trigger: tree.Button) -> tree.Trigger:
        return trigger

    def field_moved(self, trigger: tree.FieldMoved) -> tree.Trigger:
        made, node = self.checked(ast.Changed(trigger.path, trigger.before, trigger.after, trigger.span))
        self.note("moved", made)
        return replace(trigger, path=node.path, before=node.before, after=node.after)

    def stage_moved(self, trigger: tree.StageMoved) -> tree.Trigger:
        info = self.scope.entities.get(self.scope.of or "")
        if info is None or info.stage is None:
            self.problem("no-stages", trigger.span, entity=info.name if info is not None else "")
            return trigger
        if trigger.stage is None:
            return trigger
        test = ast.Binary("=", ast.Path((info.stage[0],)), trigger.stage, trigger.span, trigger.span)
        made, node = self.checked(ast.placed(test, trigger.stage.span))
        self.note("stage", made)
        return replace(trigger, stage=getattr(node, "right", trigger.stage))

    def clock(self, trigger: tree.Clock) -> tree.Trigger:
        hour, _, minute = trigger.at.partition(":")
        days = trigger.days
        month, day = (days[0], days[1]) if trigger.unit == "year" else (1, days[0] if trigger.unit == "month" else 1)
        if (trigger.at and (int(hour) > 23 or int(minute) > 59)) or not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
            self.problem("no-such-time", trigger.span, text=self.source[slice(*trigger.span)])
        return trigger

    def waited(self, node: Any) -> Any:
        """A length of time to wait for: where it is known now, it is greater than nothing."""
        length, resolved = self.checked(node, fits=(Duration,))
        if length is not None and not length.reads and not length.variables and not length.aggregates:
            value = python.build_function(length.core)({}, {})
            if value is not None and value <= 0:
                self.problem("length-not-positive", node.span, text=self.source[slice(*node.span)])
        return length, resolved

    def around(self, trigger: tree.Around) -> tree.Trigger:
        length, length_node = self.checked(trigger.length, fits=(Duration,))
        anchors = [self.checked(anchor, fits=_MOMENTS) for anchor in trigger.anchors]
        self.note("length", length)
        self.note("anchors", *(made for made, _ in anchors))
        return replace(trigger, length=length_node, anchors=tuple(node for _, node in anchors))

    def absence(self, trigger: tree.Absence) -> tree.Trigger:
        checker = Checker(self.source, self.scope, places=(Place(self.scope.of, 0),))
        found = checker.resolve(trigger.rows)
        rows = trigger.rows
        if found is not None and not isinstance(found.info, CollectionInfo):
            checker.problem("collection-needed", rows.span, name="no")
        elif found is not None:
            rows = replace(rows, names=found.names, owners=found.owners)
            self.rows = ".".join(found.names)
        self.problems += checker.problems
        length, length_node = self.waited(trigger.length)
        since, since_node = (None, None) if trigger.since is None else self.checked(trigger.since, fits=_MOMENTS)
        self.note("length", length)
        self.note("since", since)
        return replace(trigger, rows=rows, length=length_node, since=since_node)

    def repeat(self, trigger: tree.Repeat) -> tree.Trigger:
        length, length_node = self.waited(trigger.length)
        self.note("length", length)
        if trigger.condition is None:
            return replace(trigger, length=length_node)
        condition, node = self.checked(trigger.condition, condition=True)
        self.note("condition", condition)
        return replace(trigger, length=length_node, condition=node)

    def becomes(self, trigger: tree.Becomes) -> tree.Trigger:
        condition, node = self.checked(trigger.condition, condition=True)
        self.note("condition", condition)
        return replace(trigger, condition=node)

    def actions(self, actions: tuple[tree.Action, ...]) -> tuple[tuple[CompiledAction, ...], tuple[tree.Action, ...]]:
        """The checked actions, and their trees with canonical names."""
        made, trees = [], []
        for action in actions:
            args, node = Arguments(self, self.scope, action).read()
            made.append(CompiledAction(action.verb, args, action.span))
            trees.append(node)
        return tuple(made), tuple(trees)


_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_TRIGGERS: dict[type[Any], Callable[[_RuleChecker, Any], tree.Trigger]] = {
    tree.Lifecycle: _RuleChecker.lifecycle,
    tree.FieldMoved: _RuleChecker.field_moved,
    tree.StageMoved: _RuleChecker.stage_moved,
    tree.Clock: _RuleChecker.clock,
    tree.Around: _RuleChecker.around,
    tree.Absence: _RuleChecker.absence,
    tree.Repeat: _RuleChecker.repeat,
    tree.Occurrence: _RuleChecker.occurrence,
    tree.Button: _RuleChecker.button,
    tree.Becomes: _RuleChecker.becomes,
}


def compile_rules(source: str, scope: Scope) -> CompiledRules:
    """Parse, resolve and type a text of rules. ``scope.of`` is the entity of rules that name none."""
    rules, problems = parse_rules(source, scope)
    if rules is None:
        return CompiledRules((), problems)
    compiled: list[CompiledRule] = []
    found = list(problems)
    for rule in rules:
        made, new = _compile(source, rule, scope)
        # Rules that share their actions share what is wrong with them.
        found += [problem for problem in new if problem not in found]
        if made is not None:
            compiled.append(made)
    failed = any(problem.severity == "error" for problem in found)
    return CompiledRules(() if failed else tuple(compiled), tuple(sorted(found, key=lambda each: (each.start, each.end))))


def _compile(source: str, rule: tree.Rule, scope: Scope) -> tuple[CompiledRule | None, list[Problem]]:
    of = rule.subject or scope.of
    if of is None:
        return None, [Problem("rule-without-subject", rule.span[0], rule.span[1], {"known": _known(scope)})]
    checker = _RuleChecker(source, replace(scope, of=of, parent=None))
    trigger = None if rule.trigger is None else _TRIGGERS[type(rule.trigger)](checker, rule.trigger)
    condition, condition_node = (None, None) if rule.condition is None else checker.checked(rule.condition, condition=True)
    then, then_trees = checker.actions(rule.then)
    otherwise, otherwise_trees = checker.actions(rule.otherwise)
    if not rule.then:
        checker.problems.append(Problem("rule-without-action", *rule.span, severity="warning"))
    meaning = None if trigger is None else due_condition(trigger, checker.scope)
    due = (
        None
        if meaning is None or any(problem.severity == "error" for problem in checker.problems)
        else checker.checked(meaning, condition=True)[0]
    )
    if any(problem.severity == "error" for problem in checker.problems):
        return None, checker.problems
    whole = replace(rule, subject=of, trigger=trigger, condition=condition_node, then=then_trees, otherwise=otherwise_trees)
    made = CompiledRule(
        whole,
        of,
        condition,
        checker.trigger,
        due,
        checker.rows,
        then,
        otherwise,
        _reads(rule, (condition, due), checker, (*then, *otherwise)),
        _writes((*then, *otherwise)),
        format_rule(whole, scope, "en"),
        format_rule(whole, scope, "zh"),
    )
    return made, checker.problems


def _known(scope: Scope) -> str:
    return ", ".join(spoken_name(scope, name, False) for name in sorted(scope.entities) if name.count(".") == 1)


def _reads(
    rule: tree.Rule, asked: tuple[Expression | None, ...], checker: _RuleChecker, actions: tuple[CompiledAction, ...]
) -> frozenset[str]:
    looked = [each for each in asked if each is not None]
    for parts in checker.trigger.values():
        looked += parts
    for action in actions:
        for value in action.args.values():
            looked += [part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Expression)]
    keys = {key for each in looked for key in each.reads}
    keys |= {aggregate.collection for each in looked for aggregate in each.aggregates}
    stage = checker.scope.entities[checker.scope.of or ""].stage
    if isinstance(rule.trigger, tree.StageMoved) and stage is not None:
        keys.add(stage[0])
    return frozenset(keys | ({checker.rows} if checker.rows else set()))


def _writes(actions: tuple[CompiledAction, ...]) -> frozenset[str]:
    written: set[str] = set()
    for action in actions:
        target = action.args.get("field")
        if action.verb in ("set", "clear") and isinstance(target, str):
            written.add(target)
        entity = action.args.get("entity")
        if action.verb == "create" and isinstance(entity, str):
            written.add("+" + entity)
    return frozenset(written)
