"""JSON Schema 2020-12, the part of it that our schemas use, compiled into functions that check nodes with places.

One pass over the tree gives every finding with its own code; the ``jsonschema`` library is the oracle in the tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from engine import resources
from engine.diagnostics import Diagnostic, error, nearest
from engine.model.node import Node


class Found:
    """What a check found: the diagnostics, and the nodes that are wrong (by identity), so that they can be set aside."""

    __slots__ = ("bad", "diagnostics")

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.bad: set[int] = set()

    def add(self, node: Node, one: Diagnostic) -> None:
        """Note that a node is wrong."""
        self.diagnostics.append(one)
        self.bad.add(id(node))


Check = Callable[[Node, Found], None]
_Schema = Mapping[str, Any]
_Maker = Callable[["_Compiler", _Schema, str], Check]

_TYPE_WORDS: Mapping[str, Mapping[str, str]] = {
    "string": {"en": "text", "zh": "文本"},
    "integer": {"en": "a whole number", "zh": "整数"},
    "number": {"en": "a number", "zh": "数字"},
    "boolean": {"en": "true or false", "zh": "true 或 false"},
    "object": {"en": "a map of keys and values", "zh": "键值映射"},
    "array": {"en": "a list", "zh": "列表"},
    "null": {"en": "nothing", "zh": "空"},
}
_ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description", "examples", "x-zh", "x-form", "default"}


@cache
def read(name: str) -> _Schema:
    """A schema by kind (``entity``), as plain data."""
    found: _Schema = json.loads((resources.schemas() / f"{name}.json").read_text(encoding="utf-8"))
    return found


@cache
def checker(name: str) -> Check:
    """The check of a whole document of a kind."""
    return _Compiler().compile(read(name), name)


def json_type(value: Any) -> str:
    """The JSON type of a node's value; whole floats are numbers still, so that ``1.0`` isn't mistaken for a count."""
    if value is None:
        return "null"
    return {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}[type(value)]


_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def _fitting(types: tuple[str, ...]) -> Callable[[Any], bool]:
    """The test whether a value is of one of these JSON types; a whole number may be written with a point."""
    exact = frozenset(each for name in types for each in _PYTHON_TYPES[name])
    whole = "integer" in types and "number" not in types

    def fits(value: Any) -> bool:
        return type(value) in exact or (whole and type(value) is float and value == int(value))

    return fits


def _list(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


class _Compiler:
    """Turns schemas into checks; a reference is compiled once and may lead back to itself."""

    def __init__(self) -> None:
        self._by_reference: dict[str, Check] = {}

    def compile(self, schema: _Schema, home: str) -> Check:
        """A function that appends what is wrong with a node."""
        made = [make(self, schema, home) for word, make in _MAKERS.items() if word in schema]
        checks = [each for each in made if each is not _nothing]
        unknown = set(schema) - set(_MAKERS) - _ANNOTATIONS - _WITH_OTHERS
        if unknown:
            raise ValueError(f"schema {home}: keywords not supported: {sorted(unknown)}")
        if len(checks) == 1:
            return checks[0]
        typed = "type" in schema
        fits = _fitting(_list(schema["type"]) if typed else ())
        further = checks[1:] if typed else checks

        def check(node: Node, found: Found) -> None:
            if typed and not fits(node.value):
                checks[0](node, found)
                return
            for each in further:
                each(node, found)

        return check

    def reference(self, target: str, home: str) -> Check:
        """The check of what a ``$ref`` leads to, looked up when it first runs."""
        file, _, pointer = target.partition("#")
        name = file.removesuffix(".json") or home
        key = f"{name}#{pointer}"

        def check(node: Node, found: Found) -> None:
            known = self._by_reference.get(key)
            if known is None:
                schema: Any = read(name)
                for part in pointer.strip("/").split("/"):
                    schema = schema[part]
                known = self._by_reference[key] = self.compile(schema, name)
            known(node, found)

        return check


def _type(_: _Compiler, schema: _Schema, __: str) -> Check:
    types = _list(schema["type"])
    fits = _fitting(types)

    def check(node: Node, found: Found) -> None:
        if not fits(node.value):
            found.add(node, wrong_type(node, types))

    return check


def wrong_type(node: Node, types: tuple[str, ...]) -> Diagnostic:
    """That a value is of another sort than it has to be; where quotes would make it right, they are the fix."""
    scalar = not node.is_map and not node.is_list
    fix = json.dumps(node.text, ensure_ascii=False) if "string" in types and scalar and node.text and not node.style else None
    wanted = {language: _joined([_TYPE_WORDS[each][language] for each in types], language) for language in ("en", "zh")}
    return error("value-type", node.span if scalar else node.start, fix=fix, wanted=wanted, found=_TYPE_WORDS[json_type(node.value)])


def _joined(words: list[str], language: str) -> str:
    return (" or " if language == "en" else "或").join(dict.fromkeys(words))


def _enum(_: _Compiler, schema: _Schema, __: str) -> Check:
    allowed = schema["enum"]
    names = [str(each) for each in allowed]

    def check(node: Node, found: Found) -> None:
        if node.value not in allowed:
            near = nearest(str(node.value), names) if not node.is_map and not node.is_list else None
            value = str(node.text)[:60]
            found.add(node, error("not-one-of", node.span, fix=near, value=value, allowed=names, suggestion=near or ""))

    return check


def _const(_: _Compiler, schema: _Schema, __: str) -> Check:
    wanted = schema["const"]

    def check(node: Node, found: Found) -> None:
        if node.value != wanted or type(node.value) is not type(wanted):
            found.add(node, error("not-one-of", node.span, fix=str(wanted), value=str(node.text)[:60], allowed=[str(wanted)]))

    return check


def _not(_: _Compiler, schema: _Schema, __: str) -> Check:
    refused = frozenset(schema["not"]["enum"])

    def check(node: Node, found: Found) -> None:
        if node.text in refused:
            found.add(node, error("reserved-name", node.span, name=node.text))

    return check


def _text(_: _Compiler, schema: _Schema, __: str) -> Check:
    pattern = re.compile(schema["pattern"]) if "pattern" in schema else None
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    form = schema.get("x-form", {"en": schema.get("pattern", ""), "zh": schema.get("pattern", "")})
    refused = schema.get("not", {}).get("enum", ())

    def check(node: Node, found: Found) -> None:
        value = node.value
        if type(value) is not str or value in refused:
            return
        if most is not None and len(value) > most:
            found.add(node, error("text-too-long", node.span, chars=len(value), most=most))
        elif len(value) < least:
            found.add(node, error("text-too-short", node.span, least=least))
        elif pattern is not None and (not pattern.search(value) or value.endswith("\n")):
            found.add(node, error("wrong-form", node.span, value=value[:60], form=form))

    return check


def _number(_: _Compiler, schema: _Schema, __: str) -> Check:
    low, high, above = schema.get("minimum"), schema.get("maximum"), schema.get("exclusiveMinimum")

    def check(node: Node, found: Found) -> None:
        value = node.value
        if type(value) not in (int, float):
            return
        if (low is not None and value < low) or (high is not None and value > high) or (above is not None and value <= above):
            found.add(node, error("out-of-range", node.span, value=node.text[:40], range=_range(low, high, above)))

    return check


def _range(low: Any, high: Any, above: Any) -> str:
    if above is not None:
        return f"> {above}"
    return f"{low}..{high}" if low is not None and high is not None else f">= {low}" if low is not None else f"<= {high}"


def _array(compiler: _Compiler, schema: _Schema, home: str) -> Check:
    item = compiler.compile(schema["items"], home) if "items" in schema else None
    least, most, unique = schema.get("minItems", 0), schema.get("maxItems"), schema.get("uniqueItems", False)

    def check(node: Node, found: Found) -> None:
        if not node.is_list:
            return
        if len(node.value) < least:
            found.add(node, error("too-few", node.start, least=least))
        if most is not None and len(node.value) > most:
            found.add(node, error("too-many", node.start, most=most))
        if item is not None:
            for each in node.value:
                item(each, found)
        if unique:
            _check_unique(node, found)

    return check


def _check_unique(node: Node, found: Found) -> None:
    seen: list[Any] = []
    for each in node.value:
        plain = each.plain()
        if plain in seen:
            found.add(each, error("listed-twice", each.span if not each.is_map else each.start, value=str(plain)[:60]))
        else:
            seen.append(plain)


def _object(compiler: _Compiler, schema: _Schema, home: str) -> Check:
    properties = {key: compiler.compile(each, home) for key, each in schema.get("properties", {}).items()}
    required = tuple(schema.get("required", ()))
    least, most = schema.get("minProperties", 0), schema.get("maxProperties")
    names = compiler.compile(schema["propertyNames"], home) if "propertyNames" in schema else None
    rest = schema.get("additionalProperties", True)
    other = compiler.compile(rest, home) if isinstance(rest, Mapping) else None

    def check(node: Node, found: Found) -> None:
        if not node.is_map:
            return
        for key, value in node.value.items():
            if names is not None:
                names(node.keys[key], found)
            known = properties.get(key)
            if known is not None:
                known(value, found)
            elif other is not None:
                other(value, found)
            elif rest is False:
                near = nearest(key, (each for each in properties if each not in node.value))
                span = node.keys[key].span
                found.add(value, error("unknown-key", span, fix=near, key=key[:60], allowed=sorted(properties), suggestion=near or ""))
        for key in required:
            if key not in node.value:
                found.add(node, error("missing-key", node.start, key=key))
        if len(node.value) < least:
            found.add(node, error("too-few", node.start, least=least))
        if most is not None and len(node.value) > most:
            found.add(node, error("too-many", node.start, most=most))

    return check


def _any_of(compiler: _Compiler, schema: _Schema, home: str) -> Check:
    """Our alternatives differ by type, so that the branch that an author meant is known and can speak for itself."""
    branches = [(_fitting(_list(each["type"])), compiler.compile(each, home)) for each in schema["anyOf"]]
    every = tuple(name for each in schema["anyOf"] for name in _list(each["type"]))

    def check(node: Node, found: Found) -> None:
        for fits, branch in branches:
            if fits(node.value):
                branch(node, found)
                return
        found.add(node, wrong_type(node, every))

    return check


def _condition(compiler: _Compiler, schema: _Schema, home: str) -> Check:
    test = compiler.compile(schema["if"], home)
    then = compiler.compile(schema.get("then", {}), home)
    otherwise = compiler.compile(schema.get("else", {}), home)

    def check(node: Node, found: Found) -> None:
        against = Found()
        test(node, against)
        (otherwise if against.diagnostics else then)(node, found)

    return check


def _reference(compiler: _Compiler, schema: _Schema, home: str) -> Check:
    return compiler.reference(schema["$ref"], home)


def _first(words: tuple[str, ...], make: _Maker) -> dict[str, _Maker]:
    """One maker serves a group of keywords: it is listed under each, and acts for the first that a schema has."""

    def only_first(compiler: _Compiler, schema: _Schema, home: str, *, word: str) -> Check:
        present = [each for each in words if each in schema]
        return make(compiler, schema, home) if present[0] == word else _nothing

    def for_word(word: str) -> _Maker:
        return lambda compiler, schema, home: only_first(compiler, schema, home, word=word)

    return {word: for_word(word) for word in words}


def _nothing(_: Node, __: Found) -> None:
    return


_WITH_OTHERS = {"then", "else"}
_MAKERS: dict[str, _Maker] = {
    "type": _type,
    "$ref": _reference,
    "enum": _enum,
    "const": _const,
    "not": _not,
    **_first(("pattern", "minLength", "maxLength"), _text),
    **_first(("minimum", "maximum", "exclusiveMinimum"), _number),
    **_first(("items", "minItems", "maxItems", "uniqueItems"), _array),
    **_first(("properties", "additionalProperties", "propertyNames", "required", "minProperties", "maxProperties"), _object),
    "anyOf": _any_of,
    "if": _condition,
}
