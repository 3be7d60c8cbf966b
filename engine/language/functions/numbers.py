"""Operations and functions on numbers: exact integers, decimals as scaled integers, and floats."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context
from decimal import Decimal as Digits
from typing import Any

from engine import limits
from engine.language.core import INT64_MAX, INTEGER, Apply, Const, is_scaled, scale_of
from engine.language.functions.rows import Function, Mismatch, Operation, examples
from engine.language.types import Decimal, Duration, Float, Money, Type

FLOAT = Float()
_TWELVE = Context(prec=12, rounding=ROUND_HALF_UP)
_SHIFT_MAX = 15


def kept(value: int) -> int | None:
    """An integer if it fits 64 bits, else blank: a result is never a wrong number."""
    return value if -INT64_MAX - 1 <= value <= INT64_MAX else None


def round_divide(numerator: int, divisor: int) -> int:
    """The quotient rounded half away from zero."""
    quotient = (2 * abs(numerator) + abs(divisor)) // (2 * abs(divisor))
    return quotient if (numerator >= 0) == (divisor > 0) else -quotient


def _add(a: int, b: int) -> int | None:
    return kept(a + b)


def _subtract(a: int, b: int) -> int | None:
    return kept(a - b)


def _multiply(a: int, b: int) -> int | None:
    return kept(a * b)


def _multiply_round(a: int, b: int, divisor: int) -> int | None:
    return kept(round_divide(a * b, divisor))


def _divide_round(a: int, b: int, factor: int) -> int | None:
    return None if b == 0 else kept(round_divide(a * factor, b))


def _modulo(a: int, b: int) -> int | None:
    return None if b == 0 else a % b


def _floor_divide(a: int, b: int) -> int | None:
    return None if b == 0 else kept(a // b)


def _ceil_divide(a: int, b: int) -> int | None:
    return None if b == 0 else kept(-(-a // b))


def _trunc_divide(a: int, b: int) -> int | None:
    if b == 0:
        return None
    quotient = abs(a) // abs(b)
    return kept(quotient if (a >= 0) == (b > 0) else -quotient)


def _sign(a: int) -> int:
    return (a > 0) - (a < 0)


def _unit(scale: int, digits: int) -> int:
    return int(10 ** min(scale - digits, 25))


def _round_half(a: int, scale: int, digits: int) -> int | None:
    if digits >= scale:
        return a
    unit = _unit(scale, digits)
    return kept(round_divide(a, unit) * unit)


def _round_up(a: int, scale: int, digits: int) -> int | None:
    if digits >= scale:
        return a
    unit = _unit(scale, digits)
    quotient = -(-abs(a) // unit) * unit
    return kept(quotient if a >= 0 else -quotient)


def _round_down(a: int, scale: int, digits: int) -> int | None:
    if digits >= scale:
        return a
    unit = _unit(scale, digits)
    quotient = abs(a) // unit * unit
    return quotient if a >= 0 else -quotient


def finite(value: float) -> float | None:
    """A float if it is a number, else blank; no negative zero, so that all back ends print one zero."""
    return value + 0.0 if math.isfinite(value) else None


def _float_add(a: float, b: float) -> float | None:
    return finite(a + b)


def _float_subtract(a: float, b: float) -> float | None:
    return finite(a - b)


def _float_multiply(a: float, b: float) -> float | None:
    return finite(a * b)


def _float_divide(a: float, b: float) -> float | None:
    return None if b == 0 else finite(a / b)


def _float_modulo(a: float, b: float) -> float | None:
    return None if b == 0 else finite(a - b * math.floor(a / b)) if math.isfinite(a / b) else None


def _float_round(a: float, digits: int) -> float | None:
    digits = max(-_SHIFT_MAX, min(_SHIFT_MAX, digits))
    power = 10.0 ** abs(digits)
    shifted = abs(a) * power if digits >= 0 else abs(a) / power
    if not math.isfinite(shifted):
        return a
    rounded = math.floor(shifted + 0.5)
    result = rounded / power if digits >= 0 else rounded * power
    return finite(math.copysign(result, a))


def _float_floor(a: float) -> int | None:
    return kept(math.floor(a))


def _float_ceil(a: float) -> int | None:
    return kept(math.ceil(a))


def _float_trunc(a: float) -> int | None:
    return kept(math.trunc(a))


def _to_float(a: int, divisor: int) -> float:
    return float(a) / float(divisor)


def _to_decimal(a: float, factor: int) -> int | None:
    shifted = abs(a) * float(factor)
    if not math.isfinite(shifted):
        return None
    rounded = math.floor(shifted + 0.5)
    return kept(rounded if a >= 0 else -rounded)


def _twelve(value: float) -> float | None:
    return float(_TWELVE.create_decimal(Digits(value))) + 0.0 if math.isfinite(value) else None


def _square_root(a: float) -> float | None:
    return None if a < 0 else _twelve(math.sqrt(a))


def _exponential(a: float) -> float | None:
    return _twelve(math.exp(a)) if abs(a) <= 600 else (0.0 if a < 0 else None)


def _logarithm(a: float) -> float | None:
    return None if a <= 0 else _twelve(math.log(a))


def _logarithm_ten(a: float) -> float | None:
    return None if a <= 0 else _twelve(math.log10(a))


def _power(a: float, b: float) -> float | None:
    if abs(b) > limits.power_exponent_max or (a < 0 and b != math.floor(b)) or (a == 0 and b < 0):
        return None
    if a != 0 and abs(b * math.log(abs(a))) > 600:
        return None
    return _twelve(a**b)


_PG_TWELVE = "CAST(to_char({}, '9.99999999999EEEE') AS double precision) + 0"
_PG_HALF = "sign(a0::numeric) * div(2 * abs(a0::numeric) + u, 2 * u) * u"
_PG_UNIT = "FROM (SELECT power(10::numeric, LEAST(a1 - a2, 25))::numeric(40,0) AS u OFFSET 0) AS w)"


def _pg_rounding(form: str) -> str:
    return f"guard:let:CASE WHEN a2 >= a1 THEN a0::numeric ELSE (SELECT {form} {_PG_UNIT} END"


def _pg_float(form: str) -> str:
    # float8 arithmetic of the server raises an error where IEEE gives infinity or loses a tiny result to zero.
    return f"let:CASE WHEN a0 = 0 OR a1 = 0 THEN a0 * 0 WHEN abs(ln(abs(a0)) {form} ln(abs(a1))) < 690 THEN a0 {'*' if form == '+' else '/'} a1 END + 0"


OPERATIONS: tuple[Operation, ...] = (
    Operation("add", _add, "ii", "i", "guard:({0}::numeric + {1})", "dg_int({0} + {1})", None, "({0} + {1})", "({0} + {1})", "({0} + {1})"),
    Operation(
        "subtract",
        _subtract,
        "ii",
        "i",
        "guard:({0}::numeric - {1})",
        "dg_int({0} - {1})",
        None,
        "({0} - {1})",
        "({0} - {1})",
        "({0} - {1})",
    ),
    Operation(
        "multiply",
        _multiply,
        "ii",
        "i",
        "guard:({0}::numeric * {1})",
        "dg_int({0} * {1})",
        None,
        "({0} * {1})",
        "({0} * {1})",
        "({0} * {1})",
    ),
    Operation("int", kept, "i", "i", "{0}", None, "{0}"),
    Operation("negate", lambda a: kept(-a), "i", "i", "guard:(- {0}::numeric)", "dg_int(- {0})", None, "(- {0})", "(- {0})", "(- {0})"),
    Operation("absolute", lambda a: kept(abs(a)), "i", "i", "guard:abs({0}::numeric)", None, None, None, "abs({0})", "abs({0})"),
    Operation("sign", _sign, "i", "i", "CAST(sign({0}) AS bigint)"),
    Operation(
        "multiply_round",
        _multiply_round,
        "iii",
        "i",
        "guard:let:sign(a0::numeric * a1) * div(2 * abs(a0::numeric * a1) + a2, 2 * a2::numeric)",
    ),
    Operation(
        "divide_round",
        _divide_round,
        "iii",
        "i",
        "guard:let:CASE WHEN a1 <> 0 THEN sign(a0::numeric) * sign(a1::numeric) * div(2 * abs(a0::numeric) * a2 + abs(a1::numeric), 2 * abs(a1::numeric)) END",
    ),
    Operation("modulo", _modulo, "ii", "i", "let:CASE WHEN a1 <> 0 THEN CAST(mod(mod(a0::numeric, a1) + a1, a1) AS bigint) END"),
    Operation(
        "floor_divide",
        _floor_divide,
        "ii",
        "i",
        "guard:let:CASE WHEN a1 <> 0 THEN div(a0::numeric - mod(mod(a0::numeric, a1) + a1, a1), a1) END",
    ),
    Operation(
        "ceil_divide",
        _ceil_divide,
        "ii",
        "i",
        "guard:let:CASE WHEN a1 <> 0 THEN - div(- a0::numeric - mod(mod(- a0::numeric, a1) + a1, a1), a1) END",
    ),
    Operation("trunc_divide", _trunc_divide, "ii", "i", "guard:let:CASE WHEN a1 <> 0 THEN div(a0::numeric, a1) END"),
    Operation("round_half", _round_half, "iii", "i", _pg_rounding(_PG_HALF)),
    Operation("round_up", _round_up, "iii", "i", _pg_rounding("sign(a0::numeric) * div(abs(a0::numeric) + u - 1, u) * u")),
    Operation("round_down", _round_down, "iii", "i", _pg_rounding("sign(a0::numeric) * div(abs(a0::numeric), u) * u")),
    Operation("float_add", _float_add, "ff", "f", "({0} + {1})"),
    Operation("float_subtract", _float_subtract, "ff", "f", "({0} - {1})"),
    Operation("float_multiply", _float_multiply, "ff", "f", _pg_float("+")),
    Operation(
        "float_divide",
        _float_divide,
        "ff",
        "f",
        _pg_float("-").replace("CASE WHEN a0 = 0 OR a1 = 0 THEN a0 * 0", "CASE WHEN a1 = 0 THEN NULL WHEN a0 = 0 THEN 0"),
    ),
    Operation("float_modulo", _float_modulo, "ff", "f", "let:CASE WHEN a1 <> 0 THEN a0 - a1 * floor(a0 / a1) + 0 END"),
    Operation("float_negate", lambda a: finite(-a), "f", "f", "(0 - {0})"),
    Operation("float_absolute", abs, "f", "f", "abs({0})"),
    Operation("float_sign", _sign, "f", "i", "CAST(sign({0}) AS bigint)"),
    Operation(
        "float_round",
        _float_round,
        "fi",
        "f",
        "let:CASE WHEN a1 >= 0 THEN sign(a0) * floor(abs(a0) * 10::float8 ^ LEAST(a1, 15) + 0.5::float8) / 10::float8 ^ LEAST(a1, 15) "
        "ELSE sign(a0) * floor(abs(a0) / 10::float8 ^ LEAST(- a1, 15) + 0.5::float8) * 10::float8 ^ LEAST(- a1, 15) END + 0",
    ),
    Operation("float_floor", _float_floor, "f", "i", "let:CASE WHEN abs(a0) < 9e18 THEN CAST(floor(a0) AS bigint) END"),
    Operation("float_ceil", _float_ceil, "f", "i", "let:CASE WHEN abs(a0) < 9e18 THEN CAST(ceil(a0) AS bigint) END"),
    Operation("float_trunc", _float_trunc, "f", "i", "let:CASE WHEN abs(a0) < 9e18 THEN CAST(trunc(a0) AS bigint) END"),
    Operation("to_float", _to_float, "ii", "f", "(CAST({0} AS double precision) / CAST({1} AS double precision))"),
    Operation(
        "to_decimal",
        _to_decimal,
        "fi",
        "i",
        "let:CASE WHEN abs(a0) * a1 < 9e18 THEN CAST(sign(a0) * floor(abs(a0) * CAST(a1 AS double precision) + 0.5::float8) AS bigint) END",
    ),
    Operation("square_root", _square_root, "f", "f", "let:CASE WHEN a0 >= 0 THEN " + _PG_TWELVE.format("sqrt(a0)") + " END"),
    Operation(
        "exponential",
        _exponential,
        "f",
        "f",
        "let:CASE WHEN abs(a0) <= 600 THEN " + _PG_TWELVE.format("exp(a0)") + " WHEN a0 < 0 THEN 0 END",
    ),
    Operation("logarithm", _logarithm, "f", "f", "let:CASE WHEN a0 > 0 THEN " + _PG_TWELVE.format("ln(a0)") + " END"),
    Operation("logarithm_ten", _logarithm_ten, "f", "f", "let:CASE WHEN a0 > 0 THEN " + _PG_TWELVE.format("log(a0)") + " END"),
    Operation(
        "power",
        _power,
        "ff",
        "f",
        "let:CASE WHEN abs(a1) > 64 OR (a0 < 0 AND a1 <> floor(a1)) OR (a0 = 0 AND a1 < 0) THEN NULL WHEN a0 = 0 THEN power(a0, a1) "
        "WHEN abs(a1 * ln(abs(a0))) <= 600 THEN " + _PG_TWELVE.format("power(a0, a1)") + " END",
    ),
)


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
    if factor == 1:
        return node
    return Apply("multiply", (node, constant(factor)), type_, node.nullable, node.span)


def _rounding(op: str) -> Any:
    def build(args: tuple[Any, ...], zone: str) -> Any:
        item = args[0]
        digits = args[1] if len(args) > 1 else constant(0)
        if isinstance(item.type, Float):
            if op != "round_half":
                raise Mismatch("float-not-exact", 0)
            return Apply("float_round", (item, digits), FLOAT)
        return Apply(op, (item, constant(scale_of(item.type)), digits), item.type)

    return build


def _whole(op: str, float_op: str) -> Any:
    def build(args: tuple[Any, ...], zone: str) -> Any:
        if isinstance(args[0].type, Float):
            return Apply(float_op, args, INTEGER)
        return Apply(op, (args[0], constant(10 ** scale_of(args[0].type))), INTEGER, args[0].nullable)

    return build


def _same(op: str, float_op: str, *, integer: bool = False) -> Any:
    def build(args: tuple[Any, ...], zone: str) -> Any:
        is_float = isinstance(args[0].type, Float)
        return Apply(float_op if is_float else op, args, INTEGER if integer else args[0].type)

    return build


def _transcendental(op: str) -> Any:
    def build(args: tuple[Any, ...], zone: str) -> Any:
        return Apply(op, tuple(map(convert_to_float, args)), FLOAT)

    return build


def _to_float_call(args: tuple[Any, ...], zone: str) -> Any:
    return convert_to_float(args[0])


def _decimal_call(args: tuple[Any, ...], zone: str) -> Any:
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
    def build(args: tuple[Any, ...], zone: str) -> Any:
        a, b = align(*args)
        if isinstance(a.type, Float):
            raise Mismatch("float-not-exact", 0) if op == "floor_divide" else Mismatch("float-not-exact", 1)
        return Apply(op, (a, b), INTEGER if op == "floor_divide" else joined_type(a.type, b.type))

    return build


def _percent(args: tuple[Any, ...], zone: str) -> Any:
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
        _transcendental("power"),
        "float",
        "number",
        "a to the power b (at most 64).",
        "a 的 b 次方（b 不超过 64）。",
        examples("power(2, 10) = float(1024) → true", "power(0, -1) → blank"),
    ),
)

__all__ = [
    "FUNCTIONS",
    "OPERATIONS",
    "align",
    "constant",
    "convert_to_float",
    "is_scaled",
    "joined_type",
    "kept",
    "rescale",
    "round_divide",
]
