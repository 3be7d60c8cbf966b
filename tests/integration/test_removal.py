"""What goes with a record comes back with it; what it belongs to has to be there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import records
from engine.errors import Conflict
from engine.records import Query
from tests.desk import Desk


def made(desk: Desk, entity: str, **values: object) -> str:
    with desk.runtime.begin(desk.root) as work:
        return records.create(work, entity, values)


def bodies(desk: Desk) -> list[str]:
    with desk.runtime.read(desk.root) as work:
        return sorted(each.values["body"] for each in records.find(work, Query("desk.reply")).items)


def test_replies_go_and_come_back_with_their_ticket(desk: Desk) -> None:
    ticket = made(desk, "desk.ticket", subject="one", channel="web")
    other = made(desk, "desk.ticket", subject="two", channel="web", related=ticket)
    earlier = made(desk, "desk.reply", ticket=ticket, body="gone before")
    for number in range(3):
        made(desk, "desk.reply", ticket=ticket, body=f"r{number}")
    made(desk, "desk.reply", ticket=other, body="elsewhere")
    with desk.runtime.begin(desk.root) as work:
        assert records.delete(work, "desk.reply", earlier, None) == 1
    desk.clock.advance(timedelta(seconds=5))
    with desk.runtime.begin(desk.root) as work:
        assert records.delete(work, "desk.ticket", ticket, None) == 4
    assert bodies(desk) == ["elsewhere"]
    desk.clock.advance(timedelta(seconds=5))
    with desk.runtime.begin(desk.root) as work:
        assert records.restore(work, "desk.ticket", ticket) == 4
    assert bodies(desk) == ["elsewhere", "r0", "r1", "r2"], "what was deleted by itself stays in the trash"
    with desk.runtime.read(desk.root) as work:
        assert records.get(work, "desk.ticket", other).values["related"] is None
        verbs = [entry.verb for entry in records.history(work, "desk.ticket", ticket)]
    assert verbs == ["restore", "delete", "create"]


def test_more_than_fit_into_one_statement_are_let_go_too(desk: Desk) -> None:
    ticket = made(desk, "desk.ticket", subject="one", channel="web")
    with desk.runtime.begin(desk.root) as work:
        records.create_many(work, "desk.reply", [{"ticket": ticket, "body": f"r{number}"} for number in range(1_203)])
    with desk.runtime.begin(desk.root) as work:
        assert records.delete(work, "desk.ticket", ticket, None) == 1_204
    assert bodies(desk) == []
    with desk.runtime.begin(desk.root) as work:
        assert records.restore(work, "desk.ticket", ticket) == 1_204


def test_a_record_does_not_come_back_without_what_it_belongs_to(desk: Desk) -> None:
    user = made(desk, "system.user", name="Brief", login="brief")
    held = made(desk, "system.role_assignment", user=user, role="desk.agent")
    with desk.runtime.begin(desk.root) as work:
        assert records.delete(work, "system.user", user, None) == 2
    with pytest.raises(Conflict, match="target-gone"), desk.runtime.begin(desk.root) as work:
        records.restore(work, "system.role_assignment", held)
    with desk.runtime.begin(desk.root) as work:
        assert records.restore(work, "system.user", user) == 2
