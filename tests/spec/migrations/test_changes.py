"""Every row of changes.yaml, on both databases: the plan, the refusal without leave, and the records afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine import deployment
from engine.store import Database
from engine.store.migrations import Refused
from engine.store.migrations.operations import kind_of
from tests import said

CASES = yaml.safe_load(Path(__file__).with_name("changes.yaml").read_text("utf-8"))
_INDEX_STEPS = ("create-index", "drop-index")


def _steps(plan: Any) -> list[str]:
    """The kinds of step; one that is done in batches and checked again at the switch counts once."""
    found = []
    for step in plan.operations:
        again = step.phase == "switch" and any(
            kind_of(other) == kind_of(step) and other.title == step.title and other.phase == "expand" for other in plan.operations
        )
        if kind_of(step) not in (*_INDEX_STEPS, "activate") and not (again and kind_of(step).startswith(("fill", "convert"))):
            found.append(kind_of(step))
    return found


def _expected(value: Any, keys: list[str]) -> Any:
    if isinstance(value, str) and value.startswith("#"):
        return keys[int(value[1:])]
    if isinstance(value, Mapping):
        return {name: _expected(each, keys) for name, each in value.items()}
    return [_expected(each, keys) for each in value] if isinstance(value, list) else value


def _shown(record: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What the record says of the fields in question; of lines only what is asked of each."""
    shown: dict[str, Any] = {}
    for name, value in wanted.items():
        found = record.get(name)
        if isinstance(value, list) and value and isinstance(value[0], Mapping) and isinstance(found, list):
            found = [{key: line.get(key) for key in ask} for line, ask in zip(found, value, strict=True)]
        shown[name] = found
    return shown


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_change(case: dict[str, Any], fresh_url: str) -> None:
    manifest = case.get("manifest", {})
    before, after = said.package(case["before"], **manifest), said.package(case["after"], **manifest, version="2.0.0")
    said.apply(fresh_url, before)
    keys = said.fill(fresh_url, case.get("rows", {}))
    database = Database(fresh_url)
    plan = deployment.plan(database, said.compiled(after))
    database.close()
    assert [finding.code for finding in plan.findings] == case.get("notes", []) + case.get("refused", [])
    if "refused" in case:
        with pytest.raises(Refused):
            said.apply(fresh_url, after, allow_destructive=True)
        return
    if case.get("same_steps", True):
        assert _steps(plan) == case["steps"]
    assert sum(step.lost for step in plan.operations) == case.get("lost", 0)
    kinds = {kind_of(step) for step in plan.operations}
    assert ("create-index" in kinds and any(getattr(step, "unique", False) for step in plan.operations)) == (
        "unique" in case.get("indexes", [])
    )
    if case.get("lost"):
        with pytest.raises(Refused):
            said.apply(fresh_url, after)
    said.apply(fresh_url, after, allow_destructive="lost" in case)
    for entity, wanted in case.get("then", {}).items():
        found = said.read(fresh_url, entity)
        assert [_shown(record, row) for record, row in zip(found, wanted, strict=True)] == _expected(wanted, keys)
    database = Database(fresh_url)
    assert deployment.lag(database, said.compiled(after)) is None
    database.close()
