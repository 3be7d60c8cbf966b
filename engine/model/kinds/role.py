"""A role: who may do what with which records and fields. What is not said is not allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.diagnostics.source import Span
from engine.i18n import LocalizedText
from engine.language.expression import Expression

Verb = Literal["read", "create", "update", "delete", "export", "import"]
VERBS: tuple[Verb, ...] = ("read", "create", "update", "delete", "export", "import")
Scope = Literal["own", "department", "subtree", "team", "shared", "all"]
FieldRight = Literal["none", "mask", "read", "write"]


@dataclass(frozen=True, slots=True)
class Grant:
    """One verb on one entity for the records of any of ``scopes``, or those that ``where`` selects (whichever: one suffices)."""

    scopes: tuple[Scope, ...]
    where: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class EntityRights:
    """All that a role may do with one entity; ``fields`` narrows single fields (absent: as the verbs say)."""

    entity: str
    grants: Mapping[Verb, Grant]
    span: Span
    fields: Mapping[str, FieldRight] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of rights; ``name`` is full (``desk.agent``). ``admin`` may do everything and manage users."""

    name: str
    app: str
    title: LocalizedText
    span: Span
    may: Mapping[str, EntityRights] = field(default_factory=dict)
    admin: bool = False
