"""Printing back loses nothing: the text in either language reads as the same tree."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language import compile_expression, format_expression
from tests.properties.expression_grammar import Writer
from tests.properties.random_world import scope as fuzz_scope
from tests.unit.language.desk import compiled, scope

WRITTEN = (
    "amount > 5万 且 (状态 = '新建' or not active) and owner.manager.region != region",
    "count(parts where qty between 1 and 3 or ok) + 2 * -(qty - 1) % 3 >= 0",
    "changed(status from 'new' to 'closed') and old.amount < amount",
    "due + 3 months > end_of(today(), 'month') or at in last 7 days and due not in this quarter",
    "concat(name, 'it\\'s \\\\ “x”', blank) is not blank and has_any(tags, 'vip', '重点')",
    "if(status in ['new', '关闭'], amount - -1, sum(parts.cost) / (2 - qty)) = settings.limit",
    "`class` = `select` and owner in [user] or @2026-01-31T10:00+08:00 < at and -(-qty) = - 3",
)


@pytest.mark.parametrize("source", WRITTEN)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_written_expressions(source: str, language: str) -> None:
    first = compiled(source)
    printed = format_expression(first, "zh" if language == "zh" else "en")
    again = compile_expression(printed, scope())
    assert again.expression is not None, (printed, again.problems)
    assert again.expression.ast == first.ast
    assert again.expression.canonical == first.canonical
    assert again.expression.core == first.core


@settings(max_examples=300, deadline=None, derandomize=True)
@given(random=st.randoms(use_true_random=False), language=st.sampled_from(["en", "zh"]))
def test_random_expressions(random: Random, language: str) -> None:
    place = fuzz_scope("Asia/Shanghai")
    first = compile_expression(Writer(random).any(4), place).expression
    if first is not None:
        printed = format_expression(first, "zh" if language == "zh" else "en")
        again = compile_expression(printed, place)
        assert again.expression is not None, (printed, again.problems)
        assert again.expression.ast == first.ast
