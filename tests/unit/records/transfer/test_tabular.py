"""Reading somebody's file: what it is, its rows, and what is said of one that cannot be read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest

from engine import limits
from engine.errors import BadRequest
from engine.records.transfer import tabular


def written(folder: Path, content: bytes, name: str = "file.csv") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content)
    return path


def rows(path: Path, **options: str) -> list[tuple[int, int, list[object]]]:
    """Number, line and cells of each row."""
    return [(row.number, row.line, list(row.cells)) for row in tabular.read(path, tabular.survey(path, **options))]


def refusal(path: Path) -> str:
    """The code with which a file is refused."""
    with pytest.raises(BadRequest) as caught:
        tabular.survey(path)
    return caught.value.code


@pytest.mark.parametrize(
    ("content", "encoding", "guessed"),
    [
        ("名称,数量\n螺丝,1\n".encode(), "utf-8", False),
        ("名称,数量\n螺丝,1\n".encode("utf-8-sig"), "utf-8-sig", False),
        ("名称,数量\n螺丝,1\n".encode("utf-16"), "utf-16", False),
        ("名称,数量\n螺丝,1\n".encode("gb18030"), "gb18030", True),
    ],
)
def test_the_encoding_is_found_and_a_guess_is_said(tmp_path: Path, content: bytes, encoding: str, guessed: bool) -> None:
    path = written(tmp_path, content)
    seen = tabular.survey(path)
    assert (seen.encoding, seen.guessed, seen.headers, seen.rows) == (encoding, guessed, ("名称", "数量"), 1)
    assert rows(path) == [(1, 2, ["螺丝", "1"])]


def test_an_encoding_can_be_said(tmp_path: Path) -> None:
    path = written(tmp_path, "naïve,b\ncafé,1\n".encode("latin-1"))
    assert rows(path, encoding="latin-1") == [(1, 2, ["café", "1"])]
    with pytest.raises(BadRequest):
        tabular.survey(path, encoding="klingon")
    with pytest.raises(BadRequest):
        list(tabular.read(path, tabular.survey(path, encoding="ascii")))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_splits_evenly(tmp_path: Path, delimiter: str) -> None:
    lines = [["name", "price", "note"], ["a", "1.5", "x; y, z"[: 1 if delimiter in ",;" else 9]], ["b", "2", ""]]
    path = written(tmp_path, "\n".join(delimiter.join(line) for line in lines).encode())
    assert tabular.survey(path).delimiter == delimiter
    assert [cells for _number, _line, cells in rows(path)] == lines[1:]


def test_lines_are_counted_through_quoted_newlines_and_blank_rows(tmp_path: Path) -> None:
    path = written(tmp_path, b'a,b\r\n1,"two\r\nlines"\r\n\r\n,\r\n3,4')
    seen = tabular.survey(path)
    assert (seen.rows, seen.blank_rows) == (2, 2)
    assert rows(path) == [(1, 2, ["1", "two\r\nlines"]), (2, 6, ["3", "4"])]
    assert [row.number for row in tabular.read(path, seen, after=1)] == [2]


def test_headers_are_trimmed(tmp_path: Path) -> None:
    assert tabular.survey(written(tmp_path, b" a , b  c ,\n1,2,3\n")).headers == ("a", "b c", "")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-empty"),
        (b"\n\n", "file-without-headers"),
        (b"a,b\n1,\x002\n", "file-not-text"),
        (b"\xff\xff\xff\xff", "file-not-text"),
        (b'a,b\n1,"never closed\n2,3\n', "csv-broken"),
        (b'a,b\n1,"odd"quote\n', "csv-broken"),
        (b"PK\x03\x04 not a workbook", "spreadsheet-broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old workbook", "old-spreadsheet"),
        (b"a," * (limits.import_columns_max + 1) + b"b\n1\n", "too-many-columns"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(tmp_path: Path, content: bytes, code: str) -> None:
    assert refusal(written(tmp_path, content)) == code


def test_a_broken_row_is_named_by_the_line_where_it_begins(tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as caught:
        tabular.survey(written(tmp_path, b'a,b\n1,2\n3,"open\n4,5\n'))
    assert caught.value.params == {"line": 3}


def test_a_workbook_gives_typed_cells_and_the_rows_of_its_first_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Code", "Price", "On", None])
    book.active.append(["A1", 3.0, "2026-01-02"])
    book.active["A4"] = 7
    book.create_sheet("other").append(["x"])
    book.save(tmp_path / "book")
    seen = tabular.survey(tmp_path / "book")
    assert (seen.kind, seen.headers, seen.rows, seen.blank_rows) == ("xlsx", ("Code", "Price", "On"), 2, 1)
    assert rows(tmp_path / "book") == [(1, 2, ["A1", 3, "2026-01-02"]), (2, 4, [7])]


def repacked(folder: Path, change: dict[str, bytes]) -> Path:
    """A workbook with some of its files replaced."""
    book = openpyxl.Workbook()
    book.active.append(["Code"])
    book.save(folder / "plain.xlsx")
    made = folder / "changed.xlsx"
    with zipfile.ZipFile(folder / "plain.xlsx") as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change.get(name, old.read(name)))
    return made


def test_a_workbook_that_unpacks_huge_is_refused_before_it_does(tmp_path: Path) -> None:
    sheet = b"<worksheet>" + b" " * 30_000_000 + b"</worksheet>"
    assert refusal(repacked(tmp_path, {"xl/worksheets/sheet1.xml": sheet})) == "file-too-large"


def test_entities_in_a_workbook_are_not_expanded(tmp_path: Path) -> None:
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    cells = b'<worksheet><sheetData><row r="1"><c r="A1"><v>&b;</v></c></row></sheetData></worksheet>'
    bomb = b'<?xml version="1.0"?>' + entities + cells
    assert refusal(repacked(tmp_path, {"xl/worksheets/sheet1.xml": bomb})) == "spreadsheet-broken"


@pytest.mark.parametrize("place", ["XFD2", "A99999999"])
def test_a_workbook_with_a_far_away_cell_is_refused_soon(tmp_path: Path, place: str) -> None:
    row = "".join(character for character in place if character.isdigit())
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f'<row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{place}"><v>1</v></c></row></sheetData></worksheet>'
    )
    assert refusal(repacked(tmp_path, {"xl/worksheets/sheet1.xml": sheet.encode()})) in (
        "too-many-rows",
        "too-many-columns",
        "spreadsheet-broken",
    )
