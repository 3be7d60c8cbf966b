"""Rules as people say them are read word for word, mean what is listed, and give what was worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from engine.language import CompiledRule, CompiledRules, compile_rules, python_function
from engine.language import types as t
from engine.language.scope import EntityInfo, Scope
from engine.model import compile_packages, read_package
from engine.model.app import App
from tests.spec.language.shape import shape

HERE = Path(__file__).parent
SPOKEN = yaml.safe_load((HERE / "sentences.yaml").read_text(encoding="utf-8"))
SENTENCES = SPOKEN["sentences"]
CASES = [(row, case) for row in SENTENCES for case in row["cases"]]
NOW = "2026-03-10 02:00"


@cache
def app() -> App:
    """The application of the sentences."""
    compilation = compile_packages([read_package(HERE / "sales")])
    assert not compilation.diagnostics
    assert compilation.app is not None
    return compilation.app


def scope(of: str | None) -> Scope:
    """What the sentences may name."""
    made = app()
    roles = {word: role.name.partition(".")[2] for role in made.roles.values() for word in (role.name.partition(".")[2], role.title.zh)}
    return replace(made.scope(f"sales.{of}" if of else None), phrases=made.phrases["sales"], roles=roles)


def compiled(row: dict[str, Any]) -> CompiledRules:
    """A sentence, compiled."""
    return compile_rules(row["said"], scope(row.get("of")))


def kept(value: Any, type_: t.Type) -> Any:
    """A value as people write it in its kept form."""
    if value is None:
        return None
    match type_:
        case t.Decimal(scale=scale) | t.Money(scale=scale):
            number = Decimal(value.rstrip("%")) / (100 if value.endswith("%") else 1)
            return int(number.scaleb(scale))
        case t.DateTime():
            return value if isinstance(value, datetime) else datetime.fromisoformat(value)
        case t.MultiChoice():
            return tuple(value)
    return value


def record(values: dict[str, Any], info: EntityInfo) -> dict[str, Any]:
    """A record as the language takes it; related records are lists of such."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        collection = info.collections.get(name)
        if collection is not None:
            made[name] = [record(row, app().infos[collection.entity]) for row in value]
        else:
            made[name] = kept(value, info.fields[name.removeprefix("old.")].type)
    return made


def holds(rule: CompiledRule, values: dict[str, Any], now: datetime) -> bool:
    """Whether the rule would act for a record."""
    today: date = now.replace(tzinfo=UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()
    variables: dict[str, Any] = {"now": now, "today": today}
    for name, value in SPOKEN["settings"].items():
        variables[f"settings.{name}"] = kept(value, app().variables[f"settings.{name}"])
    row = record(values, app().infos[rule.of])
    return all(python_function(each)(row, variables) is True for each in (rule.due, rule.condition) if each is not None)


def test_few_phrases_serve_all() -> None:
    assert len(SENTENCES) == 14
    assert len(app().phrases["sales"]) <= 8


@pytest.mark.parametrize("row", SENTENCES, ids=lambda row: row["said"])
def test_a_sentence_means_what_is_listed(row: dict[str, Any]) -> None:
    made = compiled(row)
    assert [problem.code for problem in made.problems] == row.get("warns", [])
    assert [shape(rule.tree) for rule in made.rules] == row["trees"]


@pytest.mark.parametrize("row", SENTENCES, ids=lambda row: row["said"])
def test_a_sentence_is_printed_back_without_loss(row: dict[str, Any]) -> None:
    for rule in compiled(row).rules:
        for text in (rule.english, rule.chinese):
            again = compile_rules(text, scope(row.get("of")))
            assert [each.tree for each in again.rules] == [rule.tree], text


@pytest.mark.parametrize(("row", "case"), CASES, ids=[f"{row['said']}: {case['why']}" for row, case in CASES])
def test_a_sentence_gives_what_was_worked_out(row: dict[str, Any], case: dict[str, Any]) -> None:
    rule = compiled(row).rules[case.get("rule", 0)]
    now = case.get("now", row.get("now", NOW))
    moment = now if isinstance(now, datetime) else datetime.fromisoformat(now)
    assert holds(rule, case["record"], moment) is case["holds"]
