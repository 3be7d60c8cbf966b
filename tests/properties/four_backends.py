"""One expression, one set of records, four back ends: what the agreement tests and the fuzzer stand on."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import psycopg
from py_mini_racer import MiniRacer

from engine.errors import Overflow
from engine.language import bind_value, python_function, sqlite_functions, to_javascript, to_sql
from engine.language import types as t
from engine.language.expression import Expression, Sql, Variable
from engine.language.scope import EntityInfo

OVERFLOW = "overflow"
"""What stands for a number that can't be kept."""
RUNTIME = Path(__file__).resolve().parents[2] / "designer" / "src" / "language-runtime.js"
_SQLITE = {t.Integer: "INTEGER", t.Decimal: "INTEGER", t.Money: "INTEGER", t.Duration: "INTEGER", t.Boolean: "INTEGER", t.Float: "REAL"}
_POSTGRESQL = {
    t.Text: 'TEXT COLLATE "C"',
    t.Choice: 'TEXT COLLATE "C"',
    t.Integer: "BIGINT",
    t.Decimal: "BIGINT",
    t.Money: "BIGINT",
    t.Duration: "BIGINT",
    t.Float: "DOUBLE PRECISION",
    t.Boolean: "BOOLEAN",
    t.Date: "DATE",
    t.DateTime: "TIMESTAMP",
    t.Time: "TIME",
    t.MultiChoice: "JSONB",
    t.Ref: "UUID",
}


@dataclass(frozen=True, slots=True)
class World:
    """Rows of every entity (values in kept form, keyed by column; ``id`` among them) and the values of variables."""

    entities: Mapping[str, EntityInfo]
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    variables: Mapping[str, Any]

    def records(self, of: str) -> list[dict[str, Any]]:
        """The flat mappings that Python and JavaScript are given, in the order of the rows."""
        by_id = {name: {row["id"]: row for row in rows} for name, rows in self.rows.items()}
        return [self._flat(of, row, by_id, "", 2) for row in self.rows[of]]

    def _flat(self, of: str, row: Mapping[str, Any], by_id: Mapping[str, Any], prefix: str, hops: int) -> dict[str, Any]:
        info = self.entities[of]
        made: dict[str, Any] = {}
        for name, field in info.fields.items():
            value = row.get(name)
            made[prefix + name] = value
            if isinstance(field.type, t.Ref) and field.type.entity in by_id and value is not None and hops:
                target = by_id[field.type.entity].get(value)
                if target is not None:
                    made.update(self._flat(field.type.entity, target, by_id, f"{prefix}{name}.", hops - 1))
        for name, collection in info.collections.items():
            found = [line for line in self.rows[collection.entity] if line[collection.via] == row["id"] and line.get("deleted_at") is None]
            made[prefix + name] = [self._flat(collection.entity, line, by_id, "", hops - 1) for line in found] if hops else []
        return made


def _columns(info: EntityInfo) -> dict[str, t.Type]:
    columns = {name: field.type for name, field in info.fields.items() if field.stored}
    columns.setdefault("id", t.Ref(info.name))
    columns["deleted_at"] = t.DateTime()
    return columns


def _values(fragment: Sql, variables: Mapping[str, Any], dialect: Any) -> dict[str, Any]:
    values = {}
    for name, value, _ in fragment.params:
        held = variables.get(value.name) if isinstance(value, Variable) else value
        values[name] = bind_value(held, dialect)
    return values


class SqliteBackend:
    """The fragments on an SQLite database in memory."""

    dialect = "sqlite"

    def __init__(self, world: World) -> None:
        self.world = world
        self.connection = sqlite3.connect(":memory:")
        for name, arity, function in sqlite_functions():
            self.connection.create_function(name, arity, function, deterministic=True)
        for entity, info in world.entities.items():
            columns = _columns(info)
            self.connection.execute(
                f'CREATE TABLE "{info.table}" (' + ", ".join(f'"{c}" {_SQLITE.get(type(k), "TEXT")}' for c, k in columns.items()) + ")"
            )
            marks = ", ".join("?" * len(columns))
            rows = [[bind_value(row.get(c), "sqlite") for c in columns] for row in world.rows[entity]]
            self.connection.executemany(f'INSERT INTO "{info.table}" VALUES ({marks})', rows)

    def values(self, expressions: Sequence[Expression], *, condition: bool = False) -> list[list[Any]]:
        """For each expression the value of every row, in kept form; for conditions whether WHERE selects the row."""
        return [self._one(expression, condition) for expression in expressions]

    def _one(self, expression: Expression, condition: bool) -> list[Any]:
        fragment = to_sql(expression, "sqlite", alias="t", condition=condition, strict=True)
        table = self.world.entities[expression.of or ""].table
        values = _values(fragment, self.world.variables, "sqlite")
        if condition:
            statement = f'SELECT t.rowid FROM "{table}" AS t WHERE {fragment.text}'
            chosen = {row[0] for row in self.connection.execute(statement, values)}
            return [index + 1 in chosen for index in range(len(self.world.rows[expression.of or ""]))]
        statement = f'SELECT {fragment.text} FROM "{table}" AS t'
        try:
            found = [row[0] for row in self.connection.execute(f"{statement} ORDER BY t.rowid", values)]
        except sqlite3.OperationalError:
            count = len(self.world.rows[expression.of or ""])
            found = [self._single(f"{statement} WHERE t.rowid = {index + 1}", values) for index in range(count)]
        return [_from_sqlite(value, expression.type) for value in found]

    def _single(self, statement: str, values: Mapping[str, Any]) -> Any:
        try:
            return self.connection.execute(statement, values).fetchone()[0]
        except sqlite3.OperationalError as error:
            assert "user-defined function raised exception" in str(error), error
            return OVERFLOW


def _from_sqlite(value: Any, type_: t.Type) -> Any:
    if value is None or value is OVERFLOW:
        return value
    match type_:
        case t.Boolean():
            return bool(value)
        case t.Date():
            return date.fromisoformat(value)
        case t.DateTime():
            return datetime.fromisoformat(value)
        case t.Time():
            return time.fromisoformat(value)
        case t.MultiChoice():
            return tuple(json.loads(value))
    return value


class PostgresqlBackend:
    """The fragments on a PostgreSQL database; many expressions per statement."""

    dialect = "postgresql"

    def __init__(self, world: World, url: str) -> None:
        self.world = world
        self.connection = psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)
        self.connection.execute("SET jit = off")
        for entity, info in world.entities.items():
            columns = _columns(info)
            described = ", ".join(f'"{c}" {_POSTGRESQL[type(k)]}' for c, k in columns.items())
            self.connection.execute(f'DROP TABLE IF EXISTS "{info.table}"')
            self.connection.execute(f'CREATE TABLE "{info.table}" ("row" INTEGER, {described})')
            marks = ", ".join(["%s"] * (len(columns) + 1))
            rows = [[index, *(_to_postgresql(row.get(c), k) for c, k in columns.items())] for index, row in enumerate(world.rows[entity])]
            with self.connection.cursor() as cursor:
                cursor.executemany(f'INSERT INTO "{info.table}" VALUES ({marks})', rows)

    def values(self, expressions: Sequence[Expression], *, condition: bool = False) -> list[list[Any]]:
        """As SqliteBackend.values."""
        if not expressions:
            return []
        table = self.world.entities[expressions[0].of or ""].table
        count = len(self.world.rows[expressions[0].of or ""])
        texts, values = [], {}
        for index, expression in enumerate(expressions):
            fragment = to_sql(expression, "postgresql", alias="t", condition=condition, prefix=f"e{index}p", strict=True)
            text = fragment.text.replace("%", "%%")
            for name, _, _ in sorted(fragment.params, key=lambda row: -len(row[0])):
                text = text.replace(f":{name} ", f"%({name})s ")
            values.update(_values(fragment, self.world.variables, "postgresql"))
            texts.append(f"coalesce({text}, FALSE)" if condition else text)
        statement = f'SELECT {", ".join(texts)} FROM "{table}" AS t ORDER BY t."row"'
        try:
            rows = self.connection.execute(statement, values).fetchall()
        except psycopg.Error as error:
            if len(expressions) == 1 and isinstance(error, psycopg.errors.NumericValueOutOfRange):
                one = f'SELECT {texts[0]} FROM "{table}" AS t WHERE t."row" = '
                return [[self._single(f"{one}{index}", values, expressions[0].type) for index in range(count)]]
            if len(expressions) == 1:
                return [[f"error: {error}"] * count]
            middle = len(expressions) // 2
            return self.values(expressions[:middle], condition=condition) + self.values(expressions[middle:], condition=condition)
        return [[_from_postgresql(row[index], expression.type) for row in rows] for index, expression in enumerate(expressions)]

    def _single(self, statement: str, values: Mapping[str, Any], type_: t.Type) -> Any:
        try:
            row = self.connection.execute(statement, values).fetchone()
        except psycopg.errors.NumericValueOutOfRange as error:
            return OVERFLOW if isinstance(type_, t.Integer | t.Decimal | t.Money | t.Duration) else f"error: {error}"
        return _from_postgresql(row[0] if row else None, type_)


def _to_postgresql(value: Any, type_: t.Type) -> Any:
    return json.dumps(value) if isinstance(type_, t.MultiChoice) and value is not None else value


def _from_postgresql(value: Any, type_: t.Type) -> Any:
    if value is not None and isinstance(type_, t.Ref):
        return str(value)
    return tuple(value) if isinstance(type_, t.MultiChoice) and value is not None else value


class PythonBackend:
    """The generated Python."""

    dialect = "python"

    def __init__(self, world: World) -> None:
        self.world = world
        self.known: dict[str, list[dict[str, Any]]] = {}

    def values(self, expressions: Sequence[Expression], *, condition: bool = False) -> list[list[Any]]:
        """For each expression the value of every row."""
        made = []
        for expression in expressions:
            of = expression.of or ""
            records = self.known.setdefault(of, []) or self.world.records(of)
            self.known[of] = records
            function = python_function(expression)
            found = [_called(function, record, self.world.variables) for record in records]
            made.append([value is True for value in found] if condition else found)
        return made


def _called(function: Any, record: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
    try:
        return function(record, variables)
    except Overflow:
        return OVERFLOW


_SHOWN = """
globalThis.shown = (x) => typeof x === "bigint" ? "n" + x : typeof x === "string" ? "s" + x : x === undefined ? "undefined" : x;
globalThis.called = (f, r) => {
  try { return shown(f(r, variables)); }
  catch (e) { if (e instanceof RangeError && e.message === "overflow") return "overflow"; throw e; }
}
"""


class JavascriptBackend:
    """The generated JavaScript in V8, by itself or in a browser."""

    dialect = "javascript"

    def __init__(self, world: World, of: str, evaluate: Callable[[str], Any] | None = None) -> None:
        """``evaluate`` runs a script elsewhere (in a browser's page) and gives its last value."""
        self.world = world
        self.evaluate = MiniRacer().eval if evaluate is None else evaluate
        for script in (
            RUNTIME.read_text(encoding="utf-8"),
            "globalThis.records = " + json.dumps(_exact(world.records(of)), default=_json_value),
            "globalThis.variables = " + json.dumps(_exact(world.variables), default=_json_value),
            _SHOWN,
        ):
            self.evaluate(f"{script};0")

    def values(self, expressions: Sequence[Expression], *, condition: bool = False) -> list[list[Any]]:
        """For each expression the value of every row."""
        arrows = ",\n".join(to_javascript(expression) for expression in expressions)
        text = self.evaluate(f"JSON.stringify([{arrows}].map((f) => records.map((r) => called(f, r))))")
        return [
            [_from_javascript(value, expression.type) if not condition else value is True for value in row]
            for expression, row in zip(expressions, json.loads(text), strict=True)
        ]


def _exact(value: Any) -> Any:
    """Integers as text, as a page sends those that a JavaScript number can't hold."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    return [_exact(item) for item in value] if isinstance(value, list) else value


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds")
    if isinstance(value, time):
        return value.isoformat("microseconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))


def _from_javascript(value: Any, type_: t.Type) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if not isinstance(value, str):
        return float(value) if isinstance(type_, t.Float) and value is not None else value
    if value == OVERFLOW:
        return OVERFLOW
    if value.startswith("n"):
        return int(value[1:])
    match type_:
        case t.Date():
            return date.fromisoformat(value[1:])
        case t.DateTime():
            return datetime.fromisoformat(value[1:])
        case t.Time():
            return time.fromisoformat(value[1:])
    return value[1:]


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal: exact for every type but float, which agrees to 1e-12 relative."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-300)
    return type(one) is type(other) and bool(one == other)
