"""The display texts of records and of what they link to, found for a whole page at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine import access
from engine.language import types as t
from engine.model.kinds.entity import Entity
from engine.records import gate
from engine.records.derive import Values, value_column
from engine.records.plan import display_fields
from engine.records.record import Reference
from engine.records.values import to_json
from engine.store import UnitOfWork

_TOKEN = re.compile(r"\{([a-z][a-z0-9_.]*)\}")


def names_of(work: UnitOfWork, entity: Entity, found: Sequence[Values]) -> dict[str, str]:
    """The display text of each record, read anew where its fields are not among those at hand."""
    keys = [values["id"] for values in found]
    return {key: text for key, (text, _deleted) in displays(work, entity, keys, checked=False).items()}


def displays(work: UnitOfWork, entity: Entity, keys: Sequence[str], *, checked: bool = True) -> dict[str, tuple[str, bool]]:
    """Display text and deletedness by id; with ``checked``, only of records that the actor may read."""
    decision = access.rows(work.app, work.actor, entity.name, "read")
    if decision.none or not keys:
        return {}
    rights = access.fields(work.app, work.actor, entity.name)
    names = [name for name in display_fields(entity) if "." not in name and access.readable(rights, name)]
    table = work.tables[entity.name]
    columns: list[sa.ColumnElement[Any]] = [table.c.id, table.c.deleted_at]
    columns += [value_column(work, entity, name).label(name) for name in names if name not in ("id", "deleted_at")]
    allowed = gate.condition(work, entity, decision, "read") if checked else None
    result: dict[str, tuple[str, bool]] = {}
    pending = list(dict.fromkeys(keys))
    for start in range(0, len(pending), 500):
        statement = sa.select(*columns).where(table.c.id.in_(pending[start : start + 500]))
        if allowed is not None:
            statement = statement.where(allowed)
        rows = [dict(row._mapping) for row in work.connection.execute(statement)]
        linked = _linked_names(work, entity, names, rows)
        for values in rows:
            result[values["id"]] = (_display(work, entity, values, linked), values["deleted_at"] is not None)
    return result


def _linked_names(work: UnitOfWork, entity: Entity, names: Sequence[str], rows: Sequence[Values]) -> dict[str, str]:
    """Display texts of the references that a display template names, one level deep."""
    found: dict[str, str] = {}
    for name in names:
        field = entity.fields.get(name)
        if field is None or len(field.targets) != 1:
            continue
        target = work.app.entities[field.targets[0]]
        if target.name != entity.name:
            found.update({key: text for key, (text, _gone) in displays(work, target, [row[name] for row in rows if row[name]]).items()})
    return found


def _display(work: UnitOfWork, entity: Entity, values: Mapping[str, Any], linked: Mapping[str, str]) -> str:
    def shown(match: re.Match[str]) -> str:
        field = entity.fields.get(match[1])
        value = values.get(match[1])
        if value is None:
            return ""
        if field is None:
            return str(value)
        if field.targets:
            return linked.get(value, "")
        if isinstance(field.type, t.Choice):
            return next((option.title.text(work.actor.language) for option in field.options if option.code == value), str(value))
        return str(to_json(field.type, value))

    text = " ".join(_TOKEN.sub(shown, entity.display).split())
    return text.strip(" -–—·/")


def references_of(work: UnitOfWork, entity: Entity, found: Sequence[Values], names: Sequence[str]) -> dict[str, dict[str, Reference]]:
    """What each record's references lead to; a target out of the actor's sight has no display text."""
    links = [(name, targets) for name, targets in _links(entity, names)]
    wanted: dict[str, set[str]] = {}
    for values in found:
        for name, targets in links:
            target = _target(values, name, targets)
            if target:
                wanted.setdefault(target, set()).add(values[name])
    texts = {
        target: displays(work, work.app.entities[target], sorted(keys)) for target, keys in wanted.items() if target in work.app.entities
    }
    result: dict[str, dict[str, Reference]] = {}
    for values in found:
        mine: dict[str, Reference] = {}
        for name, targets in links:
            target = _target(values, name, targets)
            if target:
                text, deleted = texts.get(target, {}).get(values[name], ("", False))
                mine[name] = Reference(target, values[name], text, deleted)
        result[values["id"]] = mine
    return result


def _links(entity: Entity, names: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    own = [(name, entity.fields[name].targets) for name in names if name in entity.fields and entity.fields[name].targets]
    return [*own, ("created_by", ("system.user",)), ("updated_by", ("system.user",))]


def _target(values: Values, name: str, targets: tuple[str, ...]) -> str | None:
    if not values.get(name):
        return None
    return targets[0] if len(targets) == 1 else values.get(f"{name}__entity")
