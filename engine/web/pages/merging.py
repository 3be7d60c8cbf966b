"""Two people's changes of the same child lines brought together: line by line, field by field; only what both changed clashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.model.kinds.entity import Field
from engine.records import Record
from engine.web.show import show_value
from engine.web.visit import Visit

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Clash:
    """A line that both touched: its place (from 1) among the saved lines (or those before, where it is gone), and what is at odds."""

    number: int
    line: str
    kind: Literal["both", "removed_here", "removed_there"]
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MergedLines:
    """The lines as the form goes on with them, and where the person has to decide."""

    rows: list[Line]
    clashes: tuple[Clash, ...]


def merge_lines(base: Any, mine: Any, stored: Any) -> MergedLines:
    """Lines as they were when the form was opened, as the form holds them, and as they are saved now, each in input form.

    What only one side changed, added or removed is taken over. Where both changed a field, the form keeps its own. A line that
    one side changed and the other removed stays, since removing it again costs a click.
    """
    before, saved = _by_id(base), _by_id(stored)
    here = {str(line["id"]): line for line in _lines(mine) if line.get("id")}
    rows: list[Line] = []
    clashes: list[Clash] = []
    for number, (key, theirs) in enumerate(saved.items(), 1):
        old = before.get(key)
        if key in here:
            merged, fields = _merged_line(old or {}, here[key], theirs)
            rows.append(merged)
            if fields:
                clashes.append(Clash(number, key, "both", fields))
        elif old is None:
            rows.append(theirs)
        elif changed := _differing(old, theirs):
            rows.append(theirs)
            clashes.append(Clash(number, key, "removed_here", changed))
    places = {key: number for number, key in enumerate(before, 1)}
    for line in _lines(mine):
        key = str(line.get("id") or "")
        if key in saved:
            continue
        if key in before:
            if not _differing(before[key], line):
                continue
            clashes.append(Clash(places[key], key, "removed_there"))
        rows.append({name: value for name, value in line.items() if name != "id"})
    return MergedLines(rows, tuple(clashes))


def _lines(said: Any) -> list[Line]:
    return [line for line in said if isinstance(line, dict)] if isinstance(said, list) else []


def _by_id(said: Any) -> dict[str, Line]:
    return {str(line["id"]): line for line in _lines(said) if line.get("id")}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.replace("\r\n", "\n") == other.replace("\r\n", "\n")
    return (one or None) == (other or None)


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields in which two states of a line differ, as far as both hold them."""
    return tuple(name for name in new if name in old and name != "id" and not _same(old[name], new[name]))


def _merged_line(old: Line, mine: Line, theirs: Line) -> tuple[Line, tuple[str, ...]]:
    merged, changed_there = dict(theirs), _differing(old, theirs)
    clashing = []
    for name in _differing(old, mine):
        if name in changed_there and not _same(mine[name], theirs.get(name)):
            clashing.append(name)
        merged[name] = mine[name]
    return merged, tuple(clashing)


def tell_clashes(visit: Visit, field: Field, record: Record, clashes: Sequence[Clash]) -> list[str]:
    """Each clash in words, with what is saved now."""
    child = visit.app.entities[field.lines or ""]
    saved = {row.get("id"): row for row in record.values.get(field.name) or ()}
    told = []
    for clash in clashes:
        row = saved.get(clash.line, {})
        names = [name for name in clash.fields if name in child.fields and not child.fields[name].computed]
        values = [
            f"{visit.label(child.fields[name].title)} {show_value(visit, child.fields[name], row.get(name), row, short=True).striptags()}"
            for name in names
        ]
        told.append(visit.say(f"form.line_{clash.kind}", number=clash.number, values=", ".join(values)))
    return told
