"""The library: every operation and function, one row each, by topic. Adding a function is adding a row."""

from __future__ import annotations

from engine.language.functions import (
    calendar_operations,
    date_operations,
    dates,
    formats,
    logic,
    number_operations,
    numbers,
    texts,
    workdays,
)
from engine.language.functions.notes import noted
from engine.language.functions.rows import Example, Function, Mismatch, Operation

_TOPICS = (number_operations, texts, date_operations, calendar_operations, formats, logic)
OPERATIONS: dict[str, Operation] = {operation.name: operation for topic in _TOPICS for operation in topic.OPERATIONS}
FUNCTIONS: dict[str, Function] = {
    function.name: function for topic in (logic, numbers, texts, formats, dates, workdays) for function in topic.FUNCTIONS
}

AGGREGATES: dict[str, tuple[str, ...]] = {
    "count": ("计数", "数量"),
    "sum": ("求和", "合计"),
    "avg": ("平均",),
    "min": ("最小",),
    "max": ("最大",),
    "any": ("存在",),
    "all": ("全部",),
    "distinct_count": ("去重计数",),
    "first": ("首个",),
    "last": ("末个",),
}
"""Functions over related records, with their Chinese names; the checker types them itself."""

SPECIAL: dict[str, tuple[str, ...]] = {
    "in_period": ("在期间",),
    "has": ("具有",),
    "has_any": ("具有任一",),
    "has_all": ("具有全部",),
    "has_role": ("具有角色",),
    "changed": ("变更", "改变"),
    "list": ("列出",),
    "join": ("连接",),
    "reports_to": ("汇报给",),
    "in_team": ("属于团队",),
    "entered": ("进入阶段",),
    "metric": ("指标",),
    "in_stage_for": ("停留时长",),
    "idle_for": ("闲置时长",),
}
"""Functions whose arguments the checker reads itself: choices, periods, roles, fields."""

NOTED = noted({**AGGREGATES, **SPECIAL})
"""What the reference says of the functions in the two tables."""

_CANONICAL: dict[str, str] = {zh: function.name for function in FUNCTIONS.values() for zh in function.zh}
for _table in (AGGREGATES, SPECIAL):
    for _name, _chinese in _table.items():
        for _zh in _chinese:
            _CANONICAL[_zh] = _name


def spoken_names() -> tuple[str, ...]:
    """Every Chinese name of a function."""
    return tuple(_CANONICAL)


def canonical_name(name: str) -> str:
    """The ASCII name of a function written in either language."""
    return _CANONICAL.get(name, name)


def chinese_name(name: str) -> str:
    """The preferred Chinese name of a function, or its ASCII name where it has none."""
    if name in FUNCTIONS and FUNCTIONS[name].zh:
        return FUNCTIONS[name].zh[0]
    return (AGGREGATES.get(name) or SPECIAL.get(name) or (name,))[0]


def known_names() -> tuple[str, ...]:
    """Every ASCII name that may be called."""
    return tuple(dict.fromkeys((*FUNCTIONS, *AGGREGATES, *SPECIAL)))


__all__ = [
    "AGGREGATES",
    "FUNCTIONS",
    "NOTED",
    "OPERATIONS",
    "SPECIAL",
    "Example",
    "Function",
    "Mismatch",
    "Operation",
    "canonical_name",
    "chinese_name",
    "known_names",
    "spoken_names",
]
