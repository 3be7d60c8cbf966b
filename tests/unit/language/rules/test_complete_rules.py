"""What is proposed at a place in a rule, in the writer's language."""

from __future__ import annotations

import pytest

from engine.language import compile_rules, complete
from tests.unit.language.rules.desk import scope


def proposed(source: str, language: str = "en") -> list[str]:
    """The texts proposed at the end of a source."""
    return [each.text for each in complete(source, len(source), scope(), "zh" if language == "zh" else "en", rules=True)]


@pytest.mark.parametrize(
    ("source", "language", "wanted", "unwanted"),
    [
        ("", "en", {"when", "if", "ticket", "amount"}, {"then", "else"}),
        ("", "zh", {"当", "如果", "工单", "金额"}, {"就", "否则"}),
        ("when ", "en", {"ticket", "every", "no", "enters"}, {"if", "then"}),
        ("when ticket ", "en", {"is created", "amount", "every"}, {"ticket", "then"}),
        ("when ticket is created ", "en", {"if", "then", "or"}, {"when", "amount"}),
        ("当 工单 被创建 ", "zh", {"如果", "就"}, {"当", "金额"}),
        ("when ticket is created then ", "en", {"notify(", "set(", "assign("}, {"if"}),
        ("当工单创建时，就", "zh", {"提醒(", "设置("}, {"如果"}),
        ("when ticket is created then notify(", "en", {"owner", "text: ", "who: "}, {"then"}),
        ("当工单创建时，就提醒(负责人，", "zh", {"内容: ", "模板: "}, {"就"}),
        ("when ticket is created then notify(owner) ", "en", {"else"}, {"if", "when"}),
        ("when ticket is created if amo", "en", {"amount", "amount beyond {n}"}, {"qty"}),
        ("当工单创建时，如果", "zh", {"金额超出{n}", "金额", "非"}, {"就"}),
        ("when ticket is created if status = ", "en", {"'new'", "'closed'"}, {"then"}),
    ],
)
def test_proposals(source: str, language: str, wanted: set[str], unwanted: set[str]) -> None:
    found = set(proposed(source, language))
    assert wanted <= found
    assert not unwanted & found


@pytest.mark.parametrize(
    ("source", "expected_en", "expected_zh"),
    [
        ("when ticket is created", None, None),
        ("when ticket is created notfy", "if, then, an action such as notify(…)", "如果、就、动作（如提醒(…)）"),
        ("when ticket is created then", "an action such as notify(…)", "动作（如提醒(…)）"),
    ],
)
def test_what_was_expected_is_said_in_both_languages(source: str, expected_en: str | None, expected_zh: str | None) -> None:
    problems = [problem for problem in compile_rules(source, scope()).problems if problem.severity == "error"]
    if expected_en is None:
        assert problems == []
        return
    assert expected_en in problems[0].params["expected_en"]
    assert expected_zh in problems[0].params["expected_zh"]
