"""What static analysis finds is what an analyst worked out; what it shows is seen by evaluating it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.language import (
    Finding,
    always_false,
    always_true,
    compile_expression,
    compile_rules,
    conflicts,
    gap,
    implies,
    overlap,
    python_function,
    satisfiable,
)
from engine.language.expression import Expression
from tests.unit.language.desk import scope
from tests.unit.language.rules.desk import scope as rule_scope

SAID = yaml.safe_load((Path(__file__).parent / "analysis.yaml").read_text(encoding="utf-8"))


def condition(source: str) -> Expression:
    """A condition about a ticket."""
    made = compile_expression(source, scope(), condition=True)
    assert made.expression is not None, made.problems
    return made.expression


def shows(finding: Finding, *conditions: Expression) -> bool:
    """Whether the record that a finding shows meets conditions."""
    return all(python_function(each)(finding.record, finding.variables) is True for each in conditions)


@pytest.mark.parametrize("row", SAID["conditions"], ids=lambda row: row["say"])
def test_what_a_condition_can_be(row: dict[str, Any]) -> None:
    made = condition(row["say"])
    found = satisfiable(made)
    assert found.answer == row["can"]
    assert found.answer != "yes" or shows(found, made)
    assert always_false(made) is (row["can"] == "no")
    assert always_true(made) is row.get("all", False)


@pytest.mark.parametrize("row", SAID["pairs"], ids=lambda row: f"{row['first']} / {row['second']}")
def test_two_conditions(row: dict[str, Any]) -> None:
    first, second = condition(row["first"]), condition(row["second"])
    shared, follows = overlap(first, second), implies(first, second)
    assert (shared.answer, follows.answer) == (row["overlap"], row["implies"])
    assert shared.answer != "yes" or shows(shared, first, second)
    assert follows.answer != "no" or (shows(follows, first) and not shows(follows, second))


@pytest.mark.parametrize("row", SAID["gaps"], ids=lambda row: " / ".join(row["conditions"]))
def test_a_gap(row: dict[str, Any]) -> None:
    given = [condition(source) for source in row["conditions"]]
    found = gap(given)
    assert found.answer == row["gap"]
    assert found.answer != "yes" or not any(shows(found, each) for each in given)


def test_rules_that_set_one_field_for_the_same_record() -> None:
    texts = (
        "if amount > 100 then set(status, 'open')",
        "if amount > 500 then set(status, 'closed')",
        "if amount < 50 then set(status, 'new'); set(qty, 1)",
        "if amount > 900 then set(qty, 2)",
    )
    rules = [compile_rules(text, rule_scope()).rules[0] for text in texts]
    found = conflicts(rules)
    assert [(each.first, each.second, each.field) for each in found] == [(0, 1, "status")]
    assert found[0].finding.record["amount"] > 50_000
