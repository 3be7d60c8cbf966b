"""An entity: what one sort of record holds, checked and resolved; the engine's other parts read nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.diagnostics.source import Span
from engine.i18n import LocalizedText
from engine.language.expression import Expression
from engine.language.types import Boolean, Choice, Ref, Type

WhenDeleted = Literal["refuse", "clear", "cascade"]

FILE_KINDS = frozenset({"attachment", "image"})
"""Kinds of field that hold files: a list of {"id", "name", "size", "media_type"}."""

NOT_ALONG = frozenset({"lines", "attachment", "image", "json"})
"""Kinds of field that have no single value to show beside the record that leads to them."""

SYSTEM_FIELDS = ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at", "deleted_by")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: its code, label, optional colour; a retired one (``active`` False) stays readable, not choosable."""

    code: str
    title: LocalizedText
    active: bool = True
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    """Automatic numbers: ``template`` with {yyyy} {yy} {mm} {dd} and {####}; counted anew per ``restart`` period."""

    template: str
    restart: Literal["never", "year", "month", "day"] = "never"
    gaps: Literal["allowed", "refused"] = "allowed"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity.

    ``kind`` is a row of ``model.field_types`` (text, long_text, integer, float, decimal, money, percent, boolean, date,
    time, datetime, duration, choice, multi_choice, phone, email, url, ref, user, department, attachment, image, json,
    sequence, lines). ``column`` is its column, or "" for virtual fields and ``lines``. ``constraints`` are the standard
    JSON Schema keywords of the definition that restrict the value (minLength, maximum, pattern, multipleOf, ...), with
    bounds in kept form. ``targets`` are full entity names that a ref may lead to (one, or several: polymorphic, then
    the column ``<name>__entity`` names which).
    """

    name: str
    kind: str
    type: Type
    title: LocalizedText
    span: Span
    help: LocalizedText | None = None
    column: str = ""
    required: bool = False
    unique: bool = False
    indexed: bool = False
    constraints: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    targets: tuple[str, ...] = ()
    inverse: str | None = None
    inverse_title: LocalizedText | None = None
    """What the records that lead here are called on the other side, where that is declared."""
    when_deleted: WhenDeleted = "refuse"
    default: Any = None
    initial: Expression | None = None
    compute: Expression | None = None
    stored: bool = True
    visible_if: Expression | None = None
    required_if: Expression | None = None
    readonly_if: Expression | None = None
    read_only: bool = False
    sequence: Sequence | None = None
    grouped: bool = True
    """Whether thousands are set apart where a number is shown; not for years and other numbers that are names."""
    lines: str | None = None
    """For kind ``lines``: the full name of the child entity (``desk.ticket.parts``)."""
    currency_field: str | None = None
    """For money whose currency varies by record: the choice field that names it."""
    uid: str = ""
    """The stable identity across renames; the name where none is declared."""

    @property
    def computed(self) -> bool:
        """Whether the value comes from an expression rather than a writer."""
        return self.compute is not None


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold of every record: ``that``, else ``say`` at ``field``."""

    name: str
    that: Expression
    say: LocalizedText
    field: str
    span: Span


@dataclass(frozen=True, slots=True)
class Entity:
    """One sort of record and its table.

    ``name`` is full (``desk.ticket``). ``parent`` is the owning entity of child lines. ``owner_field`` is the user field
    whose person the record belongs to (scopes own, department, subtree), or ``created_by``. ``display`` is a template of
    field names in braces. ``compute_order`` lists stored computed fields so that each comes after what it reads.
    """

    name: str
    app: str
    table: str
    title: LocalizedText
    plural: LocalizedText
    """What many of them are called: heads lists and stands in menus; the title where none is declared."""
    span: Span
    fields: Mapping[str, Field]
    display: str
    icon: str = "table"
    help: LocalizedText | None = None
    parent: str | None = None
    parent_field: str | None = None
    owner_field: str = "created_by"
    checks: tuple[Check, ...] = ()
    unique: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    indexes: tuple[tuple[str, ...], ...] = ()
    search: tuple[str, ...] = ()
    compute_order: tuple[str, ...] = ()
    audited: bool = True
    uid: str = ""
    conditions: Mapping[str, Any] = field(default_factory=dict)
    """Standard keywords about the record as a whole: if, then, else, allOf, dependentRequired, as plain data."""

    @property
    def short_name(self) -> str:
        """The name inside its app (``ticket``)."""
        return self.name.partition(".")[2]


def makes_groups(field: Field | None) -> bool:
    """Whether a field sorts records into groups that mean something: choices, yes or no, links to one kind of record."""
    if field is None:
        return False
    return isinstance(field.type, Choice | Boolean) or (isinstance(field.type, Ref) and len(field.targets) == 1)
