"""A command that a message advises works when it is pasted into a shell as it stands."""

from __future__ import annotations

import shlex
import sqlite3
from pathlib import Path

import pytest

from engine.cli import main

NOTE = "entity: note\nproperties:\n  subject: {type: string}\n"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A small app in a folder that a shell takes apart unless it is quoted, and whose name is not the app's."""
    folder = tmp_path / "it's my app"
    folder.mkdir()
    (folder / "app.yaml").write_text("app: notes\nversion: 1.0.0\n", encoding="utf-8")
    (folder / "note.yaml").write_text(NOTE, encoding="utf-8")
    return folder


def advised(said: str) -> list[str]:
    """The last command in a message, split as a shell splits it, without the word dougong."""
    return shlex.split(said[said.rindex("dougong ") :])[1:]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_serve_on_a_database_that_lags_advises_what_brings_it_up(
    notes: Path, tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    database = str(tmp_path / "a b.db")
    serve = ["serve", str(notes), "--db", database, "--port", "0", "--lang", language]
    for text in (NOTE, NOTE + "  size: {type: integer}\n"):
        (notes / "note.yaml").write_text(text, encoding="utf-8")
        assert main(serve) == 1
        command = advised(capsys.readouterr().err)
        assert command == ["apply", str(notes), "--db", database]
        assert main([*command, "--yes"]) == 0
        assert main(["plan", *command[1:]]) == 0
        assert "up to date" in capsys.readouterr().out


def test_without_db_none_is_advised(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DOUGONG_DB", raising=False)
    assert main(["serve", notes.name, "--port", "0"]) == 1
    assert advised(capsys.readouterr().err) == ["apply", notes.name]


def test_plan_advises_the_apply_that_carries_it_out(notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "notes.db"
    given = [str(notes), "--db", str(database)]
    assert main(["plan", *given]) == 0
    assert advised(capsys.readouterr().out) == ["apply", *given]
    assert main(["apply", *given]) == 0
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO notes_note (id, version, created_at, updated_at, subject) VALUES ('n', 1, 0, 0, 'Kept')")
    (notes / "note.yaml").write_text(NOTE.replace("subject", "text"), encoding="utf-8")
    assert main(["plan", *given]) == 0
    command = advised(capsys.readouterr().out)
    assert command == ["apply", *given, "--allow-destructive"]
    assert main([*command, "--yes"]) == 0
