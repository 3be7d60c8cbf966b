"""Who asks: a person with their place in the organisation, or a named part of the system itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from engine.i18n import Language


@dataclass(frozen=True, slots=True)
class Actor:
    """Everything that permission needs to know of the one who asks.

    ``variables`` are the values of ``user``, ``user.department``, ``user.departments`` (the person's department and
    all below, with those they lead), ``user.team`` (people who report to them, at any depth) and ``user.roles``.
    ``scopes`` narrow an API token: without "write" nothing can be changed.
    """

    kind: Literal["user", "system"]
    id: str | None
    name: str
    roles: frozenset[str] = frozenset()
    admin: bool = False
    language: Language = "en"
    language_chosen: bool = False
    """Whether the language is the person's own choice, not the App's default."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset({"read", "write"})

    @classmethod
    def system(cls, purpose: str) -> Actor:
        """A part of the engine that acts for no person (a migration, the loading of demo data); audited under its name."""
        return cls(kind="system", id=None, name=purpose, admin=True, variables={"user": None, "user.roles": ()})

    def narrowed(self, scopes: tuple[str, ...]) -> Actor:
        """The same person through a token with these scopes."""
        return self if self.scopes == frozenset(scopes) else replace(self, scopes=frozenset(scopes))

    @property
    def may_write(self) -> bool:
        """Whether this actor may change anything at all."""
        return "write" in self.scopes
