"""Reading who an actor is: their roles, department and people, from the organisation's own records."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine import language
from engine.access import Actor
from engine.model.app import App
from engine.records.plan import AppKey
from engine.store import Dialect, Tables, statements


def load_actor(connection: sa.Connection, app: App, tables: Tables, user_id: str) -> Actor | None:
    """The actor of an active user; None for one who is disabled, deleted or unknown."""
    users = tables["system.user"]
    row = connection.execute(sa.select(users).where(users.c.id == user_id, users.c.active.is_(True), users.c.deleted_at.is_(None))).first()
    if row is None:
        return None
    assignments = tables["system.role_assignment"]
    roles = connection.execute(
        sa.select(assignments.c.role).where(assignments.c.user == user_id, assignments.c.deleted_at.is_(None)).order_by(assignments.c.role)
    ).scalars()
    held = tuple(role for role in roles if role in app.roles)
    department = row._mapping.get("department")
    variables: dict[str, Any] = {
        "user": user_id,
        "user.department": department,
        "user.departments": _departments(connection, tables, user_id, department),
        "user.team": _team(connection, tables, user_id),
        "user.roles": held,
        "user.manager": row._mapping.get("manager"),
        "user.language": row._mapping.get("language"),
    }
    variables.update(_further(connection, app, tables, user_id, variables))
    chosen = row._mapping.get("language")
    admin = any(app.roles[role].admin for role in held)
    spoken = chosen or app.defaults.language
    return Actor("user", user_id, row.name, frozenset(held), admin, spoken, language_chosen=chosen is not None, variables=variables)


def _further(connection: sa.Connection, app: App, tables: Tables, user_id: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """What the App's expressions ask of the user beyond their own place: ``user.email``, ``user.department.manager``, ..."""
    paths = [path for path in _user_paths(AppKey(app)) if path not in known]
    if not paths:
        return {}
    table = tables["system.user"]
    dialect: Dialect = "sqlite" if connection.dialect.name == "sqlite" else "postgresql"
    columns = []
    for place, path in enumerate(paths):
        compiled = language.compile_expression(path.removeprefix("user."), app.scope("system.user"))
        if compiled.expression is None:
            raise AssertionError(f"{path} was checked but does not compile: {compiled.problems}")
        columns.append(statements.value(compiled.expression, dialect, table.name, {}).label(f"v{place}"))
    row = connection.execute(sa.select(*columns).where(table.c.id == user_id)).one()
    return dict(zip(paths, row, strict=True))


@lru_cache(maxsize=64)
def _user_paths(key: AppKey) -> tuple[str, ...]:
    """Every ``user.…`` that a role, view, entity or form of the App reads."""
    app = key.app
    found: set[str] = set()
    expressions = [grant.where for role in app.roles.values() for rights in role.may.values() for grant in rights.grants.values()]
    expressions += [view.where for view in app.views.values()]
    expressions += [section.visible_if for form in app.forms.values() for section in form.sections]
    for entity in app.entities.values():
        expressions += [check.that for check in entity.checks]
        for field in entity.fields.values():
            expressions += [field.initial, field.compute, field.visible_if, field.required_if, field.readonly_if]
    for expression in expressions:
        if expression is not None:
            found.update(name for name in expression.variables if name.startswith("user."))
    return tuple(sorted(found))


def _departments(connection: sa.Connection, tables: Tables, user_id: str, department: str | None) -> tuple[str, ...]:
    """The user's department, those they lead, and everything below."""
    table = tables["system.department"]
    live = table.c.deleted_at.is_(None)
    top = table.c.manager == user_id
    if department is not None:
        top = sa.or_(top, table.c.id == department)
    tree = sa.select(table.c.id).where(live, top).cte("tree", recursive=True)
    below = table.alias("below")
    tree = tree.union(sa.select(below.c.id).join(tree, below.c.parent == tree.c.id).where(below.c.deleted_at.is_(None)))
    return tuple(connection.execute(sa.select(tree.c.id)).scalars())


def _team(connection: sa.Connection, tables: Tables, user_id: str) -> tuple[str, ...]:
    """Everybody who reports to the user, directly or through others."""
    users = tables["system.user"]
    team = sa.select(users.c.id).where(users.c.manager == user_id, users.c.deleted_at.is_(None)).cte("team", recursive=True)
    below = users.alias("below")
    team = team.union(sa.select(below.c.id).join(team, below.c.manager == team.c.id).where(below.c.deleted_at.is_(None)))
    return tuple(connection.execute(sa.select(team.c.id)).scalars())
