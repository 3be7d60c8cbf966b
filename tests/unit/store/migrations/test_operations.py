"""Steps as they lie in the journal, and their words."""

from __future__ import annotations

import string
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

import engine.store.migrations
from engine.i18n import LocalizedText
from engine.store.migrations import operations
from engine.store.migrations.operations import Operation, from_json, kind_of, to_json
from engine.store.migrations.wording import tell_step

KINDS = [each for each in vars(operations).values() if isinstance(each, type) and issubclass(each, Operation) and each is not Operation]
WORDS = yaml.safe_load((Path(engine.store.migrations.__file__).parent / "wording.yaml").read_text("utf-8"))


def _example(kind: type[Operation]) -> Operation:
    values = {
        "phase": "expand",
        "table": "t",
        "title": LocalizedText("Thing", "物"),
        "rows": 3,
        "samples": ("a", "b"),
        "dependents": ("view x",),
    }
    for each in fields(kind):
        if each.name not in values and each.name != "lost":
            values[each.name] = True if each.type == "bool" else f"<{each.name}>"
    return kind(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_step_comes_back_from_the_journal_as_it_was_and_has_words(kind: type[Operation]) -> None:
    step = _example(kind)
    assert from_json(to_json(step)) == step
    assert "Thing" in tell_step(step, "en") or "t" in tell_step(step, "en")
    assert tell_step(step, "zh") != tell_step(step, "en")


def test_every_words_entry_belongs_to_a_kind_of_step() -> None:
    assert set(WORDS["step"]) == {kind_of(_example(kind)) for kind in KINDS}


def test_both_languages_fill_in_the_same_names() -> None:
    for section in WORDS.values():
        for code, said in section.items():
            names = [{name for _, name, _, _ in string.Formatter().parse(said[language]) if name} for language in ("en", "zh")]
            assert names[0] == names[1], code
