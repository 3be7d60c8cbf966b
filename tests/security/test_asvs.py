"""Each item of the standard that applies has a test that is there, or a reason in words."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import yaml

TESTS = Path(__file__).resolve().parents[1]
APPLY: dict[str, str] = {
    "V1.2": "1-5 9-10",
    "V1.3": "1-2 4-7 10-12",
    "V1.5": "1-3",
    "V2.2": "1-3",
    "V2.3": "1-5",
    "V2.4": "1",
    "V3.2": "1-3",
    "V3.3": "1-4",
    "V3.4": "1-6",
    "V3.5": "1-3 5",
    "V3.7": "2",
    "V4.1": "1 3",
    "V4.3": "1",
    "V5.1": "1",
    "V5.2": "1-6",
    "V5.3": "1-3",
    "V5.4": "1-3",
    "V6.2": "1-12",
    "V6.3": "1-4 8",
    "V6.4": "1 3",
    "V6.5": "1-5",
    "V7.1": "1-2",
    "V7.2": "1-4",
    "V7.3": "1-2",
    "V7.4": "1-3 5",
    "V7.5": "1-2",
    "V8.1": "1-2",
    "V8.2": "1-3",
    "V8.3": "1-3",
    "V8.4": "1",
    "V9.1": "1-3",
    "V9.2": "1-4",
    "V11.4": "2",
    "V11.5": "1",
    "V12.2": "1",
    "V12.3": "2",
    "V13.2": "4",
    "V13.3": "1",
    "V13.4": "2 5",
    "V14.2": "1-2",
    "V14.3": "1-3",
    "V15.1": "2",
    "V15.2": "2",
    "V15.3": "1-3 5-7",
    "V15.4": "2",
    "V16.2": "1-5",
    "V16.3": "1-4",
    "V16.4": "1-2",
    "V16.5": "1-4",
}
"""Sections of ASVS 5.0.0 with the items that apply: levels 1 and 2 for what the product is, and those of level 3 where others fell."""


def items() -> set[str]:
    found = set()
    for section, said in APPLY.items():
        for part in said.split():
            first, _, last = part.partition("-")
            found |= {f"{section}.{number}" for number in range(int(first), int(last or first) + 1)}
    return found


def told() -> dict[str, Any]:
    loaded = yaml.load((TESTS / "security" / "asvs.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    assert isinstance(loaded, dict)
    return loaded


def test_every_item_that_applies_is_answered_once() -> None:
    text = (TESTS / "security" / "asvs.yaml").read_text("utf-8")
    names = re.findall(r"^(V[\d.]+):", text, re.MULTILINE)
    assert len(names) == len(set(names)), "an item stands twice"
    assert set(names) == items()


def test_every_named_test_is_there() -> None:
    known: dict[str, set[str]] = {}
    for item, answer in told().items():
        for name in answer if isinstance(answer, list) else ():
            path, _, function = name.partition("::")
            assert (TESTS / path).is_file(), (item, name)
            if path not in known:
                tree = ast.parse((TESTS / path).read_text("utf-8"))
                known[path] = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
            assert known[path], (item, name)
            assert not function or function in known[path], (item, name)


def test_what_has_no_test_has_a_reason_in_words() -> None:
    for item, answer in told().items():
        assert isinstance(answer, list | str), item
        assert answer if isinstance(answer, list) else len(answer.split()) >= 3, item
