"""Somebody's CSV or XLSX file as a stream of rows; looked through once as a whole before anything is read from it.

Whatever the file holds, the answer is rows or a BadRequest that says what is wrong, never another error.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine import limits
from engine.errors import BadRequest
from engine.records.transfer import spreadsheet
from engine.records.transfer.guarding import unguarded
from engine.records.transfer.rows import FileRow, is_blank

_DELIMITERS = (",", ";", "\t", "|")
_CHUNK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file is, found by reading it through once.

    ``headers`` are trimmed column titles, "" for untitled columns. ``rows`` counts the rows below them that hold
    anything; ``blank_rows`` those that do not. ``guessed`` says that the encoding could not be told for certain.
    """

    name: str
    kind: Literal["csv", "xlsx"]
    sha256: str
    headers: tuple[str, ...]
    rows: int
    blank_rows: int = 0
    encoding: str = "utf-8"
    delimiter: str = ","
    guessed: bool = False


def survey(path: Path, *, name: str | None = None, encoding: str | None = None) -> Survey:
    """Look a file through: kind, encoding, delimiter, headers, row count, hash. Raises BadRequest for what cannot be read.

    ``name`` is what the file was called by who sent it; ``encoding`` overrides the detection.
    """
    said = name or path.name
    size = path.stat().st_size
    if size > limits.import_file_bytes_max:
        raise BadRequest("file-too-large", max_mb=limits.import_file_bytes_max // 1_000_000)
    if size == 0:
        raise BadRequest("file-empty")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    if start.startswith(b"PK"):
        headers, rows, blank = _count(spreadsheet.read(path))
        return Survey(said, "xlsx", digest.hexdigest(), headers, rows, blank)
    if start == b"\xd0\xcf\x11\xe0":
        raise BadRequest("old-spreadsheet")
    found, guessed = (_known(encoding), False) if encoding else _encoding(path)
    delimiter = _delimiter(path, found)
    headers, rows, blank = _count(_csv(path, found, delimiter))
    return Survey(said, "csv", digest.hexdigest(), headers, rows, blank, found, delimiter, guessed)


def read(path: Path, seen: Survey, *, after: int = 0) -> Iterator[FileRow]:
    """The rows below the headers, numbered from 1, those after row number ``after``; blank rows are passed over."""
    raw = spreadsheet.read(path) if seen.kind == "xlsx" else _csv(path, seen.encoding, seen.delimiter)
    next(raw, None)
    number = 0
    for line, cells in raw:
        if is_blank(cells):
            continue
        number += 1
        if number > after:
            yield FileRow(number, line, cells)


def _count(raw: Iterator[tuple[int, Sequence[Any]]]) -> tuple[tuple[str, ...], int, int]:
    first = next(raw, None)
    if first is None or is_blank(first[1]):
        raise BadRequest("file-without-headers")
    headers = tuple(_header(cell) for cell in first[1])
    if len(headers) > limits.import_columns_max:
        raise BadRequest("too-many-columns", max=limits.import_columns_max)
    rows = blank = 0
    for _line, cells in raw:
        if is_blank(cells):
            blank += 1
        else:
            rows += 1
        if rows > limits.import_rows_max or blank > limits.import_rows_max:
            raise BadRequest("too-many-rows", max=limits.import_rows_max)
    return headers, rows, blank


def _header(cell: Any) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFC", "" if cell is None else str(cell))).strip()


def _known(encoding: str) -> str:
    try:
        found = codecs.lookup(encoding).name
        "".encode(found)
    except (LookupError, UnicodeError):
        raise BadRequest("unknown-encoding", encoding=encoding[:40]) from None
    return "utf-8-sig" if found == "utf-8" else found


def _encoding(path: Path) -> tuple[str, bool]:
    """The encoding of a text file and whether that is a guess: a mark, else valid UTF-8, else valid GB 18030."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, name in _BOMS:
        if head.startswith(mark):
            if not _decodes(path, name):
                raise BadRequest("file-not-text")
            return name, False
    if _decodes(path, "utf-8"):
        return "utf-8", False
    if _decodes(path, "gb18030"):
        return "gb18030", True
    raise BadRequest("file-not-text")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                if "\0" in decoder.decode(chunk):
                    return False
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def _delimiter(path: Path, encoding: str) -> str:
    """The character that splits the first lines into the most columns, as many in each line as in the first."""
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        sample = file.read(65_536)
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        widths = []
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        try:
            for row in reader:
                if row:
                    widths.append(len(row))
                if len(widths) >= 50:
                    break
        except csv.Error:
            pass
        if not widths or widths[0] < 2:
            continue
        alike = sum(width == widths[0] for width in widths) / len(widths)
        if (alike, widths[0]) > best_score:
            best, best_score = delimiter, (alike, widths[0])
    return best


def _csv(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, Sequence[Any]]]:
    """Lines as they are split, each with the number of the line on which it begins."""
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        line = 1
        try:
            for cells in reader:
                if len(cells) > limits.import_columns_max + 1:
                    raise BadRequest("too-many-columns", max=limits.import_columns_max)
                if "'" in "".join(cells):
                    cells = [unguarded(cell) for cell in cells]
                yield line, cells
                line = reader.line_num + 1
        except csv.Error:
            raise BadRequest("csv-broken", line=line) from None
        except UnicodeError:
            raise BadRequest("file-not-text") from None
