"""The first sheet of an XLSX workbook as a stream of rows, with hostile workbooks refused before they are unpacked."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml.common import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException

from engine import limits
from engine.errors import BadRequest

_BROKEN = (
    zipfile.BadZipFile,
    InvalidFileException,
    DefusedXmlException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OSError,
    RecursionError,
    NotImplementedError,
    ArithmeticError,
    AssertionError,
    struct.error,
    zlib.error,
)
"""What openpyxl lets out for a damaged or hostile workbook: it has no error of its own for most of it."""

_ERROR = re.compile(r"#(REF!|N/A|DIV/0!|VALUE!|NAME\?|NUM!|NULL!)")


def read(path: Path) -> Iterator[tuple[int, Sequence[Any]]]:
    """Rows of the first sheet with their sheet row number. Raises BadRequest for what is not a workbook or unpacks too big."""
    if not openpyxl.DEFUSEDXML:
        raise BadRequest("spreadsheets-unsafe")
    _check_sizes(path)
    try:
        # Opened by us: given a path, the library goes by its ending, and uploads are kept without one.
        file = path.open("rb")
    except OSError as problem:
        raise BadRequest("spreadsheet-broken") from problem
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            sheets = book.worksheets
            if not sheets:
                raise BadRequest("spreadsheet-broken")
            sheet = sheets[0]
            sheet.reset_dimensions()
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                if number > limits.import_rows_max + 1:
                    raise BadRequest("too-many-rows", max=limits.import_rows_max)
                if any(cell is not None for cell in cells[limits.import_columns_max :]):
                    raise BadRequest("too-many-columns", max=limits.import_columns_max)
                yield number, _trimmed(cells)
        finally:
            book.close()
    except _BROKEN as problem:
        raise BadRequest("spreadsheet-broken") from problem
    finally:
        file.close()


def _check_sizes(path: Path) -> None:
    """Refuse an archive by what its directory says, before a byte is unpacked; zipfile never unpacks more than that."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as problem:
        raise BadRequest("spreadsheet-broken") from problem
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if len(entries) > limits.package_files_max or unpacked > limits.import_file_bytes_max:
        raise BadRequest("file-too-large", max_mb=limits.import_file_bytes_max // 1_000_000)
    if unpacked > 10_000_000 and unpacked / packed > limits.package_zip_ratio_max:
        raise BadRequest("file-too-large", max_mb=limits.import_file_bytes_max // 1_000_000)


def _trimmed(cells: tuple[Any, ...]) -> list[Any]:
    width = len(cells)
    while width and cells[width - 1] is None:
        width -= 1
    return [_plain(cell) for cell in cells[:width]]


def _plain(cell: Any) -> Any:
    """A whole number is shown by a spreadsheet without a point, so text fields should get it so."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    if isinstance(cell, timedelta):
        return int(cell.total_seconds())
    return cell


def is_error(cell: Any) -> bool:
    """Whether a cell holds a formula's failure rather than a value."""
    return isinstance(cell, str) and cell.startswith("#") and _ERROR.fullmatch(cell) is not None
