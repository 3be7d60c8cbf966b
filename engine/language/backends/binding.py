"""Names and values as a database's SQL takes them."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import Any, Literal

Dialect = Literal["sqlite", "postgresql"]


def quoted(name: str) -> str:
    """An identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def bind_value(value: Any, dialect: Dialect) -> Any:
    """A value in kept form as the database driver takes it for a parameter of a fragment."""
    if isinstance(value, list | tuple | set | frozenset):
        items = [bind_value(item, dialect) for item in value]
        return items if dialect == "postgresql" else json.dumps(items)
    if dialect == "sqlite":
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, datetime):
            return value.isoformat(" ", "microseconds")
        if isinstance(value, time):
            return value.isoformat("microseconds")
        if isinstance(value, date):
            return value.isoformat()
    return value
