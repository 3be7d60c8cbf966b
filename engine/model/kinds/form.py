"""A form: how a record's fields are laid out on a page."""

from __future__ import annotations

from dataclasses import dataclass

from engine.diagnostics.source import Span
from engine.i18n import LocalizedText
from engine.language.expression import Expression


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of fields in one to three columns."""

    name: str
    title: LocalizedText | None
    fields: tuple[str, ...]
    columns: int = 2
    visible_if: Expression | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """The layout of one entity's page; ``phone`` are the fields that a narrow card shows."""

    entity: str
    sections: tuple[Section, ...]
    phone: tuple[str, ...]
    span: Span
    generated: bool = False
