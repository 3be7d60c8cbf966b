"""The compiled checks agree with the ``jsonschema`` library on which documents are right."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from engine import resources
from engine.model.document import parse
from engine.model.schema import Found, checker, read
from engine.model.syntax import KINDS

_EVERY = sorted({*KINDS.values(), "common"})
_REGISTRY: Registry[Any] = Registry().with_resources((read(name)["$id"], Resource.from_contents(dict(read(name)))) for name in _EVERY)


def _oracle(kind: str) -> Draft202012Validator:
    return Draft202012Validator(dict(read(kind)), registry=_REGISTRY)


def _agree(kind: str, value: Any) -> None:
    node = parse("f.json", json.dumps(value, ensure_ascii=False).encode()).node
    assert node is not None
    found = Found()
    checker(kind)(node, found)
    assert (not found.diagnostics) == _oracle(kind).is_valid(value), [one.code for one in found.diagnostics]


def _examples() -> list[tuple[str, Any]]:
    found = []
    for path in sorted(resources.examples().rglob("*.yaml")):
        node = parse(path.name, path.read_bytes()).node
        assert node is not None
        word = next(each for each in KINDS if each in node.value)
        found.append((KINDS[word], node.plain()))
    return found


_EXAMPLES = _examples()


@pytest.mark.parametrize("name", _EVERY)
def test_every_schema_passes_the_meta_schema_and_is_in_both_languages(name: str) -> None:
    schema = dict(read(name))
    Draft202012Validator.check_schema(schema)
    assert _untranslated(schema) == []


def _untranslated(schema: Any) -> list[str]:
    """Titles and descriptions without a Chinese counterpart."""
    if isinstance(schema, list):
        return [each for part in schema for each in _untranslated(part)]
    if not isinstance(schema, dict):
        return []
    other = schema.get("x-zh", {})
    missing = [str(schema[word]) for word in ("title", "description") if isinstance(schema.get(word), str) and word not in other]
    return missing + [each for key, part in schema.items() if key not in ("examples", "x-zh") for each in _untranslated(part)]


def _forms(schema: Any) -> list[Any]:
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    own = [schema["x-form"]] if isinstance(schema, dict) and "x-form" in schema else []
    return own + [each for part in parts for each in _forms(part)]


def test_every_form_is_said_in_both_languages_and_nothing_else_stands_there() -> None:
    """A comma between words without quotes begins another key."""
    forms = [form for name in _EVERY for form in _forms(dict(read(name)))]
    assert len(forms) > 10
    assert [form for form in forms if form.keys() != {"en", "zh"}] == []


def test_schemas_use_the_examples_that_they_give() -> None:
    for name in _EVERY:
        for example in read(name).get("examples", []):
            assert _oracle(name).is_valid(example), (name, example)


@pytest.mark.parametrize(("kind", "value"), _EXAMPLES)
def test_the_examples_agree(kind: str, value: Any) -> None:
    _agree(kind, value)


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 200),
    st.floats(-5, 5),
    st.sampled_from(["", "text", "Note", "a_b", "__proto__", "x" * 60, "own"]),
)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_damaged_examples_agree(data: st.DataObject) -> None:
    kind, value = data.draw(st.sampled_from(_EXAMPLES))
    damaged = copy.deepcopy(value)
    for _ in range(data.draw(st.integers(1, 3))):
        _damage(data, damaged)
    _agree(kind, damaged)


def _damage(data: st.DataObject, value: Any) -> None:
    """Change, drop or add one thing somewhere inside."""
    at = value
    while isinstance(at, dict | list) and at:
        key = data.draw(st.sampled_from(sorted(at))) if isinstance(at, dict) else data.draw(st.integers(0, len(at) - 1))
        inner = at[key]
        how = data.draw(st.sampled_from(["deeper", "deeper", "change", "drop", "add"]))
        if how == "deeper" and isinstance(inner, dict | list) and inner:
            at = inner
            continue
        if how == "drop":
            del at[key]
        elif how == "add" and isinstance(at, dict):
            at[data.draw(st.sampled_from(["title", "kind", "items", "of", "Bad Name", "constructor", "minimum"]))] = data.draw(_SCALARS)
        else:
            at[key] = data.draw(
                st.one_of(_SCALARS, st.lists(_SCALARS, max_size=2), st.dictionaries(st.sampled_from(["en", "kind", "x"]), _SCALARS))
            )
        return
