"""An expression that has been parsed, typed and checked: what every layer above holds instead of text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.language.types import Type


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a source text: where (character offsets), what (a diagnostic's code and parameters), the fix."""

    code: str
    start: int
    end: int
    params: Mapping[str, Any] = field(default_factory=dict)
    fix: str | None = None
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregate over related records that an expression needs: the collection, and the fields read of each row."""

    collection: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sql:
    """A self-contained SQL fragment over one table alias: text with ``:p0``-style names, and their typed values.

    A parameter whose value is a ``Variable`` is looked up in the evaluation's variables when the statement runs.
    """

    text: str
    params: tuple[tuple[str, Any, Type], ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """A value known only at evaluation: ``now``, ``today``, ``user``, ``user.department``, ``settings.x``."""

    name: str


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression.

    ``reads`` are the record's paths (``amount``, ``owner.region``, ``old.status``); a path of several hops is one
    dotted key of the record mapping that back ends are given. ``variables`` are names outside the record.
    ``mentions`` are the fields and collections that the author wrote, each with the entity that has it, and each path
    of several steps with the entity where it begins: unlike ``reads`` they name a computed field itself, not what
    computes it.
    ``canonical`` is the text printed back in ASCII names and English keywords.
    """

    source: str
    ast: Any
    type: Type
    nullable: bool
    of: str | None
    reads: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    aggregates: tuple[Aggregate, ...] = ()
    mentions: frozenset[tuple[str, str]] = frozenset()
    canonical: str = ""
    time_zone: str = "UTC"
    entities: Any = field(default=None, repr=False, compare=False)
    core: Any = field(default=None, repr=False, compare=False)
    """The checked form that back ends translate (``language.core``)."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The outcome of compiling a source text: an expression unless an error was found, and every problem."""

    expression: Expression | None
    problems: tuple[Problem, ...]
