"""Whether values are what the entity's definition asks: every problem is found, each at its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import FieldProblem
from engine.language import types as t
from engine.model.kinds.entity import Field
from engine.records.plan import Bounds, EntityPlan, FieldPlan
from engine.records.values import to_json


def _length(bounds: Bounds, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, str):
        if bounds.max_length is not None and len(value) > bounds.max_length:
            yield "too-long", {"max": bounds.max_length, "length": len(value)}
        if bounds.min_length is not None and len(value) < bounds.min_length:
            yield "too-short", {"min": bounds.min_length, "length": len(value)}
        if bounds.pattern is not None and not bounds.pattern.search(value):
            yield "wrong-pattern", {"pattern": bounds.pattern_text}
    elif isinstance(value, tuple | list):
        if bounds.min_items is not None and len(value) < bounds.min_items:
            yield "too-few-items", {"min": bounds.min_items}
        if bounds.max_items is not None and len(value) > bounds.max_items:
            yield "too-many-items", {"max": bounds.max_items}


def _range(field: Field, bounds: Bounds, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    def shown(bound: Any) -> Any:
        return to_json(field.type, bound)

    if bounds.minimum is not None and value < bounds.minimum:
        yield "below-minimum", {"min": shown(bounds.minimum)}
    if bounds.maximum is not None and value > bounds.maximum:
        yield "above-maximum", {"max": shown(bounds.maximum)}
    if bounds.exclusive_minimum is not None and value <= bounds.exclusive_minimum:
        yield "not-above", {"min": shown(bounds.exclusive_minimum)}
    if bounds.exclusive_maximum is not None and value >= bounds.exclusive_maximum:
        yield "not-below", {"max": shown(bounds.exclusive_maximum)}
    if bounds.multiple_of is not None and not _is_multiple(value, bounds.multiple_of):
        yield "not-multiple", {"of": shown(bounds.multiple_of)}


def _is_multiple(value: Any, of: Any) -> bool:
    if isinstance(value, float) or isinstance(of, float):
        quotient = value / of
        return bool(abs(quotient - round(quotient)) < 1e-9)
    return bool(value % of == 0)


def _value_problems(plan: FieldPlan, value: Any) -> Iterator[FieldProblem]:
    bounds = plan.bounds
    if bounds is None or value is None:
        return
    name = plan.field.name
    for code, params in _length(bounds, value):
        yield FieldProblem(name, code, params)
    if isinstance(plan.field.type, t.Integer | t.Float | t.Decimal | t.Money | t.Date | t.DateTime | t.Time | t.Duration):
        for code, params in _range(plan.field, bounds, value):
            yield FieldProblem(name, code, params)
    if bounds.const is not None and value != bounds.const:
        yield FieldProblem(name, "not-constant", {"value": to_json(plan.field.type, bounds.const)})


def problems_of_values(plan: EntityPlan, values: Mapping[str, Any], changed: frozenset[str] | None = None) -> list[FieldProblem]:
    """What is wrong with single values: bounds, lengths, patterns, retired choices (only where ``changed``)."""
    found: list[FieldProblem] = []
    for name, field_plan in plan.bounded:
        value = values.get(name)
        if value is None or (changed is not None and name not in changed):
            continue
        if field_plan.only_length is not None and type(value) is str and len(value) <= field_plan.only_length:
            continue
        if field_plan.bounds is not None:
            found.extend(_value_problems(field_plan, value))
        for code in (value if isinstance(value, tuple) else (value,)) if field_plan.retired else ():
            if code in field_plan.retired:
                found.append(FieldProblem(name, "choice-retired", {"value": code}))
    return found


def problems_of_record(plan: EntityPlan, record: Mapping[str, Any], variables: Mapping[str, Any]) -> list[FieldProblem]:
    """What is wrong with the record as a whole: missing values, conditions, checks. ``record`` has its paths loaded."""
    hidden: set[str] = set()
    found: list[FieldProblem] = []
    for field_plan in plan.conditional:
        if field_plan.visible_if is not None and not field_plan.visible_if(record, variables):
            hidden.add(field_plan.field.name)
    for name in plan.required:
        if _is_blank(record.get(name)) and name not in hidden:
            found.append(FieldProblem(name, "required"))
    for field_plan in plan.conditional:
        name = field_plan.field.name
        if field_plan.required_if is None or name in hidden or not _is_blank(record.get(name)):
            continue
        if name not in plan.required and field_plan.required_if(record, variables):
            found.append(FieldProblem(name, "required"))
    for check in plan.checks:
        if check.about and _is_blank(record.get(check.about)):
            continue
        if not check.that(record, variables):
            found.append(FieldProblem(check.field, "check", text=check.say))
    return found


def _is_blank(value: Any) -> bool:
    return value is None or value == () or value == []
