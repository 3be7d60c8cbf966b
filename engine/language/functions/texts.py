"""Operations and functions on text: positions are 1-based code points, and the empty text is blank."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

import re2

from engine import limits
from engine.language.core import INTEGER, Apply, Const, Predicate
from engine.language.functions.patterns import PatternError, canonical_pattern
from engine.language.functions.rows import Function, Mismatch, Operation, examples
from engine.language.scope import Scope
from engine.language.types import Text

TEXT = Text()
_TRIMMED = " \t\n\r\u3000"


def held(value: str) -> str | None:
    """A text result: blank when empty or beyond the limit."""
    return value if value and len(value) <= limits.text_result_bytes_max else None


def _trim(text: str) -> str | None:
    return text.strip(_TRIMMED) or None


def _left(text: str, count: int) -> str | None:
    return text[:count] if count > 0 else None


def _right(text: str, count: int) -> str | None:
    return text[-count:] if count > 0 else None


def _mid(text: str, start: int, count: int) -> str | None:
    return text[start - 1 : start - 1 + count] or None if start >= 1 and count > 0 else None


def _concat(*texts: str | None) -> str | None:
    return held("".join(text for text in texts if text is not None))


def _join(separator: str | None, *texts: str | None) -> str | None:
    return None if separator is None else held(separator.join(text for text in texts if text is not None))


def _join_choices(codes: tuple[str, ...], labels: str, language: str, separator: str) -> str | None:
    return held(separator.join(label_in(code, labels, language) for code in codes))


def label_in(code: str, labels: str, language: str) -> str:
    """The label of a code; the code where it has none. ``labels`` is JSON: code to English and Chinese."""
    found = _labels(labels).get(code)
    return code if found is None else found[language == "zh"]


@lru_cache(maxsize=1024)
def _labels(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(text)
    return found


def _replace(text: str, old: str, new: str) -> str | None:
    return held(text.replace(old, new))


def _remove(text: str, old: str) -> str | None:
    return text.replace(old, "") or None


def _pad_left(text: str, count: int, filler: str) -> str | None:
    if count > limits.text_result_bytes_max:
        return None
    missing = count - len(text)
    return text if missing <= 0 else (filler * missing)[:missing] + text


def _pad_right(text: str, count: int, filler: str) -> str | None:
    if count > limits.text_result_bytes_max:
        return None
    missing = count - len(text)
    return text if missing <= 0 else text + (filler * missing)[:missing]


def _matches(text: str, pattern: str) -> bool:
    return re2.search(pattern, text) is not None


_PG_CONCAT = "(SELECT CASE WHEN char_length(x) <= 65536 THEN nullif(x, '') END FROM (SELECT concat({*}) AS x OFFSET 0) AS w)"

_PG_LABEL = "CAST(a1 AS jsonb) -> {} ->> CASE WHEN a2 = 'zh' THEN 1 ELSE 0 END"
_PG_CHOICES = (
    "(SELECT CASE WHEN char_length(x) <= 65536 THEN nullif(x, '') END FROM (SELECT string_agg(coalesce("
    + _PG_LABEL.format("code")
    + ", code), a3 ORDER BY place) AS x FROM jsonb_array_elements_text(a0) WITH ORDINALITY AS e(code, place) OFFSET 0) AS w)"
)

OPERATIONS: tuple[Operation, ...] = (
    Operation("length", len, "t", "i", "CAST(char_length({0}) AS bigint)", "length({0})"),
    Operation("lower", str.lower, "t", "t", '(lower({0} COLLATE pg_unicode_fast) COLLATE "C")'),
    Operation("upper", str.upper, "t", "t", '(upper({0} COLLATE pg_unicode_fast) COLLATE "C")'),
    Operation("trim", _trim, "t", "t", "nullif(btrim({0}, ' ' || chr(9) || chr(10) || chr(13) || chr(12288)), '')"),
    Operation("left", _left, "ti", "t", "let:CASE WHEN a1 > 0 THEN left(a0, CAST(LEAST(a1, 1000000) AS integer)) END"),
    Operation("right", _right, "ti", "t", "let:CASE WHEN a1 > 0 THEN right(a0, CAST(LEAST(a1, 1000000) AS integer)) END"),
    Operation(
        "mid",
        _mid,
        "tii",
        "t",
        "let:CASE WHEN a1 >= 1 AND a2 > 0 THEN nullif(substr(a0, CAST(LEAST(a1, 1000000) AS integer), "
        "CAST(LEAST(a2, 1000000) AS integer)), '') END",
    ),
    Operation("concat", _concat, "*t", "t", _PG_CONCAT, strict=False),
    Operation("join", _join, "*t", "t", _PG_CONCAT.replace("concat(", "concat_ws("), strict=False),
    Operation("join_choices", _join_choices, "attt", "t", "let:" + _PG_CHOICES),
    Operation("label", label_in, "ttt", "t", f"let:coalesce({_PG_LABEL.format('a0')}, a0)"),
    Operation("find", lambda text, part: text.find(part) + 1, "tt", "i", "CAST(strpos({0}, {1}) AS bigint)", "instr({0}, {1})"),
    Operation(
        "replace",
        _replace,
        "ttt",
        "t",
        "let:(SELECT CASE WHEN char_length(x) <= 65536 THEN nullif(x, '') END FROM (SELECT replace(a0, a1, a2) AS x OFFSET 0) AS w)",
    ),
    Operation("remove", _remove, "tt", "t", "nullif(replace({0}, {1}, ''), '')"),
    Operation(
        "pad_left",
        _pad_left,
        "tit",
        "t",
        "let:CASE WHEN a2 IS NULL THEN NULL WHEN a1 <= char_length(a0) THEN a0 WHEN a1 <= 65536 THEN lpad(a0, CAST(a1 AS integer), a2) END",
    ),
    Operation(
        "pad_right",
        _pad_right,
        "tit",
        "t",
        "let:CASE WHEN a2 IS NULL THEN NULL WHEN a1 <= char_length(a0) THEN a0 WHEN a1 <= 65536 THEN rpad(a0, CAST(a1 AS integer), a2) END",
    ),
    Operation("contains", lambda text, part: part in text, "tt", "b", "(strpos({0}, {1}) > 0)", "(instr({0}, {1}) > 0)", "({1} in {0})"),
    Operation("starts", str.startswith, "tt", "b", "starts_with({0}, {1})", "(instr({0}, {1}) = 1)", "{0}.startswith({1})"),
    Operation("ends", str.endswith, "tt", "b", "let:right(a0, char_length(a1)) = a1", None, "{0}.endswith({1})"),
    Operation("matches", _matches, "tt", "b", "({0} ~ {1})"),
)


def _plain(op: str, *, integer: bool = False) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        return Apply(op, args, INTEGER if integer else TEXT, any(arg.nullable for arg in args) if integer else True)

    return build


def _test(op: str) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        return Predicate(op, args)

    return build


def _replace_call(args: tuple[Any, ...], scope: Scope) -> Any:
    # A blank replacement removes: '' can't be written, since the empty text does not exist.
    if isinstance(args[2], Const) and args[2].value is None:
        return Apply("remove", args[:2], TEXT)
    return Apply("replace", args, TEXT)


def _pad(op: str) -> Any:
    def build(args: tuple[Any, ...], scope: Scope) -> Any:
        filler = args[2] if len(args) > 2 else Const(" ", TEXT)
        if isinstance(args[1], Const) and (args[1].value or 0) > limits.text_result_bytes_max:
            raise Mismatch("beyond-limit", 1, limit=limits.text_result_bytes_max)
        return Apply(op, (args[0], args[1], filler), TEXT)

    return build


def _matches_call(args: tuple[Any, ...], scope: Scope) -> Any:
    pattern = args[1]
    if not isinstance(pattern, Const) or pattern.value is None:
        raise Mismatch("constant-pattern-needed", 1)
    try:
        spelt = canonical_pattern(pattern.value)
        options = re2.Options()
        options.log_errors = False
        re2.compile(spelt, options)
    except PatternError as error:
        raise Mismatch("bad-pattern", 1, reason=str(error)) from None
    except re2.error:
        raise Mismatch("bad-pattern", 1, reason=pattern.value[:40]) from None
    args = (args[0], replace(pattern, value=spelt))
    return Predicate("matches", args)


FUNCTIONS: tuple[Function, ...] = (
    Function(
        "len",
        ("长度",),
        ("text",),
        _plain("length", integer=True),
        "integer",
        "text",
        "How many characters.",
        "字符数。",
        examples("len('斗拱') → 2", "len(blank) → blank"),
    ),
    Function(
        "lower", ("小写",), ("text",), _plain("lower"), "text", "text", "In lower case.", "转成小写。", examples("lower('ÀB') → 'àb'")
    ),
    Function(
        "upper",
        ("大写",),
        ("text",),
        _plain("upper"),
        "text",
        "text",
        "In upper case.",
        "转成大写。",
        examples("upper('straße') → 'STRASSE'"),
    ),
    Function(
        "trim",
        ("去空格",),
        ("text",),
        _plain("trim"),
        "text",
        "text",
        "Without spaces around it (also full-width ones).",
        "去掉两端的空格（含全角）。",
        examples("trim('  a b\u3000') → 'a b'", "trim('   ') → blank"),
    ),
    Function(
        "left",
        ("左取",),
        ("text", "integer"),
        _plain("left"),
        "text",
        "text",
        "The first n characters.",
        "前 n 个字符。",
        examples("left('斗拱结构', 2) → '斗拱'", "left('a', 0) → blank", "left('a', 9) → 'a'"),
    ),
    Function(
        "right",
        ("右取",),
        ("text", "integer"),
        _plain("right"),
        "text",
        "text",
        "The last n characters.",
        "后 n 个字符。",
        examples("right('斗拱结构', 2) → '结构'"),
    ),
    Function(
        "mid",
        ("取中",),
        ("text", "integer", "integer"),
        _plain("mid"),
        "text",
        "text",
        "n characters from a position that counts from 1.",
        "从第几位（自 1 起）取 n 个字符。",
        examples("mid('abcdef', 2, 3) → 'bcd'", "mid('abc', 9, 1) → blank", "mid('abc', 0, 1) → blank"),
    ),
    Function(
        "concat",
        ("拼接",),
        ("text", "text*"),
        _plain("concat"),
        "text",
        "text",
        "Texts one after the other; blanks add nothing.",
        "把文本连起来；空的不计。",
        examples("concat('a', blank, 'b') → 'ab'", "concat(blank, blank) → blank"),
    ),
    Function(
        "find",
        ("查找",),
        ("text", "text"),
        _plain("find", integer=True),
        "integer",
        "text",
        "The position of a part, counted from 1; 0 when absent.",
        "片段的位置，自 1 起；没有则为 0。",
        examples("find('abc', 'c') → 3", "find('abc', 'x') → 0"),
    ),
    Function(
        "replace",
        ("替换",),
        ("text", "text", "text"),
        _replace_call,
        "text",
        "text",
        "Every occurrence of a part replaced; blank removes it.",
        "替换所有出现的片段；替换成空即删除。",
        examples("replace('a-b-c', '-', '+') → 'a+b+c'", "replace('aa', 'a', blank) → blank"),
    ),
    Function(
        "pad_left",
        ("左补",),
        ("text", "integer", "text?"),
        _pad("pad_left"),
        "text",
        "text",
        "Filled at the left up to a length.",
        "在左边补到指定长度。",
        examples("pad_left('7', 3, '0') → '007'", "pad_left('abcd', 3) → 'abcd'"),
    ),
    Function(
        "pad_right",
        ("右补",),
        ("text", "integer", "text?"),
        _pad("pad_right"),
        "text",
        "text",
        "Filled at the right up to a length.",
        "在右边补到指定长度。",
        examples("pad_right('7', 3, '0') → '700'"),
    ),
    Function(
        "contains",
        ("含有",),
        ("text", "text"),
        _test("contains"),
        "boolean",
        "text",
        "Whether a text holds a part.",
        "文本是否含有片段。",
        examples("contains('100%', '%') → true", "contains(blank, 'a') → false"),
    ),
    Function(
        "starts_with",
        ("以其开头",),
        ("text", "text"),
        _test("starts"),
        "boolean",
        "text",
        "Whether a text begins with a part.",
        "文本是否以片段开头。",
        examples("starts_with('abc', 'ab') → true"),
    ),
    Function(
        "ends_with",
        ("以其结尾",),
        ("text", "text"),
        _test("ends"),
        "boolean",
        "text",
        "Whether a text ends with a part.",
        "文本是否以片段结尾。",
        examples("ends_with('abc', 'bc') → true"),
    ),
    Function(
        "matches",
        ("匹配",),
        ("text", "text"),
        _matches_call,
        "boolean",
        "text",
        "Whether a pattern is found anywhere (anchor with ^ and $).",
        "能否在文中找到该正则式（可用 ^ $ 定位）。",
        examples("matches('T-2026', '^T-[0-9]+$') → true", "matches('x', '[0-9]') → false", "matches('第12条', '第\\\\d{1,3}条') → true"),
    ),
)
