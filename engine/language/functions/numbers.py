"""Functions on numbers, and how two numbers are brought to one form."""

from __future__ import annotations

from typing import Any

from engine import limits
from engine.language.core import INTEGER, Apply, Const, scale_of
from engine.language.functions.rows import Function, Mismatch, examples
from engine.language.scope import Scope
from engine.language.types import Decimal, Duration, Float, Money, Type

FLOAT = Float()


def constant(value: int) -> Const:
    """An integer constant."""
    return Const(value, INTEGER)


def convert_to_float(node: Any) -> Any:
    """A number as a float; a constant at once."""
    if isinstance(node.type, Float):
        return node
    divisor = 10 ** scale_of(node.type)
    if isinstance(node, Const):
        return Const(None if node.value is None else node.value / divisor, FLOAT, node.span)
    return Apply("to_float", (node, constant(divisor)), FLOAT, node.nullable, node.span)


def rescale(node: Any, scale: int) -> Any:
    """An integer-kept number carried at another, larger scale."""
    factor = 10 ** (scale - scale_of(node.type))
    type_: Type = Money(scale, node.type.currency) if isinstance(node.type, Money) else (Decimal(scale) if scale else INTEGER)
    if isinstance(node, Const):
        return Const(None if node.value is None else node.value * factor, type_, node.span)
    return node if factor == 1 else Apply("multiply", (node, constant(factor)), type_, node.nullable, node.span)


def _rounding(op: str) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        item = args[0]
        digits = args[1] if len(args) > 1 else constant(0)
        if isinstance(item.type, Float):
            if op != "round_half":
                raise Mismatch("float-not-exact", 0)
            return Apply("float_round", (item, digits), FLOAT)
        return Apply(op, (item, constant(scale_of(item.type)), digits), item.type)

    return build


def _whole(op: str, float_op: str) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        if isinstance(args[0].type, Float):
            return Apply(float_op, args, INTEGER)
        return Apply(op, (args[0], constant(10 ** scale_of(args[0].type))), INTEGER, args[0].nullable)

    return build


def _same(op: str, float_op: str, *, integer: bool = False) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        is_float = isinstance(args[0].type, Float)
        return Apply(float_op if is_float else op, args, INTEGER if integer else args[0].type)

    return build


def _transcendental(op: str) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        return Apply(op, tuple(map(convert_to_float, args)), FLOAT)

    return build


def _power_call(args: tuple[Any, ...], scope: Scope) -> Any:
    exponent = args[1]
    highest = limits.power_exponent_max
    if isinstance(exponent, Const) and exponent.value is not None and abs(exponent.value) > highest * 10 ** scale_of(exponent.type):
        raise Mismatch("beyond-limit", 1, limit=highest)
    return Apply("power", tuple(map(convert_to_float, args)), FLOAT)


def _to_float_call(args: tuple[Any, ...], scope: Scope) -> Any:
    return convert_to_float(args[0])


def _decimal_call(args: tuple[Any, ...], scope: Scope) -> Any:
    item, places = args[0], args[1]
    if not isinstance(places, Const) or not 0 <= places.value <= 6:
        raise Mismatch("constant-needed", 1, low=0, high=6)
    scale = places.value
    type_ = Decimal(scale)
    if isinstance(item.type, Float):
        return Apply("to_decimal", (item, constant(10**scale)), type_)
    had = scale_of(item.type)
    if scale >= had:
        moved = rescale(item, scale)
        return moved if moved is not item else Apply("int", (item,), type_, item.nullable)
    return Apply("divide_round", (item, constant(10 ** (had - scale)), constant(1)), type_)


def align(a: Any, b: Any) -> tuple[Any, Any]:
    """Two numbers in one form: both floats, or both integers at the larger scale. Raises Mismatch where none is exact."""
    if isinstance(a.type, Float) or isinstance(b.type, Float):
        for index, side in enumerate((a, b)):
            if not isinstance(side.type, Float) and not isinstance(side, Const):
                raise Mismatch("float-and-decimal", index)
        return convert_to_float(a), convert_to_float(b)
    if (
        isinstance(a.type, Money)
        and isinstance(b.type, Money)
        and a.type.currency != b.type.currency
        and a.type.currency
        and b.type.currency
    ):
        raise Mismatch("two-currencies", 1, left=a.type.currency, right=b.type.currency)
    scale = max(scale_of(a.type), scale_of(b.type))
    return rescale(a, scale), rescale(b, scale)


def joined_type(a: Type, b: Type) -> Type:
    """The type that holds values of two aligned number types."""
    for type_ in (a, b):
        if isinstance(type_, Float | Money | Duration):
            return type_
    return a if scale_of(a) >= scale_of(b) else b


def _divided(op: str) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        a, b = align(*args)
        if isinstance(a.type, Float):
            raise Mismatch("float-not-exact", 0) if op == "floor_divide" else Mismatch("float-not-exact", 1)
        return Apply(op, (a, b), INTEGER if op == "floor_divide" else joined_type(a.type, b.type))

    return build


def _percent(args: tuple[Any, ...], scope: Scope) -> Any:
    a, b = align(*args)
    if isinstance(a.type, Float):
        return Apply("float_divide", (a, b), FLOAT)
    return Apply("divide_round", (a, b, constant(10**6)), Decimal(6))


FUNCTIONS: tuple[Function, ...] = (
    Function(
        "abs",
        ("绝对值",),
        ("number",),
        _same("absolute", "float_absolute"),
        "number",
        "number",
        "The size without the sign.",
        "去掉正负号。",
        examples("abs(-3) → 3", "abs(blank) → blank", "abs(-2.50) → 2.50"),
    ),
    Function(
        "sign",
        ("正负",),
        ("number",),
        _same("sign", "float_sign", integer=True),
        "integer",
        "number",
        "-1, 0 or 1.",
        "负数为 -1，零为 0，正数为 1。",
        examples("sign(-3.2) → -1", "sign(0) → 0"),
    ),
    Function(
        "round",
        ("四舍五入",),
        ("number", "integer?"),
        _rounding("round_half"),
        "number",
        "number",
        "Rounds half away from zero to so many places.",
        "四舍五入到若干位小数，可为负数位。",
        examples("round(2.5) → 3.0", "round(-2.5) → -3.0", "round(12.345, 2) → 12.350", "round(1250, -2) → 1300"),
    ),
    Function(
        "round_up",
        ("向上舍入",),
        ("number", "integer?"),
        _rounding("round_up"),
        "number",
        "number",
        "Rounds away from zero.",
        "向远离零的方向舍入。",
        examples("round_up(2.1) → 3.0", "round_up(-2.1) → -3.0"),
    ),
    Function(
        "round_down",
        ("向下舍入",),
        ("number", "integer?"),
        _rounding("round_down"),
        "number",
        "number",
        "Rounds toward zero.",
        "向零的方向舍去。",
        examples("round_down(2.9) → 2.0", "round_down(-2.9) → -2.0"),
    ),
    Function(
        "floor",
        ("向下取整",),
        ("number",),
        _whole("floor_divide", "float_floor"),
        "integer",
        "number",
        "The whole number not above it.",
        "不大于它的最大整数。",
        examples("floor(-2.1) → -3", "floor(2.9) → 2"),
    ),
    Function(
        "ceil",
        ("向上取整",),
        ("number",),
        _whole("ceil_divide", "float_ceil"),
        "integer",
        "number",
        "The whole number not below it.",
        "不小于它的最小整数。",
        examples("ceil(-2.1) → -2", "ceil(2.1) → 3"),
    ),
    Function(
        "trunc",
        ("取整",),
        ("number",),
        _whole("trunc_divide", "float_trunc"),
        "integer",
        "number",
        "Drops the digits after the point.",
        "去掉小数部分。",
        examples("trunc(-2.9) → -2"),
    ),
    Function(
        "mod",
        ("取余",),
        ("number", "number"),
        _divided("modulo"),
        "number",
        "number",
        "The remainder, with the divisor's sign; blank when the divisor is 0.",
        "余数，符号同除数；除数为 0 时为空。",
        examples("mod(-7, 3) → 2", "mod(7, -3) → -2", "mod(7, 0) → blank"),
    ),
    Function(
        "div",
        ("整除",),
        ("number", "number"),
        _divided("floor_divide"),
        "integer",
        "number",
        "The quotient rounded down to a whole number.",
        "相除后向下取整。",
        examples("div(-7, 2) → -4", "div(7, 2) → 3", "div(7, 0) → blank"),
    ),
    Function(
        "percent",
        ("占比",),
        ("number", "number"),
        _percent,
        "number",
        "number",
        "a / b as a share; blank when b is 0.",
        "a 占 b 的比例；b 为 0 时为空。",
        examples("percent(1, 4) → 0.250000", "percent(1, 0) → blank"),
    ),
    Function(
        "float",
        ("浮点数",),
        ("number",),
        _to_float_call,
        "float",
        "number",
        "The number as a float.",
        "转成浮点数。",
        examples("float(2) = 2.0 → true"),
    ),
    Function(
        "decimal",
        ("小数",),
        ("number", "integer"),
        _decimal_call,
        "decimal",
        "number",
        "The number as a decimal with so many places (0 to 6).",
        "转成若干位（0 到 6）的小数。",
        examples("decimal(2.345, 2) → 2.35", "decimal(float(2.5), 0) → 3"),
    ),
    Function(
        "sqrt",
        ("平方根",),
        ("number",),
        _transcendental("square_root"),
        "float",
        "number",
        "The square root; blank for negative numbers.",
        "平方根；负数为空。",
        examples("sqrt(9) = float(3) → true", "sqrt(-1) → blank"),
    ),
    Function(
        "exp",
        ("自然指数",),
        ("number",),
        _transcendental("exponential"),
        "float",
        "number",
        "e to that power.",
        "e 的若干次方。",
        examples("exp(0) = float(1) → true"),
    ),
    Function(
        "ln",
        ("自然对数",),
        ("number",),
        _transcendental("logarithm"),
        "float",
        "number",
        "The natural logarithm; blank unless positive.",
        "自然对数；非正数为空。",
        examples("ln(1) = float(0) → true", "ln(0) → blank"),
    ),
    Function(
        "log10",
        ("常用对数",),
        ("number",),
        _transcendental("logarithm_ten"),
        "float",
        "number",
        "The logarithm to base ten.",
        "以 10 为底的对数。",
        examples("log10(1000) = float(3) → true"),
    ),
    Function(
        "power",
        ("乘方",),
        ("number", "number"),
        _power_call,
        "float",
        "number",
        "a to the power b (at most 64).",
        "a 的 b 次方（b 不超过 64）。",
        examples("power(2, 10) = float(1024) → true", "power(0, -1) → blank"),
    ),
)
