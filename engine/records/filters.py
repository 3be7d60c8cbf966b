"""Conditions that people write at run time (filters, ?where=): compiled, and refused where they read what the actor may not."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine import access, language
from engine.errors import BadRequest, Forbidden
from engine.language import core
from engine.language.expression import Compiled, Expression, Sql
from engine.model.app import App
from engine.model.kinds.entity import Entity
from engine.records.plan import AppKey
from engine.store import UnitOfWork, statements


@lru_cache(maxsize=2048)
def _compiled(key: AppKey, entity: str, source: str) -> Compiled:
    """The same filters come again and again: a list's next page, a program's poll."""
    return language.compile_expression(source, replace(key.app.scope(entity), guarded=True), condition=True)


def compile_filter(work: UnitOfWork, entity: Entity, source: str) -> Expression:
    """A filter over an entity, checked as if the actor were its author.

    Raises BadRequest with every problem found (code, place, parameters). A field that the actor may not read is unknown
    to it: a filter on it would answer questions about its values.
    """
    compiled = _compiled(AppKey(work.app), entity.name, source)
    if compiled.expression is None:
        problems = [
            {"code": each.code, "start": each.start, "end": each.end, "params": dict(each.params), "fix": each.fix}
            for each in compiled.problems
        ]
        raise BadRequest("bad-filter", problems=problems)
    check_mentions(work, entity, compiled.expression)
    return compiled.expression


def check_mentions(work: UnitOfWork, entity: Entity, expression: Expression) -> None:
    """Raise BadRequest for any field that the expression's author wrote and may not read, along paths and inside aggregates too."""
    for owner, name in sorted(expression.mentions, key=lambda mention: not _is_collection(work.app, *mention)):
        if "." in name:
            _check_path(work, owner, name)
            continue
        definition = work.app.entities[owner]
        collection = work.app.infos[owner].collections.get(name)
        if collection is not None and name not in definition.fields:
            if access.rows(work.app, work.actor, collection.entity, "read").none:
                raise Forbidden("not-allowed", verb="read", entity=collection.entity)
            _check_field(work, work.app.entities[collection.entity], collection.via)
            continue
        if owner != entity.name and access.rows(work.app, work.actor, owner, "read").none:
            raise BadRequest("unknown-field-in-query", field=name, entity=owner)
        _check_field(work, definition, name)


def _is_collection(app: App, owner: str, name: str) -> bool:
    return name in app.infos[owner].collections and name not in app.entities[owner].fields


def _check_field(work: UnitOfWork, entity: Entity, name: str) -> None:
    own = name == "parent" and entity.parent is not None
    if not own and not access.readable(access.fields(work.app, work.actor, entity.name), name):
        raise BadRequest("unknown-field-in-query", field=name, entity=entity.name)


def _check_path(work: UnitOfWork, entity: str, path: str) -> None:
    """Roles may narrow what is seen along a path further than what it leads to; a path into a collection is checked by its names."""
    steps = path.split(".")
    for length in range(2, len(steps) + 1):
        here = work.app.field_at(entity, ".".join(steps[:length]))
        if here is not None and access.along(work.app, work.actor, entity, here.name) != "read":
            raise BadRequest("unknown-field-in-query", field=path, entity=entity)


def where(work: UnitOfWork, entity: Entity, expression: Expression) -> sa.ColumnElement[bool]:
    """A compiled condition over the entity's table; one that a person wrote sees of other entities what that person sees."""
    return statements.condition(expression, work.database.dialect, work.tables[entity.name].name, work.variables, _guards(work, expression))


@lru_cache(maxsize=2048)
def _compiled_path(key: AppKey, entity: str, path: str) -> Expression | None:
    return language.compile_expression(
        ".".join(f"`{name}`" for name in path.split(".")), replace(key.app.scope(entity), guarded=True)
    ).expression


def value_at(work: UnitOfWork, entity: Entity, path: str) -> sa.ColumnElement[Any]:
    """What a path leads to (``caller.name``) as a value over the entity's table, blank where the actor may not see the record there.

    Raises BadRequest for a path that has no value of its own in SQL.
    """
    expression = _compiled_path(AppKey(work.app), entity.name, path)
    if expression is None:
        raise BadRequest("unknown-field-in-query", field=path[:60], entity=entity.name)
    return statements.value(expression, work.database.dialect, work.tables[entity.name].name, work.variables, _guards(work, expression))


def _guards(work: UnitOfWork, expression: Expression) -> dict[str, Sql]:
    return {name: guard for name in sorted(_guarded(expression)) if (guard := _guard(work, name)) is not None}


def _guarded(expression: Expression) -> set[str]:
    """The entities whose records a person's condition reads besides the one it is about."""
    found: set[str] = set()
    for part in core.walk(expression.core):
        if isinstance(part, core.Gather):
            found.update({part.rows.entity} if part.rows.guarded else ())
        hops = part.rows.hops if isinstance(part, core.Gather) else part.hops if isinstance(part, core.Field) else ()
        found.update(hop.entity for hop in hops if hop.guarded)
    return found


def _guard(work: UnitOfWork, name: str) -> Sql | None:
    """The row scope of an entity as a guard of its table; None where every record may be read."""
    decision = access.rows(work.app, work.actor, name, "read")
    if decision.all:
        return None
    parent = work.app.entities[name].parent
    return statements.guard(
        decision.conditions,
        work.database.dialect,
        prefix=f"of_{work.tables[name].name}_",
        shared=decision.shared,
        owner=work.tables[parent].name if parent else None,
    )
