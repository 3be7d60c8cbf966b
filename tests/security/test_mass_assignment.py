"""Nobody writes what is not theirs to write: every entity, every role, every field that the system keeps or the role may not change."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from engine import access, records
from engine.access import Actor
from engine.errors import BadRequest, DougongError, Invalid
from engine.language import types as t
from engine.model.kinds.entity import SYSTEM_FIELDS, Entity, Field
from engine.records import transfer
from engine.testing.factory import SYSTEM
from tests.security.house import House, build

ROOT = Path(__file__).resolve().parents[2]
APPS = {"desk": ROOT / "tests" / "apps" / "desk", "crm": ROOT / "apps" / "crm", "vault": ROOT / "tests" / "security" / "vault"}
FORGED: dict[str, Any] = {
    "id": "0198a000-0000-7000-8000-00000000beef",
    "version": 99,
    "created_at": "2001-01-01T00:00:00Z",
    "updated_at": "2001-01-01T00:00:00Z",
    "deleted_at": "2001-01-01T00:00:00Z",
    "created_by": "0198a000-0000-7000-8000-00000000beef",
    "updated_by": None,
    "deleted_by": None,
    "parent": "0198a000-0000-7000-8000-00000000beef",
    "position": 0,
    "admin": True,
    "roles": ["system.admin"],
    "permissions": "*",
    "tenant": "other",
    "no_such_field": 1,
}
"""Names that are never anybody's to write."""

_numbers = count(1)


@pytest.fixture(scope="module", params=APPS)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An app with one person for each of its roles, an administrator, and one record of every entity that can be made plainly."""
    made = build([APPS[request.param]], tmp_path_factory.mktemp(request.param), {"root": "system.admin"})
    for name, role in made.runtime.app.roles.items():
        if not role.admin:
            login = name.replace(".", "_")
            with made.runtime.begin(SYSTEM) as work:
                key = records.create(work, "system.user", {"name": login, "login": login})
                records.create(work, "system.role_assignment", {"user": key, "role": name})
            actor = made.runtime.actor_of(key)
            assert actor is not None
            made.people[login] = actor
    yield made
    made.close()


def entities(house: House) -> list[Entity]:
    return [entity for entity in house.runtime.app.entities.values() if entity.parent is None]


def value_of(house: House, field: Field, owner: Actor, depth: int) -> Any:
    """Some value that the field takes, different each time where that may matter."""
    if field.targets:
        target = field.targets[0]
        key = str(owner.id) if target == "system.user" else make(house, house.runtime.app.entities[target], owner, depth + 1)
        return {"entity": target, "id": key} if len(field.targets) > 1 else key
    if field.options:
        return [field.options[0].code] if isinstance(field.type, t.MultiChoice) else field.options[0].code
    by_type: dict[type[t.Type], Any] = {t.Boolean: True, t.Date: "2026-03-03", t.DateTime: "2026-03-03T00:00:00Z", t.Time: "10:00"}
    by_kind = {"email": f"a{next(_numbers)}@example.org", "phone": "13900000000", "url": "https://example.org/"}
    if type(field.type) in by_type:
        return by_type[type(field.type)]
    if isinstance(field.type, t.Integer | t.Float | t.Decimal | t.Money):
        return 1
    return by_kind.get(field.kind, f"x{next(_numbers)}")


def make(house: House, entity: Entity, owner: Actor, depth: int = 0) -> str:
    """A record of an entity that belongs to this person, made by the system with what is required and no more."""
    assert depth < 5, entity.name
    values = {
        name: value_of(house, field, owner, depth)
        for name, field in entity.fields.items()
        if (field.required or name == entity.owner_field) and not field.computed and field.sequence is None and field.lines is None
    }
    if entity.name == "system.role_assignment":
        values["user"] = make(house, house.runtime.app.entities["system.user"], owner, depth + 1)
        values["role"] = next(name for name, role in house.runtime.app.roles.items() if not role.admin)
    try:
        with house.runtime.begin(SYSTEM) as work:
            return records.create(work, entity.name, values)
    except Invalid as asked:
        # A check may ask for more than what is required as such.
        values.update({each.field: value_of(house, entity.fields[each.field], owner, depth) for each in asked.problems})
        with house.runtime.begin(SYSTEM) as work:
            return records.create(work, entity.name, values)


def forbidden(house: House, actor: Actor, entity: Entity) -> dict[str, Any]:
    """Everything that this actor may not write of an entity, each with a value that would be a change."""
    rights = access.fields(house.runtime.app, actor, entity.name)
    found = {name: value for name, value in FORGED.items() if name not in entity.fields}
    for name, field in entity.fields.items():
        if rights.get(name) != "write" or field.computed or field.read_only or field.sequence is not None:
            found[name] = 4711 if isinstance(field.type, t.Integer | t.Float | t.Decimal | t.Money) else "forged"
    return found


def test_every_role_and_entity_refuses_what_is_not_to_be_written(house: House) -> None:
    tried = 0
    for login in house.people:
        actor, program = house.people[login], house.program(login)
        for entity in entities(house):
            key = make(house, entity, actor)
            address = f"/api/{entity.name.replace('.', '/')}"
            names = forbidden(house, actor, entity)
            assert set(SYSTEM_FIELDS) <= names.keys()
            before = house.state()
            answers = [program.open("PATCH", f"{address}/{key}", json=names), program.open("POST", address, json=names)]
            operations = [{"op": "update", "id": key, "values": names}, {"op": "create", "values": names}]
            answers += [program.open("POST", address + "/batch", json={"operations": [each]}) for each in operations]
            for answer in answers:
                assert answer.status_code in (403, 404, 422), (login, entity.name, answer.get_data(as_text=True))
                if answer.status_code == 422:
                    refused = {each["field"] for each in answer.get_json()["errors"]}
                    assert names.keys() <= refused, (login, entity.name, names.keys() - refused)
                    tried += 1
            assert house.state() == before, (login, entity.name)
    assert tried > 10


def test_one_forged_field_beside_right_ones_refuses_them_all(house: House) -> None:
    tried = 0
    for login in house.people:
        actor, program = house.people[login], house.program(login)
        for entity in entities(house):
            rights = access.fields(house.runtime.app, actor, entity.name)
            right = next(
                (n for n, f in entity.fields.items() if rights.get(n) == "write" and type(f.type) is t.Text and not f.computed), None
            )
            if right is None or access.rows(house.runtime.app, actor, entity.name, "update").none:
                continue
            key = make(house, entity, actor)
            before = house.state()
            for name, value in forbidden(house, actor, entity).items():
                path = f"/api/{entity.name.replace('.', '/')}/{key}"
                answer = program.open("PATCH", path, json={right: "rightly", name: value})
                assert answer.status_code in (403, 404, 422), (login, entity.name, name)
                tried += answer.status_code == 422
            assert house.state() == before, (login, entity.name)
    assert tried > 20


def test_a_page_writes_no_more_than_the_interface(house: House) -> None:
    for login in house.people:
        actor, browser = house.people[login], house.browser(login)
        for entity in entities(house):
            key = make(house, entity, actor)
            names = {
                name: "" if value is None else str(value) for name, value in forbidden(house, actor, entity).items() if name != "version"
            }
            path = f"/app/{entity.name.replace('.', '/')}"
            before = house.row(entity.name, key)
            answer = browser.post(f"{path}/{key}/edit", {"base": "{}", **names, "version": "1"})
            assert answer.status_code in (303, 403, 404, 422), (login, entity.name, answer.status_code)
            assert house.row(entity.name, key) == before, (login, entity.name)
            made = browser.post(f"{path}/new", names)
            assert made.status_code in (303, 403, 404, 409, 422), (login, entity.name, made.status_code)
            if made.status_code == 303:
                row = house.row(entity.name, made.headers["Location"].rpartition("/")[2])
                assert row["version"] == 1, (login, entity.name)
                assert "forged" not in str(row), (login, entity.name)
                assert row["id"] != FORGED["id"]
                assert not row["created_at"].startswith("2001"), (login, entity.name)


def test_an_import_fills_no_more_than_the_interface(house: House, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([["Column"], ["forged"]])
    seen = transfer.survey(file)
    before = house.state()
    for login, actor in house.people.items():
        for entity in entities(house):
            for name in forbidden(house, actor, entity):
                with pytest.raises(DougongError) as refused, house.runtime.read(actor) as work:
                    mapping = transfer.chosen_mapping(house.runtime.app, entity.name, {"Column": name})
                    transfer.check_import(work, mapping, seen)
                assert refused.value.code in ("column-without-field", "column-not-yours", "not-allowed", "import-needs-all"), (name, login)
                if refused.value.code.startswith("column"):
                    assert isinstance(refused.value, BadRequest)
    assert house.state() == before


def test_nobody_gives_a_right_that_they_lack(house: House) -> None:
    for login, actor in house.people.items():
        if login == "root":
            continue
        program = house.program(login)
        before = house.state()
        for role in ("system.admin", *house.runtime.app.roles):
            answer = program.open("POST", "/api/system/role_assignment", json={"user": actor.id, "role": role})
            assert answer.status_code in (403, 404), (login, role)
        for values in ({"login": "root"}, {"active": True}, {"manager": actor.id}, {"department": None}, {"name": "Root"}):
            assert program.open("PATCH", f"/api/system/user/{actor.id}", json=values).status_code in (403, 404, 422), (login, values)
            assert program.open("PATCH", f"/api/system/user/{house.people['root'].id}", json=values).status_code in (403, 404, 422)
        assert house.state() == before
