"""Where a page of a list ended, as an opaque text: the sort values of its last record, so that the next page starts after it."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine.errors import BadRequest

_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")


def encode(values: Sequence[Any]) -> str:
    """A cursor out of JSON values."""
    return base64.urlsafe_b64encode(json.dumps(list(values), ensure_ascii=False, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(text: str, length: int) -> list[Any]:
    """The values of a cursor; raises BadRequest for one that we did not make for this order."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, UnicodeDecodeError, RecursionError):
        raise BadRequest("bad-cursor") from None
    if not isinstance(values, list) or len(values) != length or not all(_sound(value) for value in values):
        raise BadRequest("bad-cursor")
    return values


def _sound(value: Any) -> bool:
    """Whether a value is one that a column could hold: JSON knows larger numbers and half characters."""
    if isinstance(value, str):
        return "\0" not in value and not _HALF_CHARACTER.search(value)
    return value is None or (isinstance(value, int) and abs(value) < 2**63) or (isinstance(value, float) and math.isfinite(value))


def after(columns: Sequence[tuple[sa.ColumnElement[Any], bool, Any]]) -> sa.ColumnElement[bool]:
    """Rows that come after the given values in the order; each item is (column, descending, value). Blanks count as smallest."""
    result: sa.ColumnElement[bool] = sa.false()
    for column, descending, value in reversed(columns):
        if value is None:
            later: sa.ColumnElement[bool] = sa.false() if descending else column.is_not(None)
            same: sa.ColumnElement[bool] = column.is_(None)
        else:
            # As a parameter of the column's type: yes and no compare too, which is refused of Python's own.
            given = sa.literal(value, type_=column.type)
            later = sa.or_(column < given, column.is_(None)) if descending else column > given
            same = column == given
        result = sa.or_(later, sa.and_(same, result))
    return result
