"""Partial evaluation: always, never, or what is left to ask of each record."""

from __future__ import annotations

import pytest

from engine.language import partial, python_function, to_sql
from engine.language.expression import Expression
from tests.unit.language.desk import compiled


@pytest.mark.parametrize(
    ("source", "known", "outcome"),
    [
        ("user.department is blank", {"user.department": None}, True),
        ("user.department is blank", {"user.department": "d"}, False),
        ("owner.department in user.departments", {"user.departments": ()}, False),
        ("has_role('desk.admin') or owner = user", {"user.roles": ("desk.admin",), "user": "u"}, True),
        ("has_role('desk.admin') and owner = user", {"user.roles": ("desk.agent",), "user": "u"}, False),
        ("settings.limit > 100 or qty > 5", {"settings.limit": 20_000}, True),
        ("not has_role('desk.admin')", {"user.roles": ()}, True),
        ("amount > settings.limit", {"settings.limit": None}, False),
        ("if(has_role('desk.admin'), true, qty > 5)", {"user.roles": ("desk.admin",)}, True),
        ("if(qty > 5, has_role('desk.admin'), has_role('desk.admin'))", {"user.roles": ()}, False),
        ("default(settings.limit, amount) > 100", {"settings.limit": 20_000}, True),
        ("settings.limit * qty > 5", {"settings.limit": None}, False),
        ("user in [owner]", {"user": None}, False),
        ("count(parts where has_role('desk.admin')) > 0", {"user.roles": ()}, False),
        ("any(parts where owner = user) or not any(parts where owner = user)", {}, True),
        ("qty > 5 and has_role('desk.admin') and not (qty > 5)", {"user.roles": ("desk.admin",)}, False),
    ],
)
def test_decided_without_a_record(source: str, known: dict[str, object], outcome: bool) -> None:
    assert partial(compiled(source, condition=True), known) is outcome


def test_the_rest_is_asked_of_each_record() -> None:
    rest = partial(compiled("has_role('desk.admin') or owner = user and qty > 5", condition=True), {"user.roles": (), "user": "u"})
    assert isinstance(rest, Expression)
    assert rest.variables == frozenset()
    assert rest.reads == {"owner", "qty"}
    assert to_sql(rest, "sqlite", alias="t", condition=True).text == '(("t"."owner" = :p0) AND ("t"."qty" > :p1))'
    assert python_function(rest)({"owner": "u", "qty": 6}, {}) is True


def test_a_variable_that_is_not_given_stays_open() -> None:
    rest = partial(compiled("owner = user", condition=True), {})
    assert isinstance(rest, Expression)
    assert rest.variables == {"user"}


def test_a_blank_of_the_user_asks_for_blank() -> None:
    rest = partial(compiled("owner.department = user.department", condition=True), {"user.department": None})
    assert isinstance(rest, Expression)
    assert python_function(rest)({}, {}) is True
    assert python_function(rest)({"owner.department": "d"}, {}) is False
