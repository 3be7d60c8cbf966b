"""The display texts of records and of what they link to, found for a whole page at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine import access, limits
from engine.language import types as t
from engine.model.app import App
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


def displays(
    work: UnitOfWork, entity: Entity, keys: Sequence[str], *, checked: bool = True, depth: int = limits.path_hops_max
) -> dict[str, tuple[str, bool]]:
    """Display text and deletedness by id; with ``checked``, only of records that the actor may read.

    One statement per link that the template leads over, not per record. ``depth`` is how many more records a template
    may be shown within another's: templates may name each other in a circle.
    """
    paths = [path for path in display_fields(entity) if "." not in path or access.along(work.app, work.actor, entity.name, path) == "read"]
    rows = _rows(work, entity, keys, {path.partition(".")[0] for path in paths}, checked=checked)
    texts = _texts(work, entity, rows, paths, depth)
    result = {}
    for key, values in rows.items():
        shown = _filled(entity.display, {path: found[key] for path, found in texts.items() if key in found})
        result[key] = (shown, values["deleted_at"] is not None)
    return result


def _filled(template: str, texts: Mapping[str, str]) -> str:
    """A template with its tokens filled; blanks leave no gap and no dash at an end."""
    return " ".join(_TOKEN.sub(lambda match: texts.get(match[1], ""), template).split()).strip(" -–—·/")


def _rows(work: UnitOfWork, entity: Entity, keys: Iterable[str], names: Iterable[str], *, checked: bool = True) -> dict[str, Values]:
    """Those of the values that the actor may read, of records by id; with ``checked``, only of records that it may read."""
    decision = access.rows(work.app, work.actor, entity.name, "read")
    pending = list(dict.fromkeys(keys))
    if decision.none or not pending:
        return {}
    rights = access.fields(work.app, work.actor, entity.name)
    table = work.tables[entity.name]
    columns: list[sa.ColumnElement[Any]] = [table.c.id, table.c.deleted_at]
    wanted = (name for name in names if name not in ("id", "deleted_at") and access.readable(rights, name))
    columns += [value_column(work, entity, name).label(name) for name in wanted]
    allowed = gate.condition(work, entity, decision, "read") if checked else None
    found = {}
    for start in range(0, len(pending), 500):
        statement = sa.select(*columns).where(table.c.id.in_(pending[start : start + 500]))
        if allowed is not None:
            statement = statement.where(allowed)
        for row in work.connection.execute(statement):
            found[row.id] = dict(row._mapping)
    return found


def _texts(work: UnitOfWork, entity: Entity, rows: Mapping[str, Values], paths: Iterable[str], depth: int) -> dict[str, dict[str, str]]:
    """The text of each path of a template, by the record's id."""
    by_name: dict[str, list[str]] = {}
    for path in paths:
        name, _, rest = path.partition(".")
        by_name.setdefault(name, []).append(rest)
    found: dict[str, dict[str, str]] = {}
    for name, rests in by_name.items():
        leading = work.app.linked(entity.name, name)
        target = work.app.entities[leading] if leading is not None else None
        linked = {key: values[name] for key, values in rows.items() if values.get(name) is not None}
        if "" in rests and target is None:
            found[name] = {key: _plain(work, entity, name, value) for key, value in linked.items()}
        elif "" in rests and target is not None and depth > 0:
            shown = displays(work, target, list(linked.values()), depth=depth - 1)
            found[name] = {key: shown[value][0] for key, value in linked.items() if value in shown}
        further = [rest for rest in rests if rest]
        if further and target is not None:
            others = _rows(work, target, linked.values(), {rest.partition(".")[0] for rest in further})
            for rest, texts in _texts(work, target, others, further, depth).items():
                found[f"{name}.{rest}"] = {key: texts[value] for key, value in linked.items() if value in texts}
    return found


def _plain(work: UnitOfWork, entity: Entity, name: str, value: Any) -> str:
    field = entity.fields.get(name)
    if field is None:
        return str(value)
    if field.targets:
        return ""
    if isinstance(field.type, t.Choice):
        return next((option.title.text(work.actor.language) for option in field.options if option.code == value), str(value))
    return str(to_json(field.type, value))


def references_of(work: UnitOfWork, entity: Entity, found: Sequence[Values], names: Sequence[str]) -> dict[str, dict[str, Reference]]:
    """What each record's references lead to; a target out of the actor's sight has no display text."""
    links = [(name, targets) for name, targets in _links(work.app, entity, names)]
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


def _links(app: App, entity: Entity, names: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    fields = [(name, app.field_at(entity.name, name)) for name in names]
    own = [(name, field.targets) for name, field in fields if field is not None and field.targets]
    return [*own, ("created_by", ("system.user",)), ("updated_by", ("system.user",))]


def _target(values: Values, name: str, targets: tuple[str, ...]) -> str | None:
    if not values.get(name):
        return None
    return targets[0] if len(targets) == 1 else values.get(f"{name}__entity")
