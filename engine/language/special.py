"""Calls whose arguments are no plain values: lists that are joined, people and their teams, what other engines answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine import limits
from engine.language import ast, core
from engine.language.aggregates import Rowwise, check_rows
from engine.language.checking import Checking, Pair, is_unknown, unknown
from engine.language.functions import FUNCTIONS
from engine.language.functions.formats import label_of, labels_of, language
from engine.language.functions.rows import Mismatch
from engine.language.functions.texts import TEXT
from engine.language.types import Choice, Integer, ListOf, MultiChoice, Ref, Text

_SEPARATOR = ", "
_USER = "system.user"


def _count_wrong(checker: Checking, node: ast.Call, expected: str) -> Pair:
    return checker.problem("argument-count", node.span, name=node.name, expected=expected, found=len(node.args)), node


def _list(checker: Checking, node: ast.Call) -> Pair:
    return checker.problem("list-misplaced", node.span), node


def _join(checker: Checking, node: ast.Call) -> Pair:
    if not 1 <= len(node.args) <= 2:
        return _count_wrong(checker, node, "1…2")
    separator, separator_tree = checker.check(node.args[1]) if len(node.args) == 2 else (core.Const(_SEPARATOR, TEXT), None)
    if is_unknown(separator):
        return separator, node
    if not isinstance(separator, core.Const) or not isinstance(separator.type, Text) or separator.value is None:
        return checker.problem("constant-text-needed", node.args[1].span), node
    first = node.args[0]
    if isinstance(first, ast.Call) and first.name == "list":
        made, tree = _join_rows(checker, first, separator.value)
    elif isinstance(first, ast.ListLiteral):
        made, tree = _join_parts(checker, first, separator)
    else:
        made, tree = _join_choices(checker, first, separator)
    trees = (tree,) if separator_tree is None else (tree, separator_tree)
    return (made if is_unknown(made) else replace(made, span=node.span)), replace(node, args=trees)


def _as_text(checker: Checking, value: Any) -> Any:
    if isinstance(value.type, Choice):
        return label_of(value, checker.shown(value.type), checker.scope)
    return FUNCTIONS["text"].build((value,), checker.scope)


def _join_rows(checker: Checking, node: ast.Call, separator: str) -> Pair:
    found = check_rows(checker, node)
    if not isinstance(found, Rowwise):
        return found, node
    if found.value is None:
        return checker.problem("aggregate-needs-field", node.span, name="list"), node
    try:
        value = _as_text(checker, found.value)
    except Mismatch as error:
        return checker.mismatch(error, (node.args[0].span,)), node
    return core.Gather("join", found.rows, value, found.where, TEXT, separator=separator), found.tree


def _join_parts(checker: Checking, node: ast.ListLiteral, separator: core.Const) -> Pair:
    pairs = [checker.check(item) for item in node.items]
    tree = replace(node, items=tuple(part for _, part in pairs))
    if any(is_unknown(item) for item, _ in pairs):
        return unknown(node.span), tree
    texts = []
    for (item, _), said in zip(pairs, node.items, strict=True):
        try:
            texts.append(core.Const(None, TEXT) if isinstance(item, core.Const) and item.value is None else _as_text(checker, item))
        except Mismatch as error:
            return checker.mismatch(error, (said.span,)), tree
    return core.Apply("join", (separator, *texts), TEXT), tree


def _join_choices(checker: Checking, node: Any, separator: core.Const) -> Pair:
    item, tree = checker.check(node)
    if is_unknown(item):
        return item, tree
    if not isinstance(item.type, MultiChoice):
        return checker.problem("list-needed", node.span, found=item.type), tree
    labels = labels_of(checker.shown(item.type))
    return core.Apply("join_choices", (item, labels, language(checker.scope), separator), TEXT), tree


def _person(checker: Checking, node: ast.Call) -> Pair:
    item, tree = checker.check(node.args[0])
    if not is_unknown(item) and (not isinstance(item.type, Ref) or item.type.entity != _USER):
        return checker.problem("wrong-type", node.args[0].span, expected=Ref(_USER), found=item.type), tree
    return item, tree


def _reports_to(checker: Checking, node: ast.Call) -> Pair:
    """Whether a person reports to whoever asks: at any distance, or within so many levels."""
    if not 1 <= len(node.args) <= 2:
        return _count_wrong(checker, node, "1…2")
    item, tree = _person(checker, node)
    if is_unknown(item):
        return item, node
    user = core.Var("user", Ref(_USER))
    if len(node.args) == 1:
        return core.Member(item, core.Var("user.team", ListOf(Ref(_USER))), node.span), replace(node, args=(tree,))
    levels, levels_tree = checker.check(node.args[1])
    known = checker.scope.entities.get(_USER)
    hops = len(item.hops) if isinstance(item, core.Field) else limits.path_hops_max
    most = limits.path_hops_max - hops
    if not isinstance(levels, core.Const) or not isinstance(levels.type, Integer) or not 1 <= (levels.value or 0) <= most or known is None:
        return checker.problem("constant-needed", node.args[1].span, low=1, high=max(1, most)), node
    tests: list[Any] = []
    path = item
    for _ in range(levels.value):
        hop = core.Hop(path.name, path.column, _USER, known.table, checker.scope.guarded)
        path = core.Field("manager", "manager", Ref(_USER), (*path.hops, hop), path.level, path.era)
        tests.append(core.Logic("and", (core.Compare("=", path, user), core.Not(core.IsBlank(user)))))
    made = tests[0] if len(tests) == 1 else core.Logic("or", tuple(tests))
    return replace(made, span=node.span), replace(node, args=(tree, levels_tree))


def _in_team(checker: Checking, node: ast.Call) -> Pair:
    """Whether a person is a member of the team of that name."""
    if len(node.args) != 2:
        return _count_wrong(checker, node, "2")
    item, tree = _person(checker, node)
    team, team_tree = checker.check(node.args[1])
    members, teams = checker.scope.entities.get("system.team_member"), checker.scope.entities.get("system.team")
    if is_unknown(item, team):
        return unknown(node.span), node
    if not isinstance(team.type, Text):
        return checker.problem("wrong-type", node.args[1].span, expected=TEXT, found=team.type), node
    if not isinstance(item, core.Field) or item.level or members is None or teams is None:
        return checker.problem("person-of-record-needed", node.args[0].span), node
    to_person = core.Hop(item.name, item.column, _USER, checker.scope.entities[_USER].table, checker.scope.guarded)
    rows = core.Rows("team_memberships", members.name, members.table, "user", (*item.hops, to_person), True, checker.scope.guarded)
    to_team = core.Hop("team", "team", teams.name, teams.table, checker.scope.guarded)
    name = core.Field("name", "name", TEXT, (to_team,), 1)
    where = core.Logic("and", (core.Compare("=", name, team), core.Not(core.IsBlank(team))))
    return core.Gather("any", rows, None, where, core.BOOLEAN, False, node.span), replace(node, args=(tree, team_tree))


def _elsewhere(checker: Checking, node: ast.Call) -> Pair:
    return checker.problem("not-in-an-expression", node.span, name=node.name), node


SPECIAL_CALLS: Mapping[str, Callable[[Checking, ast.Call], Pair]] = {
    "list": _list,
    "join": _join,
    "reports_to": _reports_to,
    "in_team": _in_team,
    "entered": _elsewhere,
    "metric": _elsewhere,
}
