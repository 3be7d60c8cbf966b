"""The types of the language and the form in which a value of each is kept.

Kept form (what records, expressions and SQL bind use; JSON is made from it only at the edges):

==============  ==========================  =======================  ==================
type            Python                      SQLite                   PostgreSQL
==============  ==========================  =======================  ==================
text            str, never ''               TEXT                     TEXT COLLATE "C"
integer         int                         INTEGER                  BIGINT
float           float                       REAL                     DOUBLE PRECISION
decimal, money  int, times 10**scale        INTEGER                  BIGINT
boolean         bool                        INTEGER 0/1              BOOLEAN
date            datetime.date               TEXT YYYY-MM-DD          DATE
time            datetime.time               TEXT HH:MM:SS.ffffff     TIME
datetime        datetime, naive, UTC        TEXT YYYY-MM-DD HH:MM:SS.ffffff  TIMESTAMP
duration        int, seconds (exact)        INTEGER                  BIGINT
workdays        int                         INTEGER                  BIGINT
choice          str, the code               TEXT                     TEXT COLLATE "C"
multi-choice    tuple[str, ...]             TEXT, JSON array         JSONB
ref, user       str, the record's id        TEXT                     UUID
==============  ==========================  =======================  ==================

A blank of any type is None.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    """Base of all types."""


@dataclass(frozen=True, slots=True)
class Text(Type):
    """Unicode text; the empty text does not exist."""


@dataclass(frozen=True, slots=True)
class Integer(Type):
    """A whole number of 64 bits."""


@dataclass(frozen=True, slots=True)
class Float(Type):
    """An IEEE 754 double."""


@dataclass(frozen=True, slots=True)
class Decimal(Type):
    """An exact decimal with ``scale`` digits after the point (0..6)."""

    scale: int


@dataclass(frozen=True, slots=True)
class Money(Type):
    """An amount with ``scale`` digits; ``currency`` is an ISO 4217 code, or None when each record names its own."""

    scale: int
    currency: str | None


@dataclass(frozen=True, slots=True)
class Boolean(Type):
    """True or false."""


@dataclass(frozen=True, slots=True)
class Date(Type):
    """A calendar day."""


@dataclass(frozen=True, slots=True)
class Time(Type):
    """A time of day."""


@dataclass(frozen=True, slots=True)
class DateTime(Type):
    """An instant."""


@dataclass(frozen=True, slots=True)
class Duration(Type):
    """A span: exact seconds, or (``calendar``) whole months."""

    calendar: bool = False


@dataclass(frozen=True, slots=True)
class Workdays(Type):
    """A span counted in working days; it can only be added to a date or an instant."""


@dataclass(frozen=True, slots=True)
class Choice(Type):
    """One code of a declared set, in declared order."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MultiChoice(Type):
    """Several codes of a declared set."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ref(Type):
    """A link to a record of the entity with this full name (``desk.person``); "" for a polymorphic link."""

    entity: str


@dataclass(frozen=True, slots=True)
class ListOf(Type):
    """Several values of one type; only in literals, variables and aggregate results."""

    item: Type


@dataclass(frozen=True, slots=True)
class Json(Type):
    """A value without structure known to the language: it can be tested for blank only."""


@dataclass(frozen=True, slots=True)
class Blank(Type):
    """The type of the literal ``blank``."""
