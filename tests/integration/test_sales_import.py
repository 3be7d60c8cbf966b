"""The main job on real input: the sales records of four files, brought in by the command, and who then sees what of them."""

from __future__ import annotations

import csv
import io
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from os import getenv
from pathlib import Path
from typing import Any

import pandas
import pytest

from engine import deployment, records, resources
from engine.access import Actor
from engine.cli import main
from engine.errors import Forbidden, NotFound
from engine.records import Query, transfer
from engine.runtime import Runtime
from engine.testing import factory
from tests.fresh_database import fresh_url

_BESIDE = Path(__file__).parents[3] / "shared" / "data"
_DATA = Path(getenv("DOUGONG_TEST_DATA", str(_BESIDE))) / "crm_sales"
_FILES = ("products", "accounts", "sales_teams", "sales_pipeline")
__all__ = ["fresh_url"]

_WON, _LOST, _ENGAGING, _PROSPECTING = 4238, 2473, 1589, 500

pytestmark = pytest.mark.skipif(not _DATA.is_dir(), reason="the sales records are not here (folder in DOUGONG_TEST_DATA)")


def run(url: str, *arguments: str | Path) -> int:
    """The command, in this process."""
    return main(["import", *map(str, arguments), "--db", url, "--lang", "en"])


def prepared(folder: Path, name: str) -> str:
    """A database with the app and everything but the pipeline."""
    url = f"sqlite:///{folder / name}.db"
    factory.runtime([resources.apps() / "crm"], url).database.close()
    for file in _FILES[:3]:
        assert run(url, _DATA / f"{file}.csv") == 0
    return url


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """All four files in a database."""
    folder = tmp_path_factory.mktemp("sales")
    url = prepared(folder, "sales")
    report = folder / "report.csv"
    assert run(url, _DATA / "sales_pipeline.csv", "--report", report) == 0
    with report.open(encoding="utf-8-sig") as file:
        fates = [row["outcome"] for row in csv.DictReader(file)]
    assert fates == ["created"] * 8800
    runtime = deployment.open_runtime(url)
    yield runtime
    runtime.database.close()


def pipeline() -> pandas.DataFrame:
    """The pipeline as another program reads it."""
    return pandas.read_csv(_DATA / "sales_pipeline.csv")


def actor(runtime: Runtime, login: str) -> Actor:
    """A person of the sales records, by name."""
    with runtime.read(factory.SYSTEM) as work:
        person = records.find(work, Query("system.user", equal={"login": login})).items[0]
    found = runtime.actor_of(person.id)
    assert found is not None
    return found


def totals(runtime: Runtime, who: Actor, where: str | None = None) -> dict[str, Any]:
    """What the footer of a list says to somebody."""
    with runtime.read(who) as work:
        asked = Query("crm.opportunity", where=where, limit=1, totals={"count": ("count", None), "amount": ("sum", "amount")})
        return dict(records.find(work, asked).totals)


def test_the_footer_says_what_the_files_hold(sales: Runtime) -> None:
    said = {stage: totals(sales, factory.SYSTEM, f"stage = '{stage}'") for stage in ("won", "lost", "engaging", "prospecting")}
    assert {stage: each["count"] for stage, each in said.items()} == {
        "won": _WON,
        "lost": _LOST,
        "engaging": _ENGAGING,
        "prospecting": _PROSPECTING,
    }
    assert said["won"]["amount"] == "10005534.00"
    frame = pipeline()
    assert pipeline().deal_stage.str.lower().value_counts().to_dict() == {stage: each["count"] for stage, each in said.items()}
    assert float(frame.close_value.sum()) == float(totals(sales, factory.SYSTEM)["amount"])


def test_each_record_is_what_its_row_says(sales: Runtime) -> None:
    frame = pipeline().astype(object).where(lambda each: each.notna(), None)
    expected = {
        (
            row.opportunity_id,
            row.sales_agent,
            row.product.replace("GTXPro", "GTX Pro"),
            row.account or "",
            row.deal_stage,
            pandas.to_datetime(row.engage_date, format="%m/%d/%Y").strftime("%Y-%m-%d") if row.engage_date else "",
            pandas.to_datetime(row.close_date, format="%m/%d/%Y").strftime("%Y-%m-%d") if row.close_date else "",
            f"{row.close_value:.2f}" if row.close_value is not None else "",
        )
        for row in frame.itertuples()
    }
    fields = ("external_id", "owner", "product", "account", "stage", "engage_date", "close_date", "amount")
    with sales.read(factory.SYSTEM) as work:
        text = "".join(transfer.export_csv(work, Query("crm.opportunity", fields=fields))).removeprefix("\ufeff")
    found = [tuple(row) for row in csv.reader(io.StringIO(text))][1:]
    assert len(found) == 8800
    assert set(found) == expected


def test_companies_are_linked_whatever_their_order(sales: Runtime) -> None:
    frame = pandas.read_csv(_DATA / "accounts.csv").dropna(subset=["subsidiary_of"])
    with sales.read(factory.SYSTEM) as work:
        found = records.find(work, Query("crm.account", where="parent is not blank", limit=100, names=True)).items
    assert {(each.display, each.references["parent"].display) for each in found} == set(
        zip(frame.account, frame.subsidiary_of, strict=True)
    )


def test_one_audit_row_per_record_and_again_nothing_changes(sales: Runtime) -> None:
    path = str(sales.database.url.database)
    with sqlite3.connect(path) as raw:
        before = raw.execute("SELECT count(*), count(DISTINCT record) FROM dg_audit WHERE entity = 'crm.opportunity'").fetchone()
        assert before == (8800, 8800)
    assert run(f"sqlite:///{path}", _DATA / "sales_pipeline.csv") == 0
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT count(*) FROM dg_audit WHERE entity = 'crm.opportunity'").fetchone()[0] == 8800
        last = raw.execute("SELECT created, updated, unchanged, refused FROM dg_import ORDER BY id DESC LIMIT 1").fetchone()
    assert last == (0, 0, 8800, 0)


@pytest.mark.parametrize("login", ["Darcel Schlecht", "Dustin Brinkmann"])
def test_people_see_their_own_and_their_teams_on_every_path(sales: Runtime, login: str) -> None:
    frame, teams = pipeline(), pandas.read_csv(_DATA / "sales_teams.csv")
    mine = {login} | set(teams[teams.manager == login].sales_agent)
    own = frame[frame.sales_agent.isin(mine)]
    who = actor(sales, login)
    assert totals(sales, who) == {"count": len(own), "amount": f"{own.close_value.sum():.2f}"}
    assert totals(sales, who, "stage = 'won'")["count"] == int((own.deal_stage == "Won").sum())
    foreign = str(frame[~frame.sales_agent.isin(mine)].opportunity_id.iloc[0])
    at_home = str(own.opportunity_id.iloc[0])
    with sales.read(factory.SYSTEM) as work:
        keys = {each: records.find(work, Query("crm.opportunity", equal={"external_id": each})).items[0].id for each in (foreign, at_home)}
    with sales.read(who) as work:
        assert records.find(work, Query("crm.opportunity", search=foreign)).items == ()
        assert records.autocomplete(work, "crm.opportunity", foreign) == []
        assert [each.id for each in records.autocomplete(work, "crm.opportunity", at_home)] == [keys[at_home]]
        assert records.get(work, "crm.opportunity", keys[at_home]).id == keys[at_home]
        assert len(records.history(work, "crm.opportunity", keys[at_home])) == 1
        for read in (records.get, records.history):
            with pytest.raises(NotFound):
                read(work, "crm.opportunity", keys[foreign])
        if login == "Dustin Brinkmann":
            rows = list(transfer.export_rows(work, Query("crm.opportunity", fields=("external_id",))))[1:]
            assert {row[0] for row in rows} == set(own.opportunity_id)
        else:
            with pytest.raises(Forbidden):
                list(transfer.export_rows(work, Query("crm.opportunity")))


def contents(url: str) -> dict[str, list[Any]]:
    """Everything in a SQLite database, table by table."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        names = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: sorted(map(repr, raw.execute(f'SELECT * FROM "{name}"'))) for name in names}


def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = prepared(tmp_path, "dry")
    before = contents(url)
    capsys.readouterr()
    assert run(url, _DATA / "sales_pipeline.csv", "--dry-run", "--json", "--report", tmp_path / "report.csv") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["dry_run"] is True
    assert {name: said["steps"][0][name] for name in ("rows", "created", "refused")} == {"rows": 8800, "created": 8800, "refused": 0}
    assert contents(url) == before
    with (tmp_path / "report.csv").open(encoding="utf-8-sig") as file:
        assert sum(1 for _ in csv.DictReader(file)) == 8800


def as_the_app_says_it(url: str) -> list[tuple[Any, ...]]:
    """The deals, without what differs from run to run (keys, numbers of the clock)."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        return raw.execute(
            "SELECT o.number, o.external_id, a.name, p.name, u.login, o.stage, o.engage_date, o.close_date, o.amount, o.version "
            "FROM crm_opportunity o LEFT JOIN crm_account a ON a.id = o.account JOIN crm_product p ON p.id = o.product "
            "JOIN system_user u ON u.id = o.owner ORDER BY o.external_id"
        ).fetchall()


def test_killed_in_the_middle_it_goes_on_as_if_nothing_had_been(tmp_path: Path, sales: Runtime) -> None:
    url = prepared(tmp_path, "killed")
    command = [sys.executable, "-m", "engine.cli", "import", str(_DATA / "sales_pipeline.csv"), "--db", url]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL)
    done = 0
    with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30) as raw:
        asked = "SELECT coalesce(max(rows_done), 0) FROM dg_import WHERE entity = 'crm.opportunity'"
        deadline = time.monotonic() + 120
        while not done and process.poll() is None and time.monotonic() < deadline:
            done = raw.execute(asked).fetchone()[0]
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done, kept = raw.execute(asked).fetchone()[0], raw.execute("SELECT count(*) FROM crm_opportunity").fetchone()[0]
    assert 0 < done < 8800
    assert kept == done
    assert run(url, _DATA / "sales_pipeline.csv") == 0
    assert as_the_app_says_it(url) == as_the_app_says_it(f"sqlite:///{sales.database.url.database}")
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        assert raw.execute("SELECT count(*), count(DISTINCT record) FROM dg_audit WHERE entity = 'crm.opportunity'").fetchone() == (
            8800,
            8800,
        )
        state = raw.execute("SELECT state, rows_done, created FROM dg_import WHERE entity = 'crm.opportunity'").fetchall()
    assert state == [("done", 8800, 8800)]


def test_whoever_keeps_the_records_brings_them_in_without_being_an_administrator(tmp_path: Path) -> None:
    url = prepared(tmp_path, "operator")
    running = deployment.open_runtime(url)
    factory.person(running, "mia", "crm.operator")
    factory.person(running, "noa", "crm.rep")
    running.database.close()
    assert run(url, _DATA / "sales_pipeline.csv", "--user", "noa", "--dry-run") == 2
    assert run(url, _DATA / "sales_teams.csv", "--user", "mia", "--dry-run") == 2
    assert run(url, _DATA / "sales_pipeline.csv", "--user", "mia") == 0


@pytest.mark.parametrize("fresh_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_on_postgresql_too(fresh_url: str) -> None:
    running = factory.runtime([resources.apps() / "crm"], fresh_url)
    running.database.close()
    for file in _FILES:
        assert run(fresh_url, _DATA / f"{file}.csv") == 0
    running = deployment.open_runtime(fresh_url)
    assert totals(running, factory.SYSTEM, "stage = 'won'") == {"count": _WON, "amount": "10005534.00"}
    assert totals(running, actor(running, "Darcel Schlecht"))["count"] == int((pipeline().sales_agent == "Darcel Schlecht").sum())
    running.database.close()
