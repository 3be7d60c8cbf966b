"""Functions that choose between values: if, ifs, case, default, min, max, clamp, blank tests."""

from __future__ import annotations

from typing import Any

from engine.language.core import BOOLEAN, Apply, Compare, Const, Default, If, IsBlank, Logic, Not, Truth, Var
from engine.language.functions.numbers import align, joined_type
from engine.language.functions.rows import Function, Mismatch, Operation, examples
from engine.language.scope import Scope
from engine.language.types import Blank, Boolean, Choice, Date, DateTime, Decimal, Duration, Float, Integer, Money, Text, Time, Type

NUMBERS = (Integer, Decimal, Money, Float)


def truth(node: Any) -> Any:
    """A boolean as a condition: blank counts as false."""
    return Truth(node, node.span) if node.nullable else node


def unify(items: tuple[Any, ...]) -> tuple[tuple[Any, ...], Type]:
    """Several values in one type (numbers aligned, blanks adopting); raises Mismatch at the first that doesn't fit."""
    known = [item for item in items if not isinstance(item.type, Blank)]
    if not known:
        return items, Blank()
    type_ = known[0].type
    if isinstance(type_, NUMBERS):
        for index, item in enumerate(items):
            if not isinstance(item.type, (*NUMBERS, Blank)):
                raise Mismatch("types-differ", index, left=type_, right=item.type)
        widest = known[0]
        for item in known[1:]:
            left, right = align(widest, item)
            joined = joined_type(left.type, right.type)
            widest = left if left.type == joined else right
        type_ = widest.type
        items = tuple(Const(None, type_, item.span) if isinstance(item.type, Blank) else align(item, widest)[0] for item in items)
        return items, type_
    adopted = []
    for index, item in enumerate(items):
        if isinstance(item.type, Blank):
            adopted.append(Const(None, type_, item.span))
        elif item.type == type_ or (isinstance(item.type, Choice) and isinstance(type_, Choice | Text)):
            adopted.append(item)
        else:
            raise Mismatch("types-differ", index, left=type_, right=item.type)
    return tuple(adopted), type_


def _if(args: tuple[Any, ...], scope: Scope) -> Any:
    branches = args[1:] if len(args) > 2 else (args[1], Const(None, Blank()))
    (then, otherwise), type_ = unify(branches)
    return If(truth(args[0]), then, otherwise, type_, then.nullable or otherwise.nullable)


def _ifs(args: tuple[Any, ...], scope: Scope) -> Any:
    pairs = list(zip(args[0:-1:2], args[1::2], strict=False))
    otherwise = args[-1] if len(args) % 2 else Const(None, Blank())
    values, type_ = unify((*(value for _, value in pairs), otherwise))
    result = values[-1]
    for (condition, _), value in zip(reversed(pairs), reversed(values[:-1]), strict=True):
        if not isinstance(condition.type, Boolean):
            raise Mismatch("wrong-type", args.index(condition), expected=BOOLEAN, found=condition.type)
        result = If(truth(condition), value, result, type_, value.nullable or result.nullable)
    return result


def _case(args: tuple[Any, ...], scope: Scope) -> Any:
    subject, rest = args[0], args[1:]
    keys, outcomes = rest[0:-1:2], rest[1::2]
    otherwise = rest[-1] if len(rest) % 2 else Const(None, Blank())
    values, type_ = unify((*outcomes, otherwise))
    result = values[-1]
    for key, value in zip(reversed(keys), reversed(values[:-1]), strict=True):
        (left, right), _ = unify((subject, key))
        result = If(Compare("=", left, right), value, result, type_, value.nullable or result.nullable)
    return result


def _default(args: tuple[Any, ...], scope: Scope) -> Any:
    items, type_ = unify(args)
    return Default(items, type_, all(item.nullable for item in items))


def _extreme(op: str) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        items, type_ = unify(args)
        if isinstance(type_, Boolean | Choice):
            raise Mismatch("no-order", 0, type=type_)
        return Apply(op, items, type_, all(item.nullable for item in items))

    return build


def _clamp(args: tuple[Any, ...], scope: Scope) -> Any:
    (item, low, high), type_ = unify(args)
    raised = If(Compare("<", item, low), low, item, type_)
    return If(Compare(">", raised, high), high, raised, type_)


def _is_blank(args: tuple[Any, ...], scope: Scope) -> Any:
    return IsBlank(args[0])


def _is_not_blank(args: tuple[Any, ...], scope: Scope) -> Any:
    return Not(IsBlank(args[0]))


def _between(args: tuple[Any, ...], scope: Scope) -> Any:
    low_side, _ = unify(args[:2])
    high_side, _ = unify((args[0], args[2]))
    return Logic("and", (Compare(">=", *low_side), Compare("<=", *high_side)))


def _is_new(args: tuple[Any, ...], scope: Scope) -> Any:
    return Truth(Var("is_new", BOOLEAN))


def least(*values: Any) -> Any:
    """The smallest of the values that are not blank."""
    return min((value for value in values if value is not None), default=None)


def greatest(*values: Any) -> Any:
    """The largest of the values that are not blank."""
    return max((value for value in values if value is not None), default=None)


OPERATIONS: tuple[Operation, ...] = (
    Operation("min", least, "*", "", "LEAST({*})", strict=False),
    Operation("max", greatest, "*", "", "GREATEST({*})", strict=False),
)

FUNCTIONS: tuple[Function, ...] = (
    Function(
        "if",
        ("如果", "若"),
        ("boolean", "any", "any?"),
        _if,
        "any",
        "logic",
        "One value if the condition holds, else the other.",
        "条件成立取前者，否则取后者。",
        examples("if(1 < 2, 'a', 'b') → 'a'", "if(1 > 2, 'a') → blank"),
    ),
    Function(
        "ifs",
        ("多条件",),
        ("boolean", "any", "any*"),
        _ifs,
        "any",
        "logic",
        "The value after the first condition that holds; a last value alone is the else.",
        "取第一个成立的条件后的值；最后单独的值为否则。",
        examples("ifs(1 > 2, 'a', 2 > 1, 'b', 'c') → 'b'", "ifs(1 > 2, 'a', 'c') → 'c'"),
    ),
    Function(
        "case",
        ("匹配取值",),
        ("any", "any", "any", "any*"),
        _case,
        "any",
        "logic",
        "The value after the first key that equals x; a last value alone is the else.",
        "取第一个等于 x 的键后的值；最后单独的值为否则。",
        examples("case(2, 1, 'a', 2, 'b', 'c') → 'b'", "case(9, 1, 'a', 'c') → 'c'"),
    ),
    Function(
        "default",
        ("空则",),
        ("any", "any", "any*"),
        _default,
        "any",
        "logic",
        "The first value that is not blank.",
        "取第一个不为空的值。",
        examples("default(blank, 0) → 0", "default(5, 0) → 5"),
    ),
    Function(
        "is_blank",
        ("是空",),
        ("any",),
        _is_blank,
        "boolean",
        "logic",
        "Whether there is no value.",
        "是否没有值。",
        examples("is_blank(blank) → true", "is_blank(0) → false"),
    ),
    Function(
        "is_not_blank",
        ("非空",),
        ("any",),
        _is_not_blank,
        "boolean",
        "logic",
        "Whether there is a value.",
        "是否有值。",
        examples("is_not_blank('a') → true"),
    ),
    Function(
        "between",
        ("在范围内",),
        ("any", "any", "any"),
        _between,
        "boolean",
        "logic",
        "Whether x lies from a to b, both included.",
        "x 是否在 a 与 b 之间（含两端）。",
        examples("between(5, 1, 5) → true", "between(blank, 1, 5) → false"),
    ),
    Function(
        "min",
        ("最小",),
        ("any", "any", "any*"),
        _extreme("min"),
        "any",
        "logic",
        "The smallest of several values; blanks don't count. With rows: of their values.",
        "几个值中最小的，空的不计；对明细则取其最小值。",
        examples("min(3, blank, 2) → 2"),
    ),
    Function(
        "max",
        ("最大",),
        ("any", "any", "any*"),
        _extreme("max"),
        "any",
        "logic",
        "The largest of several values; blanks don't count. With rows: of their values.",
        "几个值中最大的，空的不计；对明细则取其最大值。",
        examples("max(3, blank, 2) → 3"),
    ),
    Function(
        "clamp",
        ("限制在",),
        ("any", "any", "any"),
        _clamp,
        "any",
        "logic",
        "x, but not below lo nor above hi.",
        "x，但不低于下限也不高于上限。",
        examples("clamp(15, 0, 10) → 10", "clamp(-1, 0, 10) → 0"),
    ),
    Function(
        "is_new",
        ("是新建",),
        (),
        _is_new,
        "boolean",
        "record",
        "Whether the record is being created.",
        "是否正在新建。",
        only=("python", "javascript"),
    ),
)

ORDERED = (Integer, Decimal, Money, Float, Text, Date, DateTime, Time, Duration)
"""Types whose values have an order."""
