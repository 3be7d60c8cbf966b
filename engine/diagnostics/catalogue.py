"""The words of every diagnostic, in English and Chinese: ``messages/*.yaml``, one entry per code.

An entry has per language: message, help, why, and an example of what is wrong and what is right (bad, good).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from yaml import CSafeLoader

from engine.i18n import LANGUAGES, Language

_FOLDER = Path(__file__).parent / "messages"
_BRACES = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one code in one language; ``help`` may be empty."""

    message: str
    help: str
    why: str
    bad: str
    good: str


@cache
def catalogue() -> Mapping[str, Mapping[Language, Words]]:
    """All words, by code and language. The files ship with the product, so a broken one is a bug and raises."""
    found: dict[str, Mapping[Language, Words]] = {}
    for path in sorted(_FOLDER.glob("*.yaml")):
        entries = CSafeLoader(path.read_text(encoding="utf-8")).get_single_data() or {}
        for code, entry in entries.items():
            if code in found:
                raise ValueError(f"the diagnostic {code} stands in two message files")
            found[code] = {language: _words(entry, language) for language in LANGUAGES}
    return found


def _words(entry: Mapping[str, Any], language: Language) -> Words:
    own = entry.get(language, {})
    return Words(*(str(own.get(part, entry.get(part, ""))).strip() for part in ("message", "help", "why", "bad", "good")))


def fill(template: str, params: Mapping[str, Any]) -> str:
    """A message with its braces filled; what no parameter fills stays visible."""
    return _BRACES.sub(lambda match: str(params[match[1]]) if match[1] in params else match[0], template)
