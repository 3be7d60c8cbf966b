"""A small app said in a test: entities as an analyst would write them, applied to a database, filled and read through the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import yaml

from engine import deployment, records
from engine.access import Actor
from engine.clock import FixedClock
from engine.model import Package, compile_packages
from engine.model.app import App
from engine.model.kinds.entity import SYSTEM_FIELDS
from engine.records import Query
from engine.runtime import Runtime
from engine.store import Database
from engine.store.migrations import Outcome

CLOCK = FixedClock(datetime(2026, 3, 2, 4, 0, tzinfo=UTC))
SYSTEM = Actor.system("test")
SYSTEM_COLUMNS = frozenset(SYSTEM_FIELDS)


def package(entities: Mapping[str, Any], *, version: str = "1.0.0", files: Mapping[str, str] | None = None, **manifest: Any) -> Package:
    """The app ``desk`` with these entities, each as the body of its file, and further files as they are."""
    app = {"app": "desk", "title": {"en": "Desk", "zh": "服务台"}, "version": version, **manifest}
    said = {"app.yaml": yaml.safe_dump(app, allow_unicode=True)}
    for name, body in entities.items():
        said[f"entities/{name}.yaml"] = yaml.safe_dump({"entity": name, **body}, allow_unicode=True, sort_keys=False)
    return Package("desk", {path: text.encode() for path, text in {**said, **(files or {})}.items()})


def compiled(said: Package) -> App:
    """The App of a package without errors."""
    compilation = compile_packages([said])
    assert compilation.app is not None, compilation.diagnostics
    return compilation.app


def apply(url: str, said: Package, *, allow_destructive: bool = False) -> Outcome:
    """Bring a database to a package."""
    database = Database(url)
    try:
        return deployment.apply_packages(database, [said], allow_destructive=allow_destructive, by="test", clock=CLOCK)
    finally:
        database.close()


def fill(url: str, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Create records through the gate; their ids in order. A value ``#n`` is the id of the n-th record created here."""
    running = deployment.open_runtime(url, clock=CLOCK)
    keys: list[str] = []
    with running.begin(SYSTEM) as work:
        for entity, each in rows.items():
            for values in each:
                keys.append(records.create(work, f"desk.{entity}", {name: _linked(value, keys) for name, value in values.items()}))
    running.database.close()
    return keys


def _linked(value: Any, keys: Sequence[str]) -> Any:
    if isinstance(value, str) and value.startswith("#"):
        return keys[int(value[1:])]
    if isinstance(value, dict):
        return {name: _linked(each, keys) for name, each in value.items()}
    return value


def read(url: str, entity: str) -> list[dict[str, Any]]:
    """All records of an entity in order of creation, as the JSON that the product presents."""
    running: Runtime = deployment.open_runtime(url, clock=CLOCK)
    with running.read(SYSTEM) as work:
        found = records.find(work, Query(f"desk.{entity}", limit=500)).items
        whole = [records.get(work, f"desk.{entity}", record.id) for record in sorted(found, key=lambda record: record.id)]
        presented = [records.present(work.app, record) for record in whole]
    running.database.close()
    return presented


def history(url: str, entity: str, key: str) -> list[dict[str, Any]]:
    """The changes of a record, newest first."""
    running = deployment.open_runtime(url, clock=CLOCK)
    with running.read(SYSTEM) as work:
        found = [dict(entry.changes) for entry in records.history(work, f"desk.{entity}", key)]
    running.database.close()
    return found
