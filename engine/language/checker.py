"""Syntax tree to checked form: every name resolved, every type known, every problem found in one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from engine.language import ast, core
from engine.language.aggregates import check_aggregate, check_in_rows, is_aggregate
from engine.language.calls import check_call
from engine.language.checking import Pair, is_unknown, unknown
from engine.language.conversions import fit
from engine.language.expression import Problem
from engine.language.functions.date_operations import to_utc
from engine.language.functions.dates import CALENDAR, DATE, DATETIME, EXACT
from engine.language.functions.logic import truth
from engine.language.functions.rows import Mismatch
from engine.language.functions.texts import TEXT
from engine.language.functions.workdays import WORKDAYS
from engine.language.lexicon import UNIT_MONTHS, UNIT_SECONDS
from engine.language.operators import arithmetic, between, comparison, member_test, negative
from engine.language.parser import parse
from engine.language.periods import in_period
from engine.language.resolve import Place, Resolved, Unresolved, nearest, rebase, resolve
from engine.language.scope import CollectionInfo, FieldInfo, Scope
from engine.language.types import Blank, Boolean, Choice, Decimal, MultiChoice, Text, Type
from engine.language.words import type_words


@dataclass(slots=True)
class Checker:
    """One run over one source text. ``places`` are the rows in sight, inmost first, the record last."""

    source: str
    scope: Scope
    problems: list[Problem] = field(default_factory=list)
    places: tuple[Place, ...] = ()
    computing: tuple[tuple[str, str], ...] = ()
    labels: dict[Type, Mapping[str, str]] = field(default_factory=dict)
    origins: dict[Type, tuple[str, str]] = field(default_factory=dict)
    inlined: dict[tuple[str, str], Any] = field(default_factory=dict)
    mentions: set[tuple[str, str]] = field(default_factory=set)

    def problem(self, code: str, span: ast.Span, fix: str | None = None, **params: Any) -> Any:
        """Report a problem, and give what stands in for the part."""
        spoken: dict[str, Any] = {}
        for key, value in params.items():
            if isinstance(value, Type):
                spoken[key], spoken[key + "_zh"] = type_words(value)
            else:
                spoken[key] = value
        if fix is not None:
            # "float(…)" stands for the text at fault in a call, so that a fix is always what to put in its place.
            fix = fix.replace("…", self.source[span[0] : span[1]])
        self.problems.append(Problem(code, span[0], span[1], spoken, fix))
        return unknown(span)

    def mismatch(self, error: Mismatch, spans: tuple[ast.Span, ...]) -> Any:
        """Report arguments that don't go together."""
        span = spans[min(error.argument, len(spans) - 1)]
        return self.problem(error.code, span, error.fix, **error.params)

    def check(self, node: Any) -> Pair:
        """The core of a syntax node, and the node with canonical names."""
        check = _CHECK.get(type(node))
        if check is None:
            return self.problem("period-misplaced" if isinstance(node, ast.Period) else "list-misplaced", node.span), node
        return check(self, node)

    def _text(self, node: ast.TextLiteral) -> Pair:
        return core.Const(node.value or None, TEXT, node.span), node

    def _logic(self, node: ast.Logic) -> Pair:
        pairs = [self.condition(item) for item in node.items]
        tree = replace(node, items=tuple(tree for _, tree in pairs))
        nodes = tuple(part for part, _ in pairs)
        return (unknown(node.span) if is_unknown(*nodes) else core.Logic(node.op, nodes, node.span)), tree

    def _blank_test(self, node: ast.BlankTest) -> Pair:
        item, tree = self.check(node.item)
        if is_unknown(item):
            return unknown(node.span), node
        test = core.IsBlank(item, node.span)
        return (core.Not(test, node.span) if node.negated else test), replace(node, item=tree)

    def _call(self, node: ast.Call) -> Pair:
        return check_aggregate(self, node) if is_aggregate(node) else check_call(self, node)

    def condition(self, node: Any) -> Pair:
        """A part that must be true or false; blank counts as false."""
        item, tree = self.check(node)
        if is_unknown(item):
            return item, tree
        if not isinstance(item.type, Boolean):
            return self.problem("condition-needed", node.span, found=item.type), tree
        return truth(item), tree

    def _number(self, node: ast.Number) -> Pair:
        whole, _, fraction = node.digits.partition(".")
        scale = len(fraction)
        value = int(whole + fraction)
        if abs(value) > core.INT64_MAX:
            return self.problem("number-too-big", node.span), node
        return core.Const(value, Decimal(scale) if scale else core.INTEGER, node.span), node

    def _constant(self, node: ast.Constant) -> Pair:
        value = node.value
        if value is None:
            return core.Const(None, Blank(), node.span), node
        if isinstance(value, bool):
            return core.Const(value, core.BOOLEAN, node.span), node
        if isinstance(value, datetime):
            try:
                moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else to_utc(value, self.scope.time_zone)
            except OverflowError:
                return self.problem("bad-date", node.span, text=value.isoformat()), node
            return core.Const(moment, DATETIME, node.span), node
        assert isinstance(value, date)
        return core.Const(value, DATE, node.span), node

    def _length(self, node: ast.Length) -> Pair:
        if node.unit == "workday":
            return self._workdays(node), node
        calendar = node.unit in UNIT_MONTHS
        factor = UNIT_MONTHS[node.unit] if calendar else UNIT_SECONDS[node.unit]
        whole, _, fraction = node.digits.partition(".")
        total, rest = divmod(int(whole + fraction) * factor, 10 ** len(fraction))
        if rest or total > core.INT64_MAX:
            return self.problem("bad-duration", node.span), node
        return core.Const(total, CALENDAR if calendar else EXACT, node.span), node

    def _workdays(self, node: ast.Length) -> Any:
        if self.scope.conventions.calendar is None:
            return self.problem("workdays-need-calendar", node.span)
        return core.Const(int(node.digits), WORKDAYS, node.span) if node.digits.isdecimal() else self.problem("bad-duration", node.span)

    def _unary(self, node: ast.Unary) -> Pair:
        if node.op == "not":
            condition, tree = self.condition(node.item)
            return (condition if is_unknown(condition) else core.Not(condition, node.span)), replace(node, item=tree)
        item, tree = self.check(node.item)
        tree = replace(node, item=tree)
        if is_unknown(item):
            return item, tree
        try:
            return replace(negative(item), span=node.span), tree
        except Mismatch as error:
            return self.mismatch(error, (node.item.span,)), tree

    def _binary(self, node: ast.Binary) -> Pair:
        if isinstance(node.right, ast.Period):
            return self._in_period(node)
        if isinstance(node.right, ast.ListLiteral):
            return self._in_list(node)
        if isinstance(node.right, ast.Call) and node.right.name == "list" and node.op in ("in", "not_in"):
            return check_in_rows(self, node)
        if isinstance(node.left, ast.Call) and node.left.name == "list" and node.op in ("contains", "not_contains"):
            return check_in_rows(self, replace(node, op=node.op.replace("contains", "in"), left=node.right, right=node.left))
        left, left_tree = self.check(node.left)
        right, right_tree = self.check(node.right)
        tree = replace(node, left=left_tree, right=right_tree)
        if is_unknown(left, right):
            return unknown(node.span), tree
        try:
            left, left_tree = self.adopt(left, left_tree, right.type)
            right, right_tree = self.adopt(right, right_tree, left.type)
            tree = replace(node, left=left_tree, right=right_tree)
            if node.op in ("+", "-", "*", "/", "%"):
                result = arithmetic(node.op, left, right, self.scope)
            elif node.op in ("in", "not_in", "contains", "not_contains", "starts", "ends"):
                result = member_test(node.op, left, right)
            else:
                result = comparison(node.op, left, right)
            return replace(result, span=node.span), tree
        except Mismatch as error:
            return self.mismatch(error, (node.left.span, node.right.span, node.op_span)), tree

    def _in_period(self, node: ast.Binary) -> Pair:
        item, item_tree = self.check(node.left)
        tree = replace(node, left=item_tree)
        if is_unknown(item):
            return item, tree
        if node.op not in ("in", "not_in", "=", "!="):
            return self.problem("period-misplaced", node.right.span), tree
        try:
            inside = in_period(item, node.right.name, self.scope.time_zone)
        except Mismatch as error:
            return self.mismatch(error, (node.left.span, node.right.span)), tree
        return (core.Not(inside, node.span) if node.op in ("not_in", "!=") else replace(inside, span=node.span)), tree

    def _in_list(self, node: ast.Binary) -> Pair:
        item, item_tree = self.check(node.left)
        items, trees = [], []
        failed = is_unknown(item)
        for part in node.right.items:
            value, tree = self.check(part)
            if not is_unknown(item, value):
                try:
                    value, tree = self.adopt(value, tree, item.type)
                except Mismatch as error:
                    value = self.mismatch(error, (part.span,))
            failed = failed or is_unknown(value)
            items.append(value)
            trees.append(tree)
        tree = replace(node, left=item_tree, right=replace(node.right, items=tuple(trees)))
        if failed:
            return unknown(node.span), tree
        try:
            return replace(member_test(node.op, item, tuple(items)), span=node.span), tree
        except Mismatch as error:
            return self.mismatch(error, (node.left.span, node.right.span, node.op_span)), tree

    def _between(self, node: ast.Between) -> Pair:
        pairs = [self.check(part) for part in (node.item, node.low, node.high)]
        tree = replace(node, item=pairs[0][1], low=pairs[1][1], high=pairs[2][1])
        nodes = tuple(part for part, _ in pairs)
        if is_unknown(*nodes):
            return unknown(node.span), tree
        try:
            return replace(between(*nodes), span=node.span), tree
        except Mismatch as error:
            return self.mismatch(error, (node.item.span, node.low.span, node.high.span)), tree

    def adopt(self, node: Any, tree: Any, wanted: Type) -> Pair:
        """A text literal as the choice it names, where the other side is a choice. Raises Mismatch for an unknown one."""
        if (
            not isinstance(wanted, Choice | MultiChoice)
            or not isinstance(node, core.Const)
            or not isinstance(node.type, Text)
            or node.value is None
        ):
            return node, tree
        code = self.code_of(wanted, node.value)
        if not isinstance(tree, ast.TextLiteral):
            return core.Const(code, Choice(wanted.codes), node.span), tree
        return core.Const(code, Choice(wanted.codes), node.span), replace(tree, value=code, of=self.origins.get(wanted))

    def code_of(self, wanted: Choice | MultiChoice, text: str) -> str:
        """The code that a code or label stands for. Raises Mismatch with the nearest where there is none."""
        if text in wanted.codes:
            return text
        labels = self.labels.get(wanted, {})
        if text in labels:
            return labels[text]
        close = nearest(text, (*wanted.codes, *labels))
        raise Mismatch("unknown-choice", 1, f"'{close}'" if close else None, found=text, known=", ".join(wanted.codes[:20]))

    def shown(self, type_: Choice | MultiChoice) -> tuple[tuple[str, str, str], ...]:
        """The codes of a choice that was met, each with its English and its Chinese label."""
        entity, name = self.origins.get(type_, ("", ""))
        info = self.scope.entities.get(entity)
        return info.fields[name].shown if info is not None and name in info.fields else ()

    def resolve(self, path: ast.Path) -> Resolved | None:
        """What a path means; None after a problem was reported."""
        try:
            found = resolve(self.scope, path, self.places)
            said = [(owner, name) for owner, name in zip(found.owners, found.names, strict=False) if owner is not None]
            self.mentions.update(said)
            if len(said) > 1:
                self.mentions.add((said[0][0], ".".join(name for _owner, name in said)))
            return found
        except Unresolved as error:
            index = min(error.index, len(path.spans) - 1)
            span = path.spans[index] if path.spans else path.span
            self.problem(error.code, span, error.fix, **error.params)
            return None

    def _path(self, node: ast.Path) -> Pair:
        found = self.resolve(node)
        if found is None:
            return unknown(node.span), node
        tree = replace(node, names=found.names, owners=found.owners)
        if found.variable is not None and found.type is not None:
            return core.Var(found.variable, found.type, found.variable != "user", node.span), tree
        if isinstance(found.info, CollectionInfo):
            return self.problem("collection-misplaced", node.span, name=found.info.name), tree
        assert isinstance(found.info, FieldInfo)
        return self.field_node(found.info, found.entity or "", found.hops, found.place, node.span), tree

    def field_node(self, info: FieldInfo, entity: str, hops: tuple[core.Hop, ...], place: Place, span: ast.Span) -> Any:
        """The core of a field: a stored one as such, a virtual computed one as what computes it."""
        if isinstance(info.type, Choice | MultiChoice):
            self.labels[info.type] = {**self.labels.get(info.type, {}), **info.options}
            self.origins.setdefault(info.type, (entity, info.name))
        if info.compute is not None and not info.stored:
            return self._inlined(info, entity, hops, place, span)
        return core.Field(info.name, info.column or info.name, info.type, hops, place.level, place.era, span)

    def _inlined(self, info: FieldInfo, entity: str, hops: tuple[core.Hop, ...], place: Place, span: ast.Span) -> Any:
        if (entity, info.name) in self.computing:
            chain = " → ".join(name for _, name in (*self.computing, (entity, info.name)))
            return self.problem("computed-cycle", span, chain=chain)
        if place.era:
            return self.problem("old-of-computed", span, name=info.name)
        if (entity, info.name) not in self.inlined:
            self.inlined[entity, info.name] = self._computed(info, entity)
        node = self.inlined[entity, info.name]
        if isinstance(node, Problem):
            return self.problem(node.code, span, **node.params)
        if place.level and any(isinstance(part, core.Gather) for part in core.walk(node)):
            return self.problem("aggregate-nested", span)
        return rebase(node, hops, place.level, span)

    def _computed(self, info: FieldInfo, entity: str) -> Any:
        """What computes a virtual field, as seen from its own record; a problem where that can't be used."""
        source = info.compute or ""
        parent = entity.rpartition(".")[0] if entity.count(".") > 1 else None
        scope = replace(self.scope, of=entity, parent=parent, guarded=False)
        tree, problems = parse(source, scope)
        chain = (*self.computing, (entity, info.name))
        inner = Checker(source, scope, [], (Place(entity, 0),), chain, self.labels, self.origins, self.inlined)
        node: Any = None
        if tree is not None:
            node, _ = inner.check(tree)
            node = inner.finish(node, tree, info.type)
        cycle = next((problem for problem in inner.problems if problem.code == "computed-cycle"), None)
        if cycle is not None:
            return cycle
        if problems or inner.problems:
            return Problem("computed-field-broken", 0, 0, {"name": info.name})
        excess = core.excess(node)
        return Problem(excess[0], 0, 0, {"limit": excess[1]}) if excess else node

    def _phrase(self, node: ast.Phrase) -> Pair:
        means, tree = self.check(node.means)
        return (means if is_unknown(means) else replace(means, span=node.span)), replace(node, means=tree)

    def _changed(self, node: ast.Changed) -> Pair:
        found = self.resolve(node.path)
        if found is None:
            return unknown(node.span), node
        path = replace(node.path, names=found.names, owners=found.owners)
        if not isinstance(found.info, FieldInfo) or found.hops or found.place.level or not found.info.stored:
            return self.problem("changed-needs-field", node.path.span), node
        place = found.place
        present = self.field_node(found.info, found.entity or "", (), replace(place, era=""), node.path.span)
        former = self.field_node(found.info, found.entity or "", (), replace(place, era="old"), node.path.span)
        tests: list[Any] = [core.Compare("!=", former, present, node.span)]
        trees: list[Any] = []
        for side, value in ((former, node.before), (present, node.after)):
            if value is None:
                trees.append(None)
                continue
            right, right_tree = self.check(value)
            trees.append(right_tree)
            if is_unknown(right):
                continue
            try:
                right, trees[-1] = self.adopt(right, right_tree, side.type)
                tests.append(comparison("=", side, right))
            except Mismatch as error:
                self.mismatch(error, (value.span, value.span))
        tree = replace(node, path=path, before=trees[0], after=trees[1])
        return (core.Logic("and", tuple(tests), node.span) if len(tests) > 1 else tests[0]), tree

    def finish(self, node: Any, tree: Any, expects: Type | None) -> Any:
        """The node as the type that its place wants, or a problem."""
        if is_unknown(node):
            return node
        if expects is None:
            return node
        try:
            node, _ = self.adopt(node, tree, expects)
            return fit(node, expects)
        except Mismatch as error:
            return self.mismatch(error, (tree.span,))


_CHECK: dict[type[Any], Callable[[Checker, Any], Pair]] = {
    ast.Number: Checker._number,
    ast.TextLiteral: Checker._text,
    ast.Constant: Checker._constant,
    ast.Length: Checker._length,
    ast.Path: Checker._path,
    ast.Unary: Checker._unary,
    ast.Logic: Checker._logic,
    ast.Binary: Checker._binary,
    ast.Between: Checker._between,
    ast.BlankTest: Checker._blank_test,
    ast.Call: Checker._call,
    ast.Changed: Checker._changed,
    ast.Phrase: Checker._phrase,
}
