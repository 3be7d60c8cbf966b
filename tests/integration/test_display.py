"""What a record is called when its template leads over links: right, with the reader's permission, and in few statements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from sqlalchemy import event

from engine import deployment, records
from engine.access import Actor
from engine.records import Query
from engine.runtime import Runtime
from engine.testing import factory
from tests import said

ENTITIES = {
    "region": {"display": "{code}", "properties": {"code": {"type": "string"}, "secret": {"type": "string"}}},
    "place": {
        "display": "{name} / {region.code}",
        "properties": {"name": {"type": "string"}, "region": {"kind": "ref", "to": "region"}},
    },
    "ticket": {
        "display": "{subject} - {place.name} {place.region.code} {place.region} ({place.region.secret}) {created_by.name} {state}",
        "properties": {
            "subject": {"type": "string"},
            "place": {"kind": "ref", "to": "place"},
            "state": {"options": {"open": {"en": "Open", "zh": "未完成"}}},
        },
    },
    "reply": {"display": "{ticket.state}: {text}", "properties": {"text": {"type": "string"}, "ticket": {"kind": "ref", "to": "ticket"}}},
    "folder": {
        "display": "{inside} / {name}",
        "properties": {"name": {"type": "string"}, "inside": {"kind": "ref", "to": "folder"}},
    },
}
ROLES = {
    "all": {name: {"read": "all"} for name in ENTITIES},
    "veiled": {"region": {"read": "all", "fields": {"secret": "none"}}, "place": {"read": "all"}, "ticket": {"read": "all"}},
    "near": {"region": {"read": "all"}, "place": {"read": {"where": "name = 'Hall'"}}, "ticket": {"read": "all"}},
    "only": {"ticket": {"read": "all"}},
    "masked": {"region": {"read": "all"}, "place": {"read": "all"}, "ticket": {"read": "all", "fields": {"place": "mask"}}},
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "region": [{"code": "N", "secret": "s1"}, {"code": "S", "secret": "s2"}],
    "place": [{"name": "Hall", "region": "#0"}, {"name": "Yard", "region": "#1"}, {"name": "Roof"}],
    "ticket": [
        {"subject": "A", "place": "#2", "state": "open"},
        {"subject": "B", "place": "#3"},
        {"subject": "C", "place": "#4"},
        {"subject": "D"},
    ],
    "reply": [{"text": "yes", "ticket": "#5"}],
}


@pytest.fixture
def running(fresh_url: str) -> Iterator[Runtime]:
    files = {f"roles/{name}.yaml": yaml.safe_dump({"role": name, "may": may}) for name, may in ROLES.items()}
    said.apply(fresh_url, said.package(ENTITIES, files=files))
    said.fill(fresh_url, ROWS)
    found = deployment.open_runtime(fresh_url, clock=said.CLOCK)
    yield found
    found.database.close()


def shown(running: Runtime, actor: Actor, entity: str) -> list[str]:
    with running.read(actor) as work:
        found = records.find(work, Query(f"desk.{entity}", sort=("created_at",), names=True)).items
        return [record.display for record in sorted(found, key=lambda record: record.id)]


def test_a_template_leads_over_links(running: Runtime) -> None:
    everybody = factory.person(running, "eve", "desk.all")
    assert shown(running, everybody, "ticket") == ["A - Hall N N (s1) Open", "B - Yard S S (s2)", "C - Roof ()", "D - ()"]
    assert shown(running, everybody, "place") == ["Hall / N", "Yard / S", "Roof"]
    assert shown(running, everybody, "reply") == ["Open: yes"]


@pytest.mark.parametrize(
    ("role", "texts"),
    [
        ("veiled", ["A - Hall N N () Open", "B - Yard S S ()", "C - Roof ()", "D - ()"]),
        ("near", ["A - Hall N N (s1) Open", "B - ()", "C - ()", "D - ()"]),
        ("only", ["A - () Open", "B - ()", "C - ()", "D - ()"]),
        ("masked", ["A - () Open", "B - ()", "C - ()", "D - ()"]),
    ],
)
def test_nothing_is_shown_that_the_reader_may_not_see(running: Runtime, role: str, texts: list[str]) -> None:
    assert shown(running, factory.person(running, "eve", f"desk.{role}"), "ticket") == texts


def test_whoever_created_a_record_is_named(running: Runtime) -> None:
    writer = factory.person(running, "eve", "system.admin")
    with running.begin(writer) as work:
        records.create(work, "desk.ticket", {"subject": "E"})
    name = shown(running, writer, "ticket")[-1]
    assert name == "E - () Eve"


def test_records_that_are_called_after_each_other_in_a_circle_have_names(running: Runtime) -> None:
    with running.begin(said.SYSTEM) as work:
        outer = records.create(work, "desk.folder", {"name": "outer"})
        inner = records.create(work, "desk.folder", {"name": "inner", "inside": outer})
        records.update(work, "desk.folder", outer, {"inside": inner}, 1)
    assert shown(running, said.SYSTEM, "folder") == ["inner / outer / inner / outer", "outer / inner / outer / inner"]


def test_a_page_of_records_takes_as_many_statements_as_one_record(running: Runtime) -> None:
    def statements() -> int:
        seen = [0]

        def count(*_: object) -> None:
            seen[0] += 1

        event.listen(running.database.engine, "before_cursor_execute", count)
        shown(running, said.SYSTEM, "ticket")
        event.remove(running.database.engine, "before_cursor_execute", count)
        return seen[0]

    with running.read(said.SYSTEM) as work:
        places = [record.id for record in records.find(work, Query("desk.place")).items]
    statements()  # what a process asks once, it remembers
    few = statements()
    with running.begin(said.SYSTEM) as work:
        for number in range(60):
            records.create(work, "desk.ticket", {"subject": f"T{number}", "place": places[number % 3]})
    assert statements() == few
