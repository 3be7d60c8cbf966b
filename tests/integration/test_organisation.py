"""Nobody is locked out of an installation, no department stands above itself, and whoever is disabled is out at once."""

from __future__ import annotations

import pytest

from engine import records
from engine.errors import Conflict, Invalid
from engine.records import Query
from engine.testing import factory
from tests.desk import Desk


def refused(error: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(each.field, each.code) for each in error.value.problems]


def test_departments_and_managers_form_trees(desk: Desk) -> None:
    with desk.runtime.read(desk.root) as work:
        by_name = {each.values["name"]: each.id for each in records.find(work, Query("system.department")).items}
    for target in ("North team", "North"):
        with pytest.raises(Invalid) as error, desk.runtime.begin(desk.root) as work:
            records.update(work, "system.department", by_name["North"], {"parent": by_name[target]}, None)
        assert refused(error) == [("parent", "circle")]
    with pytest.raises(Invalid) as error, desk.runtime.begin(desk.root) as work:
        records.update(work, "system.user", str(desk.cem.id), {"manager": desk.ann.id}, None)
    assert refused(error) == [("manager", "circle")]
    with desk.runtime.begin(desk.root) as work:
        records.update(work, "system.department", by_name["South"], {"parent": by_name["North team"]}, None)


def test_the_last_administrator_stays(desk: Desk) -> None:
    root = str(desk.root.id)
    with pytest.raises(Invalid) as error, desk.runtime.begin(desk.root) as work:
        records.update(work, "system.user", root, {"active": False}, None)
    assert refused(error) == [("active", "not-yourself")]
    with pytest.raises(Invalid) as error, desk.runtime.begin(factory.SYSTEM) as work:
        records.update(work, "system.user", root, {"active": False}, None)
    assert refused(error) == [("active", "last-administrator")]
    with desk.runtime.read(desk.root) as work:
        held = records.find(work, Query("system.role_assignment", equal={"user": root})).items[0].id
    with pytest.raises(Conflict, match="last-administrator"), desk.runtime.begin(desk.root) as work:
        records.delete(work, "system.role_assignment", held, None)
    other = factory.person(desk.runtime, "other", "system.admin")
    with desk.runtime.begin(other) as work:
        records.delete(work, "system.role_assignment", held, None)
        records.update(work, "system.user", root, {"active": False}, None)


def test_whoever_is_disabled_is_out_and_stays_out(desk: Desk) -> None:
    identity = desk.runtime.identity
    ann = str(desk.ann.id)
    identity.set_password(ann, "correct horse battery")
    session, token = identity.open_session(ann), identity.issue_token(ann, "robot")
    assert desk.runtime.actor_of_session(session) and desk.runtime.actor_of_token(token)
    for active in (False, True):
        with desk.runtime.begin(desk.root) as work:
            records.update(work, "system.user", ann, {"active": active}, None)
        assert desk.runtime.actor_of_session(session) is None and desk.runtime.actor_of_token(token) is None
    with pytest.raises(Conflict, match="people-are-disabled"), desk.runtime.begin(desk.root) as work:
        records.delete(work, "system.user", ann, None)


def test_logins_are_one_whatever_their_case(desk: Desk) -> None:
    for login, field_code in (("ANN", "not-unique"), ("Bob", "not-unique")):
        with pytest.raises(Invalid) as error, desk.runtime.begin(desk.root) as work:
            records.create(work, "system.user", {"name": "Somebody", "login": login})
        assert refused(error) == [("login", field_code)]
    desk.runtime.identity.set_password(str(desk.bob.id), "correct horse battery")
    found = desk.runtime.identity.verify(desk.runtime.tables, " Bob ", "correct horse battery", "address")
    assert found == desk.bob.id


def test_only_roles_that_exist_are_given(desk: Desk) -> None:
    with pytest.raises(Invalid) as error, desk.runtime.begin(desk.root) as work:
        records.create(work, "system.role_assignment", {"user": desk.ann.id, "role": "desk.agnt"})
    assert refused(error) == [("role", "unknown-role")]
    assert error.value.problems[0].params["suggestion"] == "desk.agent"
