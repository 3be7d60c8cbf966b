"""Automatic numbers: the counter of each field and period, and how a number is written."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine.model.kinds.entity import Sequence as Numbering
from engine.store.schema import SEQUENCE


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


def take_numbers(connection: sa.Connection, counter: str, period: str, count: int) -> int:
    """Take so many numbers in one update, so that two writers never share one; the first of them."""
    insert = sqlite.insert(SEQUENCE) if connection.dialect.name == "sqlite" else postgresql.insert(SEQUENCE)
    counted = insert.values(name=counter, period=period, last=count).on_conflict_do_update(
        index_elements=["name", "period"], set_={"last": SEQUENCE.c.last + count}
    )
    return int(connection.execute(counted.returning(SEQUENCE.c.last)).scalar_one()) - count + 1


def forget_counter(connection: sa.Connection, counter: str) -> None:
    """Let a field's numbers begin at 1 again; right only where no record holds one."""
    connection.execute(sa.delete(SEQUENCE).where(SEQUENCE.c.name == counter))
