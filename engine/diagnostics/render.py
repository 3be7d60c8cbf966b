"""Diagnostics as text for people, JSON in the shape of the Language Server Protocol, and SARIF 2.1.0."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from engine.diagnostics.catalogue import Words, catalogue, fill
from engine.diagnostics.diagnostic import Diagnostic
from engine.diagnostics.source import split_lines
from engine.i18n import Language

_SEVERITY = {"en": {"error": "error", "warning": "warning", "note": "note"}, "zh": {"error": "错误", "warning": "警告", "note": "提示"}}
_LSP_SEVERITY = {"error": 1, "warning": 2, "note": 3}
_SARIF_LEVEL = {"error": "error", "warning": "warning", "note": "note"}
_MEANT = {"en": "did you mean {suggestion}?", "zh": "是否要写 {suggestion}？"}
_WRITE = {"en": "write: {fix}", "zh": "可改写为：{fix}"}
_HELP = {"en": "help", "zh": "帮助"}
_EXPLAIN = {"en": "explain", "zh": "详解"}
_TALLY = {"en": "{errors} error(s), {warnings} warning(s)", "zh": "{errors} 个错误，{warnings} 个警告"}
_EXCERPT_CELLS = 100
_EXCERPT_BEFORE = 40
_SENTENCE = re.compile(r"(?<=[?.;]\s)|(?<=[？。；])")
_BRACE = re.compile(r"\{(\w+)\}")
_MISSING = Words("{code}", "", "", "", "")


def message(one: Diagnostic, language: Language) -> str:
    """What is wrong, in one sentence."""
    return printable(fill(_words(one, language).message, {"code": one.code, **_in_language(one.params, language)}))


def help_text(one: Diagnostic, language: Language) -> str:
    """How to cure it: the near name, the replacement, or the code's general advice; may be empty."""
    params = _in_language(one.params, language)
    if params.get("suggestion"):
        return printable(fill(_MEANT[language], params))
    if one.fix and "\n" not in one.fix:
        template = _MEANT if one.code.startswith("unknown-") or one.code == "no-record" else _WRITE
        return printable(fill(template[language], {"fix": one.fix, "suggestion": one.fix}))
    return printable(fill(_sayable(_words(one, language).help, params), params))


def _sayable(template: str, params: Mapping[str, Any]) -> str:
    """The sentences of an advice that say something: not those about a parameter that is empty."""
    parts = _SENTENCE.split(template)
    return "".join(part for part in parts if all(params.get(name) != "" for name in _BRACE.findall(part))).strip()


def _in_language(params: Mapping[str, Any], language: Language) -> Mapping[str, Any]:
    """Parameters may carry a word per language, or a list of names."""
    filled = {}
    for name, value in params.items():
        if isinstance(value, Mapping):
            value = value.get(language) or next(iter(value.values()), "")
        elif isinstance(value, (list, tuple, set, frozenset)):
            value = ", ".join(str(each) for each in value)
        filled[name] = value
    return filled


def _words(one: Diagnostic, language: Language) -> Words:
    return catalogue().get(one.code, {}).get(language, _MISSING)


def render_text(found: Sequence[Diagnostic], sources: Mapping[str, str], language: Language) -> str:
    """Findings for a terminal, each with the line and a caret under the place; "" where nothing was found.

    ``sources`` are the files' texts by path; a finding whose file is not among them is shown without excerpt.
    """
    if not found:
        return ""
    lines = {path: split_lines(sources[path]) for path in {one.span.path for one in found} if path in sources}
    blocks = [_block(one, lines.get(one.span.path), language) for one in found]
    errors = sum(one.severity == "error" for one in found)
    warnings = sum(one.severity == "warning" for one in found)
    blocks.append(_TALLY[language].format(errors=errors, warnings=warnings) + "\n")
    return "\n".join(blocks)


def _block(one: Diagnostic, lines: Sequence[str] | None, language: Language) -> str:
    span = one.span
    number = str(span.line + 1)
    gutter = " " * len(number)
    out = [
        f"{_SEVERITY[language][one.severity]}[{one.code}]: {message(one, language)}",
        f"{gutter}--> {printable(span.path)}:{span.line + 1}:{span.column + 1}",
    ]
    if lines is not None and span.line < len(lines) and lines[span.line].strip():
        excerpt, before, marked = _excerpt(lines[span.line], span.column, _end_on_line(one, lines))
        out += [f"{number} | {excerpt}", f"{gutter} | {' ' * before}{'^' * marked}"]
    advice = help_text(one, language)
    if advice:
        out.append(f"{gutter} = {_HELP[language]}: {advice}")
    out.append(f"{gutter} = {_EXPLAIN[language]}: dougong explain {one.code}")
    return "\n".join(out) + "\n"


def _end_on_line(one: Diagnostic, lines: Sequence[str]) -> int:
    span = one.span
    if span.end_line == span.line:
        return max(span.end_column, span.column + 1)
    return max(len(lines[span.line].rstrip()), span.column + 1)


def _excerpt(line: str, start: int, end: int) -> tuple[str, int, int]:
    """A line fit for one row, with how many cells lie before the mark and how many it covers."""
    first = 0
    if width(line[:end]) > _EXCERPT_CELLS:
        first = max(0, start - _EXCERPT_BEFORE)
    last, room = first, _EXCERPT_CELLS
    while last < len(line) and room >= _cells(line[last]):
        room -= _cells(line[last])
        last += 1
    head, tail = ("…" if first else ""), ("…" if last < len(line) else "")
    before = len(head) + width(line[first:start])
    marked = max(1, width(line[start : min(end, last)]))
    return head + printable(line[first:last]).rstrip() + tail, before, marked


def _cells(character: str) -> int:
    """Columns of a terminal that a character takes; what printable replaces takes one."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(map(_cells, text))


def printable(text: str) -> str:
    """Text without characters that could move the cursor or turn the direction of what follows."""
    return "".join(" " if c == "\t" else "�" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)


def present(one: Diagnostic, language: Language) -> dict[str, Any]:
    """A finding as a JSON-able dict in the shape of the Language Server Protocol, places in code points (utf-32)."""
    span = one.span
    shown: dict[str, Any] = {
        "path": span.path,
        "range": {
            "start": {"line": span.line, "character": span.column},
            "end": {"line": span.end_line, "character": span.end_column},
        },
        "severity": _LSP_SEVERITY[one.severity],
        "code": one.code,
        "source": "dougong",
        "message": message(one, language),
    }
    advice = help_text(one, language)
    if advice:
        shown["help"] = advice
    if one.fix is not None:
        shown["fix"] = {"newText": one.fix, "range": shown["range"]}
    return shown


def render_json(found: Sequence[Diagnostic], language: Language) -> str:
    """Findings as one JSON document: {"positionEncoding": "utf-32", "diagnostics": [...]}."""
    document = {"positionEncoding": "utf-32", "diagnostics": [present(one, language) for one in found]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def render_sarif(found: Sequence[Diagnostic], language: Language, version: str) -> str:
    """Findings as a SARIF 2.1.0 log, as code hosts and editors read it; ``version`` is the product's."""
    codes = sorted({one.code for one in found})
    driver = {"name": "dougong", "version": version, "rules": [_sarif_rule(code, language) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(one, language, codes.index(one.code)) for one in found],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _sarif_rule(code: str, language: Language) -> dict[str, Any]:
    words = catalogue().get(code, {}).get(language, _MISSING)
    short = words.message or code
    return {"id": code, "shortDescription": {"text": short}, "fullDescription": {"text": words.why or short}}


def _sarif_result(one: Diagnostic, language: Language, rule: int) -> dict[str, Any]:
    span = one.span
    region = {
        "startLine": span.line + 1,
        "startColumn": span.column + 1,
        "endLine": span.end_line + 1,
        "endColumn": span.end_column + 1,
    }
    advice = help_text(one, language)
    return {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": _SARIF_LEVEL[one.severity],
        "message": {"text": message(one, language) + (f" ({advice})" if advice else "")},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": span.path}, "region": region}}],
    }
