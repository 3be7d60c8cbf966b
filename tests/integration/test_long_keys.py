"""Texts that a database could not find again: PostgreSQL takes 2,704 bytes into an index, and no answer may be an error of ours."""

from __future__ import annotations

import random
from typing import Any

import pytest

from engine import deployment, limits, records
from engine.errors import Invalid, TooLong
from engine.store import migrations
from tests import said

KEYED = {
    "ticket": {
        "properties": {
            "code": {"type": "string", "unique": True},
            "zone": {"type": "string"},
            "shelf": {"type": "string"},
            "note": {"kind": "long_text"},
        },
        "unique": {"place": ["zone", "shelf"]},
    }
}
SORTED = {"ticket": {"properties": {"subject": {"type": "string"}}}}
VIEW = {"views/all.yaml": "view: all\nof: ticket\ncolumns: [subject]\nsort: [subject]\n"}


def words(length: int) -> str:
    """Text that can't be packed into less."""
    source = random.Random(length)
    return "".join(chr(source.randint(0x4E00, 0x9FFF)) for _ in range(length))


def create(url: str, **values: Any) -> str:
    running = deployment.open_runtime(url, clock=said.CLOCK)
    try:
        with running.begin(said.SYSTEM) as work:
            return records.create(work, "desk.ticket", values)
    finally:
        running.database.close()


@pytest.mark.parametrize(("field", "length"), [("code", 601), ("code", 100_000), ("zone", 301), ("note", 100_001)])
def test_what_is_too_long_for_a_key_is_refused_at_its_field(fresh_url: str, field: str, length: int) -> None:
    said.apply(fresh_url, said.package(KEYED))
    with pytest.raises(Invalid) as refused:
        create(fresh_url, **{field: words(length)})
    assert [(problem.field, problem.code) for problem in refused.value.problems] == [(field, "too-long")]


def test_what_a_key_may_hold_fits(fresh_url: str) -> None:
    said.apply(fresh_url, said.package(KEYED))
    whole = words(limits.key_chars_max)
    create(fresh_url, code=whole, zone=whole[:300], shelf=whole[300:], note=words(100_000))
    with pytest.raises(Invalid) as refused:
        create(fresh_url, code=whole)
    assert refused.value.problems[0].code == "not-unique"


def test_a_text_that_a_list_is_sorted_by_is_taken_or_refused_but_never_an_error(fresh_url: str) -> None:
    said.apply(fresh_url, said.package(SORTED, files=VIEW))
    try:
        create(fresh_url, subject=words(2_000))
    except TooLong as error:
        assert error.params == {"field": "subject"}


def test_an_index_over_texts_that_are_too_long_is_taken_or_refused_but_never_an_error(fresh_url: str) -> None:
    said.apply(fresh_url, said.package(SORTED))
    key = create(fresh_url, subject=words(2_000))
    indexed = {"ticket": {"properties": {"subject": {"type": "string", "indexed": True}}}}
    try:
        said.apply(fresh_url, said.package(indexed, version="2.0.0"))
    except migrations.Refused as refused:
        assert [finding.code for finding in refused.plan.findings][-1] == "value-too-long"
    assert said.read(fresh_url, "ticket")[0]["id"] == key
