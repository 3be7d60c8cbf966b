"""What single values become when a field changes its type."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from engine.diagnostics import Span
from engine.i18n import LocalizedText
from engine.language import types as t
from engine.model.kinds.entity import Field, Option
from engine.store.migrations.conversions import conversion, needed

OPTIONS = (Option("open", LocalizedText("Being worked on", "处理中")), Option("closed", LocalizedText("Closed", "已关闭")))
CHOICE = t.Choice(("open", "closed"))
MONEY = t.Money(2, "CNY")


def _instant(*parts: int) -> datetime:
    """An instant in kept form: naive, UTC."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[arg-type, misc]


def _field(type_: t.Type) -> Field:
    options = OPTIONS if isinstance(type_, t.Choice | t.MultiChoice) else ()
    return Field("value", "text", type_, LocalizedText.same("Value"), Span.whole("x"), column="value", options=options)


@pytest.mark.parametrize(
    ("old", "value", "new", "becomes", "exact"),
    [
        (t.Text(), " 12 ", t.Integer(), 12, True),
        (t.Text(), "+7", t.Integer(), 7, True),
        (t.Text(), "1,234", t.Integer(), None, False),  # 1.234 or 1234? Nobody can tell
        (t.Text(), "12.5", t.Integer(), 13, False),
        (t.Text(), "9223372036854775807", t.Integer(), 9223372036854775807, True),
        (t.Text(), "9223372036854775808", t.Integer(), None, False),
        (t.Text(), "１２", t.Integer(), 12, True),
        (t.Text(), "-0.5", MONEY, -50, True),
        (t.Text(), "abc", MONEY, None, False),
        (t.Text(), "1e3", t.Float(), None, False),
        (t.Text(), "1.5", t.Float(), 1.5, True),
        (t.Text(), "是", t.Boolean(), True, True),
        (t.Text(), "No", t.Boolean(), False, True),
        (t.Text(), "maybe", t.Boolean(), None, False),
        (t.Text(), "2026-02-29", t.Date(), None, False),
        (t.Text(), "2024-02-29", t.Date(), date(2024, 2, 29), True),
        (t.Text(), "14:30", t.Time(), time(14, 30), True),
        (t.Text(), "2026-03-02 08:00", t.DateTime(), _instant(2026, 3, 2, 0, 0), True),
        (t.Text(), "2026-03-02T08:00:00+00:00", t.DateTime(), _instant(2026, 3, 2, 8, 0), True),
        (t.Text(), "2 h 30 min", t.Duration(), 9000, True),
        (t.Text(), "90", t.Duration(), 90, True),
        (t.Text(), "CLOSED", CHOICE, "closed", True),
        (t.Text(), "处理中", CHOICE, "open", True),
        (t.Text(), "open，closed、open", t.MultiChoice(("open", "closed")), ("open", "closed"), True),
        (t.Text(), "open, odd", t.MultiChoice(("open", "closed")), ("open",), False),
        (t.Integer(), 5, t.Decimal(3), 5000, True),
        (t.Integer(), 2**62, t.Decimal(6), None, False),
        (t.Decimal(3), 1250, MONEY, 125, True),
        (t.Decimal(3), 1255, MONEY, 126, False),
        (t.Decimal(3), -1255, MONEY, -126, False),
        (MONEY, -5, t.Text(), "-0.05", True),
        (MONEY, 1200, t.Float(), 12.0, True),
        (t.Float(), 0.1, MONEY, 10, True),
        (t.Float(), 0.125, MONEY, 13, False),
        (t.Float(), float("inf"), MONEY, None, False),
        (t.Float(), 1e308, MONEY, None, False),
        # Midnight or noon there would lie before the year 1 or after 9999 here (or the other way round).
        (t.DateTime(), _instant(9999, 12, 31, 23, 59, 59), t.Date(), None, False),
        (t.DateTime(), _instant(9999, 12, 31, 23, 59, 59), t.Time(), None, False),
        (t.DateTime(), _instant(9999, 12, 31, 23, 59, 59), t.Text(), None, False),
        (t.Date(), date.min, t.DateTime(), None, False),
        (t.Text(), "0001-01-01T00:00:00", t.DateTime(), None, False),
        (t.Boolean(), True, t.Text(), "true", True),
        (t.Integer(), 2, t.Boolean(), None, False),
        (t.Date(), date(2026, 3, 2), t.DateTime(), _instant(2026, 3, 1, 16, 0), True),
        (t.DateTime(), _instant(2026, 3, 1, 16, 0), t.Date(), date(2026, 3, 2), True),
        (t.DateTime(), _instant(2026, 3, 1, 17, 0), t.Date(), date(2026, 3, 2), False),
        (t.MultiChoice(("open", "odd")), ("open", "odd"), CHOICE, "open", False),
        (t.MultiChoice(("open",)), ("open",), CHOICE, "open", True),
        (t.MultiChoice(("open", "closed")), ("open", "closed"), t.Text(), "open, closed", True),
        (t.Json(), {"a": 1}, t.Text(), '{"a": 1}', True),
        (t.Boolean(), True, t.Date(), None, False),  # no sense in it
    ],
)
def test_a_value_becomes(old: t.Type, value: Any, new: t.Type, becomes: Any, exact: bool) -> None:
    converted = conversion(old, _field(new), "Asia/Shanghai")(value)
    assert (converted.value, converted.exact) == (becomes, exact)
    assert type(converted.value) is type(becomes)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (t.Text(), t.Text(), False),
        (t.Decimal(2), t.Money(2, "CNY"), False),
        (t.Decimal(2), t.Decimal(3), True),
        (t.Integer(), t.Decimal(0), False),
        (t.Choice(("a",)), t.Choice(("b", "a")), False),
        (t.Choice(("a", "b")), t.Choice(("a",)), True),
        (t.Choice(("a",)), t.Text(), False),
        (t.Text(), t.Choice(("a",)), True),
        (t.Date(), t.DateTime(), True),
    ],
)
def test_a_conversion_is_needed_where_old_values_may_not_be_values_of_the_new_type(old: t.Type, new: t.Type, expected: bool) -> None:
    assert needed(_field(old), _field(new)) is expected
