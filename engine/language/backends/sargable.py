"""Comparisons of a time that has passed, turned so that the column stands alone and its index serves.

``now() - at > 3 days`` becomes ``at <= :now - 3 days - 1 s`` (differences of instants are whole seconds, rounded down),
``today() - due = 30`` becomes ``due = :today - 30 days``.
"""

from __future__ import annotations

from typing import Any

from engine.language import core
from engine.language.types import Duration, Integer

_DAY = 86_400
_FAR = 10**10
"""Seconds up to which a present instant can be moved without leaving the calendar."""
_PAST = {">": ("<=", 1), ">=": ("<=", 0), "<": (">", 0), "<=": (">", 1), "=": ("=", 0), "!=": ("!=", 0)}
_AHEAD = {">": (">=", 1), ">=": (">=", 0), "<": ("<", 0), "<=": ("<", 1), "=": ("=", 0), "!=": ("!=", 0)}


def column_alone(node: core.Compare) -> core.Compare:
    """The comparison with its column alone on one side, where it compares the time from or to a present instant."""
    difference, limit = node.left, node.right
    if not isinstance(difference, core.Apply) or not isinstance(limit, core.Const) or not isinstance(limit.value, int):
        return node
    if difference.op == "date_difference" and isinstance(limit.type, Integer):
        unit, add = _DAY, "date_add"
    elif difference.op == "moment_difference" and isinstance(limit.type, Duration) and node.op not in ("=", "!="):
        unit, add = 1, "moment_add"
    else:
        return node
    later, earlier = difference.args
    for column, present, signs, sign in ((earlier, later, _PAST, -1), (later, earlier, _AHEAD, 1)):
        if isinstance(column, core.Field) and isinstance(present, core.Var) and present.name in ("now", "today"):
            op, more = signs[node.op]
            seconds = sign * (limit.value + more) * unit
            if abs(seconds) <= _FAR:
                moved: Any = core.Apply(add, (present, core.Const(seconds, Duration())), column.type, False)
                return core.Compare(op, column, moved, node.span)
    return node
