"""Code on disk: the same function after a restart, and nothing of a file that is damaged, foreign or of another schema."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from engine import settings
from engine.language import CodeCache, kept_code, python_function
from engine.language.backends import python
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


def test_a_server_that_starts_again_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = ["qty + 271828 > 2", "name contains 'only here'"]
    with kept_code(tmp_path, "app"):
        for source in sources:
            python_function(compiled(source))
    forgotten: dict[str, object] = {}
    monkeypatch.setattr(python, "_made", forgotten)
    with kept_code(tmp_path, "app"):
        assert len(forgotten) >= len(sources)
        monkeypatch.setattr("builtins.compile", None)
        functions = [python_function(compiled(source)) for source in sources]
        monkeypatch.undo()
    assert functions[0]({"qty": 1}, {}) is True
    assert functions[1]({"name": "it is only here"}, {}) is True


def test_a_folder_that_takes_no_file_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (None, tmp_path / "file" / "below"):
        with kept_code(folder, "app"):
            assert python_function(compiled("qty + 314159 > 2"))({"qty": 1}, {}) is True


def test_only_the_files_of_recent_apps_are_kept(tmp_path: Path) -> None:
    for number in range(28):
        with kept_code(tmp_path, f"app {number}"):
            python_function(compiled("qty" + " + over" * number + " > over"))
    assert len(list(tmp_path.iterdir())) == 24


def test_the_folder_for_what_can_be_made_again_is_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = settings.cache_folder()
    assert folder == tmp_path / "dougong"
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    assert settings.cache_folder() is None, "anyone could put code there"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert settings.cache_folder() == tmp_path / "home" / ".cache" / "dougong"
