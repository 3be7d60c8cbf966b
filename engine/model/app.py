"""The compiled App: everything a company said, checked, resolved and frozen. It is read, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.diagnostics import Span
from engine.i18n import Language, LocalizedText
from engine.language import CompiledRule
from engine.language.expression import Expression
from engine.language.scope import USUAL, Conventions, EntityInfo, PhraseInfo, Scope
from engine.language.types import Type
from engine.model.kinds.calendar import Calendar, Currency
from engine.model.kinds.data import DataSet
from engine.model.kinds.entity import SYSTEM_FIELDS, Entity, Field
from engine.model.kinds.form import Form
from engine.model.kinds.import_format import ImportFormat
from engine.model.kinds.role import Role
from engine.model.kinds.view import View


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that an administrator may change without touching files; ``default`` in kept form."""

    name: str
    app: str
    type: Type
    title: LocalizedText
    default: Any


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry of an app's menu: a view or an entity's default list."""

    app: str
    entity: str
    view: str | None
    title: LocalizedText
    icon: str


@dataclass(frozen=True, slots=True)
class OpaqueDocument:
    """A definition of a kind that its own engine reads (flow, rules, metrics …): checked for syntax, carried as data."""

    app: str
    kind: str
    name: str
    value: Mapping[str, Any]
    span: Span


@dataclass(frozen=True, slots=True)
class PackageInfo:
    """One package that went into the App, in load order (what is required comes first)."""

    name: str
    version: str
    title: LocalizedText
    content_hash: str


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where a user or record says nothing."""

    language: Language = "en"
    currency: str = "CNY"
    time_zone: str = "UTC"
    fiscal_month: int = 1
    """The month in which a fiscal year begins."""


@dataclass(frozen=True, slots=True)
class App:
    """All packages of an installation as one whole.

    Keys are full names: ``entities['desk.person']``, ``roles['desk.agent']``, ``views['desk.ticket.open']``
    (app.entity.view), ``forms['desk.person']`` (one per entity, generated where no file says), ``imports['desk.legacy_tickets']``.
    Every entity has at least one view; its first in ``entity_views`` order is the default.
    """

    packages: tuple[PackageInfo, ...]
    defaults: Defaults
    entities: Mapping[str, Entity]
    forms: Mapping[str, Form]
    views: Mapping[str, View]
    roles: Mapping[str, Role]
    data: tuple[DataSet, ...]
    imports: Mapping[str, ImportFormat]
    menu: tuple[MenuItem, ...]
    settings: Mapping[str, Setting]
    infos: Mapping[str, EntityInfo]
    content_hash: str
    variables: Mapping[str, Type] = field(default_factory=dict)
    """Types of the names outside records: user, user.department, user.departments, user.roles, settings.*."""
    documents: Mapping[str, OpaqueDocument] = field(default_factory=dict)
    """Definitions of further kinds, by app.kind.name (``desk.flow.service``)."""
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    """Calendars by app.name, and by their own name where one app alone has it."""
    currencies: Mapping[str, Currency] = field(default_factory=dict)
    conventions: Conventions = USUAL
    """What expressions know of calendars, rates and defaults."""
    rules: Mapping[str, tuple[CompiledRule, ...]] = field(default_factory=dict)
    """The checked texts of rules, by app.rules.name (``desk.rules.forgotten``)."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What people call the names outside records: a setting's titles."""
    phrases: Mapping[str, tuple[PhraseInfo, ...]] = field(default_factory=dict)
    """The phrases that texts of each app may use."""

    def scope(self, entity: str | None) -> Scope:
        """What an expression written at run time about this entity may name."""
        parent = self.entities[entity].parent if entity else None
        phrases = self.phrases.get(entity.partition(".")[0], ()) if entity else ()
        return Scope(
            self.infos,
            entity,
            self.variables,
            self.defaults.time_zone,
            parent,
            phrases=phrases,
            labels=self.labels,
            conventions=self.conventions,
        )

    def linked(self, entity: str, name: str) -> str | None:
        """The entity that a reference leads to; None where a field is no reference, or may lead to several entities."""
        if name in SYSTEM_FIELDS:
            return "system.user" if name.endswith("_by") else None
        field = self.entities[entity].fields.get(name)
        return field.targets[0] if field is not None and len(field.targets) == 1 else None

    def field_at(self, entity: str, path: str) -> Field | None:
        """The field at the end of a path of references (``caller.name``), named and titled by the path; None for none."""
        step, _, rest = path.partition(".")
        here = self.entities[entity].fields.get(step)
        if not rest:
            return here
        target = self.linked(entity, step)
        found = self.field_at(target, rest) if target is not None else None
        if found is None or target is None:
            return None
        title = here.title if here is not None else self.entities[target].title
        currency = f"{step}.{found.currency_field}" if found.currency_field else None
        return replace(found, name=path, title=title.beside(found.title), currency_field=currency)

    def views_of(self, entity: str) -> tuple[View, ...]:
        """The views of an entity, the default first."""
        return tuple(view for view in self.views.values() if view.entity == entity)


__all__ = ["App", "Defaults", "Expression", "MenuItem", "OpaqueDocument", "PackageInfo", "Setting"]
