"""The JSON interface: its fixed shape, its refusals, and that sending twice does once."""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator

from engine.records import Query, find
from tests.api.client import TICKETS, Client, client_of
from tests.desk import Desk

UNKNOWN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def ann(desk: Desk) -> Client:
    return client_of(desk, desk.ann)


def create(client: Client, subject: str, **values: Any) -> dict[str, Any]:
    answer = client.post(TICKETS, {"subject": subject, "channel": "web", **values})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def test_create_read_change_delete(ann: Client) -> None:
    answer = ann.post(TICKETS, {"subject": "Printer", "channel": "web", "parts": [{"name": "toner", "qty": 2, "price": "9.99"}]})
    assert answer.status_code == 201
    made = answer.json
    path = f"{TICKETS}/{made['id']}"
    assert answer.headers["Location"] == path
    assert answer.headers["ETag"] == '"1"'
    assert made["cost"] == "19.98"
    assert ann.get(path).json == made
    assert ann.get(path, If_None_Match='"1"').status_code == 304
    changed = ann.patch(path, {"subject": "Printer again"}, If_Match='"1"')
    assert (changed.status_code, changed.json["version"], changed.headers["ETag"]) == (200, 2, '"2"')
    stale = ann.patch(path, {"subject": "Too late"}, If_Match='"1"')
    assert (stale.status_code, stale.json["code"]) == (412, "record-changed")
    assert ann.ask("DELETE", path, If_Match='"1"').status_code == 412
    assert ann.ask("DELETE", path, If_Match='"2"').status_code == 204
    assert ann.get(path).status_code == 404
    assert ann.get(f"{TICKETS}?trash=true").json["items"][0]["id"] == made["id"]
    assert ann.post(f"{path}/restore", {}).json["subject"] == "Printer again"
    assert [entry["verb"] for entry in ann.get(f"{path}/history").json["items"]] == ["restore", "delete", "update", "create"]


def test_list_filters_sorts_pages_and_totals(ann: Client) -> None:
    for number in range(5):
        create(ann, f"Ticket {number}", due=f"2026-03-0{number + 1}", channel="mail" if number % 2 else "phone")
    first = ann.get(
        f"{TICKETS}?where={quote('channel = ' + repr('phone'))}&sort=-due,subject&fields=subject,due&limit=2&totals=count,min:due"
    ).json
    assert [item["subject"] for item in first["items"]] == ["Ticket 4", "Ticket 2"]
    assert set(first["items"][0]) >= {"id", "version", "subject", "due"}
    assert "channel" not in first["items"][0]
    assert first["totals"] == {"count": 3, "min:due": "2026-03-01"}
    rest = ann.get(f"{TICKETS}?where={quote('channel = ' + repr('phone'))}&sort=-due,subject&limit=2&cursor={first['next']}").json
    assert [item["subject"] for item in rest["items"]] == ["Ticket 0"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    "query",
    ["nope=1", "limit=0", "limit=501", "limit=x", "sort=nope", "sort=id)--", "fields=salary", "totals=drop:x", "totals=sum",
     "totals=sum:subject",
     "cursor=%00", "where=((", "where=old.subject%3D%27x%27", "where=changed(subject)", "where=is_new()",
     "where=nope%3D1", "trash=maybe", "sort=" + ",".join(["subject"] * 9)],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_a_400_problem(ann: Client, query: str) -> None:
    answer = ann.get(f"{TICKETS}?{query}")
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(answer.json)


@pytest.mark.parametrize(
    ("query", "code", "name"),
    [
        ("limit=1&limit=2", "repeated-parameter", "limit"),
        ("limit=1&limit=1", "repeated-parameter", "limit"),
        ("where=&where=", "repeated-parameter", "where"),
        ("sort=subject&fields=id&sort=due", "repeated-parameter", "sort"),
        ("sort=,", "empty-item", "sort"),
        ("sort=subject,", "empty-item", "sort"),
        ("sort=subject,,due", "empty-item", "sort"),
        ("fields=%20,subject", "empty-item", "fields"),
        ("totals=count,", "empty-item", "totals"),
        ("sort=-", "empty-item", "sort"),
    ],
)
def test_a_parameter_said_twice_or_with_a_gap_is_refused_by_name(ann: Client, query: str, code: str, name: str) -> None:
    answer = ann.get(f"{TICKETS}?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, code)
    assert name in answer.json["detail"]
    assert ann.get(f"{TICKETS}?sort=&fields=&totals=").status_code == 200


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"subject": "a", "subject": "b"}', "json-duplicate-key"),
        (b'{"subject": NaN}', "json-not-a-number"),
        (b"[" * 5000 + b"]" * 5000, "json-too-deep"),
        (b'{"subject": "\xff"}', "json-not-utf8"),
        (b"{", "json-syntax"),
        (b"[]", "json-not-object"),
        (b"", "json-syntax"),
    ],
)
def test_ambiguous_json_is_refused(ann: Client, raw: bytes, code: str) -> None:
    answer = ann.ask("POST", TICKETS, raw=raw)
    assert (answer.status_code, answer.json["code"]) == (400, code)


def test_a_body_that_is_not_json_is_a_415(ann: Client) -> None:
    assert ann.ask("POST", TICKETS, raw=b"subject=x", Content_Type="application/x-www-form-urlencoded").status_code == 415


def test_values_are_refused_together_in_the_askers_language(ann: Client) -> None:
    answer = ann.post(TICKETS, {"subject": "x", "channel": "fax", "owner": "nobody", "id": UNKNOWN}, Accept_Language="zh-CN")
    assert answer.status_code == 422
    assert {each["field"] for each in answer.json["errors"]} == {"subject", "channel", "owner", "id"}
    assert any("\u4e00" <= letter <= "\u9fff" for letter in answer.json["errors"][0]["message"])


def test_who_may_not_see_learns_nothing(desk: Desk, ann: Client) -> None:
    made = create(ann, "Private")
    dan = client_of(desk, desk.dan)
    for method, suffix, body in (
        ("GET", "", None),
        ("PATCH", "", {"subject": "mine now"}),
        ("DELETE", "", None),
        ("GET", "/history", None),
        ("POST", "/restore", {}),
    ):
        seen = dan.ask(method, f"{TICKETS}/{made['id']}{suffix}", body)
        absent = dan.ask(method, f"{TICKETS}/{UNKNOWN}{suffix}", body)
        assert seen.status_code == absent.status_code == 404
        assert {**seen.json, "request_id": "", "params": ""} == {**absent.json, "request_id": "", "params": ""}
    assert ann.get(f"{TICKETS}/{made['id']}").json["subject"] == "Private"


def test_without_a_token_nothing_is_told(desk: Desk) -> None:
    client = client_of(desk, desk.ann)
    client.token = "dg_wrong"
    for path in (TICKETS, f"{TICKETS}/{UNKNOWN}", "/api/openapi.json", "/api/desk/nope"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_token_and_a_disabled_user_are_out_at_once(desk: Desk, ann: Client) -> None:
    assert desk.ann.id
    assert ann.get(TICKETS).status_code == 200
    token = desk.runtime.identity.tokens(desk.ann.id)[0]
    desk.runtime.identity.revoke_token(desk.ann.id, token.id)
    assert ann.get(TICKETS).status_code == 401
    again = client_of(desk, desk.ann)
    assert client_of(desk, desk.root).patch(f"/api/system/user/{desk.ann.id}", {"active": False}).status_code == 200
    assert again.get(TICKETS).status_code == 401


def test_a_read_only_token_cannot_write(desk: Desk) -> None:
    reader = client_of(desk, desk.ann, "read")
    assert reader.get(TICKETS).status_code == 200
    assert reader.post(TICKETS, {"subject": "new", "channel": "web"}).status_code == 403


def test_the_same_key_does_it_once(desk: Desk, ann: Client) -> None:
    body = {"subject": "Once", "channel": "web"}
    first = ann.post(TICKETS, body, Idempotency_Key="abc")
    second = ann.post(TICKETS, body, Idempotency_Key="abc")
    assert (first.status_code, first.data, first.headers["Location"]) == (second.status_code, second.data, second.headers["Location"])
    other = ann.post(TICKETS, {"subject": "Other", "channel": "web"}, Idempotency_Key="abc")
    assert (other.status_code, other.json["code"]) == (409, "idempotency-key-reused")
    assert len(ann.get(TICKETS).json["items"]) == 1
    refused = ann.post(TICKETS, {"subject": "x"}, Idempotency_Key="later")
    assert refused.status_code == 422
    assert ann.post(TICKETS, body | {"subject": "Fixed"}, Idempotency_Key="later").status_code == 201


def test_the_same_key_at_the_same_time_does_it_once(desk: Desk, ann: Client) -> None:
    answers: list[bytes] = []
    gate = threading.Barrier(6)

    def send() -> None:
        gate.wait()
        answers.append(ann.post(TICKETS, {"subject": "Together", "channel": "web"}, Idempotency_Key="k").data)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert len(set(answers)) == 1
    with desk.runtime.read(desk.root) as work:
        assert len(find(work, Query("desk.ticket")).items) == 1


def test_without_a_version_the_changes_of_many_follow_one_another(desk: Desk, ann: Client) -> None:
    made = create(ann, "Shared")
    statuses: list[int] = []
    gate = threading.Barrier(8)

    def send(number: int) -> None:
        gate.wait()
        statuses.append(ann.patch(f"{TICKETS}/{made['id']}", {"subject": f"Change {number}"}).status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert ann.get(f"{TICKETS}/{made['id']}").json["version"] == 9


def test_a_record_is_handed_over_though_its_writer_no_longer_sees_it(desk: Desk, ann: Client) -> None:
    made = create(ann, "Handed over")
    answer = ann.patch(f"{TICKETS}/{made['id']}", {"owner": desk.dan.id})
    seen = ann.get(f"{TICKETS}/{made['id']}").status_code
    assert (answer.status_code, seen) == (204, 404)
    with desk.runtime.read(desk.root) as work:
        assert find(work, Query("desk.ticket")).items[0].values["owner"] == desk.dan.id


def test_a_batch_is_all_or_nothing(ann: Client) -> None:
    made = create(ann, "First")
    operations = [
        {"op": "create", "values": {"subject": "Second", "channel": "web"}},
        {"op": "update", "id": made["id"], "version": 1, "values": {"subject": "Changed"}},
    ]
    done = ann.post(f"{TICKETS}/batch", {"operations": operations})
    assert done.status_code == 200
    assert done.json["results"][1] == {"id": made["id"], "version": 2}
    broken = ann.post(
        f"{TICKETS}/batch", {"operations": [{"op": "delete", "id": made["id"]}, {"op": "create", "values": {"subject": "x"}}]}
    )
    assert (broken.status_code, broken.json["params"]["operation"]) == (422, 1)
    assert ann.get(f"{TICKETS}/{made['id']}").status_code == 200
    for body in (
        {},
        {"operations": []},
        {"operations": [{"op": "drop"}]},
        {"operations": [{"op": "create", "more": 1}]},
        {"operations": [{"op": "delete", "id": 5}]},
    ):
        assert ann.post(f"{TICKETS}/batch", body).status_code == 400


def test_openapi_is_of_the_asker_and_its_schemas_hold(desk: Desk, ann: Client) -> None:
    mine = ann.get("/api/openapi.json").json
    assert mine["openapi"] == "3.1.0"
    assert "post" in mine["paths"][TICKETS]
    assert "salary" not in json.dumps(mine["components"]["schemas"]["desk_person"])
    neds = client_of(desk, desk.ned).get("/api/openapi.json").json
    assert "post" not in neds["paths"][TICKETS]
    for schema in mine["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    made = create(ann, "Valid", due="2026-03-05", tags=["vip"], parts=[{"name": "a", "qty": 1, "price": "1.50"}])
    Draft202012Validator(mine["components"]["schemas"]["desk_ticket"]).validate(made)


def test_the_derived_schema_passes_the_meta_schema_and_agrees_with_the_gate(ann: Client) -> None:
    schema = ann.get("/api/openapi.json").json["components"]["schemas"]["desk_ticket_create"]
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for body in (
        {"subject": "Fine", "channel": "web"},
        {"subject": "x", "channel": "web"},
        {"subject": "Fine", "channel": "fax"},
        {"channel": "web"},
        {"subject": "Fine", "channel": "web", "nope": 1},
        {"subject": "Fine", "channel": "web", "parts": [{"qty": 1}]},
        {"subject": "Fine 2", "channel": "mail", "parts": [{"name": "a", "qty": 1}]},
        {"subject": "s" * 41, "channel": "web"},
    ):
        assert validator.is_valid(body) == (ann.post(TICKETS, body).status_code == 201), body
