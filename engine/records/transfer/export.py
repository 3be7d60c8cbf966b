"""Records out as CSV or XLSX: page after page under the actor's rights, safe to open in a spreadsheet, and fit to import again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from engine import access, limits
from engine.errors import BadRequest
from engine.language import types as t
from engine.model.kinds.entity import SYSTEM_FIELDS, Entity, Field
from engine.records import gate
from engine.records.plan import plan_of
from engine.records.query import Query, find
from engine.records.record import Record
from engine.records.transfer.guarding import guarded
from engine.records.values import to_json
from engine.store import UnitOfWork

_NOT_EXPORTED = ("lines", "attachment", "image")
_BOM = "\ufeff"
_CELL_CHARS_MAX = 32_767
_EXACT_DIGITS = 15
"""A spreadsheet keeps numbers as doubles: longer ones go out as text, so that no digit is lost."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of an export: ``field`` is None for a system field; ``masked`` where the actor sees only a mask."""

    name: str
    title: str
    field: Field | None


def _columns(work: UnitOfWork, entity: Entity, names: Sequence[str]) -> list[_Column]:
    rights = access.fields(work.app, work.actor, entity.name)
    language = work.actor.language
    chosen = list(names) or [name for name, field in entity.fields.items() if field.kind not in _NOT_EXPORTED and rights[name] != "none"]
    columns = []
    for name in dict.fromkeys(chosen):
        field = entity.fields.get(name)
        if field is None and name in SYSTEM_FIELDS:
            columns.append(_Column(name, name, None))
        elif field is None or rights[name] == "none" or field.kind in _NOT_EXPORTED:
            raise BadRequest("unknown-field-in-query", field=name[:60], entity=entity.name)
        else:
            columns.append(_Column(name, field.title.text(language), field))
    return columns


def export_rows(work: UnitOfWork, query: Query, *, codes: bool = False) -> Iterator[list[Any]]:
    """The header and then one list per record: text, int, bool, date, datetime, exact decimal text as _Number, or None.

    Choices are given as their labels in the actor's language (``codes``: as their codes), references as display texts.
    Raises Forbidden without the right to export; only records within that right are given.
    """
    entity = gate.entity_of(work, query.entity)
    gate.decide(work, entity, "export")
    columns = _columns(work, entity, query.fields or ())
    yield [column.name if codes else column.title for column in columns]
    names = tuple(column.name for column in columns if column.field is not None)
    asked = replace(query, fields=names, limit=limits.export_page_rows, names=True, totals={}, cursor=None, export=True)
    while True:
        page = find(work, asked)
        for record in page.items:
            yield [_value(work, column, record, codes=codes) for column in columns]
        if page.next is None:
            return
        asked = replace(asked, cursor=page.next)


class _Number(str):
    """An exact decimal as text that is a number, not something to guard."""

    __slots__ = ()


def _value(work: UnitOfWork, column: _Column, record: Record, *, codes: bool) -> Any:
    value = record.values.get(column.name)
    if value is None:
        return None
    field = column.field
    if field is None:
        return _local(work, value) if isinstance(value, datetime) else value
    if column.name in record.masked:
        return str(value)
    if field.targets:
        reference = record.references.get(column.name)
        return reference.display if reference and reference.display else value
    if isinstance(field.type, t.Choice | t.MultiChoice):
        return ", ".join(_choice(work, field, code, codes) for code in (value if isinstance(value, tuple) else (value,)))
    return _plain(work, field.type, value)


def _choice(work: UnitOfWork, field: Field, code: str, codes: bool) -> str:
    if codes:
        return code
    return next((option.title.text(work.actor.language) for option in field.options if option.code == code), code)


def _plain(work: UnitOfWork, type_: t.Type, value: Any) -> Any:
    if isinstance(type_, t.DateTime):
        return _local(work, value)
    if isinstance(type_, t.Decimal | t.Money):
        return _Number(to_json(type_, value))
    if isinstance(type_, t.Json):
        return str(to_json(type_, value))
    if isinstance(type_, t.Duration):
        return to_json(type_, value)
    return value


def _local(work: UnitOfWork, value: datetime) -> datetime:
    """An instant as the app's clock on the wall shows it; that is also how an import reads it."""
    zone = plan_of(work.app, "system.user").zone
    return value.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ", timespec="seconds")
    if isinstance(value, _Number):
        return str(value)
    return guarded(value) if isinstance(value, str) else str(value)


def export_csv(work: UnitOfWork, query: Query, *, codes: bool = False) -> Iterator[str]:
    """The records of a query as pieces of CSV text, with the mark by which spreadsheets know UTF-8."""
    yield _BOM
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in export_rows(work, query, codes=codes):
        writer.writerow([_text(value) for value in row])
        if buffer.tell() > 32_768:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def export_xlsx(work: UnitOfWork, query: Query, file: BinaryIO, *, codes: bool = False) -> int:
    """Write the records of a query as a workbook; gives how many. Text is typed as text, so none of it is a formula."""
    entity = gate.entity_of(work, query.entity)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(entity.title.text(work.actor.language)))
    count = -1
    for row in export_rows(work, query, codes=codes):
        sheet.append([_cell(sheet, value) for value in row])
        count += 1
    book.save(file)
    return count


def _sheet_name(title: str) -> str:
    return "".join(character for character in title if character not in "[]:*?/\\")[:31] or "1"


def _cell(sheet: WriteOnlyWorksheet, value: Any) -> Any:
    if isinstance(value, _Number):
        digits = sum(character.isdigit() for character in value)
        value = float(value) if digits <= _EXACT_DIGITS else str(value)
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_EXACT_DIGITS:
        value = str(value)
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value="")
    cell.value = value[:_CELL_CHARS_MAX]
    cell.data_type = "s"
    return cell
