"""Importing, taking back, exporting and loading data, on both databases, with people of different rights."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from engine import records
from engine.access import Actor
from engine.clock import FixedClock
from engine.errors import BadRequest, Conflict, Forbidden, NotFound
from engine.records import Query, transfer
from engine.records.transfer import ImportResult, Outcome
from engine.runtime import Runtime
from engine.store import UnitOfWork
from engine.testing import factory
from tests.fresh_database import fresh_url

__all__ = ["fresh_url"]

STORES = Path(__file__).parent.parent / "apps" / "stores"
HEADER = "Code,Name,Sort,Shelf,Bought,Gone,Price,Count"


@dataclass
class Stores:
    """A running store room: kim keeps own items, cleo is the clerk, rob only reads."""

    runtime: Runtime
    folder: Path
    kim: Actor
    cleo: Actor
    rob: Actor

    def file(self, *lines: str, header: str = HEADER, name: str = "items.csv") -> Path:
        """A CSV file of these lines."""
        path = self.folder / name
        path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
        return path

    def bring_in(
        self, path: Path, *, who: Actor | None = None, format: str = "stores.items", trial: bool = False, watch: Any = None
    ) -> tuple[ImportResult, ...]:
        """Import a file."""
        run = transfer.try_import if trial else transfer.run_import
        return run(self.begin(who), path, transfer.survey(path), self.runtime.app.imports[format], watch=watch)

    def begin(self, who: Actor | None = None) -> Any:
        """What an import asks for its transactions."""

        def begin() -> AbstractContextManager[UnitOfWork]:
            return self.runtime.begin(who or self.cleo)

        return begin

    def items(self, who: Actor | None = None) -> dict[str, dict[str, Any]]:
        """The items somebody sees, by code, as JSON."""
        with self.runtime.read(who or factory.SYSTEM) as work:
            found = records.find(work, Query("stores.item", limit=500)).items
            return {each.values["code"]: records.present(work.app, each) for each in found}


@pytest.fixture
def stores(fresh_url: str, tmp_path: Path) -> Iterator[Stores]:
    """The store room with its reference data."""
    running = factory.runtime([STORES], fresh_url, clock=FixedClock(factory.NOON))
    transfer.load_data(running)
    yield Stores(
        running,
        tmp_path,
        kim=factory.person(running, "kim", "stores.keeper"),
        cleo=factory.person(running, "cleo", "stores.clerk"),
        rob=factory.person(running, "rob", "stores.reader"),
    )
    running.database.close()


def reasons(result: ImportResult) -> dict[int, list[tuple[str, str]]]:
    """Why rows were refused, by line."""
    return {each.line: [(problem.field, problem.code) for problem in each.problems] for each in result.first_refusals}


def test_rows_become_records_by_label_alias_reference_and_format(stores: Stores) -> None:
    path = stores.file("A1,hamer,工具,Top,3/1/2026,,12.50,4", "A2,Nail,,,,,,", 'A3,"Long, ""odd"" name",book,Base,12/31/2025,1/2/2026,¥3,1')
    result = stores.bring_in(path)[0]
    assert (result.rows, result.created, result.refused) == (3, 3, 0)
    items = stores.items()
    assert items["A1"]["name"] == "hammer"
    assert items["A1"]["sort"] == "tool"
    assert items["A1"]["bought"] == "2026-03-01"
    assert items["A1"]["worth"] == "50.00"
    assert items["A2"]["sort"] == "part"
    assert items["A3"]["name"] == 'Long, "odd" name'
    assert sorted(each["number"] for each in items.values()) == ["I-0001", "I-0002", "I-0003"]


def test_every_row_has_its_outcome_and_every_reason(stores: Stores) -> None:
    path = stores.file(
        "A1,Hammer,tool,Top,3/1/2026,,12.50,4",
        ",Nobody,tool,,,,,",
        "A2,Saw,beast,Attic,31/3/2026,,x,-1",
        "A3,Axe,tool,Top,3/2/2026,3/1/2026,1,1",
        "A4,,tool,,,,,",
        "A5,Rope,tool,,,,,,surplus",
        "A1,Hammer,tool,Top,3/1/2026,,12.50,4",
        "A1,Hammer,tool,Top,3/1/2026,,13.50,4",
    )
    seen: list[Outcome] = []
    result = stores.bring_in(path, watch=lambda _step, outcomes: seen.extend(outcomes))[0]
    assert [each.fate for each in seen] == ["created", *["refused"] * 5, "unchanged", "updated"]
    assert result.total == result.rows == 8
    assert reasons(result) == {
        3: [("code", "key-blank")],
        4: [
            ("bought", "not-in-format"),
            ("shelf", "no-match"),
            ("sort", "not-a-choice"),
            ("price", "not-number"),
            ("count", "below-minimum"),
        ],
        5: [("gone", "check")],
        6: [("name", "required")],
        7: [("", "too-many-cells")],
    }
    assert list(stores.items()) == ["A1"]
    assert stores.items()["A1"]["price"] == "13.50"
    assert stores.items()["A1"]["version"] == 2


def test_rows_find_their_records_by_key(stores: Stores) -> None:
    stores.bring_in(stores.file("A1,Hammer,tool,Top,3/1/2026,,12.50,4", "A2,Saw,tool,,,,,"))
    result = stores.bring_in(stores.file("A2,Saw,book,,,,,", "A1,Hammer,tool,Top,3/1/2026,,12.50,4", "A3,Axe,,,,,,"))[0]
    assert (result.created, result.updated, result.unchanged) == (1, 1, 1)
    assert stores.items()["A1"]["version"] == 1
    assert stores.items()["A2"]["sort"] == "book"


def test_a_blank_cell_clears_but_leaves_a_default_alone(stores: Stores) -> None:
    stores.bring_in(stores.file("A1,Hammer,tool,Top,3/1/2026,,12.50,4"))
    stores.bring_in(stores.file("A1,Hammer,,,,,,"))
    item = stores.items()["A1"]
    assert (item["shelf"], item["price"], item["sort"]) == (None, None, "tool")


def test_a_trial_says_what_the_run_then_does_and_writes_nothing(stores: Stores) -> None:
    path = stores.file("A1,Hammer,tool,Top,3/1/2026,,12.50,4", "A1,Hammer,tool,Top,3/1/2026,,1,4", "A2,Saw,beast,,,,,")
    tried = stores.bring_in(path, trial=True)[0]
    with stores.runtime.read(factory.SYSTEM) as work:
        assert transfer.imports(work) == []
        assert work.connection.exec_driver_sql("SELECT count(*) FROM dg_audit WHERE entity = 'stores.item'").scalar_one() == 0
    assert stores.items() == {}
    done = stores.bring_in(path)[0]
    assert (tried.created, tried.updated, tried.refused) == (done.created, done.updated, done.refused) == (1, 1, 1)
    assert reasons(tried) == reasons(done)
    assert tried.import_id == ""


def test_one_file_feeds_several_entities(stores: Stores) -> None:
    path = stores.file("High,hall,Mia,Low", "Low,hall,Mia,", "Far,yard,Noa,High", header="Shelf,Room,Keeper,On")
    with pytest.raises(Forbidden):
        stores.bring_in(path, format="stores.rooms")
    tried = stores.bring_in(path, who=factory.SYSTEM, format="stores.rooms", trial=True)
    done = stores.bring_in(path, who=factory.SYSTEM, format="stores.rooms")
    for results in (tried, done):
        assert [(each.created, each.updated, each.unchanged, each.refused) for each in results] == [
            (2, 0, 1, 0),
            (3, 0, 0, 0),
            (0, 2, 1, 0),
        ]
    with stores.runtime.read(factory.SYSTEM) as work:
        far = records.find(work, Query("stores.shelf", equal={"name": "Far"}, names=True)).items[0]
    assert (far.references["above"].display, far.references["keeper"].display) == ("High", "Noa")


def test_history_keeps_when_a_record_came_into_being(stores: Stores) -> None:
    path = stores.file("A1,Hammer,2019-05-01 08:30", header="Code,Name,Entered")
    stores.bring_in(path, format="stores.old_items")
    item = stores.items()["A1"]
    assert item["created_at"] == "2019-05-01T00:30:00Z"
    assert item["notes"] == "Hammer of the old list"


def test_only_who_may_import_does_and_only_within_their_rights(stores: Stores) -> None:
    path = stores.file("A1,Hammer,tool,Top,3/1/2026,,12.50,4")
    with pytest.raises(Forbidden):
        stores.bring_in(path, who=stores.rob)
    stores.bring_in(path)
    mapping = transfer.chosen_mapping(
        stores.runtime.app, "stores.item", {"Code": "code", "Name": "name", "Keeper": "keeper"}, key=("code",)
    )
    mine = stores.file("A1,Mine now,Kim", "B1,Other's,Cleo", "B2,Own,Kim", header="Code,Name,Keeper", name="mine.csv")
    result = transfer.run_import(stores.begin(stores.kim), mine, transfer.survey(mine), mapping)[0]
    assert reasons(result) == {2: [("code", "not-unique")], 3: [("", "outside-your-records")]}
    assert result.created == 1
    assert stores.items()["A1"]["name"] == "Hammer"
    assert list(stores.items(stores.kim)) == ["B2"]


def test_a_reference_out_of_sight_is_not_found(stores: Stores) -> None:
    path = stores.file("A1,Gold,part,Safe,,,,")
    assert reasons(stores.bring_in(path)[0]) == {2: [("shelf", "no-match")]}
    assert stores.bring_in(path, who=factory.SYSTEM)[0].created == 1


def test_a_field_that_is_not_the_actors_is_refused_before_anything(stores: Stores) -> None:
    mapping = transfer.chosen_mapping(stores.runtime.app, "stores.item", {"Code": "code", "Name": "name", "Hush": "secret"}, key=("code",))
    path = stores.file("A1,Gold,x", header="Code,Name,Hush")
    with pytest.raises(BadRequest) as caught:
        transfer.run_import(stores.begin(stores.kim), path, transfer.survey(path), mapping)
    assert caught.value.code == "column-not-yours"


def test_an_interrupted_import_goes_on_where_it_stopped(stores: Stores) -> None:
    lines = [f"C{number:05},Thing {number},part,Top,1/1/2026,,1,1" for number in range(2500)]
    path = stores.file(*lines)

    def stop(_step: str, outcomes: Sequence[Outcome]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stores.bring_in(path, watch=stop)
    with stores.runtime.read(stores.cleo) as work:
        begun = transfer.imports(work)[0]
    assert (begun.state, begun.rows_done, begun.rows_total) == ("running", 1000, 2500)
    result = stores.bring_in(path)[0]
    assert (result.resumed, result.import_id, result.created, result.total) == (1000, begun.id, 2500, 2500)
    with stores.runtime.read(stores.cleo) as work:
        assert records.find(work, Query("stores.item", totals={"all": ("count", None)}, limit=1)).totals == {"all": 2500}
        assert transfer.imports(work)[0].state == "done"
    with stores.runtime.read(stores.kim) as work, pytest.raises(NotFound):
        transfer.import_state(work, begun.id)


def test_two_runs_of_one_import_do_not_both_go_on(stores: Stores) -> None:
    path = stores.file(*[f"C{number:05},Thing,part,,,,," for number in range(1500)])
    raced = False

    def overtake(_step: str, _outcomes: Sequence[Outcome]) -> None:
        nonlocal raced
        if not raced:
            raced = True
            stores.bring_in(path)

    with pytest.raises(Conflict) as caught:
        stores.bring_in(path, watch=overtake)
    assert caught.value.code == "import-elsewhere"
    with stores.runtime.read(stores.cleo) as work:
        states = transfer.imports(work)
    assert [(each.state, each.created) for each in states] == [("done", 1500)]


def test_undo_gives_back_what_was_and_names_what_changed_since(stores: Stores) -> None:
    stores.bring_in(stores.file("A1,Hammer,tool,Top,3/1/2026,,12.50,4", "A2,Saw,tool,,,,5,1"))
    before = stores.items()
    key = stores.bring_in(
        stores.file("A1,Mallet,book,Base,,,1,1", "A2,Saw,tool,,,,9,1", "A3,Axe,,,,,,", "A4,Adze,,,,,,", "A1,Maul,book,Base,,,1,1")
    )[0].import_id
    with stores.runtime.begin(stores.cleo) as work:
        axe = records.find(work, Query("stores.item", equal={"code": "A3"})).items[0]
        records.update(work, "stores.item", axe.id, {"notes": "sharp"}, None)
    result = transfer.undo_import(stores.begin(), key)
    assert (result.deleted, result.restored) == (1, 3)
    assert [(each.row, each.display, each.reason) for each in result.kept] == [(3, "I-0003 Axe", "changed-since")]
    after = stores.items()
    assert list(after) == ["A3", "A1", "A2"] or set(after) == {"A1", "A2", "A3"}
    changing = ("version", "updated_at")
    for code in ("A1", "A2"):
        assert {name: value for name, value in after[code].items() if name not in changing} == {
            name: value for name, value in before[code].items() if name not in changing
        }
    with stores.runtime.read(stores.cleo) as work:
        assert transfer.import_state(work, key).state == "undone"
    with pytest.raises(NotFound):
        transfer.undo_import(stores.begin(stores.kim), key)


def test_undo_leaves_what_others_lead_to_by_now(stores: Stores) -> None:
    root = factory.person(stores.runtime, "root", "system.admin")
    path = stores.folder / "shelves.csv"
    path.write_text("name,room\nLow,1\nHigh,2\nFree,3\n", encoding="utf-8")
    mapping = transfer.suggest_mapping(stores.runtime.app, "stores.shelf", ["name", "room"])
    key = transfer.run_import(stores.begin(root), path, transfer.survey(path), mapping)[0].import_id
    with stores.runtime.begin(root) as work:
        shelves = {each.values["name"]: each.id for each in records.find(work, Query("stores.shelf")).items}
        records.create(work, "stores.item", {"code": "A1", "name": "Saw", "shelf": shelves["Low"]})
        records.update(work, "stores.shelf", shelves["High"], {"above": shelves["Low"]}, None)
    result = transfer.undo_import(stores.begin(root), key)
    assert result.deleted == 1 and {each.display: each.reason for each in result.kept} == {
        "Low": "still-referenced",
        "High": "changed-since",
    }


def test_refused_rows_come_back_as_a_file_that_can_be_mended(stores: Stores) -> None:
    result = stores.bring_in(stores.file("A1,=Hammer,beast,,,,,", "A2,Saw,,,,,,"))[0]
    with stores.runtime.read(stores.cleo) as work:
        made = io.StringIO()
        transfer.write_refusals(made, HEADER.split(","), transfer.refusals(work, result.import_id), lambda name: name.title(), "en")
    rows = list(csv.reader(io.StringIO(made.getvalue())))
    assert rows[0] == [*HEADER.split(","), "Line", "Reason"]
    assert rows[1] == ["A1", "'=Hammer", "beast", "", "", "", "", "", "2", "Sort: “beast” is not one of the choices"]
    path = stores.folder / "mended.csv"
    path.write_text(made.getvalue().replace("beast", "tool"), encoding="utf-8")
    assert stores.bring_in(path)[0].created == 1
    assert stores.items()["A1"]["name"] == "=Hammer"


def test_what_goes_out_comes_in_again(stores: Stores) -> None:
    names = ["=1+1", "+86", "-x", "@me", "＝全角", "'=quoted", "tab\tin", "plain", "中文，名"]
    with stores.runtime.begin(stores.cleo) as work:
        for number, name in enumerate(names):
            records.create(
                work, "stores.item", {"code": f"A{number}", "name": name, "price": "1234.50", "bought": "2026-01-02", "sort": "tool"}
            )
    fields = ("code", "name", "sort", "price", "bought")
    with stores.runtime.read(stores.cleo) as work:
        text = "".join(transfer.export_csv(work, Query("stores.item", fields=fields, sort=("code",))))
        book = io.BytesIO()
        assert transfer.export_xlsx(work, Query("stores.item", fields=fields, sort=("code",)), book) == len(names)
    assert text.startswith("\ufeffCode,Name,Sort,Price,Bought on\r\nA0,'=1+1,Tool,1234.50,2026-01-02\r\n")
    csv_file, xlsx_file = stores.folder / "out.csv", stores.folder / "out.xlsx"
    csv_file.write_text(text, encoding="utf-8", newline="")
    xlsx_file.write_bytes(book.getvalue())
    cells = list(openpyxl.load_workbook(xlsx_file).active.iter_rows(min_row=2))
    assert all(row[1].data_type == "s" for row in cells)
    assert cells[0][3].value == 1234.5
    for path in (csv_file, xlsx_file):
        seen = transfer.survey(path)
        samples = [row.cells for row in transfer.read(path, seen)]
        mapping = transfer.suggest_mapping(stores.runtime.app, "stores.item", seen.headers, samples)
        assert {each.field for each in mapping.columns} == set(fields)
        result = transfer.run_import(stores.begin(), path, seen, mapping)[0]
        assert (result.unchanged, result.total) == (len(names), len(names)), path.name


def test_an_export_holds_what_the_actor_may_export_and_see(stores: Stores) -> None:
    with stores.runtime.begin(factory.SYSTEM) as work:
        for code, keeper in (("K1", stores.kim.id), ("C1", stores.cleo.id)):
            records.create(work, "stores.item", {"code": code, "name": code, "keeper": keeper, "secret": "hush-hush"})

    def rows(who: Actor) -> list[list[Any]]:
        with stores.runtime.read(who) as work:
            return list(transfer.export_rows(work, Query("stores.item", sort=("code",)), codes=True))

    header, *found = rows(stores.kim)
    assert [row[header.index("code")] for row in found] == ["K1"]
    assert "secret" not in header
    header, *found = rows(stores.cleo)
    assert [row[header.index("secret")] for row in found] == ["h***", "h***"]
    assert found[0][header.index("keeper")] == "Cleo"
    with pytest.raises(Forbidden):
        rows(stores.rob)
    with stores.runtime.read(stores.kim) as work, pytest.raises(BadRequest):
        list(transfer.export_rows(work, Query("stores.item", fields=("code", "secret"))))


def test_packaged_data_loads_in_any_order_and_again_changes_nothing(stores: Stores) -> None:
    again = transfer.load_data(stores.runtime)
    assert (again.created, again.updated, again.unchanged, again.problems) == (0, 0, 3, ())
    assert stores.items() == {}
    demo = transfer.load_data(stores.runtime, demo=True)
    assert (demo.created, demo.problems) == (2, ())
    assert stores.items()["A1"]["bought"] == "2026-01-31"
    with stores.runtime.begin(stores.cleo) as work:
        hammer = records.find(work, Query("stores.item", equal={"code": "A1"})).items[0]
        records.update(work, "stores.item", hammer.id, {"price": "99"}, None)
    more = transfer.load_data(stores.runtime, demo=True)
    assert (more.created, more.updated) == (0, 0)
    assert stores.items()["A1"]["price"] == "99.00"
    with stores.runtime.read(factory.SYSTEM) as work:
        top = records.find(work, Query("stores.shelf", equal={"name": "Top"}, names=True)).items[0]
    assert top.references["above"].display == "Base"


def test_created_at_needs_a_format_of_history(stores: Stores) -> None:
    with pytest.raises(BadRequest):
        transfer.chosen_mapping(stores.runtime.app, "stores.item", {"Entered": "created_at"})
    mapping = transfer.chosen_mapping(
        stores.runtime.app, "stores.item", {"Code": "code", "Name": "name", "Entered": "created_at"}, history=True
    )
    path = stores.file("A1,Saw,2020-02-03", header="Code,Name,Entered")
    transfer.run_import(stores.begin(), path, transfer.survey(path), mapping)
    assert datetime.fromisoformat(stores.items()["A1"]["created_at"]).year == 2020
