"""A field's definition turned into a Field: its kind, type, choices, references and bounds; expressions come later."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import re2

from engine.diagnostics import nearest
from engine.i18n import LocalizedText
from engine.language import types as t
from engine.model.drafts import Build, EntityDraft, localized
from engine.model.field_types import FIELD_TYPES, FIXED_TARGETS, FieldType, implied_kind
from engine.model.kinds.entity import Field, Option, Sequence
from engine.model.node import NOTHING, Node
from engine.model.values import NotAValue, keep

UNTYPED = ""
"""The kind of a computed field until its expression tells."""

_BOUND_WORDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_COUNT_WORDS = ("minLength", "maxLength", "minItems", "maxItems", "uniqueItems")
_PAIRS = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"), ("exclusiveMinimum", "exclusiveMaximum"))
_NOT_IN_ECMA = re.compile(r"\\[AzCQEaP]|\(\?P|\(\?[imsU-]|\[\[:|\\x\{|\\[0-9]")
_TEMPLATE = re.compile(r"[^{}]*(\{(yyyy|yy|mm|dd|#{1,12})\}[^{}]*)+")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field is declared: its entity, the app that says it, its name's and its definition's nodes."""

    entity: EntityDraft
    app: str
    key: Node
    node: Node
    required: bool


def build_field(build: Build, place: Place) -> Field | None:
    """The Field, without its expressions; None where not even its kind is clear (noted as an error)."""
    node = place.node
    kind = _kind(build, place)
    if kind is None:
        return None
    name = place.key.text
    shared: dict[str, Any] = {
        "name": name,
        "title": localized(node.get("title"), name),
        "help": localized(node.get("help")) if node.get("help") else None,
        "span": place.key.span,
        "required": place.required,
        "uid": node.text_of("uid") or name,
        "unique": _flag(node, "unique"),
        "indexed": _flag(node, "indexed") or _flag(node, "unique"),
        "read_only": _flag(node, "readOnly"),
        "grouped": (node.get("grouped") or NOTHING).value is not False,
    }
    if kind == UNTYPED:
        return Field(kind=UNTYPED, type=t.Blank(), column=name, **shared)
    row = FIELD_TYPES[kind]
    _check_keywords(build, place, row)
    facts = _facts(build, place, kind)
    field_type = row.type_of(facts)
    shared["indexed"] = shared["indexed"] or kind in ("ref", "user", "department")
    constraints = _constraints(build, place, field_type)
    return Field(
        kind=kind,
        type=field_type,
        column="" if kind == "lines" else name,
        constraints=constraints,
        options=facts.get("options", ()),
        targets=facts.get("targets", ()),
        inverse=_inverse(node),
        inverse_title=_inverse_title(node),
        when_deleted=node.text_of("when_deleted") or ("clear" if kind in FIXED_TARGETS else "refuse"),  # type: ignore[arg-type]  # the schema allows only these words
        default=_default(build, place, field_type),
        sequence=_sequence(build, place) if kind == "sequence" else None,
        lines=f"{place.entity.name}.{name}" if kind == "lines" else None,
        currency_field=facts.get("currency_field"),
        **shared,
    )


def _flag(node: Node, key: str) -> bool:
    found = node.get(key)
    return found is not None and found.value is True


def _kind(build: Build, place: Place) -> str | None:
    node = place.node
    definition = {key: each.plain() for key, each in node.value.items() if key in ("kind", "type", "format", "enum", "options", "items")}
    declared = definition.get("kind")
    if declared is None:
        kind = implied_kind(definition)
        if kind is None and "compute" in node.value and "type" not in definition:
            return UNTYPED
        if kind is None:
            build.error("field-without-kind", place.key.span, field=place.key.text)
        return kind
    json_type = definition.get("type")
    if json_type is not None and json_type not in FIELD_TYPES[declared].json_types:
        build.error("kind-against-type", node.value["type"].span, kind=declared, type=json_type)
    return str(declared)


def _check_keywords(build: Build, place: Place, row: FieldType) -> None:
    for key, key_node, _ in place.node.items():
        if key not in row.keywords:
            near = nearest(key, row.keywords)
            build.error("keyword-not-for-kind", key_node.span, keyword=key, kind=row.kind, suggestion=near or "")


def _facts(build: Build, place: Place, kind: str) -> dict[str, Any]:
    """What the kind needs besides: choices, targets, scale, currency."""
    node = place.node
    facts: dict[str, Any] = {}
    scale = node.get("scale")
    if scale is not None:
        facts["scale"] = _whole(scale)
    if kind in ("choice", "multi_choice"):
        facts["options"] = _options(build, place)
        facts["codes"] = tuple(option.code for option in facts["options"])
    elif kind == "ref":
        facts["targets"] = _targets(build, place)
    elif kind in FIXED_TARGETS:
        facts["targets"] = (FIXED_TARGETS[kind],)
    elif kind == "money":
        _currency(build, place, facts)
    return facts


def _whole(node: Node) -> Any:
    """The value; a whole number written as 2.0 counts as 2, as JSON Schema has it."""
    return int(node.value) if isinstance(node.value, float) else node.value


def _currency(build: Build, place: Place, facts: dict[str, Any]) -> None:
    said = place.node.text_of("currency")
    if said is None:
        facts["currency"] = build.apps[place.app].currency
    elif _CURRENCY.fullmatch(said):
        facts["currency"] = said
    else:
        facts["currency"], facts["currency_field"] = None, said


def _options(build: Build, place: Place) -> tuple[Option, ...]:
    node = place.node
    listed = node.get("enum") or ((items := node.get("items")) and items.get("enum")) or None
    declared = node.get("options")
    if listed is not None and declared is not None:
        build.error("choices-said-twice", node.key_span("options"), field=place.key.text)
    if declared is not None:
        return tuple(_option(code, each) for code, _, each in declared.items())
    if listed is None:
        build.error("choice-without-codes", place.key.span, field=place.key.text)
        return ()
    codes = {each.text: each for each in reversed(listed.each())}
    for each in listed.each():
        if codes[each.text] is not each:
            build.error("listed-twice", each.span, value=each.text)
    for extra in ("labels", "colors"):
        for code, key, _ in (node.get(extra) or NOTHING).items():
            if code not in codes:
                build.unknown("unknown-option", key, codes, field=place.key.text)
    labels, colors = node.get("labels"), node.get("colors")
    ordered = dict.fromkeys(each.text for each in listed.each())
    return tuple(
        Option(code, localized(labels.get(code) if labels else None, code), color=colors.text_of(code) if colors else None)
        for code in ordered
    )


def _option(code: str, node: Node) -> Option:
    if not node.is_map:
        return Option(code, localized(node))
    title = node.get("title") or (node if node.get("en") or node.get("zh") else None)
    active = node.get("active")
    return Option(code, localized(title, code), active is None or active.value is not False, node.text_of("color"))


def _targets(build: Build, place: Place) -> tuple[str, ...]:
    to = place.node.get("to")
    if to is None:
        if place.node.get("compute") is None:
            build.error("ref-without-target", place.key.span, field=place.key.text)
        return ()
    found = [build.find_entity(place.app, each) for each in to.each()]
    return tuple(dict.fromkeys(entity.name for entity in found if entity is not None))


def _inverse_title(node: Node) -> LocalizedText | None:
    said = node.get("inverse")
    title = said.get("title") if said is not None and said.is_map else None
    return localized(title) if title is not None else None


def _inverse(node: Node) -> str | None:
    inverse = node.get("inverse")
    return None if inverse is None else inverse.text_of("name") if inverse.is_map else inverse.text


def _literal(build: Build, place: Place, key: str, wanted: t.Type) -> Any:
    node = place.node.value[key]
    try:
        return keep(node, wanted, build.apps[place.app].time_zone)
    except NotAValue as problem:
        span = node.start if node.is_map or node.is_list else node.span
        build.error("not-a-value", span, keyword=key, value=str(node.plain())[:60], wanted=problem.wanted)
        return None


def _default(build: Build, place: Place, wanted: t.Type) -> Any:
    node = place.node
    if "default" not in node.value:
        return None
    for other in ("compute", "initial"):
        if other in node.value:
            build.error("default-against-expression", node.key_span("default"), other=other)
    return _literal(build, place, "default", wanted)


def _constraints(build: Build, place: Place, wanted: t.Type) -> Mapping[str, Any]:
    node, kept = place.node, {}
    for word in (*_BOUND_WORDS, "const", "multipleOf"):
        if word in node.value:
            value = _literal(build, place, word, wanted)
            if value is not None:
                kept[word] = value
    for word in (*_COUNT_WORDS, "format"):
        if word in node.value:
            kept[word] = _whole(node.value[word])
    if "digits" in node.value:
        kept["digits"] = _whole(node.value["digits"])
    if "accept" in node.value:
        kept["accept"] = tuple(str(each.value).lower() for each in node.value["accept"].value)
    if "pattern" in node.value and _pattern_is_good(build, node.value["pattern"]):
        kept["pattern"] = node.value["pattern"].value
    _check_bounds(build, place, kept)
    return kept


def _check_bounds(build: Build, place: Place, kept: Mapping[str, Any]) -> None:
    for low, high in _PAIRS:
        if low in kept and high in kept and kept[low] > kept[high]:
            build.error("bounds-crossed", place.node.key_span(low), low=low, high=high)


def _pattern_is_good(build: Build, node: Node) -> bool:
    """Patterns run on RE2 here and as ECMAScript in a browser, so only what both read alike is taken."""
    try:
        options = re2.Options()
        options.log_errors = False
        re2.compile(node.value, options)
    except re2.error as problem:
        said = problem.args[0] if problem.args else ""
        build.error("pattern-unusable", node.span, problem=said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))
        return False
    strange = _NOT_IN_ECMA.search(node.value)
    if strange:
        build.error("pattern-unusable", node.span, problem=strange[0])
        return False
    return True


def _sequence(build: Build, place: Place) -> Sequence | None:
    template = place.node.get("template")
    if template is None:
        build.error("sequence-without-template", place.key.span, field=place.key.text)
        return None
    text = template.text
    restart = place.node.text_of("restart") or "never"
    if not _TEMPLATE.fullmatch(text) or text.count("#}") != 1:
        build.error("bad-template", template.span, value=text)
    elif not _tells_periods_apart(text, restart):
        build.error("template-repeats", template.span, value=text, restart=restart)
    return Sequence(text, restart, place.node.text_of("gaps") or "allowed")  # type: ignore[arg-type]  # the schema allows only these words


def _tells_periods_apart(template: str, restart: str) -> bool:
    year = "{yyyy}" in template or "{yy}" in template
    return {
        "never": True,
        "year": year,
        "month": year and "{mm}" in template,
        "day": year and "{mm}" in template and "{dd}" in template,
    }[restart]
