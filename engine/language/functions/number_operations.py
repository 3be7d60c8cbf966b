"""Operations on numbers: exact integers of any size, decimals as scaled integers, and floats."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

from engine import limits
from engine.language.functions.rows import Operation

_SHIFT_MAX = 15
_WHOLE_MAX = 9_000_000_000_000_000_000
ROUND_MAX = 30
"""How many places before the point may be rounded away."""


def round_divide(numerator: int, divisor: int) -> int:
    """The quotient rounded half away from zero."""
    quotient = (2 * abs(numerator) + abs(divisor)) // (2 * abs(divisor))
    return quotient if (numerator >= 0) == (divisor > 0) else -quotient


def _multiply_round(a: int, b: int, divisor: int) -> int:
    return round_divide(a * b, divisor)


def _divide_round(a: int, b: int, factor: int) -> int | None:
    return None if b == 0 else round_divide(a * factor, b)


def _modulo(a: int, b: int) -> int | None:
    return None if b == 0 else a % b


def _floor_divide(a: int, b: int) -> int | None:
    return None if b == 0 else a // b


def _ceil_divide(a: int, b: int) -> int | None:
    return None if b == 0 else -(-a // b)


def _trunc_divide(a: int, b: int) -> int | None:
    if b == 0:
        return None
    quotient = abs(a) // abs(b)
    return quotient if (a >= 0) == (b > 0) else -quotient


def _sign(a: int) -> int:
    return (a > 0) - (a < 0)


def _rounded(a: int, scale: int, digits: int, form: Callable[[int, int], int]) -> int | None:
    """``a`` to a multiple of the unit; blank where more places before the point are asked for than a number may have."""
    if digits >= scale:
        return a
    if digits < -ROUND_MAX:
        return None
    unit = int(10 ** (scale - digits))
    quotient = form(abs(a), unit) * unit
    return quotient if a >= 0 else -quotient


def _round_half(a: int, scale: int, digits: int) -> int | None:
    return _rounded(a, scale, digits, round_divide)


def _round_up(a: int, scale: int, digits: int) -> int | None:
    return _rounded(a, scale, digits, lambda size, unit: -(-size // unit))


def _round_down(a: int, scale: int, digits: int) -> int | None:
    return _rounded(a, scale, digits, lambda size, unit: size // unit)


def _whole(value: int) -> int | None:
    """A whole number made from a float: blank beyond what 64 bits hold, where floats are far from exact."""
    return value if abs(value) < _WHOLE_MAX else None


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
    """Blank beyond half of what floats hold, where what is taken off might not be a float."""
    if b == 0 or max(abs(a), abs(b)) >= _HALF_RANGE:
        return None
    quotient = a / b
    return finite(a - b * math.floor(quotient)) if math.isfinite(quotient) else None


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
    return _whole(math.floor(a))


def _float_ceil(a: float) -> int | None:
    return _whole(math.ceil(a))


def _float_trunc(a: float) -> int | None:
    return _whole(math.trunc(a))


def _to_float(a: int, divisor: int) -> float:
    return float(a) / float(divisor)


def _to_decimal(a: float, factor: int) -> int | None:
    shifted = abs(a) * float(factor)
    if not math.isfinite(shifted):
        return None
    rounded = math.floor(shifted + 0.5)
    return _whole(rounded if a >= 0 else -rounded)


def _twelve(value: float) -> float | None:
    """A result whose last digits differ between libraries, at twelve significant ones (a tie to even)."""
    return float(f"{value:.11e}") + 0.0 if math.isfinite(value) else None


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
_PG_UNIT = f"FROM (SELECT power(10::numeric, LEAST(a1 - GREATEST(a2, -{ROUND_MAX}), 40))::numeric(60,0) AS u OFFSET 0) AS w)"


def _pg_rounding(form: str) -> str:
    return f"wide:let:CASE WHEN a2 >= a1 THEN a0::numeric WHEN a2 >= -{ROUND_MAX} THEN (SELECT {form} {_PG_UNIT} END"


_HALF_RANGE = 8e307
"""Below it, the sum of two floats is one."""
_SCALE, _TOP, _LEAST, _HALF_TOP = (repr(2.0**power) for power in (600, 424, -475, 1023))


def _pg_scaled(product: str) -> str:
    """A product or quotient of floats as IEEE 754 gives it, blank for infinity.

    The server's own arithmetic fails where a result is infinite or lost to zero. Near both ends it is therefore first
    worked out 2**600 times smaller or larger, which is exact: ``product`` has a place for that factor.
    """
    sign = "+" if "*" in product.replace("{k}", "") else "-"
    size = f"(ln(abs(a0)) {sign} ln(abs(a1)))"
    small, large, plain = (product.format(k=factor) for factor in (f" / {_SCALE}::float8", f" * {_SCALE}::float8", ""))
    return (
        f"WHEN abs({size}) < 690 THEN {plain} WHEN {size} > 730 THEN NULL WHEN {size} < -760 THEN 0 "
        f"WHEN {size} > 0 THEN CASE WHEN abs({small}) < {_TOP}::float8 THEN {small} * {_SCALE}::float8 END "
        f"WHEN abs({large}) <= {_LEAST}::float8 THEN 0 ELSE {plain} END"
    )


_PG_PRODUCT = "CASE WHEN a0 IS NULL OR a1 IS NULL THEN NULL WHEN a0 = 0 OR a1 = 0 THEN 0 " + _pg_scaled("(a0{k}) * a1")
_PG_QUOTIENT = "CASE WHEN a0 IS NULL OR a1 IS NULL OR a1 = 0 THEN NULL WHEN a0 = 0 THEN 0 " + _pg_scaled("(a0{k}) / a1")


def _pg_sum(sign: str) -> str:
    return (
        f"let:CASE WHEN abs(a0) < {_HALF_RANGE} AND abs(a1) < {_HALF_RANGE} THEN a0 {sign} a1 WHEN a0 IS NULL OR a1 IS NULL THEN NULL "
        f"WHEN abs(a0) < 1 THEN 0 {sign} a1 "
        f"WHEN abs(a1) < 1 THEN a0 WHEN abs(a0 / 2 {sign} a1 / 2) < {_HALF_TOP}::float8 THEN (a0 / 2 {sign} a1 / 2) * 2 END + 0"
    )


def _pg_float_round() -> str:
    up, down = "10::float8 ^ LEAST(a1, 15)", "10::float8 ^ - GREATEST(a1, -15)"
    rounded = f"floor(abs(a0) / ({down}) + 0.5::float8)"
    return (
        f"let:CASE WHEN abs(a0) < 1e-30 THEN 0 WHEN a1 >= 0 AND abs(a0) / {_SCALE}::float8 * ({up}) >= {_TOP}::float8 THEN a0 "
        f"WHEN a1 >= 0 THEN sign(a0) * floor(abs(a0) * ({up}) + 0.5::float8) / ({up}) "
        f"WHEN {rounded} / {_SCALE}::float8 * ({down}) < {_TOP}::float8 THEN sign(a0) * {rounded} * ({down}) END + 0"
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation("add", operator.add, "ii", "i", "wide:({0}::numeric + {1})", None, "({0} + {1})", "({0} + {1})"),
    Operation("subtract", operator.sub, "ii", "i", "wide:({0}::numeric - {1})", None, "({0} - {1})", "({0} - {1})"),
    Operation("multiply", operator.mul, "ii", "i", "wide:({0}::numeric * {1})", None, "({0} * {1})", "({0} * {1})"),
    Operation("int", lambda a: a, "i", "i", "{0}", "{0}", "{0}"),
    Operation("negate", operator.neg, "i", "i", "wide:(- {0}::numeric)", None, "(- {0})", "(- {0})"),
    Operation("absolute", abs, "i", "i", "wide:abs({0}::numeric)", None, None, "abs({0})"),
    Operation("sign", _sign, "i", "i", "CAST(sign({0}) AS bigint)"),
    Operation(
        "multiply_round",
        _multiply_round,
        "iii",
        "i",
        "wide:let:sign(a0::numeric * a1) * div(2 * abs(a0::numeric * a1) + a2, 2 * a2::numeric)",
    ),
    Operation(
        "divide_round",
        _divide_round,
        "iii",
        "i",
        "wide:let:CASE WHEN a1 <> 0 THEN sign(a0::numeric) * sign(a1::numeric) * "
        "div(2 * abs(a0::numeric) * a2 + abs(a1::numeric), 2 * abs(a1::numeric)) END",
    ),
    Operation("modulo", _modulo, "ii", "i", "wide:let:CASE WHEN a1 <> 0 THEN mod(mod(a0::numeric, a1) + a1, a1) END"),
    Operation(
        "floor_divide",
        _floor_divide,
        "ii",
        "i",
        "wide:let:CASE WHEN a1 <> 0 THEN div(a0::numeric - mod(mod(a0::numeric, a1) + a1, a1), a1) END",
    ),
    Operation(
        "ceil_divide",
        _ceil_divide,
        "ii",
        "i",
        "wide:let:CASE WHEN a1 <> 0 THEN - div(- a0::numeric - mod(mod(- a0::numeric, a1) + a1, a1), a1) END",
    ),
    Operation("trunc_divide", _trunc_divide, "ii", "i", "wide:let:CASE WHEN a1 <> 0 THEN div(a0::numeric, a1) END"),
    Operation("round_half", _round_half, "iii", "i", _pg_rounding(_PG_HALF)),
    Operation("round_up", _round_up, "iii", "i", _pg_rounding("sign(a0::numeric) * div(abs(a0::numeric) + u - 1, u) * u")),
    Operation("round_down", _round_down, "iii", "i", _pg_rounding("sign(a0::numeric) * div(abs(a0::numeric), u) * u")),
    Operation("float_add", _float_add, "ff", "f", _pg_sum("+")),
    Operation("float_subtract", _float_subtract, "ff", "f", _pg_sum("-")),
    Operation("float_multiply", _float_multiply, "ff", "f", f"let:{_PG_PRODUCT} + 0"),
    Operation("float_divide", _float_divide, "ff", "f", f"let:{_PG_QUOTIENT} + 0"),
    Operation(
        "float_modulo",
        _float_modulo,
        "ff",
        "f",
        f"let:CASE WHEN abs(a0) < {_HALF_RANGE} AND abs(a1) < {_HALF_RANGE} THEN a0 - a1 * floor({_PG_QUOTIENT}) + 0 END",
    ),
    Operation("float_negate", lambda a: finite(-a), "f", "f", "(0 - {0})"),
    Operation("float_absolute", abs, "f", "f", "abs({0})"),
    Operation("float_sign", _sign, "f", "i", "CAST(sign({0}) AS bigint)"),
    Operation(
        "float_round",
        _float_round,
        "fi",
        "f",
        _pg_float_round(),
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
        "let:CASE WHEN abs(a0) > 9e18 THEN NULL WHEN abs(a0) * a1 < 9e18 "
        "THEN CAST(sign(a0) * floor(abs(a0) * CAST(a1 AS double precision) + 0.5::float8) AS bigint) END",
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
