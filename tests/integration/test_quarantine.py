"""What went out of use can be seen and removed for good, and an earlier release can be put in force again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import deployment, records
from engine.cli import main
from engine.clock import FixedClock
from engine.store import Database
from engine.store.migrations.live import inspect
from engine.store.schema import QUARANTINE
from tests import said

FIRST = {
    "ticket": {
        "properties": {"subject": {"type": "string"}, "code": {"type": "string", "unique": True}, "size": {"type": "string"}},
        "indexes": [["size"]],
    },
    "person": {"properties": {"size": {"type": "string"}}},
    "place": {"properties": {"name": {"type": "string"}}},
}
SECOND = {
    "request": {"uid": "ticket", "properties": {"headline": {"type": "string", "uid": "subject"}}},
    "person": {"properties": {"name": {"type": "string"}}},
}
ROWS = {
    "ticket": [{"subject": "A", "code": "1", "size": "S"}, {"subject": "B", "code": "2"}],
    "person": [{"size": "L"}],
    "place": [{"name": "Q"}],
}


@pytest.fixture
def url(fresh_url: str) -> str:
    """A database that lost three columns and a table, two of the columns of one name, from a table that was renamed at once."""
    said.apply(fresh_url, said.package(FIRST))
    said.fill(fresh_url, ROWS)
    said.apply(fresh_url, said.package(SECOND, version="2.0.0"), allow_destructive=True)
    return fresh_url


def kept(url: str) -> set[str]:
    """Tables and columns whose names begin like those in quarantine."""
    database = Database(url)
    with database.read() as connection:
        tables = inspect(connection)
    database.close()
    columns = {f"{table.name}.{column}" for table in tables.values() for column in table.columns if column.startswith("_q_")}
    return columns | {name for name in tables if name.startswith("_q_")}


def listed(url: str, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, str]:
    """What the command lists, by name."""
    capsys.readouterr()
    assert main(["quarantine", "list", "--db", url, *more]) == 0
    lines = capsys.readouterr().out.splitlines()
    return dict(line.replace("：", ": ").split(": ", 1) for line in lines if "_q_" in line)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_list_says_what_was_where_and_how_much(url: str, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(url, capsys, "--lang", language)
    assert found.keys() == kept(url)
    told = {name.partition("._q_")[0] + " " + text.replace("，", ", ").split(", taken")[0].split(", 于")[0] for name, text in found.items()}
    was = {"en": ("was", " values"), "zh": ("原为", " 个值")}[language]
    one = {"en": "1 value", "zh": "1 个值"}[language]
    assert {text for text in told if text.startswith("desk_")} == {
        f"desk_request {was[0]} desk_ticket.code, 2{was[1]}",
        f"desk_request {was[0]} desk_ticket.size, {one}",
        f"desk_person {was[0]} desk_person.size, {one}",
    }
    assert any(f"{was[0]} desk_place, {one}" in text for text in told)


def test_nothing_is_purged_without_a_name_and_without_leave(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = listed(url, capsys)
    assert main(["quarantine", "purge", "--db", url, "--yes"]) == 2
    assert main(["quarantine", "purge", next(iter(before)), "--all", "--db", url, "--yes"]) == 2
    assert main(["quarantine", "purge", "--all", "--db", url]) == 2
    assert main(["quarantine", "purge", next(iter(before)), "--db", url]) == 2
    capsys.readouterr()
    for name in ("desk_request.headline", "desk_request", "dg_audit", "x", "_q_"):
        assert main(["quarantine", "purge", next(iter(before)), name, "--db", url, "--yes"]) == 1
        assert name in capsys.readouterr().err
    assert listed(url, capsys) == before
    assert kept(url) == before.keys()


def test_what_is_purged_is_gone_and_the_rest_stays(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = listed(url, capsys)
    size = next(name for name in before if name.startswith("desk_request._q_size"))
    assert main(["quarantine", "purge", size, "--db", url, "--yes"]) == 0
    assert kept(url) == before.keys() - {size}
    assert listed(url, capsys).keys() == before.keys() - {size}
    assert main(["quarantine", "purge", "--all", "--db", url, "--yes"]) == 0
    assert kept(url) == set()
    assert listed(url, capsys) == {}
    assert main(["quarantine", "purge", "--all", "--db", url, "--yes"]) == 0
    assert sorted(each["headline"] for each in said.read(url, "request")) == ["A", "B"]
    database = Database(url)
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).where(QUARANTINE.c.purged_at.is_(None))).scalar_one() == 0
    database.close()


def test_an_earlier_release_is_put_in_force_by_a_plan_like_any_other(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["releases", "--db", url]) == 0
    newest, first = (line.split() for line in capsys.readouterr().out.splitlines())
    assert (newest[0], newest[-2:], first[0]) == ("2", ["in", "force"], "1")
    said.fill(url, {"person": [{"name": "new"}]})
    assert main(["plan", "--release", "1", "--db", url]) == 0
    told = capsys.readouterr().out
    assert "Rename the table desk_request to desk_ticket" in told
    assert f"dougong apply --release 1 --db {url}" in told.replace("'", "") and "--allow-destructive" in told
    assert main(["apply", "--release", "1", "--db", url, "--yes"]) == 1
    assert main(["apply", "--release", first[1], "--db", url, "--yes", "--allow-destructive"]) == 0
    assert sorted(each["subject"] for each in said.read(url, "ticket")) == ["A", "B"]
    capsys.readouterr()
    assert main(["releases", "--db", url]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == [first[1], newest[1], first[1]]
    assert main(["plan", "--release", "1", "--db", url]) == 0
    assert "up to date" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "code"), [(["--release", "9"], 1), (["--release", ""], 1), (["--release", "1", "examples/notes"], 2), ([], 2)]
)
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_release_that_is_none_or_beside_an_app_is_refused(command: str, given: list[str], code: int, tmp_path: Path) -> None:
    assert main([command, *given, "--db", str(tmp_path / "x.db")]) == code


def test_a_database_without_anything_has_neither(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = str(tmp_path / "x.db")
    assert main(["quarantine", "list", "--db", database]) == 0
    assert main(["releases", "--db", database]) == 1
    assert "Nothing has been applied" in capsys.readouterr().out


WIDE = {"ticket": {"properties": {"subject": {"type": "string"}, "size": {"type": "string"}, "cost": {"kind": "decimal", "scale": 4}}}}
NARROW = {"ticket": {"properties": {"subject": {"type": "string"}, "size": {"type": "integer"}, "cost": {"kind": "decimal", "scale": 2}}}}


@pytest.fixture
def narrowed(fresh_url: str) -> str:
    """A database whose texts became numbers, with losses, and which went back; somebody has written one of them since."""
    said.apply(fresh_url, said.package(WIDE))
    rows = [
        {"subject": "kept", "size": "7"},
        {"subject": "lost", "size": "large", "cost": "1.2345"},
        {"subject": "rewritten", "size": "small", "cost": "2.0001"},
    ]
    keys = said.fill(fresh_url, {"ticket": rows})
    said.apply(fresh_url, said.package(NARROW, version="2.0.0"), allow_destructive=True)
    running = deployment.open_runtime(fresh_url, clock=FixedClock(datetime(2026, 3, 2, 5, 0, tzinfo=UTC)))
    with running.begin(said.SYSTEM) as work:
        records.update(work, "desk.ticket", keys[2], {"size": 3}, None)
    running.database.close()
    return fresh_url


def test_going_back_says_what_is_kept_and_how_it_comes_back(narrowed: str, capsys: pytest.CaptureFixture[str]) -> None:
    held = listed(narrowed, capsys)
    size, cost = sorted(held, key=lambda name: "_q_cost" in name)
    capsys.readouterr()
    assert main(["quarantine", "restore", size, "--db", narrowed, "--yes"]) == 1
    assert "another type" in capsys.readouterr().err
    assert main(["plan", "--release", "1", "--db", narrowed]) == 0
    told = capsys.readouterr().out
    assert all(f"dougong quarantine restore {name} --db" in told for name in held)
    assert main(["plan", "--release", "1", "--db", narrowed, "--lang", "zh"]) == 0
    assert "恢复" in capsys.readouterr().out
    assert main(["apply", "--release", "1", "--db", narrowed, "--yes", "--allow-destructive"]) == 0
    assert f"quarantine restore {size}" in capsys.readouterr().out
    assert [each["size"] for each in said.read(narrowed, "ticket")] == ["7", None, "3"]
    assert main(["quarantine", "restore", size, "--db", narrowed]) == 2
    shown = capsys.readouterr()
    assert "1 value would be brought back, 1 are there already, 1 record would keep" in shown.out and "--yes" in shown.err
    assert [each["size"] for each in said.read(narrowed, "ticket")] == ["7", None, "3"]
    assert main(["quarantine", "restore", size, "--db", narrowed, "--yes"]) == 1
    assert "written this field since" in capsys.readouterr().out
    assert main(["quarantine", "restore", cost, "--db", narrowed, "--yes"]) == 0
    found = said.read(narrowed, "ticket")
    assert [(each["size"], each["cost"]) for each in found] == [("7", None), ("large", "1.2345"), ("3", "2.0001")]
    assert said.history(narrowed, "ticket", found[1]["id"])[0]["cost"] == ["1.2300", "1.2345"]
    assert main(["quarantine", "restore", cost, "--db", narrowed, "--yes"]) == 0
    assert "0 values brought back, 2 were there already" in capsys.readouterr().out


def test_what_is_restored_has_a_place_or_is_refused(narrowed: str, capsys: pytest.CaptureFixture[str]) -> None:
    size = next(name for name in listed(narrowed, capsys) if "_q_size" in name)
    for more, code in (([], 2), ([size, size], 2), (["desk_ticket._q_no"], 1), ([size, "--to", "no"], 1), ([size, "--to", "subject"], 1)):
        assert main(["quarantine", "restore", *more, "--db", narrowed, "--yes"]) == code
    assert "keeps it" in capsys.readouterr().out
    assert [each["subject"] for each in said.read(narrowed, "ticket")] == ["kept", "lost", "rewritten"]


def test_a_table_comes_back_once_there_is_a_place_for_it(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = next(name for name in listed(url, capsys) if name.startswith("_q_desk_place"))
    assert main(["quarantine", "restore", place, "--db", url, "--yes"]) == 1
    assert "dougong apply --release 1" in capsys.readouterr().err
    assert main(["apply", "--release", "1", "--db", url, "--yes", "--allow-destructive"]) == 0
    said.fill(url, {"place": [{"name": "new"}]})
    for restored in (1, 0):
        capsys.readouterr()
        assert main(["quarantine", "restore", place, "--db", url, "--yes"]) == 0
        assert f"{restored} row" in capsys.readouterr().out
        assert sorted(each["name"] for each in said.read(url, "place")) == ["Q", "new"]
