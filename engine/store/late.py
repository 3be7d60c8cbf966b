"""Values that a statement worked out for re-use takes only when it runs: the actor's, and the instant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Late:
    """Stands where the value of a variable will be."""

    name: str


class LateVariables(Mapping[str, Late]):
    """In place of a unit of work's variables: every name has a value, and it comes later."""

    def __getitem__(self, name: str) -> Late:
        return Late(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


LATE = LateVariables()
