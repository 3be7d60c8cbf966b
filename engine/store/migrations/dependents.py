"""Which definitions name a field or an entity: what a change of it reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from engine.language.expression import Expression
from engine.model.app import App
from engine.model.kinds.entity import Entity

_Place = tuple[str, str]
"""An entity and one of its fields; field "" is the entity as a whole."""


class Dependents:
    """Every naming of a field in one App, found in one walk. Words are English ids: ``view desk.ticket.open``."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._found: dict[_Place, dict[str, None]] = defaultdict(dict)
        for who, where in self._namings():
            self._found[where][who] = None

    def of(self, entity: str, field: str = "") -> tuple[str, ...]:
        """What names a field, or (``field`` "") what names the entity itself from outside."""
        return tuple(self._found.get((entity, field), ()))

    def _namings(self) -> Iterator[tuple[str, _Place]]:
        for entity in self._app.entities.values():
            yield from self._entity(entity)
        for name, view in self._app.views.items():
            if view.generated:
                continue
            who = f"view {name}"
            yield who, (view.entity, "")
            named = (*view.columns, *(each.lstrip("-") for each in view.sort), *view.totals, *filter(None, (view.by, view.start, view.end)))
            yield from self._paths(who, view.entity, named)
            yield from self._expression(who, view.entity, view.where)
        for name, form in self._app.forms.items():
            if not form.generated:
                shown = [each for section in form.sections for each in section.fields]
                yield from self._paths(f"form {name}", form.entity, (*shown, *form.phone))
        for name, role in self._app.roles.items():
            for rights in role.may.values():
                yield f"role {name}", (rights.entity, "")
                yield from self._paths(f"role {name}", rights.entity, rights.fields)
                for grant in rights.grants.values():
                    yield from self._expression(f"role {name}", rights.entity, grant.where)
        for name, format_ in self._app.imports.items():
            yield f"import {name}", (format_.entity, "")
            yield from self._paths(f"import {name}", format_.entity, (*format_.key, *(column.field for column in format_.columns)))

    def _entity(self, entity: Entity) -> Iterator[tuple[str, _Place]]:
        for field in entity.fields.values():
            who = f"field {entity.name}.{field.name}"
            for target in field.targets:
                yield who, (target, "")
            for expression in (field.compute, field.initial, field.visible_if, field.required_if, field.readonly_if):
                yield from self._expression(who, entity.name, expression)
        for check in entity.checks:
            yield from self._expression(f"check {entity.name}.{check.name}", entity.name, check.that)
        for name, fields in entity.unique.items():
            yield from self._paths(f"unique key {entity.name}.{name}", entity.name, fields)

    def _expression(self, who: str, entity: str, expression: Expression | None) -> Iterator[tuple[str, _Place]]:
        if expression is None:
            return
        yield from self._paths(who, entity, expression.reads)
        info = self._app.infos.get(entity)
        collections: Mapping[str, object] = info.collections if info is not None else {}
        for aggregate in expression.aggregates:
            if info is not None and aggregate.collection in collections:
                yield from self._paths(who, info.collections[aggregate.collection].entity, aggregate.fields)

    def _paths(self, who: str, entity: str, paths: Iterable[str]) -> Iterator[tuple[str, _Place]]:
        """Every field on the way of each path."""
        for path in paths:
            here: str | None = entity
            for hop in path.removeprefix("old.").split("."):
                at = self._app.entities.get(here) if here is not None else None
                field = at.fields.get(hop) if at is not None else None
                if field is None or here is None:
                    break
                if who != f"field {here}.{hop}":
                    yield who, (here, hop)
                here = field.targets[0] if len(field.targets) == 1 else field.lines
