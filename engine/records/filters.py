"""Conditions that people write at run time (filters, ?where=): compiled, and refused where they read what the actor may not."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy as sa

from engine import access, language
from engine.errors import BadRequest, Forbidden
from engine.language.expression import Compiled, Expression
from engine.model.app import App
from engine.model.kinds.entity import SYSTEM_FIELDS, Entity
from engine.records.plan import AppKey
from engine.store import UnitOfWork, statements


@lru_cache(maxsize=2048)
def _compiled(key: AppKey, entity: str, source: str) -> Compiled:
    """The same filters come again and again: a list's next page, a program's poll."""
    return language.compile_expression(source, key.app.scope(entity), condition=True)


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
    check_reads(work, entity, compiled.expression)
    return compiled.expression


def check_reads(work: UnitOfWork, entity: Entity, expression: Expression) -> None:
    """Raise BadRequest for any field in an expression that the actor may not read, along paths and inside aggregates too."""
    for path in expression.reads:
        _check_path(work, entity, path.removeprefix("old.").split("."))
    for aggregate in expression.aggregates:
        info = work.app.infos[entity.name].collections[aggregate.collection]
        other = work.app.entities[info.entity]
        if access.rows(work.app, work.actor, other.name, "read").none:
            raise Forbidden("not-allowed", verb="read", entity=other.name)
        for path in aggregate.fields:
            _check_path(work, other, path.split("."))


def _check_path(work: UnitOfWork, entity: Entity, path: list[str]) -> None:
    name, rest = path[0], path[1:]
    if not access.readable(access.fields(work.app, work.actor, entity.name), name):
        raise BadRequest("unknown-field-in-query", field=name, entity=entity.name)
    if rest:
        target = _link_target(work.app, entity, name)
        if target is None:
            return
        if access.rows(work.app, work.actor, target.name, "read").none:
            raise BadRequest("unknown-field-in-query", field=rest[0], entity=target.name)
        _check_path(work, target, rest)


def _link_target(app: App, entity: Entity, name: str) -> Entity | None:
    if name in SYSTEM_FIELDS:
        return app.entities["system.user"] if name.endswith("_by") else None
    if name == "parent" and entity.parent:
        return app.entities[entity.parent]
    field = entity.fields.get(name)
    return app.entities[field.targets[0]] if field and len(field.targets) == 1 else None


def where(work: UnitOfWork, entity: Entity, expression: Expression) -> sa.ColumnElement[bool]:
    """A compiled condition over the entity's table."""
    return statements.condition(expression, work.database.dialect, work.tables[entity.name].name, work.variables)
