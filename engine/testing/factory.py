"""A running installation for tests: real database, fixed clock, people with roles; made in milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from engine import deployment, records
from engine.access import Actor
from engine.clock import Clock, FixedClock
from engine.model import compile
from engine.runtime import Runtime
from engine.store import Database

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Noon in Shanghai on a Monday."""

SYSTEM = Actor.system("test")


def runtime(apps: Sequence[Path], url: str, *, clock: Clock | None = None) -> Runtime:
    """An installation of these packages on an empty database. Raises AssertionError with the diagnostics of a broken one."""
    clock = clock or FixedClock(NOON)
    compilation = compile(list(apps))
    assert compilation.app is not None, compilation.diagnostics
    database = Database(url)
    deployment.apply_packages(database, compilation.packages, allow_destructive=False, by="test", clock=clock)
    return deployment.open_runtime(url, clock=clock)


def person(
    running: Runtime, login: str, *roles: str, department: str | None = None, manager: str | None = None, password: str | None = None
) -> Actor:
    """A new active user with roles, as an actor."""
    with running.begin(SYSTEM) as work:
        values = {"name": login.title(), "login": login, "department": department, "manager": manager}
        key = records.create(work, "system.user", values)
        for role in roles:
            records.create(work, "system.role_assignment", {"user": key, "role": role})
    if password is not None:
        running.identity.set_password(key, password)
    actor = running.actor_of(key)
    assert actor is not None
    return actor


def department(running: Runtime, name: str, *, parent: str | None = None, manager: str | None = None) -> str:
    """A new department's id."""
    with running.begin(SYSTEM) as work:
        return records.create(work, "system.department", {"name": name, "parent": parent, "manager": manager})
