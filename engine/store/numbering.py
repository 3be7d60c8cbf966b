"""Automatic numbers: the counter of each field and period, and how a number is written."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine.model.kinds.entity import Sequence as Numbering
from engine.store.schema import SEQUENCE

_DIGITS_MAX = 15
"""A longer row of digits is some other text, not a number that this field counts on from."""


def counter_of(entity: str, field: str) -> str:
    """The name of a field's counter."""
    return f"{entity}.{field}"


def period_of(numbering: Numbering, at: datetime) -> str:
    """The period that a local time falls into; each counts from 1."""
    return {"never": "", "year": f"{at:%Y}", "month": f"{at:%Y%m}", "day": f"{at:%Y%m%d}"}[numbering.restart]


def number_form(numbering: Numbering, at: datetime) -> tuple[str, int, str]:
    """What stands before and after a number at a local time, and how many digits it has at least."""
    text = numbering.template
    for token, value in (("{yyyy}", f"{at:%Y}"), ("{yy}", f"{at:%y}"), ("{mm}", f"{at:%m}"), ("{dd}", f"{at:%d}")):
        text = text.replace(token, value)
    start = text.find("{#")
    end = text.find("#}", start) + 1
    if start < 0 or end <= start:
        return text, 1, ""
    return text[:start], end - start - 1, text[end + 1 :]


def take_numbers(
    connection: sa.Connection, counter: str, numbering: Numbering, at: datetime, count: int, column: sa.ColumnElement[Any]
) -> int:
    """Take so many numbers of the period of a local time, so that two writers never share one; the first of them.

    A period's first numbers come after those that its form already has in the field's ``column``: texts that were there
    before the field was numbered, or numbers under an earlier form of counting.
    """
    period = period_of(numbering, at)
    first = _take(connection, counter, period, count)
    held = _highest(connection, column, number_form(numbering, at)) if first == 1 else 0
    if held:
        _take(connection, counter, period, held)
    return first + held


def _highest(connection: sa.Connection, column: sa.ColumnElement[Any], form: tuple[str, int, str]) -> int:
    """The highest number of this form in a column; 0 where there is none."""
    before, _digits, after = form
    mine = sa.func.substr(column, 1, len(before)) == before if before else column.is_not(None)
    found = sa.select(column).where(mine, sa.func.length(column) <= len(before) + len(after) + _DIGITS_MAX)
    written = re.compile(re.escape(before) + rf"([0-9]{{1,{_DIGITS_MAX}}})" + re.escape(after))
    matches = (written.fullmatch(text) for text in connection.execute(found).scalars())
    return max((int(match[1]) for match in matches if match), default=0)


def _take(connection: sa.Connection, counter: str, period: str, count: int) -> int:
    """The first of so many numbers, taken in one update."""
    insert = sqlite.insert(SEQUENCE) if connection.dialect.name == "sqlite" else postgresql.insert(SEQUENCE)
    counted = insert.values(name=counter, period=period, last=count).on_conflict_do_update(
        index_elements=["name", "period"], set_={"last": SEQUENCE.c.last + count}
    )
    return int(connection.execute(counted.returning(SEQUENCE.c.last)).scalar_one()) - count + 1


def forget_counter(connection: sa.Connection, counter: str) -> None:
    """Let a field's numbers begin at 1 again; right only where no record holds one."""
    connection.execute(sa.delete(SEQUENCE).where(SEQUENCE.c.name == counter))
