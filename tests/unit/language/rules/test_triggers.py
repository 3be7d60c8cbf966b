"""Triggers joined by "or": every two kinds together, in either language, mean both and are printed back without loss."""

from __future__ import annotations

from itertools import product

import pytest

from engine.language import CompiledRule, compile_rules
from engine.language import rule_tree as tree
from tests.unit.language.rules.desk import scope

TRIGGERS: dict[type, tuple[str, str]] = {
    tree.Lifecycle: ("is created", "新建"),
    tree.FieldMoved: ("status changes from 'new' to 'closed'", "状态从新建变为关闭"),
    tree.StageMoved: ("enters stage 'closed'", "进入关闭阶段"),
    tree.Clock: ("every monday at 09:30", "每周一9点30分"),
    tree.Around: ("3 days before due", "到期日前3天"),
    tree.Absence: ("no parts for 3 days", "没有配件达3天"),
    tree.Repeat: ("every 15 days", "每隔15天"),
    tree.Occurrence: ("on event web.visit", "收到事件web.visit"),
    tree.Button: ("on button 'Up'", "点击按钮'Up'"),
    tree.Becomes: ("changed(status)", "变更(状态)"),
}


def read(source: str) -> tuple[CompiledRule, ...]:
    made = compile_rules(source, scope())
    assert made.problems == (), source
    return made.rules


def alone(kind: type, language: int) -> tree.Trigger | None:
    words = TRIGGERS[kind][language]
    (rule,) = read(f"when {words} then warn" if language == 0 else f"当{words}时，就预警")
    return rule.tree.trigger


@pytest.mark.parametrize("language", (0, 1), ids=("en", "zh"))
@pytest.mark.parametrize(("first", "second"), list(product(TRIGGERS, TRIGGERS)), ids=lambda kind: kind.__name__)
def test_two_triggers_set_off_the_same(first: type, second: type, language: int) -> None:
    one, other = TRIGGERS[first][language], TRIGGERS[second][language]
    rules = read(f"when {one} or {other} then warn" if language == 0 else f"当{one}或{other}时，就预警")
    if first is second and first in (tree.Lifecycle, tree.Becomes):
        assert len(rules) == 1
        assert isinstance(rules[0].tree.trigger, first)
    else:
        assert [rule.tree.trigger for rule in rules] == [alone(first, language), alone(second, language)]
    for rule in rules:
        for printed in (rule.english, rule.chinese):
            assert [each.tree for each in read(printed)] == [rule.tree]


def test_events_are_one_and_conditions_side_by_side_are_one() -> None:
    rules = read("when ticket created or amount > 5 or qty > 3 or deleted or (active or qty < 1) and amount > 9 then warn")
    assert [rule.english.splitlines()[0] for rule in rules] == [
        "when ticket is created or is deleted",
        "when ticket amount > 5 or qty > 3 or (active or qty < 1) and amount > 9",
    ]


def test_an_or_after_while_belongs_to_its_condition() -> None:
    rules = read("when is saved or every 3 days while active or qty > 3 then warn")
    assert [rule.english.splitlines()[0] for rule in rules] == [
        "when ticket is saved",
        "when ticket every 3 days while active or qty > 3",
    ]


def test_an_event_may_be_said_in_a_word() -> None:
    assert read("when saved then warn")[0].tree.trigger == tree.Lifecycle(("saved",))
    assert read("when active or is created then warn")[0].english.startswith("when ticket active")
