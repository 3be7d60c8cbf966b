"""What operators mean for each pair of types. Each function gives the core node or raises Mismatch."""

from __future__ import annotations

from typing import Any

from engine.language import core
from engine.language.functions.dates import add_span
from engine.language.functions.logic import NUMBERS, ORDERED
from engine.language.functions.numbers import align, constant, joined_type
from engine.language.functions.rows import Mismatch
from engine.language.functions.workdays import add_span_of_workdays
from engine.language.scope import Scope
from engine.language.types import (
    Blank,
    Choice,
    Date,
    DateTime,
    Decimal,
    Duration,
    Float,
    Integer,
    Json,
    ListOf,
    Money,
    MultiChoice,
    Ref,
    Text,
    Type,
    Workdays,
)

_RATIO_SCALE = 6
_ARITHMETIC = ("+", "-", "*", "/", "%")
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _are(kinds: type[Any] | tuple[type[Any], ...], *nodes: Any) -> bool:
    return all(isinstance(node.type, kinds) for node in nodes)


def _differ(op: str, left: Any, right: Any) -> Mismatch:
    fix, place = None, 2 if op in _ARITHMETIC else 1
    if _are((Date, DateTime), left) and _are(Integer, right) and op in ("+", "-"):
        fix, place = "days(…)", 1
    elif {type(left.type), type(right.type)} == {Date, DateTime}:
        fix, place = "date(…)", 0 if isinstance(left.type, DateTime) else 1
    return Mismatch(
        "types-differ" if op not in _ARITHMETIC else "no-arithmetic",
        place,
        fix,
        op=op,
        left=left.type,
        right=right.type,
    )


def negative(item: Any) -> Any:
    """``-x``."""
    if isinstance(item.type, Float):
        return core.Apply("float_negate", (item,), item.type, item.nullable)
    if isinstance(item.type, Integer | Decimal | Money | Duration | Workdays):
        if isinstance(item, core.Const):
            return core.Const(None if item.value is None else -item.value, item.type, item.span)
        return _integer("negate", (item,), item.type)
    raise Mismatch("no-arithmetic", 0, op="-", left=item.type, right=item.type)


def arithmetic(op: str, left: Any, right: Any, scope: Scope) -> Any:
    """``+ - * / %`` of two values."""
    if isinstance(left.type, Blank):
        left = core.Const(None, right.type, left.span)
    if isinstance(right.type, Blank):
        right = core.Const(None, left.type, right.span)
    if _are(NUMBERS, left, right):
        return _numbers(op, left, right)
    if _are((Date, DateTime), left) or _are((Date, DateTime), right):
        return _dates(op, left, right, scope)
    if _are(Duration, left) or _are(Duration, right):
        return _durations(op, left, right)
    raise _differ(op, left, right)


def _numbers(op: str, left: Any, right: Any) -> Any:
    if _are(Float, left) or _are(Float, right):
        left, right = align(left, right)
        name = {"+": "float_add", "-": "float_subtract", "*": "float_multiply", "/": "float_divide", "%": "float_modulo"}[op]
        return core.Apply(name, (left, right), left.type)
    if op == "*":
        return _product(left, right)
    if op == "/":
        return _quotient(left, right)
    left, right = align(left, right)
    name = {"+": "add", "-": "subtract", "%": "modulo"}[op]
    return _integer(name, (left, right), joined_type(left.type, right.type))


def _integer(op: str, args: tuple[Any, ...], type_: Type) -> Any:
    return core.Apply(op, args, type_, op == "modulo" or any(arg.nullable for arg in args))


def _product(left: Any, right: Any) -> Any:
    if _are(Money, left, right):
        raise Mismatch("no-arithmetic", 2, op="*", left=left.type, right=right.type)
    left_scale, right_scale = core.scale_of(left.type), core.scale_of(right.type)
    if isinstance(left.type, Money | Duration):
        type_: Type = left.type
    elif isinstance(right.type, Money | Duration):
        type_ = right.type
    else:
        scale = max(left_scale, right_scale)
        type_ = Decimal(scale) if scale else core.INTEGER
    dropped = left_scale + right_scale - core.scale_of(type_)
    if dropped <= 0:
        return _integer("multiply", (left, right), type_)
    return _integer("multiply_round", (left, right, constant(10**dropped)), type_)


def _quotient(left: Any, right: Any) -> Any:
    if isinstance(right.type, Money) and not isinstance(left.type, Money):
        raise Mismatch("no-arithmetic", 2, op="/", left=left.type, right=right.type)
    if _are(Money, left, right):
        left, right = align(left, right)
    if isinstance(left.type, Money | Duration) and not isinstance(right.type, Money | Duration):
        type_: Type = left.type
    else:
        type_ = Decimal(_RATIO_SCALE)
    power = core.scale_of(type_) - core.scale_of(left.type) + core.scale_of(right.type)
    return core.Apply("divide_round", (left, right, constant(10**power)), type_)


def _dates(op: str, left: Any, right: Any, scope: Scope) -> Any:
    if op == "-" and type(left.type) is type(right.type):
        if isinstance(left.type, Date):
            return core.Apply("date_difference", (left, right), core.INTEGER, left.nullable or right.nullable)
        return core.Apply("moment_difference", (left, right), Duration(), left.nullable or right.nullable)
    if op == "+" and isinstance(left.type, Duration | Workdays):
        left, right = right, left
    if op in "+-" and isinstance(right.type, Duration | Workdays) and _are((Date, DateTime), left):
        span = negative(right) if op == "-" else right
        return add_span_of_workdays(left, span, scope) if _are(Workdays, span) else add_span(left, span, scope.time_zone)
    raise _differ(op, left, right)


def _durations(op: str, left: Any, right: Any) -> Any:
    if op in "+-" and left.type == right.type:
        return _integer("add" if op == "+" else "subtract", (left, right), left.type)
    if op == "/" and left.type == right.type:
        return _quotient(left, right)
    span, number = (left, right) if isinstance(left.type, Duration) else (right, left)
    allowed = (Integer,) if isinstance(span.type, Duration) and span.type.calendar else (Integer, Decimal)
    if isinstance(number.type, allowed):
        if op == "*":
            return _product(left, right)
        if op == "/" and span is left and not span.type.calendar:
            return _quotient(left, right)
    raise _differ(op, left, right)


def comparison(op: str, left: Any, right: Any) -> Any:
    """``= != < <= > >=`` of two values."""
    if isinstance(left.type, Blank) or isinstance(right.type, Blank):
        item = right if isinstance(left.type, Blank) else left
        if op not in ("=", "!="):
            raise Mismatch("blank-has-no-order", 2)
        test = core.IsBlank(item)
        return test if op == "=" else core.Not(test)
    left, right = _paired(op, left, right)
    if op not in ("=", "!=") and not isinstance(left.type, ORDERED):
        raise Mismatch("no-order", 2, type=left.type)
    if isinstance(left, core.Const) and not isinstance(right, core.Const):
        left, right, op = right, left, _MIRRORED[op]
    return core.Compare(op, left, right)


def _paired(op: str, left: Any, right: Any) -> tuple[Any, Any]:
    if _are(NUMBERS, left, right):
        return align(left, right)
    if isinstance(left.type, Json | MultiChoice | ListOf) or isinstance(right.type, Json | MultiChoice | ListOf):
        raise Mismatch("list-compared", 2, "contains", left=left.type, right=right.type)
    if _are(Ref, left, right):
        if left.type != right.type and left.type.entity and right.type.entity:
            raise _differ(op, left, right)
        return left, right
    if left.type == right.type or (_are(Choice, left, right) and set(left.type.codes) & set(right.type.codes)):
        return left, right
    raise _differ(op, left, right)


def between(item: Any, low: Any, high: Any) -> Any:
    """``x between a and b``, both ends included."""
    return core.Logic("and", (comparison(">=", item, low), comparison("<=", item, high)))


def member_test(op: str, left: Any, right: Any) -> Any:
    """``in``, ``contains``, ``starts with``, ``ends with`` and their negations; ``right`` is a tuple for a list literal."""
    if op.startswith("not_"):
        return core.Not(member_test(op[4:], left, right))
    if op == "in":
        return _among(left, right)
    if op == "contains":
        return _contains(left, right)
    if isinstance(right, tuple) or not _are((Text, Blank), left, right):
        raise Mismatch("text-needed", 0, op=op, found=left.type)
    return core.Predicate(op, (left, right))


def _among(item: Any, group: Any) -> Any:
    if not isinstance(group, tuple):
        if isinstance(group.type, ListOf) and isinstance(group, core.Var):
            if type(group.type.item) is not type(item.type):
                raise _differ("in", item, group)
            return core.Member(item, group)
        if isinstance(group.type, MultiChoice) and isinstance(item, core.Const) and isinstance(item.type, Choice):
            return core.Has(group, (item.value,), True)
        raise Mismatch("list-needed", 1, found=group.type)
    values = tuple(value for value in group if not isinstance(value.type, Blank))
    if isinstance(item.type, MultiChoice | Json):
        raise Mismatch("list-compared", 2, None, left=item.type, right=item.type)
    if not all(isinstance(value, core.Const) for value in values):
        tests = tuple(core.Logic("and", (comparison("=", item, value), core.Not(core.IsBlank(item)))) for value in values)
        return core.Logic("or", tests) if len(tests) > 1 else tests[0]
    aligned = []
    for value in values:
        left, right = _paired("in", item, value)
        aligned.append((left, right))
    item, constants = _one_form(item, aligned)
    return core.Member(item, constants)


def _one_form(item: Any, aligned: list[tuple[Any, Any]]) -> tuple[Any, tuple[core.Const, ...]]:
    if not _are(NUMBERS, item) or not aligned:
        return item, tuple(right for _, right in aligned)
    widest = max((left for left, _ in aligned), key=lambda node: core.scale_of(node.type))
    return widest, tuple(align(right, widest)[0] for _, right in aligned)


def _contains(left: Any, right: Any) -> Any:
    if isinstance(right, tuple):
        if isinstance(left.type, MultiChoice):
            return core.Has(left, tuple(value.value for value in right), True)
        raise Mismatch("list-needed", 0, found=left.type)
    if isinstance(left.type, MultiChoice):
        if isinstance(right, core.Const) and isinstance(right.type, Choice):
            return core.Has(left, (right.value,), True)
        if isinstance(right.type, Choice):
            raise Mismatch("constant-needed", 1, low="", high="")
        raise _differ("contains", left, right)
    if isinstance(left.type, ListOf):
        return _among(right, left)
    if not _are((Text, Blank), left, right):
        raise Mismatch("text-needed", 0, op="contains", found=left.type if not isinstance(left.type, Text) else right.type)
    return core.Predicate("contains", (left, right))
