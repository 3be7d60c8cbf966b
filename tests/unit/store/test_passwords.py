"""Passwords that others would guess, and ones that they would not."""

from __future__ import annotations

import pytest

from engine.store.passwords import is_guessable

ABOUT = ("zhaolei", "赵 磊", "Anna Snow")


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "P@ssw0rd!", "12345678", "87654321", "qwertyuiop", "aaaaaaaa", "abababab", "1qaz2wsx", "Welcome2026!",
        "zhaolei88", "ANNASNOW!!", "19881231", "ｐａｓｓｗｏｒｄ１",
    ],
)  # fmt: skip
def test_what_many_choose_and_what_a_person_is_called_is_guessable(password: str) -> None:
    assert is_guessable(password, ABOUT)


@pytest.mark.parametrize("password", ["correct horse battery", "74e180d909", "9283749182", "tr0ub4dor&3", "我的猫会弹钢琴", "Xk9$mQ2v"])
def test_what_is_ones_own_is_not(password: str) -> None:
    assert not is_guessable(password, ABOUT)
