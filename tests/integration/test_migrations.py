"""Plan and apply over real databases: drift, two at once, what was given up, old code beside, large tables."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from engine import cli, deployment, limits, records
from engine.cli import apply
from engine.ids import new_id
from engine.store import Database, Tables, migrations
from engine.store.migrations.live import inspect
from engine.store.migrations.operations import kind_of
from tests import said

TICKET = {
    "ticket": {
        "properties": {"subject": {"type": "string"}, "qty": {"type": "integer"}, "state": {"enum": ["open", "closed"]}},
        "indexes": [["state"]],
    }
}


@pytest.fixture
def database(fresh_url: str) -> Iterator[Database]:
    said.apply(fresh_url, said.package(TICKET))
    found = Database(fresh_url)
    yield found
    found.close()


def _run(database: Database, statement: str) -> None:
    with database.write() as connection:
        connection.execute(sa.text(statement))


def _kinds(plan: migrations.Plan) -> list[str]:
    return [kind_of(step) for step in plan.operations]


def test_a_dropped_index_is_made_again(fresh_url: str, database: Database) -> None:
    app = said.compiled(said.package(TICKET))
    index = next(each for each in Tables(app)["desk.ticket"].indexes if each.info["columns"] == ("state",))
    _run(database, f'DROP INDEX "{index.name}"')
    plan = deployment.plan(database, app)
    assert _kinds(plan) == ["create-index", "activate"]
    said.apply(fresh_url, said.package(TICKET))
    assert deployment.lag(database, app) is None


def test_a_table_and_a_column_that_are_missing_are_made_again_and_told(fresh_url: str, database: Database) -> None:
    two = {**TICKET, "person": {"properties": {"name": {"type": "string"}}}}
    said.apply(fresh_url, said.package(two))
    said.fill(fresh_url, {"ticket": [{"subject": "A", "qty": 1}]})
    _run(database, 'ALTER TABLE desk_ticket DROP COLUMN "qty"')
    _run(database, "DROP TABLE desk_person")
    plan = deployment.plan(database, said.compiled(said.package(two)))
    assert _kinds(plan) == ["create-table", "add-column", "activate"]
    assert {finding.code for finding in plan.findings} == {"table-missing", "column-missing"}
    said.apply(fresh_url, said.package(two))
    assert said.read(fresh_url, "ticket")[0]["qty"] is None


def test_an_operators_own_index_and_column_are_left_alone(fresh_url: str, database: Database) -> None:
    _run(database, "CREATE INDEX report_by_subject ON desk_ticket (subject)")
    _run(database, "ALTER TABLE desk_ticket ADD COLUMN external_key TEXT")
    assert deployment.lag(database, said.compiled(said.package(TICKET))) is None
    more = {"ticket": {**TICKET["ticket"], "properties": {**TICKET["ticket"]["properties"], "note": {"type": "string"}}}}  # type: ignore[dict-item]
    said.apply(fresh_url, said.package(more))
    with database.read() as connection:
        table = inspect(connection)["desk_ticket"]
    assert "report_by_subject" in table.indexes and "external_key" in table.columns


def test_samples_are_written_as_people_write_them(fresh_url: str, database: Database) -> None:
    amounts = {"kind": "decimal", "scale": 4}
    said.apply(fresh_url, said.package({"ticket": {"properties": {"size": amounts, "cost": {"kind": "money"}}}}), allow_destructive=True)
    said.fill(fresh_url, {"ticket": [{"size": "1.2345", "cost": "7.50"}, {"size": "-0.0001", "cost": "7.50"}]})
    narrow = {"size": {"kind": "decimal", "scale": 2}, "cost": {"kind": "money", "unique": True}}
    plan = deployment.plan(database, said.compiled(said.package({"ticket": {"properties": narrow}})))
    assert [step.samples for step in plan.operations if step.lost] == [("-0.0001", "1.2345")]
    assert [finding.samples for finding in plan.findings] == [("7.50",)]


def test_a_refused_apply_changes_nothing(fresh_url: str, database: Database) -> None:
    said.fill(fresh_url, {"ticket": [{"subject": "A", "qty": 1}]})
    with database.read() as connection:
        before = inspect(connection)
    with pytest.raises(migrations.Refused) as refused:
        said.apply(fresh_url, said.package({"ticket": {"properties": {"subject": {"type": "string"}}}}))
    assert refused.value.code == "migration-destructive"
    with database.read() as connection:
        assert inspect(connection) == before
    assert said.read(fresh_url, "ticket")[0]["qty"] == 1


def test_values_taken_out_of_use_stay_in_quarantine(fresh_url: str, database: Database) -> None:
    said.fill(fresh_url, {"ticket": [{"subject": "A", "qty": 41}, {"subject": "B"}]})
    said.apply(fresh_url, said.package({"ticket": {"properties": {"subject": {"type": "string"}}}}), allow_destructive=True)
    with database.read() as connection:
        held = connection.execute(
            sa.text("SELECT table_name, column_name, stored_as, rows_held FROM dg_quarantine WHERE column_name = 'qty'")
        ).one()
        values = connection.execute(sa.text(f'SELECT "{held.stored_as}" FROM desk_ticket ORDER BY id')).scalars().all()
    assert (held.table_name, held.column_name, held.rows_held) == ("desk_ticket", "qty", 1)
    assert values == [41, None]


def test_history_and_numbers_follow_a_rename(fresh_url: str) -> None:
    before = {"ticket": {"properties": {"subject": {"type": "string"}, "no": {"kind": "sequence", "template": "T-{###}"}}}}
    after = {
        "request": {
            "uid": "ticket",
            "properties": {
                "headline": {"type": "string", "uid": "subject"},
                "number": {"kind": "sequence", "template": "T-{###}", "uid": "no"},
            },
        }
    }
    said.apply(fresh_url, said.package(before))
    key = said.fill(fresh_url, {"ticket": [{"subject": "A"}]})[0]
    said.apply(fresh_url, said.package(after))
    said.fill(fresh_url, {"request": [{"headline": "B"}]})
    assert [record["number"] for record in said.read(fresh_url, "request")] == ["T-001", "T-002"]
    assert said.history(fresh_url, "request", key)[0]["headline"] == [None, "A"]


INSTANT = {"type": "string", "format": "date-time"}


def _weighed(**computed: object) -> dict[str, object]:
    """Tickets with lines; a formula over a formula of the lines cannot be followed before it is there."""
    qty = {"qty": {"type": "integer"}, **({"twice": {"type": "integer", "compute": "qty * 2"}} if computed else {})}
    return {"code": {"type": "string"}, "parts": {"kind": "lines", "items": {"properties": qty}}, **computed}


WEIGHT = {"type": "integer", "compute": "sum(parts.twice)", "unique": True}
ALIKE = [{"code": "a", "parts": [{"qty": 2}]}, {"code": "b", "parts": [{"qty": 1}, {"qty": 1}]}]


def test_a_key_that_only_the_database_can_judge_is_refused_and_the_old_release_goes_on(fresh_url: str) -> None:
    said.apply(fresh_url, said.package({"ticket": {"properties": _weighed()}}))
    said.fill(fresh_url, {"ticket": ALIKE})
    with pytest.raises(migrations.Refused) as refused:
        said.apply(fresh_url, said.package({"ticket": {"properties": _weighed(weight=WEIGHT)}}))
    assert refused.value.plan.findings[-1].code == "key-broken"
    assert [record["code"] for record in said.read(fresh_url, "ticket")] == ["a", "b"]


def test_records_that_a_conversion_makes_alike_are_told_before_anything_is_done(fresh_url: str) -> None:
    said.apply(fresh_url, said.package({"ticket": {"properties": {"code": {"type": "string"}}}}))
    said.fill(fresh_url, {"ticket": [{"code": "1"}, {"code": "01"}, {"code": "2"}, {}, {}]})
    app = said.package({"ticket": {"properties": {"code": {"type": "integer", "unique": True}}}})
    database = Database(fresh_url)
    with database.read() as connection:
        columns = dict(inspect(connection)["desk_ticket"].columns)
    found = [each for each in deployment.plan(database, said.compiled(app)).findings if each.severity == "refused"]
    assert [(each.code, each.rows, each.samples) for each in found] == [("duplicates", 1, ("1",))]
    with pytest.raises(migrations.Refused):
        said.apply(fresh_url, app, allow_destructive=True)
    with database.read() as connection:
        assert dict(inspect(connection)["desk_ticket"].columns) == columns
    database.close()


def test_a_choice_that_was_cleared_is_blank_in_the_database_too(fresh_url: str) -> None:
    several = {"ticket": {"properties": {"tags": {"type": "array", "items": {"enum": ["a", "b"]}}}}}
    said.apply(fresh_url, said.package(several))
    key = said.fill(fresh_url, {"ticket": [{"tags": ["a"]}]})[0]
    running = deployment.open_runtime(fresh_url, clock=said.CLOCK)
    with running.begin(said.SYSTEM) as work:
        records.update(work, "desk.ticket", key, {"tags": None}, None)
    with running.read(said.SYSTEM) as work:
        assert len(records.find(work, records.Query("desk.ticket", where="tags is blank")).items) == 1
        assert work.connection.execute(sa.text("SELECT count(*) FROM desk_ticket WHERE tags IS NULL")).scalar_one() == 1
    running.database.close()
    said.apply(fresh_url, said.package({"ticket": {"properties": {"tags": {"type": "string"}}}}))
    assert said.read(fresh_url, "ticket")[0]["tags"] is None


def test_what_a_given_up_change_made_is_taken_away(fresh_url: str) -> None:
    said.apply(fresh_url, said.package({"ticket": {"properties": _weighed()}}))
    said.fill(fresh_url, {"ticket": ALIKE})
    broken: dict[str, object] = {
        "ticket": {"properties": _weighed(weight=WEIGHT, wrong={"type": "string"})},
        "wrong": {"properties": {"x": {"type": "string"}}},
    }
    with pytest.raises(migrations.Refused):
        said.apply(fresh_url, said.package(broken))
    said.apply(fresh_url, said.package({"ticket": {"properties": {**_weighed(), "right": {"type": "string"}}}}))
    found = Database(fresh_url)
    with found.read() as connection:
        live = inspect(connection)
    found.close()
    assert "desk_wrong" not in live
    assert {name for name in live["desk_ticket"].columns if name not in said.SYSTEM_COLUMNS} == {"code", "right"}


NUMBER = {"kind": "sequence", "template": "T-{yyyy}-{##}", "restart": "year"}
NUMBERED = {"ticket": {"properties": {"subject": {"type": "string"}, "number": NUMBER}}}
LOCAL = {"defaults": {"time_zone": "Asia/Shanghai"}}


def _numbers(url: str) -> dict[str, str]:
    return {each["subject"]: each["number"] for each in said.read(url, "ticket")}


def test_numbers_follow_the_time_of_creation_and_go_on(fresh_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records brought in from elsewhere are older than their keys say; a year ends by the app's clock; the trash counts too."""
    monkeypatch.setattr(limits, "migration_batch_rows", 2)
    said.apply(fresh_url, said.package({"ticket": {"properties": {"subject": {"type": "string"}}}}, **LOCAL))
    said.fill(fresh_url, {"ticket": [{"subject": name} for name in "ABCDE"]})
    database = Database(fresh_url)
    for name, created in {"C": "2024-05-01", "B": "2025-12-31 15:59:59", "D": "2025-12-31 16:00:00"}.items():
        _run(
            database,
            f"UPDATE desk_ticket SET created_at = '{created if ' ' in created else created + ' 00:00:00'}' WHERE subject = '{name}'",
        )
    database.close()
    said.apply(fresh_url, said.package(NUMBERED, version="2.0.0", **LOCAL))
    said.fill(fresh_url, {"ticket": [{"subject": "F"}]})
    assert _numbers(fresh_url) == {
        "C": "T-2024-01",
        "B": "T-2025-01",
        "D": "T-2026-01",
        "A": "T-2026-02",
        "E": "T-2026-03",
        "F": "T-2026-04",
    }


@pytest.mark.parametrize("fill", [True, False], ids=["one without", "all with"])
def test_numbers_go_on_after_those_that_were_texts(fresh_url: str, fill: bool) -> None:
    texts = {"ticket": {"properties": {"subject": {"type": "string"}, "number": {"type": "string"}}}}
    said.apply(fresh_url, said.package(texts))
    old = ["T-2026-07", "T-2026-003", "T-2025-99", "T-2026-12x", "T-2026-", "by hand", "T-2026-9999999999999999999"]
    said.fill(fresh_url, {"ticket": [{"subject": str(place), "number": text} for place, text in enumerate(old)]})
    if fill:
        said.fill(fresh_url, {"ticket": [{"subject": "blank"}]})
    said.apply(fresh_url, said.package(NUMBERED, version="2.0.0"))
    said.fill(fresh_url, {"ticket": [{"subject": "new"}, {"subject": "newer"}]})
    numbers = _numbers(fresh_url)
    assert [numbers[str(place)] for place in range(len(old))] == old
    expected = ["T-2026-08", "T-2026-09", "T-2026-10"] if fill else ["T-2026-08", "T-2026-09"]
    assert [numbers[name] for name in (["blank"] if fill else []) + ["new", "newer"]] == expected


def test_numbers_of_a_change_that_was_given_up_are_given_again(fresh_url: str) -> None:
    said.apply(fresh_url, said.package({"ticket": {"properties": {"subject": {"type": "string"}, "code": {"type": "string"}}}}))
    keys = said.fill(fresh_url, {"ticket": [{"subject": "A", "code": "x"}, {"subject": "B", "code": "x"}]})
    unique = {"subject": {"type": "string"}, "code": {"type": "string"}, "more": {"type": "string", "compute": "code"}, "number": NUMBER}
    broken = said.package({"ticket": {"properties": unique, "unique": {"more": ["more"]}}}, version="2.0.0")
    with pytest.raises(migrations.Refused):  # the numbers were given beside the old release, the key breaks at the switch
        said.apply(fresh_url, broken)
    assert len(keys) == 2
    said.apply(fresh_url, said.package(NUMBERED, version="3.0.0"), allow_destructive=True)
    assert _numbers(fresh_url) == {"A": "T-2026-01", "B": "T-2026-02"}


def test_of_two_who_apply_at_once_one_is_refused_or_finds_the_work_done(fresh_url: str, database: Database) -> None:
    said.fill(fresh_url, {"ticket": [{"subject": f"S{n}", "qty": n} for n in range(50)]})
    after = said.package({"ticket": {"properties": {**TICKET["ticket"]["properties"], "twice": {"type": "integer", "compute": "qty * 2"}}}})  # type: ignore[dict-item]
    outcomes: list[object] = []

    def apply() -> None:
        try:
            outcomes.append(said.apply(fresh_url, after).changed)
        except migrations.AlreadyApplying as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=apply) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(True) == 1
    assert set(outcomes) <= {True, False, "already-applying"}
    with database.read() as connection:
        assert connection.execute(sa.text('SELECT "release" FROM dg_state')).scalar_one() == 2
    assert [record["twice"] for record in said.read(fresh_url, "ticket")] == [n * 2 for n in range(50)]


def test_a_large_table_is_filled_by_whole_set_statements(fresh_url: str, database: Database) -> None:
    tables = Tables(said.compiled(said.package(TICKET)))
    now = said.CLOCK.now().replace(tzinfo=None)
    rows = [{"id": new_id(), "version": 1, "created_at": now, "updated_at": now, "subject": f"S{n}", "qty": n} for n in range(12_000)]
    with database.write() as connection:
        connection.execute(sa.insert(tables["desk.ticket"]), rows)
    after = said.package({"ticket": {"properties": {**TICKET["ticket"]["properties"], "twice": {"type": "integer", "compute": "qty * 2"}}}})  # type: ignore[dict-item]
    updates: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE") and "desk_ticket" in statement:
            updates.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    deployment.apply_packages(database, [after], allow_destructive=False, by="test", clock=said.CLOCK)
    batches = -(-len(rows) // limits.migration_batch_rows)
    assert len(updates) == batches + 1  # and once more at the switch, for what was written meanwhile
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM desk_ticket WHERE twice = qty * 2")).scalar_one() == len(rows)


def _folder(at: Path, properties: str) -> str:
    (at / "entities").mkdir(parents=True, exist_ok=True)
    (at / "app.yaml").write_text("app: desk\ntitle: {en: Desk, zh: 服务台}\nversion: 1.0.0\n", "utf-8")
    (at / "entities" / "ticket.yaml").write_text(f"entity: ticket\ntitle: {{en: Ticket, zh: 工单}}\nproperties:\n{properties}", "utf-8")
    return str(at)


def test_the_commands_plan_and_apply(fresh_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = _folder(tmp_path / "desk", "  subject: {type: string}\n  size: {type: string}\n")
    assert cli.main(["apply", app, "--db", fresh_url, "--yes"]) == 0
    said.fill(fresh_url, {"ticket": [{"subject": "A", "size": "large"}]})
    capsys.readouterr()
    assert cli.main(["plan", app, "--db", fresh_url]) == 0
    assert capsys.readouterr().out == "The database is up to date.\n"
    _folder(tmp_path / "desk", "  subject: {type: string}\n  size: {type: integer}\n")
    assert cli.main(["plan", app, "--db", fresh_url, "--lang", "zh"]) == 0
    assert "1 个值无法原样转换：large" in capsys.readouterr().out
    assert cli.main(["plan", app, "--db", fresh_url, "--format", "json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["destructive"], plan["refused"]) == (True, False)
    assert cli.main(["apply", app, "--db", fresh_url, "--yes"]) == 1
    assert "--allow-destructive" in capsys.readouterr().out
    assert cli.main(["apply", app, "--db", fresh_url, "--yes", "--allow-destructive"]) == 0
    assert said.read(fresh_url, "ticket")[0]["size"] is None
    assert cli.main(["apply", app, "--db", fresh_url]) == 0


def test_an_apply_that_is_interrupted_says_so_and_goes_on_later(
    fresh_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said.apply(fresh_url, said.package({"ticket": {"properties": {"size": {"type": "string"}}}}))
    keys = said.fill(fresh_url, {"ticket": [{"size": "1"}, {"size": "2"}]})
    for path, content in said.package({"ticket": {"properties": {"size": {"type": "integer"}}}}, version="2.0.0").files.items():
        (tmp_path / "desk" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "desk" / path).write_bytes(content)
    command = ["apply", str(tmp_path / "desk"), "--db", fresh_url, "--yes", "--lang", "en"]
    told: list[object] = []

    def interrupt(*step: object) -> None:
        told.append(step)
        if len(told) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(apply._Progress, "tell", interrupt)
        assert cli.main(command) == 130
    assert "apply again to go on" in capsys.readouterr().err
    assert [each["size"] for each in said.read(fresh_url, "ticket")] == ["1", "2"]
    assert cli.main(command) == 0
    assert "cut short" in capsys.readouterr().out
    assert [(each["id"], each["size"]) for each in said.read(fresh_url, "ticket")] == [(keys[0], 1), (keys[1], 2)]
