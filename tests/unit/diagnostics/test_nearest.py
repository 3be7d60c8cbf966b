"""Did you mean: the near name, and none where nothing is near."""

import pytest

from engine.diagnostics import nearest


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("amuont", ["amount", "account"], "amount"),
        ("subjet", ["subject", "object"], "subject"),
        ("Status", ["status"], "status"),
        ("first-reply", ["first_reply"], "first_reply"),
        ("金饿", ["金额", "数量"], "金额"),
        ("ownre", ["owner"], "owner"),
        ("quantity", ["qty", "due"], None),
        ("x", ["y"], None),
        ("", ["a"], None),
        ("a" * 1000, ["b"], None),
    ],
)
def test_nearest(word: str, known: list[str], meant: str | None) -> None:
    assert nearest(word, known) == meant


def test_ties_go_to_the_first_in_the_alphabet_whatever_the_order() -> None:
    assert nearest("bar", ["car", "far"]) == nearest("bar", ["far", "car"]) == "car"
