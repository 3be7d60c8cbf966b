"""What a file called .json must be beyond what YAML accepts, so that other tools can read it too."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from engine import limits
from engine.diagnostics import Diagnostic, Span, error

_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_HALF = re.compile(r"(?<!\\)(?:\\\\)*(\\u[dD][89a-fA-F][0-9a-fA-F]{2})")
STAND_IN = "\ue000"
_SAID: Mapping[str, tuple[str, str]] = {
    "Expecting value": ("a value should stand here", "此处应为一个值"),
    "Expecting ',' delimiter": ("a comma is missing here", "此处缺少逗号"),
    "Expecting ':' delimiter": ("a colon is missing here", "此处缺少冒号"),
    "Expecting property name enclosed in double quotes": ("a key in double quotes should stand here", "此处应为双引号中的键"),
    "Illegal trailing comma before end of object": ("a comma too many", "此处多了一个逗号"),
    "Illegal trailing comma before end of array": ("a comma too many", "此处多了一个逗号"),
    "Invalid control character at": ("a line break or control character within quotes", "引号内有换行或控制字符"),
    "Invalid \\escape": ("this cannot stand after a backslash", "反斜杠后不能写此字符"),
    "Invalid \\uXXXX escape": ("four hexadecimal digits must follow \\u", "\\u 后须为四位十六进制数"),
    "Unterminated string starting at": ("this text has no closing quote", "此处文本缺少结束引号"),
    "Extra data": ("something follows after the end", "结尾之后还有内容"),
}
_HALF_A_CHARACTER = ("this is half a character: the other half is missing", "只有半个字符，缺少另一半")
_NO_NUMBER = ("{0} is no number in JSON", "{0} 不是 JSON 数字")


class _NoNumber(Exception):
    """NaN or an infinity."""


def json_problem(path: str, text: str) -> Diagnostic | None:
    """What keeps a text from being JSON, at its place; None where it is."""
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_no_number)
    except json.JSONDecodeError as problem:
        said = next((words for start, words in _SAID.items() if problem.msg.startswith(start)), (problem.msg, problem.msg))
        return _error(path, text, problem.pos, problem.pos + 1, said)
    except _NoNumber as problem:
        word = str(problem)
        found = re.search(rf'(?<!["\w]){re.escape(word)}(?!\w)', text)
        start = found.start() if found is not None else 0
        return _error(path, text, start, start + len(word), (_NO_NUMBER[0].format(word), _NO_NUMBER[1].format(word)))
    except RecursionError:
        return error("yaml-too-deep", Span.whole(path), most=limits.document_depth_max)
    half = _HALF.search(_without_pairs(text))
    return _error(path, text, half.start(1), half.end(1), _HALF_A_CHARACTER) if half is not None else None


def _no_number(word: str) -> None:
    raise _NoNumber(word)


def _error(path: str, text: str, start: int, end: int, said: tuple[str, str]) -> Diagnostic:
    line = text.count("\n", 0, start)
    column = start - (text.rfind("\n", 0, start) + 1)
    return error("json-syntax", Span(path, line, column, line, column + end - start), problem={"en": said[0], "zh": said[1]})


def _without_pairs(text: str) -> str:
    """Characters that JSON writes as two escapes are none in YAML: others of the same length stand in for them."""
    return _PAIR.sub(lambda found: found[1] + "\\ue000" * 2, text) if "\\u" in text else text


def as_yaml(text: str) -> str:
    """A JSON text as YAML reads it, everything at its place; what holds ``STAND_IN`` is to be read by ``as_written``."""
    return _without_pairs(text)


def as_written(quoted: str, otherwise: str) -> str:
    """The text that a quoted piece of JSON means; ``otherwise`` where it is none."""
    try:
        found = json.loads(quoted)
    except ValueError:
        return otherwise
    return found if isinstance(found, str) else otherwise
