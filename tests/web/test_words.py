"""The words of the pages: each in both languages, each used, none missing."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

from engine.web import words

WEB = Path(words.__file__).parent
USED = re.compile(r"""(?:\bt\(|\.say\(|\bsay\()\s*['"]([a-z_]+\.[a-z0-9_.-]+)['"]""")
BUILT = (
    "op.",
    "total.",
    "history.",
    "account.",
    "import.",
    "toast.",
    "error.",
    "value.",
    "form.",
    "people.",
    "actor.",
    "verb.",
    "scope.",
    "shape.",
    "month.",
    "weekday.",
)
"""Prefixes of which templates build keys from parts."""


def sources() -> str:
    return "\n".join(path.read_text("utf-8") for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py")])


def test_every_key_has_words_in_both_languages_with_the_same_blanks() -> None:
    for key, said in words.catalogue().items():
        assert set(said) == {"en", "zh"}, key
        blanks = [{name for _, name, _, _ in Formatter().parse(said[language]) if name} for language in ("en", "zh")]
        assert blanks[0] == blanks[1], key
        assert said["en"].strip(), key
        assert said["zh"].strip(), key


def test_every_key_that_is_used_exists() -> None:
    used = {key for key in USED.findall(sources()) if not key.endswith((".", "_", "-"))}
    assert len(used) > 100
    assert used - set(words.catalogue()) == set()


def test_every_key_is_used() -> None:
    text = sources()
    unused = [key for key in words.catalogue() if key not in text and not key.startswith(BUILT)]
    assert unused == []


def test_chinese_words_are_chinese() -> None:
    latin = {"nav.language", "value.blank", "form.blank_choice", "error.holder"}
    assert [key for key, said in words.catalogue().items() if not re.search(r"[\u4e00-\u9fff]", said["zh"]) and key not in latin] == []
