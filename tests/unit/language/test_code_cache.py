"""Code on disk: the same function after a restart, and nothing of a file that is damaged, foreign or of another schema."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from engine.language import CodeCache, python_function
from tests.unit.language.desk import compiled

RECORD = {"qty": 3, "due": date(2026, 1, 31), "at": datetime.fromisoformat("2026-01-31 16:30"), "amount": 6_000_000, "status": "new"}
VARIABLES = {"now": datetime.fromisoformat("2026-02-10 02:00"), "today": date(2026, 2, 10)}
SOURCES = [
    "qty > 2 and due < today()",
    "at < now() - 3 days",
    "due in [@2026-01-31, @2026-02-01]",
    "at > @2026-01-01T10:00Z",
    "amount * 15% + 0.5",
    "status in ['new', 'open']",
    "matches(text(due), '^2026')",
    "add_workdays(due, qty)",
]


@pytest.mark.parametrize("source", SOURCES)
def test_a_function_is_the_same_after_a_restart(tmp_path: Path, source: str) -> None:
    first = CodeCache(tmp_path, "schema")
    expression = compiled(source)
    first.add((source, "desk.ticket"), expression, "note")
    first.save()
    found = CodeCache(tmp_path, "schema").get((source, "desk.ticket"))
    assert found is not None
    function, note = found
    assert function(RECORD, VARIABLES) == python_function(expression)(RECORD, VARIABLES)
    assert note == "note"


def test_a_damaged_foreign_or_other_file_counts_for_nothing(tmp_path: Path) -> None:
    cache = CodeCache(tmp_path, "schema")
    cache.add(("qty > 2",), compiled("qty > 2"))
    cache.save()
    whole = cache.path.read_bytes()
    assert CodeCache(tmp_path, "another").get(("qty > 2",)) is None
    for damaged in (whole[:-1], whole[:40], b"", whole[:32] + b"x" + whole[33:]):
        cache.path.write_bytes(damaged)
        assert CodeCache(tmp_path, "schema").get(("qty > 2",)) is None
    cache.path.write_bytes(whole)
    assert CodeCache(tmp_path, "schema").get(("qty > 2",)) is not None
    cache.path.chmod(0o666)
    assert CodeCache(tmp_path, "schema").get(("qty > 2",)) is None


def test_generated_code_sees_no_builtins(tmp_path: Path) -> None:
    cache = CodeCache(tmp_path, "schema")
    function = cache.add(("qty > 2",), compiled("qty > 2"))
    assert function.__globals__["__builtins__"] == {}  # type: ignore[attr-defined]
    assert python_function(compiled("len(name) > 2")).__globals__["__builtins__"] == {}  # type: ignore[attr-defined]
