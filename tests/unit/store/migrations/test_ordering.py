"""Renames in an order in which no name is taken twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.store.migrations.ordering import in_order


@given(st.permutations(["a", "b", "c", "d", "e", "f"]), st.integers(1, 6))
def test_any_renames_end_at_their_names_and_never_meet(names: list[str], count: int) -> None:
    wanted = dict(zip(["a", "b", "c", "d", "e", "f"][:count], names[:count], strict=True))
    wanted = {name: new for name, new in wanted.items() if new in wanted or new not in "abcdef"[:count]}
    wanted = {name: new for name, new in wanted.items() if name != new}
    held = {name: name for name in "abcdef"[:count]}  # name -> what is kept under it
    free = {name: kept for name, kept in held.items() if name in wanted or name not in wanted.values()}
    for name, new in in_order(list(wanted.items())):
        assert new not in free, f"{new} is taken"
        free[new] = free.pop(name)
    for name, new in wanted.items():
        assert free[new] == name
