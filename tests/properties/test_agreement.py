"""The four back ends agree: a seeded sample of random typed expressions over random records, shrunk by hypothesis on failure."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.four_backends import JavascriptBackend, PostgresqlBackend, PythonBackend, SqliteBackend
from tests.properties.fuzz_agreement import Outcome, compare, compare_drawn, draw
from tests.properties.random_world import world

pytestmark = pytest.mark.postgresql


@pytest.mark.parametrize("seed", [11, 23])
def test_random_expressions_have_one_value_on_every_back_end(postgresql_url: str, seed: int) -> None:
    outcome = Outcome()
    compare(Random(seed), expressions=110, records=100, url=postgresql_url, outcome=outcome)
    assert outcome.differences == []
    assert outcome.pairs == 11_000
    # A run whose results are nearly all blank or false would prove little.
    assert outcome.blank < 0.4 * outcome.pairs
    assert outcome.true > 0.1 * outcome.pairs


@pytest.fixture(scope="module")
def backends(postgresql_url: str) -> Iterator[list[object]]:
    """All four over one fixed world, so that hypothesis varies the expressions only."""
    made = world(Random(5), 40)
    postgresql = PostgresqlBackend(made, postgresql_url)
    yield [PythonBackend(made), SqliteBackend(made), JavascriptBackend(made, "desk.ticket"), postgresql]
    postgresql.connection.close()


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(random=st.randoms(use_true_random=False), zone=st.sampled_from(["Asia/Shanghai", "America/New_York"]))
def test_a_single_expression_has_one_value_on_every_back_end(backends: list[object], random: Random, zone: str) -> None:
    outcome = Outcome()
    compare_drawn(draw(random, 1, zone, 3, outcome), backends, outcome)
    assert outcome.differences == []
