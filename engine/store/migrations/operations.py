"""What a migration is made of: frozen steps that can be stored, read back and told to people.

Steps name tables, columns, entities and fields; types and expressions are looked up in the Apps when a step runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from engine.i18n import LocalizedText

Phase = Literal["expand", "switch"]
"""expand: the release in force goes on working beside it. switch: all in the transaction that puts the new release in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One step. ``title`` is what it is about in words; ``rows`` how many rows it touches, 0 where it only changes structure.

    ``lost`` counts values that the new release will not have (they stay in quarantine); ``dependents`` are the
    definitions that name what changes.
    """

    phase: Phase
    table: str
    title: LocalizedText
    rows: int = 0
    lost: int = 0
    samples: tuple[str, ...] = ()
    dependents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable(Operation):
    """Make an entity's table with its indexes."""

    entity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddColumn(Operation):
    """Make ``column`` like the App's column ``like`` (another name while the final one is still taken)."""

    entity: str
    column: str
    like: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FillDefault(Operation):
    """Give blank values of a required field its default."""

    entity: str
    field: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FillInitial(Operation):
    """Give blank values of a required field what its initial value would have been when the record was created."""

    entity: str
    field: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FillNumbers(Operation):
    """Give records that have none their automatic number, oldest first."""

    entity: str
    field: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FillTarget(Operation):
    """Say of each link which entity it points to, now that it may point to several."""

    column: str
    link: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FillComputed(Operation):
    """Work out a stored computed field for the records that are there."""

    entity: str
    field: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertValues(Operation):
    """Fill ``column`` with the values of ``source`` in the field's new type; what cannot be converted stays blank."""

    entity: str
    field: str
    column: str
    source: str
    old_entity: str | None
    old_field: str | None
    held_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIndex(Operation):
    """Make one of the App's indexes."""

    entity: str
    index: str
    unique: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIndex(Operation):
    """Take away an index that no definition asks for any more, or that is made anew under another name."""

    index: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameTable(Operation):
    """Give a table another name; the rows stay where they are."""

    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameColumn(Operation):
    """Give a column another name; the values stay where they are. ``placed``: a filled column takes its final name."""

    column: str
    new: str
    placed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineColumn(Operation):
    """Take a column out of use and keep its values under another name."""

    column: str
    stored_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineTable(Operation):
    """Take a table out of use and keep its rows under another name."""

    stored_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DropColumn(Operation):
    """Remove a column that holds nothing which cannot be worked out again."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTable(Operation):
    """Remove a table that an abandoned migration made and no release ever used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameInLogs(Operation):
    """Let history, files, shares and numbering follow a renamed entity (``field`` None) or field."""

    old_entity: str
    new_entity: str
    old_field: str | None = None
    new_field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameTarget(Operation):
    """Let links that may point to several entities follow one that is renamed."""

    column: str
    old_entity: str
    new_entity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activate(Operation):
    """Store the release's files and put it in force."""

    content_hash: str


BATCHED = (FillDefault, FillInitial, FillNumbers, FillTarget, FillComputed, ConvertValues)
"""Steps that write values, in batches while they run beside the release in force."""

_KINDS: tuple[type[Operation], ...] = (
    CreateTable,
    AddColumn,
    FillDefault,
    FillInitial,
    FillNumbers,
    FillTarget,
    FillComputed,
    ConvertValues,
    CreateIndex,
    DropIndex,
    RenameTable,
    RenameColumn,
    QuarantineColumn,
    QuarantineTable,
    DropColumn,
    DropTable,
    RenameInLogs,
    RenameTarget,
    Activate,
)


def kind_of(operation: Operation) -> str:
    """The name of a kind of step: ``add-column``."""
    name = type(operation).__name__
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


_BY_KIND: Mapping[str, type[Operation]] = {
    "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).lstrip("-"): kind for kind in _KINDS
}


def to_json(operation: Operation) -> dict[str, Any]:
    """A step as JSON values, with its kind under ``do``."""
    return {
        "do": kind_of(operation),
        **{name: list(value) if isinstance(value, tuple) else value for name, value in asdict(operation).items()},
    }


def from_json(stored: Mapping[str, Any]) -> Operation:
    """The step that ``to_json`` wrote."""
    kind = _BY_KIND[stored["do"]]
    values = {each.name: stored[each.name] for each in fields(kind) if each.name in stored}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return kind(**{**values, "title": LocalizedText(**stored["title"])})
