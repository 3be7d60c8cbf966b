"""The whole described interface under generated input: never a 5xx, always an answer that the description allows."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from engine import records
from engine.testing import factory
from engine.web import create_app
from tests.desk import DESK


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flask, str]:
    """A desk with a few records, and an administrator's token: who may do everything reaches the most code."""
    folder = tmp_path_factory.mktemp("desk")
    running = factory.runtime([DESK], f"sqlite:///{folder / 'desk.db'}")
    root = factory.person(running, "root", "system.admin")
    with running.begin(root) as work:
        for number in range(3):
            customer = records.create(work, "desk.person", {"name": f"Person {number}", "region": "north"})
            records.create(work, "desk.ticket", {"subject": f"Ticket {number}", "channel": "web", "customer": customer})
    assert root.id
    return create_app(running), running.identity.issue_token(root.id, "test")


def test_no_input_breaks_an_operation(served: tuple[Flask, str]) -> None:
    site, token = served
    headers = {"Authorization": f"Bearer {token}"}
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", site, headers=headers)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 30
    for operation in operations:

        @settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            checks = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
            case.call_and_validate(headers=headers, checks=checks)

        ask()
