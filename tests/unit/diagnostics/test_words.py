"""The words of diagnostics: whole in both languages, about the same things, and typeset as each language is."""

import re
from pathlib import Path

import pytest
import yaml

from engine import diagnostics

FILES = sorted((Path(diagnostics.__file__).parent / "messages").glob("*.yaml"))
ENTRIES = {code: entry for path in FILES for code, entry in yaml.safe_load(path.read_text("utf-8")).items()}
_PARTS = {"message", "help", "why", "bad", "good"}
_SAID = ("message", "help", "why")


@pytest.mark.parametrize("code", ENTRIES)
def test_both_languages_have_the_same_parts_and_no_other(code: str) -> None:
    """A comma between words without quotes begins another key."""
    entry = ENTRIES[code]
    assert entry["en"].keys() == entry["zh"].keys()
    assert entry["en"].keys() <= _PARTS
    assert entry["en"].keys() >= set(_SAID)
    assert {"bad", "good"} <= entry.keys() | entry["en"].keys()


@pytest.mark.parametrize("code", ENTRIES)
def test_both_languages_fill_in_the_same_things(code: str) -> None:
    """Words for types come in both languages: ``found`` and ``found_zh``, ``expected_en`` and ``expected_zh``."""
    for part in ("message", "help"):
        said = (ENTRIES[code][language][part] for language in ("en", "zh"))
        names = [{re.sub(r"_(en|zh)$", "", name) for name in re.findall(r"\{(\w+)\}", text)} for text in said]
        assert names[0] == names[1]


@pytest.mark.parametrize("code", ENTRIES)
def test_chinese_has_chinese_punctuation(code: str) -> None:
    for part in _SAID:
        assert not re.search(r"[\u4e00-\u9fff}][,;:?!](?!//)|[,;?!][\u4e00-\u9fff]", ENTRIES[code]["zh"][part])
