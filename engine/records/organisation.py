"""What must hold of people, departments and roles besides what their definitions say: nobody is locked out, no tree bites itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine.diagnostics import nearest
from engine.errors import Conflict, FieldProblem
from engine.records.draft import Draft
from engine.store import UnitOfWork, identity
from engine.store.database import alone

_USER, _DEPARTMENT, _ASSIGNMENT = "system.user", "system.department", "system.role_assignment"
_TREES: Mapping[str, str] = {_USER: "manager", _DEPARTMENT: "parent"}
_STEPS_MAX = 1_000


def add_problems(work: UnitOfWork, entity: str, drafts: Sequence[Draft]) -> None:
    """Note on drafts of the organisation's records what may not be; of other entities' nothing.

    What others change at the same time is waited for, so that two changes, each right by itself, can't be wrong together.
    """
    if entity not in (_USER, _DEPARTMENT, _ASSIGNMENT):
        return
    alone(work.connection, "organisation")
    if entity in _TREES:
        _no_circles(work, entity, _TREES[entity], drafts)
    if entity == _USER:
        _logins(work, drafts)
        _administrators(work, drafts)
    if entity == _ASSIGNMENT:
        for draft in drafts:
            role = draft.values.get("role")
            if role is not None and role not in work.app.roles and "role" in draft.given:
                known = nearest(role, sorted(work.app.roles)) or ""
                draft.problems.append(FieldProblem("role", "unknown-role", {"role": role[:60], "suggestion": known or "system.admin"}))


def _no_circles(work: UnitOfWork, entity: str, link: str, drafts: Sequence[Draft]) -> None:
    moved = [draft for draft in drafts if draft.values.get(link) is not None and link in draft.given]
    if not moved:
        return
    table = work.tables[entity]
    linked = sa.select(table.c.id, table.c[link]).where(table.c[link].is_not(None), table.c.deleted_at.is_(None))
    above: dict[str, Any] = {row[0]: row[1] for row in work.connection.execute(linked)}
    for draft in moved:
        above[draft.id] = draft.values[link]
        here, steps = draft.values[link], 0
        while here is not None and here != draft.id and steps < _STEPS_MAX:
            here, steps = above.get(here), steps + 1
        if here is not None:
            draft.problems.append(FieldProblem(link, "circle"))
            above[draft.id] = (draft.before or {}).get(link)


def _logins(work: UnitOfWork, drafts: Sequence[Draft]) -> None:
    users = work.tables[_USER]
    taken: dict[str, str] = {}
    for draft in drafts:
        login = draft.values.get("login")
        if login is None or "login" not in draft.given or login == (draft.before or {}).get("login"):
            continue
        same = identity.same_login(users, login, work.database.dialect)
        others = sa.select(users.c.id).where(same, users.c.deleted_at.is_(None), users.c.id != draft.id, users.c.login != login)
        if taken.setdefault(login.lower(), login) != login or work.connection.execute(others).first() is not None:
            draft.problems.append(FieldProblem("login", "not-unique"))


def _administrators(work: UnitOfWork, drafts: Iterable[Draft]) -> None:
    for draft in drafts:
        if draft.before is None or not draft.before.get("active") or draft.values.get("active"):
            continue
        if draft.id == work.actor.id:
            draft.problems.append(FieldProblem("active", "not-yourself"))
        elif _is_last(work, draft.id):
            draft.problems.append(FieldProblem("active", "last-administrator"))


def _is_last(work: UnitOfWork, user: str) -> bool:
    """Whether this user is an active administrator and the only one."""
    holders = _administrators_of(work)
    return user in holders and len(holders) == 1


def _administrators_of(work: UnitOfWork, without: str | None = None) -> set[str]:
    """The active users who hold a role that lifts every restriction, not counting one assignment."""
    roles = [name for name, role in work.app.roles.items() if role.admin]
    users, held = work.tables[_USER], work.tables[_ASSIGNMENT]
    statement = (
        sa.select(held.c.user)
        .join(users, users.c.id == held.c.user)
        .where(held.c.role.in_(roles), held.c.deleted_at.is_(None), users.c.active.is_(True), users.c.deleted_at.is_(None))
    )
    return set(work.connection.execute(statement if without is None else statement.where(held.c.id != without)).scalars())


def check_removal(work: UnitOfWork, entity: str, key: str, values: Mapping[str, Any]) -> None:
    """Raise Conflict where a person who has had a password would be deleted, or the last administrator's role taken away."""
    if entity == _USER and identity.has_credential(work.connection, key):
        raise Conflict("people-are-disabled", entity=entity, id=key)
    if entity == _ASSIGNMENT:
        alone(work.connection, "organisation")
        if values.get("user") in _administrators_of(work) and not _administrators_of(work, without=key):
            raise Conflict("last-administrator", entity=entity, id=key)
