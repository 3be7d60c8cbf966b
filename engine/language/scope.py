"""What the names in an expression mean: the language's own small view of entities, made by the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from engine.language.types import Type

_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field as expressions see it.

    ``labels`` are its titles in every language (aliases of the name); ``options`` map the labels of a choice
    to its codes, so that a writer may say either. ``stored`` is False where no column holds the value
    (a virtual computed field): then ``compute`` is its source text, inlined by the compiler.
    """

    name: str
    type: Type
    labels: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    stored: bool = True
    column: str = ""
    compute: str | None = None
    shown: tuple[tuple[str, str, str], ...] = ()
    """Of a choice: each code with its label in English and in Chinese."""
    writable: bool = True
    """Whether people and rules may set it: not what is computed, numbered or kept by the engine."""


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """Related records of another entity that point here: child lines, or the inverse of a reference.

    ``via`` is the field of ``entity`` that holds this record's id.
    """

    name: str
    entity: str
    via: str
    labels: tuple[str, ...] = ()
    order: str = "id"
    """The field by which the first and the last are told apart: ids follow the order of creation."""


@dataclass(frozen=True, slots=True)
class EntityInfo:
    """An entity as expressions see it; ``name`` is full (``desk.person``), ``table`` its SQL table."""

    name: str
    table: str
    labels: tuple[str, ...] = ()
    fields: Mapping[str, FieldInfo] = field(default_factory=dict)
    collections: Mapping[str, CollectionInfo] = field(default_factory=dict)
    soft_deleted: bool = True
    """Whether the table has a ``deleted_at`` column whose rows are out of sight."""
    stage: tuple[str, str] | None = None
    """The choice field that says which stage a record is in, and the field with the instant since when."""


@dataclass(frozen=True, slots=True)
class PhraseInfo:
    """An idiom that an app declares: its words by language with ``{places}``, and what it means in core language.

    ``params`` gives the kind of each place: duration, number, integer, text, date, any (each a literal or a setting),
    or the ``entity.field`` of a choice, whose options may then stand without quotes. ``of`` is the entity it speaks of,
    None where it may speak of any.
    """

    words: tuple[tuple[str, str], ...]
    means: str
    params: tuple[tuple[str, str], ...] = ()
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Conventions:
    """What holds all over an installation: the ``language`` of texts where a person has none, working days, rates.

    ``calendars`` are (name, text made by ``language.calendars.calendar_text``), ``calendar`` is the one that counts where
    none is named. ``rates`` are (ISO 4217 code, text made by ``language.calendars.rates_text``): what one unit is worth in
    the ``currency`` of the installation. ``fiscal_month`` is the month in which a fiscal year begins.
    """

    language: str = "en"
    currency: str = ""
    calendar: str | None = None
    calendars: tuple[tuple[str, str], ...] = ()
    rates: tuple[tuple[str, str], ...] = ()
    fiscal_month: int = 1


USUAL = Conventions()


@dataclass(frozen=True, slots=True)
class Scope:
    """All that an expression may name.

    ``of`` is the entity of the record at hand (None: there is none). ``variables`` are dotted names outside the
    record with their types: ``user`` (Ref to system.user), ``user.department``, ``user.departments`` (ListOf Ref),
    ``settings.first_reply`` ...; their values come in at evaluation, as bound parameters in SQL.
    ``parent``: inside child lines, the owning record's entity, which that word names.
    ``guarded``: a person asks, not an app's author; other records that the expression names are then read only
    as far as that person may see them (``to_sql`` takes the guards), though not those that an app's own computed fields read.
    ``labels`` are what people call variables (a setting's titles); ``roles`` are the roles that a rule may name, by name
    and by label. ``declared`` are the names (and titles) of other definitions that a rule may mean, by kind; a kind that is
    not in it isn't looked at.
    """

    entities: Mapping[str, EntityInfo]
    of: str | None = None
    variables: Mapping[str, Type] = field(default_factory=dict)
    time_zone: str = "UTC"
    parent: str | None = None
    guarded: bool = False
    conventions: Conventions = USUAL
    phrases: tuple[PhraseInfo, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
