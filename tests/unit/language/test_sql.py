"""SQL keeps indexes usable, binds every value, and needs no join in the statement around it."""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
import pytest

from engine.language import NotInSql, bind_value, compile_expression, sqlite_functions, to_sql
from engine.language.expression import Variable
from tests.unit.language.desk import compiled, scope


def text(source: str, dialect: Any = "sqlite") -> str:
    return to_sql(compiled(source), dialect, alias="t", condition=True).text


@pytest.mark.parametrize(
    ("source", "sqlite"),
    [
        ("amount > 5", '("t"."amount" > :p0)'),
        ("5 < amount", '("t"."amount" > :p0)'),
        ("status = 'new'", '("t"."status" = :p0)'),
        ("status != 'new'", '("t"."status" <> :p0 OR "t"."status" IS NULL)'),
        ("not (status = 'new')", '("t"."status" <> :p0 OR "t"."status" IS NULL)'),
        ("not (qty > 5)", '(NOT coalesce(("t"."qty" > :p0), 0))'),
        ("not (qty > 5 and due is blank)", '((NOT coalesce(("t"."qty" > :p0), 0)) OR ("t"."due" IS NOT NULL))'),
        ("active and qty in [1, 2]", '(("t"."active" = 1) AND ("t"."qty" IN (:p0, :p1)))'),
        ("owner.region = 'x'", '("t"."owner" IN (SELECT "t_s1"."id" FROM "system_user" AS "t_s1" WHERE ("t_s1"."region" = :p0)))'),
        (
            "count(parts where ok) = 0",
            '(NOT EXISTS (SELECT 1 FROM "desk_ticket__parts" AS t_r1 WHERE t_r1."parent" = "t"."id" AND t_r1."deleted_at" IS NULL AND '
            '(t_r1."ok" = 1)))',
        ),
        (
            "count(parts) > 0",
            'EXISTS (SELECT 1 FROM "desk_ticket__parts" AS t_r1 WHERE t_r1."parent" = "t"."id" AND t_r1."deleted_at" IS NULL)',
        ),
    ],
)
def test_conditions_stay_bare_where_blank_counts_as_false(source: str, sqlite: str) -> None:
    assert text(source) == sqlite


def test_values_are_bound_never_written() -> None:
    fragment = to_sql(compiled("name = '; DROP TABLE t; --' and owner = user"), "sqlite", alias="t", condition=True)
    assert "DROP" not in fragment.text
    assert [(name, value) for name, value, _ in fragment.params] == [("p0", "; DROP TABLE t; --"), ("p1", Variable("user"))]


def test_what_a_statement_cannot_know_is_refused() -> None:
    with pytest.raises(NotInSql):
        to_sql(compiled("changed(status)"), "sqlite", alias="t", condition=True)


@pytest.mark.parametrize(
    ("source", "index"),
    [
        ("amount > 50000", "amount"),
        ("status = 'new' and name contains 'x'", "status"),
        ("due < today() - 3 days", "due"),
        ("at >= now() - 1 month", "at"),
        ("due in this month", "due"),
        ("owner = user", "owner"),
        ("now() - at > 3 days", "at"),
        ("today() - due >= 30", "due"),
        ("days_until(due) = 30", "due"),
        ("add_workdays(today(), 3) > due", "due"),
    ],
)
def test_sqlite_uses_the_index(source: str, index: str) -> None:
    connection = sqlite3.connect(":memory:")
    for name, arity, function in sqlite_functions():
        connection.create_function(name, arity, function, deterministic=True)
    connection.execute("CREATE TABLE desk_ticket (id TEXT, amount INTEGER, status TEXT, due TEXT, at TEXT, owner TEXT, name TEXT)")
    for column in ("amount", "status", "due", "at", "owner"):
        connection.execute(f"CREATE INDEX ix_{column} ON desk_ticket ({column})")
    fragment = to_sql(compiled(source), "sqlite", alias="t", condition=True)
    values = {name: None if isinstance(value, Variable) else bind_value(value, "sqlite") for name, value, _ in fragment.params}
    plan = connection.execute(f"EXPLAIN QUERY PLAN SELECT id FROM desk_ticket AS t WHERE {fragment.text}", values).fetchall()
    assert f"ix_{index}" in plan[0][3]


@pytest.mark.postgresql
def test_postgresql_uses_the_index(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            'CREATE TEMP TABLE plan_ticket (id uuid, amount bigint, status text COLLATE "C", due date, at timestamp, name text COLLATE "C")'
        )
        for column in ("amount", "status", "due", "at", "name"):
            connection.execute(f"CREATE INDEX ix_{column} ON plan_ticket ({column})")
        connection.execute("SET enable_seqscan = off")
        cases = (
            ("amount > 50000", "amount"),
            ("status = 'new'", "status"),
            ("due < today() - 3 days", "due"),
            ("at >= now() - 1 month", "at"),
            ("name > 'x'", "name"),
            ("now() - at > 3 days", "at"),
            ("days_since(due) > 30", "due"),
            ("days_until(due) = 30", "due"),
        )
        for source, index in cases:
            fragment = to_sql(compiled(source), "postgresql", alias="t", condition=True)
            known = {"today": "2026-02-10", "now": "2026-02-10 10:00"}
            wanted = fragment.text
            for name, value, _ in fragment.params:
                held = known[value.name] if isinstance(value, Variable) else value
                wanted = wanted.replace(f":{name} ", f"'{held}' ")
            plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN SELECT id FROM plan_ticket AS t WHERE {wanted}"))
            assert f"ix_{index}" in plan, plan
            assert "Index Cond" in plan, plan


def test_fragments_of_one_statement_can_keep_their_names_apart() -> None:
    expression = compile_expression("qty > 5", scope()).expression
    assert expression is not None
    assert to_sql(expression, "postgresql", alias="t", condition=True, prefix="a").params[0][0] == "a0"
