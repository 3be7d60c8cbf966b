"""Text that a spreadsheet would take for a formula, on its way out and in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.records.transfer.guarding import guarded, unguarded


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", "'=1", " =1", "\u00a0=1", " \t+1", "'' -1"]
)
def test_formulas_are_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "plain", "a=b", "'quoted'", "'", "中文"])
def test_other_text_is_left_alone(text: str) -> None:
    assert guarded(text) == text
    assert unguarded(text) == text


@given(st.text(alphabet=st.sampled_from("'=+-@＝ab\t\r\n ")) | st.text())
def test_reading_gives_what_was_written(text: str) -> None:
    assert unguarded(guarded(text)) == text
