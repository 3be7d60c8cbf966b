"""Completion offers what may stand at the place, in the writer's language."""

from __future__ import annotations

import pytest

from engine.language import complete
from tests.unit.language.desk import scope


def texts(source: str, language: str = "en") -> list[str]:
    return [proposal.text for proposal in complete(source, len(source), scope(), "zh" if language == "zh" else "en")]


@pytest.mark.parametrize(
    ("source", "language", "first"),
    [
        ("am", "en", ["amount"]),
        ("owner.man", "en", ["manager"]),
        ("负责人的", "zh", ["id", "姓名", "区域"]),
        ("状态 等于 ", "zh", ["'新建'", "'处理中'", "'关闭'"]),
        ("status in ['new', ", "en", ["'new'", "'open'", "'closed'"]),
        ("count(parts where pr", "en", ["price"]),
        ("四", "zh", ["四舍五入("]),
        ("amount betw", "en", ["between"]),
    ],
)
def test_offers(source: str, language: str, first: list[str]) -> None:
    assert texts(source, language)[: len(first)] == first


def test_after_a_value_only_operators_are_offered() -> None:
    offered = complete("amount ", 7, scope(), "en")
    assert {proposal.kind for proposal in offered} == {"keyword"}
    assert {"and", "or", "=", ">="} <= {proposal.text for proposal in offered}


def test_a_proposal_says_what_it_replaces() -> None:
    (proposal,) = complete("qty > 1 and amou", 16, scope(), "en")
    assert (proposal.start, proposal.end, proposal.detail) == (12, 16, "金额")


@pytest.mark.parametrize("source", ["", "((((", "'", "@", "1 + * ", "\0", "owner.owner.", "的的的"])
def test_any_text_can_be_completed(source: str) -> None:
    complete(source, len(source), scope(), "zh")
