"""What operators get wrong and what machines run out of: an exit code and a plain line, never a traceback."""

from __future__ import annotations

import functools
import io
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.cli import main
from engine.store import Database

DESK = "examples/desk"
_COMMANDS = (
    ["plan", DESK],
    ["releases"],
    ["quarantine"],
    ["quarantine", "restore", "x", "--yes"],
    ["user", "enable", "ann"],
    ["token", "ann"],
    ["import", "--list"],
    ["export", "desk.ticket"],
    ["serve", DESK, "--port", "0"],
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the desk, and three tickets' worth of CSV beside it."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "rows.csv").write_text("Subject,Channel\nA,phone\nB,mail\nC,nonsense\n", encoding="utf-8")
    assert main(["apply", DESK, "--db", str(folder / "desk.db"), "--yes"]) == 0
    return str(folder)


@pytest.mark.parametrize("command", _COMMANDS, ids=" ".join)
@pytest.mark.parametrize("content", [b"no database", b"", None])
def test_a_file_that_is_no_database_or_an_empty_one(
    content: bytes | None, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "x.db"
    database.mkdir() if content is None else database.write_bytes(content)
    code = main([*command, "--db", str(database)])
    assert code in ((0, 1, 2) if content == b"" else (1, 2))
    said = capsys.readouterr()
    assert (said.out + said.err).strip()


@pytest.mark.parametrize("command", _COMMANDS, ids=" ".join)
def test_a_database_of_somebody_else(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its tables have our names and other columns, and columns without a type."""
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    with database.write() as connection:
        connection.execute(sa.text("CREATE TABLE dg_state (anything)"))
        connection.execute(sa.text("CREATE TABLE dg_quarantine (id TEXT)"))
    database.close()
    assert main([*command, "--db", str(tmp_path / "x.db"), "--lang", "zh"]) in (1, 2)
    assert "数据库" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        (["import"], 2, "Name the file"),
        (["import", "nowhere.csv"], 2, "no file “nowhere.csv”"),
        (["import", "."], 2, "no file “.”"),
        (["import", "rows.csv", "--entity", "desk.ticket", "--map", "Nope=subject"], 2, "Nope. The nearest it has: Subject, Channel"),
        (["import", "rows.csv", "--entity", "desk.ticket", "--report", "no/report.csv"], 1, "no/report.csv: there is no such"),
        (["import", "rows.csv", "--entity", "desk.ticket", "--refused", "."], 1, "this is a folder"),
        (["export", "desk.ticket", "x.pdf"], 2, ".csv or .xlsx, not in .pdf"),
        (["export", "desk.ticket", "no/x.csv"], 1, "there is no such file or folder"),
        (["export", "desk.ticket", "/dev/full"], 1, "the disk is full"),
        (["export", "desk.ticket", "--where", "subjct = 'x'"], 2, "subjct = 'x'\n  | ^^^^^^"),
        (["serve", DESK, "--port", "99999"], 2, "0 to 65535"),
        (["serve", DESK, "--workers", "0"], 2, "at least one"),
        (["serve", DESK, "--host", "no.such.host.invalid"], 2, "no host of that name"),
        (["apply", "examples/notes"], 2, "add --yes"),
        (["user", "add", "zed"], 2, "No password was given"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_use_changes_nothing(
    command: list[str], code: int, says: str, desk: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(Path(word).resolve()) if word.startswith("examples/") else word for word in command]
    monkeypatch.chdir(desk)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    capsys.readouterr()
    assert main([*given, "--db", "desk.db", "--lang", "en"]) == code
    assert says in capsys.readouterr().err
    assert main(["export", "desk.ticket", "--db", "desk.db"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_an_export_that_fails_leaves_the_file_that_was_there(desk: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("kept", encoding="utf-8")
    assert main(["export", "desk.ticket", str(tmp_path / "x.csv"), "--where", "nonsense", "--db", f"{desk}/desk.db"]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
    assert (tmp_path / "x.csv").read_text("utf-8") == "kept"
    assert main(["export", "desk.ticket", str(tmp_path / "x.csv"), "--db", f"{desk}/desk.db"]) == 0
    assert "Subject" in (tmp_path / "x.csv").read_text("utf-8")


def test_an_interruption_is_told_in_a_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "engine.cli", "check", "examples/notes", "--watch", "--lang", "en"]
    # Whoever runs the tests in the background has interruptions ignored, and so would the command.
    heeding = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heeding) as running:
        try:
            assert running.stdout is not None
            assert "no findings" in running.stdout.readline()
            time.sleep(0.2)
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=20)
        finally:
            running.kill()
    assert running.returncode == 130
    assert said.strip() == "Interrupted."
