"""A trace shows the value of every part, so that a person sees why."""

from __future__ import annotations

from engine.language import trace
from tests.unit.language.desk import compiled


def test_every_part_with_its_value() -> None:
    steps = trace(compiled("qty > 5 and (amount + 1 < 3 or active)"), {"qty": 6, "amount": 100, "active": None}, {})
    assert [(step.text, step.value) for step in steps] == [
        ("qty > 5 and (amount + 1 < 3 or active)", True),
        ("qty > 5", True),
        ("qty", 6),
        ("(amount + 1 < 3 or active)", True),
        ("amount + 1 < 3", True),
        ("amount + 1", 200),
        ("amount", 100),
        ("active", False),
    ]


def test_an_aggregate_is_one_value_and_a_computed_field_is_not_taken_apart() -> None:
    record = {"amount": 10_000, "discount": 5_000, "parts": [{"qty": 3}, {"qty": 1}]}
    steps = trace(compiled("total > 10 and count(parts where qty > 2) = 1"), record, {})
    assert [(step.text, step.value) for step in steps][1:] == [
        ("total > 10", True),
        ("total", 5_000),
        ("count(parts where qty > 2) = 1", True),
        ("count(parts where qty > 2)", 1),
    ]
