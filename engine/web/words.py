"""The words of the pages in each language, by key, from ``words.yaml``; labels of an app come from its definitions instead."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from engine.i18n import Language


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every key with its English and Chinese words."""
    text = (Path(__file__).parent / "words.yaml").read_text("utf-8")
    return {str(key): dict(words) for key, words in yaml.load(text, Loader=yaml.CSafeLoader).items()}


class _Blanks(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def say(key: str, language: Language, **params: Any) -> str:
    """The words of a key; an unknown key is a mistake of ours and shows as itself."""
    words = catalogue().get(key)
    return key if words is None else words[language].format_map(_Blanks(params))


def knows(key: str) -> bool:
    """Whether there are words for a key."""
    return key in catalogue()
