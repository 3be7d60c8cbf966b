"""Kinds of values at their ends, on each database: what is kept comes back and is found, what can't be kept is told as a problem."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine import deployment, records
from engine.access import Actor
from engine.errors import Invalid
from engine.records import Query
from engine.runtime import Runtime
from tests import said

NOBODY = "01890000-0000-7000-8000-000000000000"
ENTITY = {
    "person": {"properties": {"name": {"type": "string"}}, "display": "{name}"},
    "place": {"properties": {"name": {"type": "string"}}, "display": "{name}"},
    "thing": {
        "properties": {
            "name": {"type": "string"},
            "active": {"type": "boolean"},
            "heavy": {"compute": "name > 'm'"},
            "tags": {"type": "array", "items": {"enum": ["a", "b", "c"]}},
            "lasts": {"type": "string", "format": "duration"},
            "notes": {"kind": "json"},
            "about": {"kind": "ref", "to": ["person", "place"]},
        }
    },
}


@pytest.fixture
def running(fresh_url: str) -> Iterator[Runtime]:
    said.apply(fresh_url, said.package(ENTITY))
    opened = deployment.open_runtime(fresh_url, clock=said.CLOCK)
    yield opened
    opened.database.close()


def make(running: Runtime, **values: Any) -> str:
    with running.begin(Actor.system("test")) as work:
        return records.create(work, "desk.thing", values)


@pytest.mark.parametrize("sort", ["active", "-active", "heavy", "-heavy"])
def test_pages_go_on_in_the_order_of_a_yes_or_no(running: Runtime, sort: str) -> None:
    for number in range(9):
        make(running, name="az"[number % 2] if number < 8 else None, active=[True, False, None][number % 3])
    seen: list[str] = []
    cursor = None
    with running.read(Actor.system("test")) as work:
        whole = [each.id for each in records.find(work, Query("desk.thing", sort=(sort,), limit=50)).items]
        while True:
            page = records.find(work, Query("desk.thing", sort=(sort,), limit=2, cursor=cursor))
            seen += [each.id for each in page.items]
            cursor = page.next
            if cursor is None:
                break
    assert seen == whole
    assert len(seen) == 9


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("'a' in tags", {"ab", "a"}),
        ("tags contains 'a'", {"ab", "a"}),
        ("not (tags contains 'a')", {"c", "none"}),
        ("has_all(tags, 'a', 'b')", {"ab"}),
        ("has_any(tags, 'b', 'c')", {"ab", "c"}),
        ("tags is blank", {"none"}),
    ],
)
def test_a_choice_of_several_is_found_by_each_of_them(running: Runtime, where: str, found: set[str]) -> None:
    for name, tags in {"ab": ["a", "b"], "a": ["a"], "c": ["c"], "none": None}.items():
        make(running, name=name, tags=tags)
    with running.read(Actor.system("test")) as work:
        page = records.find(work, Query("desk.thing", where=where))
        assert {each.values["name"] for each in page.items} == found


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("lasts", 2**63, "number-too-large"),
        ("lasts", "P99999999999999999999D", "number-too-large"),
        ("lasts", "9" * 50 + " days", "number-too-large"),
        ("lasts", "9" * 5_000 + " days", "not-duration"),
        ("notes", {"a": "\0"}, "control-character"),
        ("notes", {"\0": 1}, "control-character"),
        ("notes", ["\\", "\\\0"], "control-character"),
        ("about", NOBODY, "not-a-reference"),
        ("about", {"id": NOBODY}, "not-a-reference"),
        ("about", {"id": NOBODY, "entity": "desk.thing"}, "not-a-reference"),
        ("about", {"id": NOBODY, "entity": "desk.person"}, "no-such-record"),
    ],
)
def test_what_cannot_be_kept_is_a_problem_of_its_field(running: Runtime, field: str, value: Any, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        make(running, name="x", **{field: value})
    assert [(each.field, each.code) for each in caught.value.problems] == [(field, code)]


@pytest.mark.parametrize("value", [{"a": "\\u0000"}, ["😀", "\\"], {"b": {"c": [1, None, True]}}, "plain"])
def test_other_structures_come_back_as_they_were(running: Runtime, value: Any) -> None:
    key = make(running, notes=value if not isinstance(value, str) else [value])
    with running.read(Actor.system("test")) as work:
        assert records.get(work, "desk.thing", key).values["notes"] == (value if not isinstance(value, str) else [value])


def test_a_link_to_one_of_several_is_kept_with_its_entity_and_cleared_whole(running: Runtime) -> None:
    with running.begin(Actor.system("test")) as work:
        ann = records.create(work, "desk.person", {"name": "Ann"})
    key = make(running, about={"id": ann, "entity": "desk.person"})
    with running.begin(Actor.system("test")) as work:
        assert records.get(work, "desk.thing", key).references["about"].display == "Ann"
        with pytest.raises(Invalid):
            records.update(work, "desk.thing", key, {"about": NOBODY}, None)
    with running.begin(Actor.system("test")) as work:
        records.update(work, "desk.thing", key, {"about": None}, None)
    with running.read(Actor.system("test")) as work:
        assert records.find(work, Query("desk.thing", where="about is blank")).items[0].values["about"] is None
