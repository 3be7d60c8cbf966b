"""A declared import format: how the columns of somebody's file become an entity's fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as with_default
from typing import Literal

from engine.diagnostics.source import Span
from engine.i18n import LocalizedText


@dataclass(frozen=True, slots=True)
class ImportColumn:
    """One column of the file: the field it fills, how to read it.

    ``format`` is a strptime pattern for dates and times. ``match`` is the field of the target by which a ref is found.
    ``alias`` maps words of the file to words to use instead. ``template`` is set where the value comes from no single
    column (then ``header`` is ""): a text in which {Header} stands for what that column holds.
    """

    header: str
    field: str
    format: str | None = None
    match: str | None = None
    alias: Mapping[str, str] = with_default(default_factory=dict)
    template: str | None = None


@dataclass(frozen=True, slots=True)
class ImportFormat:
    """How a CSV or XLSX file is read into ``entity``; rows are updated where ``key`` matches, else created.

    ``mode`` history: as things were (no rules or flows run); live: as if typed now. Where one file feeds several entities,
    ``steps`` are complete formats, applied to the whole file one after the other; the format itself then has no columns
    and its ``entity`` is that of the last step.
    """

    name: str
    app: str
    entity: str
    title: LocalizedText
    span: Span
    key: tuple[str, ...]
    columns: tuple[ImportColumn, ...]
    constants: Mapping[str, str] = with_default(default_factory=dict)
    mode: Literal["history", "live"] = "live"
    steps: tuple[ImportFormat, ...] = ()
