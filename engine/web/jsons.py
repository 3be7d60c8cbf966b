"""JSON of the outside world, read strictly: what is ambiguous is refused instead of guessed."""

from __future__ import annotations

import json
import re
from typing import Any

from engine import limits
from engine.errors import BadRequest

_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str)


_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
"""An escape that may be half of a character; alone it is text that no database and no answer can hold."""


def dumps(value: Any) -> str:
    """A value as compact JSON text; numbers that JSON does not know are a mistake of ours."""
    return _encoder.encode(value)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        raise BadRequest("json-duplicate-key", key=next(name for name in names if names.count(name) > 1)[:60])
    return result


def _constant(name: str) -> Any:
    raise BadRequest("json-not-a-number", value=name)


def _depth(text: str) -> int:
    """How deep brackets nest outside of strings; a flat scan, because the parser's own recursion is what is being guarded."""
    deepest = depth = 0
    quoted = escaped = False
    for character in text:
        if quoted:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def loads(body: bytes) -> Any:
    """The value in a body, a form or a cookie. Raises BadRequest for bad UTF-8, bad syntax, duplicate keys, NaN, or too deep nesting."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("json-not-utf8") from None
    if text.count("[") + text.count("{") > limits.json_depth_max and _depth(text) > limits.json_depth_max:
        raise BadRequest("json-too-deep", max=limits.json_depth_max)
    try:
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant)
        if _HALF_CHARACTER.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise BadRequest("json-not-utf8") from None
    except ValueError as error:
        place = {"line": error.lineno, "column": error.colno} if isinstance(error, json.JSONDecodeError) else {}
        raise BadRequest("json-syntax", **place) from None
    return value
