"""Forms, both ways: a kept value as the text of its input, and what a browser sent as values for the gate to parse."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from engine import limits
from engine.language import types as t
from engine.model.app import App
from engine.model.kinds.entity import FILE_KINDS, Entity, Field
from engine.web.show import duration_text, scaled

Raw = str | list[str] | list[dict[str, Any]] | dict[str, str] | None
_BARE_NUMBER = re.compile(r"[+-]?[0-9０-９.,，．]+")
_LINE_KEY = re.compile(r"(\d{1,5})\.([a-z][a-z0-9_]*)")


def input_text(field: Field, value: Any, zone: ZoneInfo) -> str:
    """A value as its input shows it; parsing that text gives the value back."""
    if value is None:
        return ""
    if isinstance(field.type, t.Decimal | t.Money):
        if field.kind == "percent":
            text = f"{scaled(value, field.type.scale) * 100:f}"
            return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"
        return f"{scaled(value, field.type.scale):f}"
    if field.kind == "json":
        return json.dumps(value, ensure_ascii=False, indent=2)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).astimezone(zone).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return duration_text(value) if isinstance(field.type, t.Duration) else str(value)


def input_of(app: App, field: Field, value: Any, values: Mapping[str, Any], zone: ZoneInfo) -> Raw:
    """A value in the shape that ``read_form`` gives, so that a page is drawn the same way from either."""
    if field.kind == "multi_choice":
        return list(value or ())
    if field.kind in FILE_KINDS:
        return [each["id"] for each in value or () if isinstance(each, Mapping)]
    if field.lines is not None:
        child = app.entities[field.lines]
        return [_line_inputs(app, child, line, zone) for line in value or ()]
    if len(field.targets) > 1:
        return {"id": value or "", "entity": values.get(f"{field.name}__entity") or ""}
    return input_text(field, value, zone)


def _line_inputs(app: App, child: Entity, line: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    shown = {name: input_of(app, field, line.get(name), line, zone) for name, field in child.fields.items()}
    return {"id": line.get("id") or "", **shown}


def read_form(app: App, entity: Entity, form: MultiDict[str, str]) -> dict[str, Raw]:
    """The values of the fields that were on the form. A field that was not there is absent, and so stays as it is."""
    found: dict[str, Raw] = {}
    for name, field in entity.fields.items():
        if field.lines is not None:
            if f"{name}__here" in form:
                found[name] = _read_lines(app.entities[field.lines], name, form)
        elif field.kind == "multi_choice" or field.kind in FILE_KINDS:
            if f"{name}__here" in form:
                found[name] = _listed(form, name)
        elif len(field.targets) > 1:
            if name in form:
                found[name] = {"id": form[name], "entity": form.get(f"{name}__entity", "")}
        elif name in form:
            # A checkbox comes after a hidden "false" of the same name, so the last one counts.
            found[name] = _typed(field, form.getlist(name)[-1])
    return found


def _typed(field: Field, text: str) -> str:
    """What was typed; of a percentage the sign stands beside the input, so 12.5 is 12.5 %."""
    return f"{text.strip()}%" if field.kind == "percent" and _BARE_NUMBER.fullmatch(text.strip()) else text


def _listed(form: MultiDict[str, str], name: str) -> list[str]:
    """Everything sent under a name, without the files that are marked to be removed."""
    removed = form.getlist(f"{name}__remove")
    return [each for each in form.getlist(name) if each and each not in removed]


def _read_lines(child: Entity, name: str, form: MultiDict[str, str]) -> list[dict[str, Any]]:
    lines: dict[int, dict[str, Any]] = {}
    prefix = f"{name}."
    for key in form:
        match = _LINE_KEY.fullmatch(key[len(prefix) :]) if key.startswith(prefix) else None
        if match is None or int(match[1]) >= limits.lines_max:
            continue
        part = match[2]
        if part == "id" or part in child.fields:
            several = part in child.fields and (child.fields[part].kind == "multi_choice" or child.fields[part].kind in FILE_KINDS)
            typed = form.getlist(key)[-1]
            typed = _typed(child.fields[part], typed) if part in child.fields else typed
            lines.setdefault(int(match[1]), {})[part] = _listed(form, key) if several else typed
    return [line for _, line in sorted(lines.items())]


def pruned(app: App, entity: Entity, raw: Mapping[str, Raw]) -> dict[str, Raw]:
    """The form without child lines into which nothing was typed."""
    found = dict(raw)
    for name, field in entity.fields.items():
        rows = raw.get(name)
        if field.lines is not None and isinstance(rows, list):
            child = app.entities[field.lines]
            kept: list[dict[str, Any]] = [row for row in rows if isinstance(row, dict) and _filled(child, row)]
            found[name] = kept
    return found


def _filled(child: Entity, line: Mapping[str, Any]) -> bool:
    """Whether somebody put anything into a line; an unchecked box and a preset default are not input."""
    for name, value in line.items():
        field = child.fields.get(name)
        if name == "id" or (field is not None and field.kind == "boolean"):
            if name == "id" and value:
                return True
            continue
        if value and not (field is not None and field.default is not None and str(field.default) == value):
            return True
    return False


def given_values(entity: Entity, raw: Mapping[str, Raw]) -> dict[str, Any]:
    """What the form holds, as the gate takes it: blank links as nothing, everything else as the text that was typed."""
    given: dict[str, Any] = {}
    for name, value in raw.items():
        if isinstance(value, dict):
            given[name] = value if value.get("id") else None
        else:
            given[name] = value if value not in ("", []) else None
    return given
