"""A trace shows the value of every part, so that a person sees why."""

from __future__ import annotations

from engine.language import reasons, trace
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
        ("qty > 2", True),
        ("qty", 3),
        ("qty > 2", False),
        ("qty", 1),
    ]
    assert [step.row for step in steps] == [None] * 5 + [0, 0, 1, 1]


def test_parts_of_an_aggregate_are_shown_for_its_first_rows_beside_the_record() -> None:
    rows = [{"qty": number, "parent.over": 3} for number in range(50)]
    steps = trace(compiled("sum(parts.qty where qty > parent.over)"), {"over": 3, "parts": rows}, {})
    assert steps[0].value == sum(range(4, 50))
    assert {step.row for step in steps} == {None, *range(20)}
    assert ("qty > parent.over", 4) in [(step.text, step.row) for step in steps]


def test_why_and_why_not() -> None:
    record = {"qty": 6, "amount": 100, "active": None, "name": "x", "parts": [{"qty": 1}]}

    def why(source: str) -> list[tuple[str, object]]:
        return [(step.text, step.value) for step in reasons(compiled(source, condition=True), record, {})]

    assert why("qty > 5 and amount > 3 and name = 'y'") == [("amount > 3", False), ("amount", 100), ("name = 'y'", False), ("name", "x")]
    assert why("qty > 5 or amount > 3") == [("qty > 5", True), ("qty", 6)]
    assert why("not (qty > 5 or amount > 3)") == [("qty > 5", True), ("qty", 6)]
    assert why("active") == [("active", False)]
    assert why("if(qty > 5, name = 'y', active)") == [("qty > 5", True), ("qty", 6), ("name = 'y'", False), ("name", "x")]
    assert why("any(parts where qty > 2)") == [("any(parts where qty > 2)", False), ("qty > 2", False), ("qty", 1)]
