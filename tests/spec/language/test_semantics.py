"""The tables of hand-worked results hold on all four back ends, and so do the examples of every function."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.language import compile_expression, reference
from engine.language import types as t
from engine.language.core import scale_of
from engine.language.functions import AGGREGATES, FUNCTIONS, NOTED, SPECIAL
from tests.properties.four_backends import OVERFLOW, JavascriptBackend, PostgresqlBackend, PythonBackend, SqliteBackend, World
from tests.unit.language.desk import ENTITIES, TICKET, scope

pytestmark = pytest.mark.postgresql
TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "semantics.yaml").read_text(encoding="utf-8"))
CASES = TABLE["cases"]


def kept(value: Any, type_: t.Type) -> Any:
    """A value of the table in the form that the engine keeps."""
    if value == OVERFLOW:
        return value
    if isinstance(type_, t.Decimal | t.Money) and value is not None:
        whole, _, digits = str(value).partition(".")
        return int(whole + digits.ljust(scale_of(type_), "0"))
    if isinstance(type_, t.DateTime) and value is not None:
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value


@pytest.fixture(scope="module")
def backends(postgresql_url: str) -> Iterator[list[Any]]:
    rows = []
    for index, record in enumerate(TABLE["records"].values()):
        row = {name: kept(record.get(name), field.type) for name, field in TICKET.fields.items() if field.stored}
        rows.append({**row, "id": str(uuid.UUID(int=index))})
    now = datetime.fromisoformat(TABLE["now"])
    variables = {"now": now, "today": (now + timedelta(hours=8)).date(), "user": str(uuid.UUID(int=9))}
    world = World(ENTITIES, {**{name: [] for name in ENTITIES}, "desk.ticket": rows}, variables)
    postgresql = PostgresqlBackend(world, postgresql_url)
    yield [PythonBackend(world), SqliteBackend(world), JavascriptBackend(world, "desk.ticket"), postgresql]
    postgresql.connection.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["expr"])
def test_value_is_as_worked_out_by_hand(backends: list[Any], case: dict[str, Any]) -> None:
    compiled = compile_expression(case["expr"], scope())
    assert compiled.expression is not None, compiled.problems
    expected = [kept(case[name], compiled.expression.type) for name in TABLE["records"]]
    for backend in backends:
        assert backend.values([compiled.expression]) == [expected], backend.dialect


EXAMPLES = [(example.call, example.gives) for function in (*FUNCTIONS.values(), *NOTED) for example in function.examples]


@pytest.mark.parametrize(("call", "gives"), EXAMPLES, ids=[call for call, _ in EXAMPLES])
def test_example_of_a_function_holds_everywhere(backends: list[Any], call: str, gives: str) -> None:
    expression = compile_expression(call, scope()).expression
    wanted = compile_expression(gives, scope(), expects=None if expression is None else expression.type).expression
    assert expression is not None
    assert wanted is not None
    for backend in backends:
        assert backend.values([expression]) == backend.values([wanted]), backend.dialect


def test_every_function_is_explained_in_both_languages_and_shown_by_example() -> None:
    for function in FUNCTIONS.values():
        assert function.en_help and function.zh_help and function.zh, function.name
        assert function.examples or function.only, function.name


def test_no_word_means_two_functions() -> None:
    chinese = [zh for function in FUNCTIONS.values() for zh in function.zh]
    assert len(chinese) == len(set(chinese))
    shared = {"min", "max"}
    assert set(AGGREGATES) & set(FUNCTIONS) == shared
    assert not set(SPECIAL) & set(FUNCTIONS)


def test_the_reference_page_is_that_of_the_library() -> None:
    page = Path(reference.__file__).with_name("REFERENCE.md")
    assert page.read_text(encoding="utf-8") == reference.page(), "run: python -m engine.language.reference > engine/language/REFERENCE.md"


def test_the_reference_tells_of_every_function() -> None:
    unnoted = (set(AGGREGATES) | set(SPECIAL)) - set(FUNCTIONS) - {note.name for note in NOTED}
    assert unnoted <= {"in_stage_for", "idle_for"}
