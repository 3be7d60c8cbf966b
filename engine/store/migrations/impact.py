"""What a change meets in the rows that are there: how many, which values, which duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import re2
import sqlalchemy as sa

from engine.language import types as t
from engine.model.kinds.entity import Field
from engine.store.columns import column_type
from engine.store.migrations.conversions import Convert

SAMPLES = 5
_SAMPLE_CHARS = 60


@dataclass(frozen=True, slots=True)
class Losses:
    """What a conversion meets: values in all, those it would lose something of with samples, and whether any changes at all."""

    values: int
    lost: int
    samples: tuple[str, ...]
    changes: bool


def show(value: Any, type_: t.Type | None = None) -> str:
    """A value in kept form as a sample, short; with its type, as people write it."""
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    if isinstance(type_, t.Decimal | t.Money) and isinstance(value, int):
        text = str(Decimal(value).scaleb(-type_.scale))
    elif type_ is not None and isinstance(value, bool):
        text = str(value).lower()
    return text if len(text) <= _SAMPLE_CHARS else text[: _SAMPLE_CHARS - 1] + "…"


def some(texts: Sequence[str]) -> tuple[str, ...]:
    """As many samples as people read, with an ellipsis where there are more."""
    return tuple(texts) if len(texts) <= SAMPLES else (*texts[:SAMPLES], "…")


def count(connection: sa.Connection, table: str, *, live: bool = False) -> int:
    """The rows of a table; with ``live`` those not deleted."""
    rows = sa.table(table, sa.column("deleted_at"))
    chosen = sa.select(sa.func.count()).select_from(rows)
    return int(connection.execute(chosen.where(rows.c.deleted_at.is_(None)) if live else chosen).scalar_one())


def count_values(connection: sa.Connection, table: str, column: str) -> int:
    """The rows that have a value in a column."""
    rows = sa.table(table, sa.column(column))
    return int(connection.execute(sa.select(sa.func.count(rows.c[column])).select_from(rows)).scalar_one())


def count_blank(connection: sa.Connection, table: str, column: str) -> int:
    """The rows, not deleted, that have no value in a column."""
    rows = sa.table(table, sa.column(column), sa.column("deleted_at"))
    blank = sa.select(sa.func.count()).select_from(rows).where(rows.c[column].is_(None), rows.c.deleted_at.is_(None))
    return int(connection.execute(blank).scalar_one())


def values(connection: sa.Connection, table: str, column: str, type_: t.Type, *, live: bool = False) -> Iterator[tuple[Any, int]]:
    """The distinct values of a column in kept form, with the number of rows that have each."""
    typed: sa.ColumnClause[Any] = sa.column(column, column_type(type_))
    rows = sa.table(table, typed, sa.column("deleted_at"))
    chosen = sa.select(rows.c[column], sa.func.count()).where(rows.c[column].is_not(None)).group_by(rows.c[column])
    if live:
        chosen = chosen.where(rows.c.deleted_at.is_(None))
    for value, rows_with in connection.execute(chosen.order_by(rows.c[column])):
        yield value, int(rows_with)


def losses(connection: sa.Connection, table: str, column: str, type_: t.Type, convert: Convert) -> Losses:
    """What a conversion would lose of a column's values."""
    total, lost, changes = 0, 0, False
    samples: list[str] = []
    for value, rows in values(connection, table, column, type_):
        total += rows
        converted = convert(value)
        changes = changes or converted.value != value or type(converted.value) is not type(value)
        if not converted.exact:
            lost += rows
            if len(samples) <= SAMPLES:
                samples.append(show(value, type_))
    return Losses(total, lost, some(samples), changes)


def link_losses(connection: sa.Connection, table: str, column: str, companion: str | None, strange: Sequence[str]) -> Losses:
    """The links that point to entities to which they may no longer point; without companion all point there."""
    rows = sa.table(table, sa.column(column), *([sa.column(companion)] if companion else []))
    linked = sa.select(sa.func.count()).select_from(rows).where(rows.c[column].is_not(None))
    total = int(connection.execute(linked).scalar_one())
    lost = int(connection.execute(linked.where(rows.c[companion].in_(strange))).scalar_one()) if companion else total
    return Losses(total, lost, tuple(strange) if lost else (), bool(lost))


def duplicates(connection: sa.Connection, table: str, parts: Sequence[tuple[str, t.Type | None]]) -> tuple[int, tuple[str, ...]]:
    """How many keys more than one live record has, and some of them; ``parts`` are the columns. A key with a blank in it is no key."""
    typed: list[sa.ColumnClause[Any]] = [sa.column(name, column_type(type_) if type_ is not None else None) for name, type_ in parts]
    rows = sa.table(table, *typed, sa.column("deleted_at"))
    keys = [rows.c[name] for name, _ in parts]
    live = sa.select(*keys).where(rows.c.deleted_at.is_(None), *(key.is_not(None) for key in keys))
    twice = live.group_by(*keys).having(sa.func.count() > 1)
    number = int(connection.execute(sa.select(sa.func.count()).select_from(twice.subquery())).scalar_one())
    found = connection.execute(twice.order_by(*keys).limit(SAMPLES + 1)).all() if number else []
    return number, some([" / ".join(map(show, key, (type_ for _, type_ in parts))) for key in found])


def violations(
    connection: sa.Connection, table: str, column: str, field: Field, stored: t.Type | None = None, convert: Convert | None = None
) -> tuple[int, tuple[str, ...]]:
    """How many live records have a value that the field's standard keywords do not allow, and some of the values.

    With ``convert``, values of the type ``stored`` are judged by what they become.
    """
    pattern = re2.compile(str(field.constraints["pattern"])) if "pattern" in field.constraints else None
    broken: Counter[str] = Counter()
    for value_there, rows in values(connection, table, column, stored or field.type, live=True):
        value = convert(value_there).value if convert is not None else value_there
        if value is None:
            continue
        if not _allowed(field.constraints, value) or (pattern is not None and isinstance(value, str) and not pattern.search(value)):
            broken[show(value, field.type)] += rows
    return broken.total(), some([text for text, _ in broken.most_common(SAMPLES + 1)])


def _allowed(constraints: Mapping[str, Any], value: Any) -> bool:
    size = len(value) if isinstance(value, str | tuple) else None
    least, most = (constraints.get(word) for word in (("minLength", "maxLength") if isinstance(value, str) else ("minItems", "maxItems")))
    if size is not None:
        return (least is None or size >= least) and (most is None or size <= most) and bool(constraints.get("const", value) == value)
    if "const" in constraints and constraints["const"] != value:
        return False
    return _within(constraints, value)


def _within(constraints: Mapping[str, Any], value: Any) -> bool:
    bounds: Mapping[str, Callable[[Any], bool]] = {
        "minimum": lambda bound: bool(value >= bound),
        "maximum": lambda bound: bool(value <= bound),
        "exclusiveMinimum": lambda bound: bool(value > bound),
        "exclusiveMaximum": lambda bound: bool(value < bound),
        "multipleOf": lambda bound: isinstance(value, float) or bool(value % bound == 0),
    }
    return all(holds(constraints[word]) for word, holds in bounds.items() if constraints.get(word) is not None)


def chosen(connection: sa.Connection, table: str, column: str, type_: t.Type) -> Counter[str]:
    """How many live records have each choice."""
    found: Counter[str] = Counter()
    for value, rows in values(connection, table, column, type_, live=True):
        for code in value if isinstance(value, tuple) else (value,):
            found[code] += rows
    return found
