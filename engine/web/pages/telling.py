"""The history of a record in words: each change of a field or of a child line, old and new as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from engine.errors import DougongError
from engine.ids import is_id
from engine.language import types as t
from engine.model.kinds.entity import FILE_KINDS, Entity, Field
from engine.records import HistoryEntry, Record, Reference, get
from engine.store import UnitOfWork
from engine.web.show import BLANK, duration_text, instant, link, number_text, show_value
from engine.web.visit import Visit

_REFERENCES_MAX = 40


@dataclass(frozen=True, slots=True)
class ToldValue:
    """One change of one field."""

    title: str
    old: Markup
    new: Markup


@dataclass(frozen=True, slots=True)
class ToldLine:
    """What became of one child line (``verb``: create, update, delete), by which name, and its fields."""

    verb: str
    name: str
    values: tuple[ToldValue, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One change of one field; where the field holds child lines, of each of them."""

    title: str
    old: Markup = BLANK
    new: Markup = BLANK
    lines: tuple[ToldLine, ...] = ()


def tell(visit: Visit, work: UnitOfWork, record: Record, entries: Sequence[HistoryEntry]) -> list[tuple[HistoryEntry, list[Told]]]:
    """Every entry with its changes in words."""
    entity = visit.app.entities[record.entity]
    names = _names(work, entity, entries)
    lines = _line_names(visit, entity, record, entries)
    return [(entry, _told(visit, entity, entry, names, lines)) for entry in entries]


def _changes(work: UnitOfWork, entity: Entity, entries: Sequence[HistoryEntry]) -> Iterator[tuple[Field, Any]]:
    """Each changed field with its pair of values, those of child lines among them."""
    for entry in entries:
        for name, change in entry.changes.items():
            field = entity.fields[name]
            if field.lines is None:
                yield field, change
                continue
            child = work.app.entities[field.lines]
            for line in change:
                yield from ((child.fields[each], pair) for each, pair in line["changes"].items() if each in child.fields)


def _names(work: UnitOfWork, entity: Entity, entries: Sequence[HistoryEntry]) -> dict[str, Reference]:
    """The displays of the records to which old and new values point, as far as they may be seen."""
    wanted: dict[str, str] = {}
    for field, change in _changes(work, entity, entries):
        if len(field.targets) == 1 and isinstance(change, list):
            wanted.update({key: field.targets[0] for key in change if isinstance(key, str) and is_id(key)})
    found = {}
    for key, target in list(wanted.items())[:_REFERENCES_MAX]:
        try:
            found[key] = Reference(target, key, get(work, target, key).display)
        except DougongError:
            continue
    return found


def _line_names(visit: Visit, entity: Entity, record: Record, entries: Sequence[HistoryEntry]) -> dict[str, str]:
    """What each child line is called: by its first value, as it is now, else as it was last."""
    found: dict[str, str] = {}
    for field in entity.fields.values():
        if field.lines is None:
            continue
        first = next(iter(visit.app.entities[field.lines].fields.values()), None)
        if first is None or first.targets:
            continue
        for row in record.values.get(field.name) or ():
            if row.get(first.name) is not None:
                found[str(row["id"])] = str(show_value(visit, first, row[first.name], row, short=True).striptags())
        for entry in entries:
            for line in entry.changes.get(field.name) or ():
                old, new = line["changes"].get(first.name, (None, None))
                if str(line["line"]) not in found and (new or old) is not None:
                    found[str(line["line"])] = str(_value(visit, first, old if new is None else new, {}).striptags())
    return found


def _told(visit: Visit, entity: Entity, entry: HistoryEntry, names: Mapping[str, Reference], line_names: Mapping[str, str]) -> list[Told]:
    told = []
    for name, change in entry.changes.items():
        field = entity.fields[name]
        title = visit.label(field.title)
        if field.lines is not None:
            child = visit.app.entities[field.lines]
            lines = [
                ToldLine(
                    line["verb"],
                    line_names.get(str(line["line"]), ""),
                    tuple(
                        ToldValue(
                            visit.label(child.fields[each].title), *(_value(visit, child.fields[each], value, names) for value in pair)
                        )
                        for each, pair in line["changes"].items()
                        if each in child.fields
                    ),
                )
                for line in change
            ]
            told.append(Told(title, lines=tuple(lines)))
        elif isinstance(change, list) and len(change) == 2:
            old, new = (_value(visit, field, value, names) for value in change)
            told.append(Told(title, old, new))
    return told


def _value(visit: Visit, field: Field, value: Any, names: Mapping[str, Reference]) -> Markup:
    """A value in JSON form, out of the audit."""
    if value is None:
        return BLANK
    if field.kind in FILE_KINDS and isinstance(value, list):
        return Markup("{}").format(", ".join(str(each.get("name")) for each in value))
    if field.targets:
        return link(visit, names[value]) if value in names else Markup("{}").format(visit.say("value.hidden"))
    if isinstance(field.type, t.Decimal | t.Money):
        return Markup('<span class="dg-number">{}</span>').format(number_text(field, int(str(value).replace(".", ""))))
    if field.kind in ("boolean", "choice", "multi_choice"):
        return show_value(visit, field, value, {})
    if field.kind == "datetime":
        return _instant(visit, str(value))
    if field.kind in ("integer", "json"):
        return show_value(visit, field, value, {})
    text = str(value)
    if isinstance(field.type, t.Duration) and isinstance(value, int):
        text = duration_text(value)
    return Markup('<span class="dg-text">{}</span>').format(text[:500])


def _instant(visit: Visit, text: str) -> Markup:
    """A point in time out of the audit, in the zone of the other pages."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return Markup("{}").format(text)
    return instant(visit, at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at)
