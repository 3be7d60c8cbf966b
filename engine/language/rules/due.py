"""What a trigger means in core language: the condition that a record meets when the rule is set off for it."""

from __future__ import annotations

from typing import Any

from engine.language import ast
from engine.language import rule_tree as tree
from engine.language.names import member_of
from engine.language.scope import FieldInfo, Scope
from engine.language.types import Date

_BORN = "created_at"
_NOW, _TODAY = ast.Call("now", ()), ast.Call("today", ())


def due_condition(trigger: tree.Trigger, scope: Scope) -> Any:
    """The syntax tree of the condition, or None where a trigger isn't to be seen in the record."""
    match trigger:
        case tree.Becomes(condition=condition) | tree.Repeat(condition=condition):
            return condition
        case tree.FieldMoved(path=path, before=before, after=after, span=span):
            return ast.Changed(path, before, after, span)
        case tree.StageMoved():
            return _stage_moved(trigger, scope)
        case tree.Around(anchors=anchors):
            tests = tuple(_around(trigger, anchor, scope) for anchor in anchors)
            return tests[0] if len(tests) == 1 else ast.Logic("or", tests, trigger.span)
        case tree.Absence():
            return _absent(trigger, scope)
    return None


def _stage_moved(trigger: tree.StageMoved, scope: Scope) -> Any:
    info = scope.entities.get(scope.of or "")
    if info is None or info.stage is None:
        return None
    path = ast.Path((info.stage[0],), trigger.span, (trigger.span,))
    before, after = (trigger.stage, None) if trigger.way == "left" else (None, trigger.stage)
    return ast.Changed(path, before, after, trigger.span)


def _around(trigger: tree.Around, anchor: Any, scope: Scope) -> Any:
    """On the day itself for a date; as soon as the instant has come for a date and time."""
    op = "-" if trigger.way == "before" else "+"
    moment = ast.Binary(op, anchor, trigger.length, trigger.span, trigger.span)
    member = member_of(scope, _owner(anchor, scope), anchor.names[-1]) if isinstance(anchor, ast.Path) else None
    if isinstance(member, FieldInfo) and isinstance(member.type, Date):
        return ast.Binary("=", moment, ast.placed(_TODAY, trigger.span), trigger.span, trigger.span)
    return ast.Binary("<=", moment, ast.placed(_NOW, trigger.span), trigger.span, trigger.span)


def _owner(path: ast.Path, scope: Scope) -> str | None:
    return path.owners[-1] if path.owners else scope.of


def _absent(trigger: tree.Absence, scope: Scope) -> Any:
    """Nothing came in that time, and the time has passed since the record (or the date said) began."""
    span = trigger.span
    bound = ast.Binary("-", ast.placed(_NOW, span), trigger.length, span, span)
    recent = ast.Binary(">", ast.Path((_BORN,), span, (span,)), bound, span, span)
    none = ast.Binary("=", ast.Call("count", (trigger.rows,), recent, span, span), ast.Number("0", span), span, span)
    start = trigger.since
    if start is None and member_of(scope, scope.of, _BORN) is not None:
        start = ast.Path((_BORN,), span, (span,))
    if start is None:
        return none
    return ast.Logic("and", (none, ast.Binary("<=", start, bound, span, span)), span)
