"""Definition files as values with places; expectations follow the YAML 1.2 core schema."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import message
from engine.model.document import parse
from engine.model.places import place as place_of


def test_words_that_yaml_1_1_would_turn_into_something_else_stay_text() -> None:
    node = parse("f.yaml", b"on: yes\nno: off\nat: 12:30:00\nbig: 1_000\nday: 2026-10-01\noctal: 012\n").node
    assert node is not None
    assert node.plain() == {"on": "yes", "no": "off", "at": "12:30:00", "big": "1_000", "day": "2026-10-01", "octal": 12}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("-7", -7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("'7'", "7"),
        ("1.0.0", "1.0.0"),
        ("3 days", "3 days"),
    ],
)
def test_scalars_follow_the_core_schema(written: str, value: object) -> None:
    node = parse("f.yaml", f"a: {written}\n".encode()).node
    assert node is not None
    assert node.plain() == {"a": value}


def test_places_count_code_points_and_begin_at_zero() -> None:
    node = parse("f.yaml", "标题: {名称: '工单'}\n".encode()).node
    assert node is not None
    value = node.value["标题"].value["名称"]
    assert (value.line, value.column, value.end_line, value.end_column) == (0, 9, 0, 13)
    assert node.value["标题"].keys["名称"].column == 5


@pytest.mark.parametrize(
    "text",
    [
        b"a: &x [1, 2]\nb: *x",
        b"[" * 100_000,
        b"{a: " * 50_000,
        b"a: !!python/object/apply:os.system [id]",
        b"\x00",
        b"a: " + b"9" * 100_000,
    ],
    ids=["alias", "brackets", "braces", "tag", "nul", "digits"],
)
def test_hostile_files_are_refused_quickly(text: bytes) -> None:
    began = time.process_time()
    parsed = parse("f.yaml", text)
    assert parsed.found
    assert time.process_time() - began < 1


def test_the_alias_bomb_is_refused_before_it_grows() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"] + [
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]" for i in range(8)
    ]
    assert [one.code for one in parse("f.yaml", "\n".join(lines).encode()).found] == ["yaml-anchor"]


@given(st.binary(max_size=300))
def test_any_bytes_give_a_value_or_a_diagnostic(data: bytes) -> None:
    for name in ("f.yaml", "f.json"):
        parsed = parse(name, data)
        assert parsed.node is not None or parsed.found


@given(st.text(max_size=300))
def test_any_text_gives_a_value_or_a_diagnostic(text: str) -> None:
    parsed = parse("f.yaml", text.encode("utf-8", "surrogatepass"))
    assert parsed.node is not None or parsed.found


@pytest.mark.parametrize(
    ("written", "place", "words"),
    [
        ('{"a": "x",\n "b": "\\ud800"}', (1, 7), ("half a character", "半个字符")),
        ('{"a": "\\udc00\\ud800"}', (0, 7), ("half a character", "半个字符")),
        ('{"a": 1,\n}', None, ("", "")),
        ('{"a" 1}', (0, 5), ("colon", "冒号")),
        ('{"a": "\\q"}', (0, 7), ("backslash", "反斜杠")),
        ('{"a": 1, "b": NaN}', (0, 14), ("NaN", "NaN")),
        ('{"a": "x', (0, 6), ("closing quote", "结束引号")),
        ("a: 1", (0, 0), ("value", "值")),
    ],
)
def test_what_is_no_json_is_told_as_such_at_its_place(written: str, place: tuple[int, int] | None, words: tuple[str, str]) -> None:
    parsed = parse("f.json", written.encode())
    assert [one.code for one in parsed.found] == ["json-syntax"]
    span = parsed.found[0].span
    assert place is None or (span.line, span.column) == place
    assert words[0] in message(parsed.found[0], "en")
    assert words[1] in message(parsed.found[0], "zh")


def test_json_may_write_a_character_as_two_escapes() -> None:
    value = {"a😀": "x 😀 y", "kept": "\\ud83d\\ude00 \ue000", "n": 12345678901234567890}
    node = parse("f.json", json.dumps(value).encode()).node
    assert node is not None
    assert node.plain() == value
    said = node.value["a😀"]
    lines = json.dumps(value).split("\n")
    span = place_of(said, lines, 4, 5)
    assert lines[0][span.column : span.end_column] == "y"
