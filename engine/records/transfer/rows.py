"""One row of somebody's file, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.errors import FieldProblem

Fate = Literal["created", "updated", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row that holds something: its number below the headers from 1, the line on which it begins, its cells."""

    number: int
    line: int
    cells: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row: the record that it made or found, or every problem for which it was refused."""

    row: FileRow
    fate: Fate
    record: str | None = None
    problems: tuple[FieldProblem, ...] = ()


def is_blank(cells: Sequence[Any]) -> bool:
    """Whether a row holds nothing at all."""
    try:
        return not "".join(cells).strip()
    except TypeError:
        return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)
