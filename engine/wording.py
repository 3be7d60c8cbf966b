"""The words for what cannot be taken: by the code of a problem or error, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from engine.errors import DougongError, FieldProblem
from engine.i18n import Language


class _Blanks(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


@cache
def catalogue() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """All words: section ("problem", "error"), code, language."""
    loaded: Mapping[str, Mapping[str, Mapping[str, str]]] = yaml.load(
        Path(__file__).with_suffix(".yaml").read_text("utf-8"), Loader=yaml.CSafeLoader
    )
    return loaded


def _say(section: str, code: str, language: Language, params: Mapping[str, Any]) -> str:
    words = catalogue()[section]
    said = words.get(code) or words["other"]
    return said[language].format_map(_Blanks({"code": code, **params}))


def say_problem(problem: FieldProblem, language: Language) -> str:
    """One problem of a value: the definition's own words where it has some."""
    return problem.text.text(language) if problem.text is not None else _say("problem", problem.code, language, problem.params)


def say_error(error: DougongError, language: Language) -> str:
    """What went wrong with a request as a whole."""
    return _say("error", error.code, language, error.params)
