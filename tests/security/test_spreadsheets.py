"""What people typed leaves in files that spreadsheets open: nothing in them is a formula, and reading them back gives what was typed."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import openpyxl
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine import records
from engine.clock import FixedClock
from engine.records import Query, transfer
from engine.testing import factory
from tests.security.house import VAULT, House, build, copied

STARTS = "=+-@\t\r\n＝＋－＠"
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1",
    "＠x",
    "'=1",
    "''=1",
    "'",
    " =1",
    "\u00a0=1",
    '=cmd|"/C calc"!A0',
    '=HYPERLINK("x")',
    "a\n=1",
]
TEXTS = st.text(alphabet=st.sampled_from("=+-@＝'\" \t,;\nab1|!中\u00a0"), min_size=1, max_size=12)


def texts_of(house: House) -> list[tuple[str, str | None]]:
    with house.runtime.read(house.people["root"]) as work:
        found = records.find(work, Query("vault.folder", sort=("name",), limit=500)).items
    return sorted((str(each.values["name"]), each.values["notes"]) for each in found)


def is_formula(cell: str) -> bool:
    return cell[:1] in tuple(STARTS) or cell.strip()[:1] in tuple(STARTS)


@given(st.lists(TEXTS, min_size=5, max_size=25))
@example(FORMULAS)
@settings(max_examples=4, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_no_cell_is_a_formula_and_reading_back_gives_what_was_written(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "copy").mkdir()
        house = build([VAULT], folder, {"bob": "vault.owner", "root": "system.admin"}, FixedClock(factory.NOON))
        empty = copied(house, folder / "copy")
        for text in texts:
            # Blanks around a text are not kept, and a text of blanks is none.
            if text.strip():
                house.create("bob", "vault.folder", name=text, notes=text, worth="-12.50")
        written = texts_of(house)
        assert len(written) > 0
        query = Query("vault.folder", fields=("name", "notes", "worth"))
        with house.runtime.read(house.people["root"]) as work:
            file = "".join(transfer.export_csv(work, query))
            book = io.BytesIO()
            transfer.export_xlsx(work, query, book)
        page = house.browser("bob").get("/app/vault/folder/export.csv?cols=name,notes,worth").get_data(as_text=True)
        for text in (file, page):
            rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
            assert len(rows) == len(written) + 1
            assert not any(is_formula(cell) for row in rows for cell in row[:2])
            assert {float(row[2]) for row in rows[1:]} == {-12.5}, "a negative number stays a number"
        sheet = openpyxl.load_workbook(book).active
        assert sheet is not None
        assert {cell.data_type for row in sheet.iter_rows(max_col=2) for cell in row} <= {"s", "n"}
        assert {cell.data_type for row in sheet.iter_rows(min_row=2, max_col=1) for cell in row} == {"s"}
        (folder / "file.csv").write_text(file, "utf-8", newline="")
        mapping = transfer.chosen_mapping(empty.runtime.app, "vault.folder", {"Name": "name", "Notes": "notes"})
        seen = transfer.survey(folder / "file.csv")
        [result] = transfer.run_import(lambda: empty.runtime.begin(empty.people["root"]), folder / "file.csv", seen, mapping)
        assert result.created == len(written), result.first_refusals
        # An import leaves out blanks around a cell's text; nothing else may differ.
        assert texts_of(empty) == sorted((first, str(second).strip()) for first, second in written)
        house.close()
        empty.close()
