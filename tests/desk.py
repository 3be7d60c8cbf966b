"""A service desk on each database, with people of every role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.access import Actor
from engine.clock import FixedClock
from engine.runtime import Runtime
from engine.testing import factory
from tests.fresh_database import fresh_url

__all__ = ["DESK", "Desk", "desk", "fresh_url"]

DESK = Path(__file__).parent / "apps" / "desk"


@dataclass
class Desk:
    """A running service desk: ann and bob work in the north team under cem, dan in the south; eve sees only what is shared."""

    runtime: Runtime
    clock: FixedClock
    ann: Actor
    bob: Actor
    cem: Actor
    dan: Actor
    eve: Actor
    ned: Actor
    root: Actor


@pytest.fixture
def desk(fresh_url: str) -> Iterator[Desk]:
    """The desk with nobody's data yet."""
    clock = FixedClock(factory.NOON)
    running = factory.runtime([DESK], fresh_url, clock=clock)
    north = factory.department(running, "North")
    team = factory.department(running, "North team", parent=north)
    south = factory.department(running, "South")
    cem = factory.person(running, "cem", "desk.chief", department=north)
    yield Desk(
        running,
        clock,
        ann=factory.person(running, "ann", "desk.agent", department=team, manager=cem.id),
        bob=factory.person(running, "bob", "desk.agent", department=team, manager=cem.id),
        cem=cem,
        dan=factory.person(running, "dan", "desk.agent", department=south),
        eve=factory.person(running, "eve", "desk.helper", department=south),
        ned=factory.person(running, "ned", "desk.north", department=south),
        root=factory.person(running, "root", "system.admin"),
    )
    running.database.close()
