"""Form + record + rights → what stands on the page: each field's visibility, whether it must be filled, may be changed, and why not.

Pure: it reads no database. Conditions that read related records need their dotted values in ``record``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from engine import language
from engine.i18n import LocalizedText
from engine.language.expression import Expression
from engine.model.app import App
from engine.model.kinds.entity import Entity, Field
from engine.model.kinds.form import Form, Section
from engine.model.kinds.role import FieldRight

Why = Literal["", "computed", "numbered", "rights", "masked", "locked", "fixed"]


@dataclass(frozen=True, slots=True)
class FieldState:
    """One field on the page; ``why`` names the reason where it cannot be changed."""

    field: Field
    visible: bool
    required: bool
    readonly: bool
    why: Why


@dataclass(frozen=True, slots=True)
class SectionState:
    """A group of fields; ``columns`` is how many stand side by side where there is room."""

    name: str
    title: LocalizedText | None
    columns: int
    fields: tuple[FieldState, ...]


@dataclass(frozen=True, slots=True)
class FormState:
    """A record's page: the sections that are visible now, without fields that may not be seen."""

    entity: Entity
    sections: tuple[SectionState, ...]

    @property
    def fields(self) -> tuple[FieldState, ...]:
        """All visible fields in the order of the page."""
        return tuple(field for section in self.sections for field in section.fields)


@lru_cache(maxsize=4096)
def _function(expression: Expression) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Any]:
    return language.python_function(expression)


def _holds(expression: Expression | None, record: Mapping[str, Any], variables: Mapping[str, Any], *, otherwise: bool) -> bool:
    return otherwise if expression is None else bool(_function(expression)(record, variables))


def form_state(
    app: App,
    entity: str,
    record: Mapping[str, Any],
    rights: Mapping[str, FieldRight],
    variables: Mapping[str, Any],
    *,
    creating: bool = False,
    changeable: bool = True,
) -> FormState:
    """The page of one record, new or existing.

    ``record`` is in kept form; ``rights`` the actor's right on each field; ``changeable`` False where the actor may not
    change this record at all.
    """
    definition = app.entities[entity]
    form = app.forms[entity]
    sections = []
    for section in _sections(form, definition):
        if not _holds(section.visible_if, record, variables, otherwise=True):
            continue
        names = [name for name in section.fields if name in definition.fields and rights.get(name, "none") != "none"]
        states = [
            _field_state(definition.fields[name], record, rights[name], variables, creating=creating, changeable=changeable)
            for name in names
        ]
        shown = tuple(state for state in states if state.visible)
        if shown:
            sections.append(SectionState(section.name, section.title, section.columns, shown))
    return FormState(definition, tuple(sections))


def _sections(form: Form, entity: Entity) -> tuple[Section, ...]:
    """The form's sections; fields that it does not place stay off the page, by the author's choice."""
    if form.sections:
        return form.sections
    return (Section("main", None, tuple(entity.fields), 2),)


def _field_state(
    field: Field, record: Mapping[str, Any], right: FieldRight, variables: Mapping[str, Any], *, creating: bool, changeable: bool
) -> FieldState:
    visible = _holds(field.visible_if, record, variables, otherwise=True)
    required = field.required or _holds(field.required_if, record, variables, otherwise=False)
    why = _why_fixed(field, record, right, variables, creating=creating)
    return FieldState(field, visible, required and not why, bool(why) or not changeable, why)


def _why_fixed(field: Field, record: Mapping[str, Any], right: FieldRight, variables: Mapping[str, Any], *, creating: bool) -> Why:
    if field.computed:
        return "computed"
    if field.sequence is not None:
        return "numbered"
    if right == "mask":
        return "masked"
    if right == "read":
        return "rights"
    if field.read_only:
        return "fixed"
    if not creating and _holds(field.readonly_if, record, variables, otherwise=False):
        return "locked"
    return ""
