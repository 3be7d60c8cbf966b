"""Sentences as people write them, in either language and mixed, with their canonical forms; and what is said where one goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from engine.language import compile_expression, format_expression
from tests.unit.language.desk import scope

SAID: list[dict[str, str]] = yaml.safe_load((Path(__file__).parent / "spoken.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", SAID, ids=lambda row: row["said"])
def test_printed_back_in_both_languages_without_loss(row: dict[str, str]) -> None:
    outcome = compile_expression(row["said"], scope())
    assert outcome.expression is not None, outcome.problems
    assert format_expression(outcome.expression, "en") == row["en"]
    assert format_expression(outcome.expression, "zh") == row["zh"]
    for text in (row["en"], row["zh"]):
        again = compile_expression(text, scope())
        assert again.expression is not None
        assert again.expression.ast == outcome.expression.ast


@pytest.mark.parametrize(
    ("source", "code", "wrong", "fix", "expected"),
    [
        ("金额，大于5", "syntax", "，", None, "比较（如等于、大于）、且／或、运算符号、结尾"),
        ("amount > 5)", "syntax", ")", None, "且／或、运算符号、结尾"),
        ("(amount > 5", "syntax-end", "", None, "且／或、运算符号、）"),
        ("amount > 5 and", "syntax-end", "", None, "字段或值、运算符号、（、引号中的文本"),
        ("数量 大于 3 小于 5", "syntax", "小于", None, "且／或、运算符号、结尾"),
        ("qty > 3 && qty < 5", "bad-character", "&&", "and", None),
        ("qty > 3 | qty < 1", "bad-character", "|", "or", None),
        ("!active", "bad-character", "!", "not", None),
        ("due = today", "unknown-name", "today", "today()", None),
        ("amonut > 5", "unknown-name", "amonut", "amount", None),
        ("金饿 > 5", "unknown-name", "金饿", "金额", None),
        ("负责人的主管的名称 = '李'", "unknown-name", "名称", "姓名", None),
        ("状态 = '关毕'", "unknown-choice", "'关毕'", "'关闭'", None),
        ("due + 3 > today()", "no-arithmetic", "3", "days(3)", None),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(source: str, code: str, wrong: str, fix: str | None, expected: str | None) -> None:
    problem = compile_expression(source, scope()).problems[0]
    assert (problem.code, source[problem.start : problem.end], problem.fix) == (code, wrong, fix)
    if expected is not None:
        assert problem.params["expected_zh"] == expected
