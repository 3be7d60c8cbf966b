"""Labels that look like something else: they are read where they can be, and printed so that they read back as the same."""

from __future__ import annotations

import pytest

from engine.language import compile_expression, format_expression
from engine.language import types as t
from engine.language.scope import EntityInfo, FieldInfo, Scope

LABELS = ("3天内次数", "30天回款额", "2024年销售额", "5万以上单数", "30天", "50万", "2024", "15%", "１年内")
FIELDS = {f"f{index}": FieldInfo(f"f{index}", t.Integer(), (label,), column=f"f{index}") for index, label in enumerate(LABELS)}
SCOPE = Scope({"shop.item": EntityInfo("shop.item", "shop_item", fields=FIELDS)}, "shop.item")


@pytest.mark.parametrize("label", LABELS)
def test_what_is_printed_of_a_label_reads_back_as_the_same(label: str) -> None:
    name = f"f{LABELS.index(label)}"
    expression = compile_expression(f"{name} > 1", SCOPE).expression
    assert expression is not None
    for language in ("zh", "en"):
        printed = format_expression(expression, language)
        again = compile_expression(printed, SCOPE).expression
        assert again is not None, printed
        assert again.reads == {name}, printed


@pytest.mark.parametrize("label", ["3天内次数", "30天回款额", "2024年销售额", "5万以上单数", "１年内"])
def test_a_label_that_begins_with_a_digit_is_read_where_it_is_no_quantity(label: str) -> None:
    for source in (f"{label} > 1", f"{label}大于1", f"1 < {label}", f"`{label}` > 1"):
        expression = compile_expression(source, SCOPE).expression
        assert expression is not None, (source, compile_expression(source, SCOPE).problems)
        assert expression.reads == {f"f{LABELS.index(label)}"}, source


def test_a_quantity_stays_one_although_a_label_says_the_same() -> None:
    expression = compile_expression("f0 > 2024", SCOPE).expression
    assert expression is not None
    assert expression.reads == {"f0"}
