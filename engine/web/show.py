"""Values for people to read: formatted, coloured, linked; always escaped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup

from engine.language import types as t
from engine.model.kinds.entity import FILE_KINDS, Field, Option
from engine.records import Record, Reference
from engine.records.attachments import IMAGE_TYPES
from engine.web.assets import icon
from engine.web.menu import entity_path
from engine.web.visit import Visit

BLANK = Markup('<span class="text-secondary" aria-hidden="true">—</span>')
NUMERIC_KINDS = frozenset({"integer", "float", "decimal", "money", "percent"})
PLAIN_KINDS = frozenset({"text", "long_text", "sequence", "date", "datetime", "time"})
"""Kinds of field whose words may be the link to their record: neither links nor marks of their own."""
_SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "HKD": "HK$", "KRW": "₩", "INR": "₹"}
_COLORS = frozenset({"blue", "azure", "indigo", "purple", "pink", "red", "orange", "yellow", "lime", "green", "teal", "cyan", "gray"})
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def zone_of(visit: Visit) -> ZoneInfo:
    """The time zone in which the app's people read times."""
    return ZoneInfo(visit.app.defaults.time_zone)


def grouped(number: int | Decimal, scale: int) -> str:
    """A number with thousands separators and exactly ``scale`` digits after the point."""
    return f"{Decimal(number):,.{scale}f}"


def scaled(value: int, scale: int) -> Decimal:
    """A kept decimal (times 10**scale) as a number."""
    return Decimal(value).scaleb(-scale)


def number_text(field: Field, value: Any, currency: str | None = None) -> str:
    """A number as people read it, with its currency or percent sign."""
    kind = field.type
    if field.kind == "percent" and isinstance(kind, t.Decimal):
        return f"{scaled(value, kind.scale) * 100:,f}".rstrip("0").rstrip(".") + "%" if value else "0%"
    if isinstance(kind, t.Money):
        code = currency or kind.currency or ""
        text = grouped(scaled(value, kind.scale), kind.scale)
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        return f"{sign}{_SYMBOLS[code]}{digits}" if code in _SYMBOLS else f"{text} {code}".strip()
    if isinstance(kind, t.Decimal):
        return grouped(scaled(value, kind.scale), kind.scale)
    return f"{value:,}" if field.grouped else str(value)


def duration_text(seconds: int) -> str:
    """Seconds as people write them: ``1 d 4 h``."""
    parts, rest = [], abs(seconds)
    for size, unit in _UNITS:
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount} {unit}")
    return ("-" if seconds < 0 else "") + (" ".join(parts) or "0 min")


def instant(visit: Visit, value: datetime, *, seconds: bool = False) -> Markup:
    """A point in time in the app's zone; machines find the exact instant in the element."""
    aware = value.replace(tzinfo=UTC)
    local = aware.astimezone(zone_of(visit))
    shape = "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
    return Markup('<time datetime="{}" class="text-nowrap">{}</time>').format(aware.isoformat(timespec="seconds"), local.strftime(shape))


def _badge(visit: Visit, field: Field, code: str) -> Markup:
    option = next((each for each in field.options if each.code == code), None)
    text = visit.label(option.title) if option else code
    return Markup('<span class="status status-{}"><span class="status-dot" aria-hidden="true"></span>{}</span>').format(
        option_color(field, option), text
    )


def option_color(field: Field, option: Option | None) -> str:
    """An option's declared colour, else one that its place in the list gives it, so that neighbours differ."""
    if option is None:
        return "gray"
    if option.color in _COLORS:
        return str(option.color)
    declared = {each.color for each in field.options}
    all_colors = ("blue", "teal", "orange", "purple", "green", "pink", "cyan", "yellow", "indigo", "lime", "red", "azure")
    palette = tuple(each for each in all_colors if each not in declared) or all_colors
    return palette[field.options.index(option) % len(palette)]


def initials(name: str) -> str:
    """One character for an avatar: of a Chinese name the last, which tells more people apart."""
    return (name[:1].upper() if name.isascii() else name[-1:]) if name else ""


def avatar(name: str) -> Markup:
    """A person's initials in a circle, for the eye only."""
    return Markup('<span class="avatar avatar-xs rounded-circle me-2" aria-hidden="true">{}</span>').format(initials(name))


def link(visit: Visit, reference: Reference, *, person: bool = False) -> Markup:
    """A reference as a link to the record, or plain words where it may not be seen."""
    if not reference.display:
        return Markup('<span class="text-secondary">{}</span>').format(visit.say("value.hidden"))
    if reference.deleted:
        return Markup('<span class="text-secondary">{} <small>({})</small></span>').format(reference.display, visit.say("value.deleted"))
    face = avatar(reference.display) if person else Markup("")
    return Markup('<a class="text-reset dg-link" href="{}">{}{}</a>').format(
        entity_path(reference.entity, reference.id), face, reference.display
    )


def _contact(field: Field, value: str) -> Markup:
    if field.kind == "email":
        return Markup('<a href="mailto:{}">{}</a>').format(quote(value, safe="@+."), value)
    if field.kind == "phone":
        return Markup('<a href="tel:{}" class="text-nowrap">{}</a>').format(
            "".join(each for each in value if each.isdigit() or each == "+"), value
        )
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>').format(
        value, value.split("://", 1)[-1].rstrip("/")
    )


def size_text(size: int) -> str:
    """A file's size: ``812 B``, ``4.2 MB``."""
    for unit, bound in (("B", 1000), ("kB", 1_000_000), ("MB", 1_000_000_000)):
        if size < bound:
            number = size * 1000 / bound
            return f"{number:.0f} {unit}" if unit == "B" or number >= 10 else f"{number:.1f} {unit}"
    return f"{size / 1e9:.1f} GB"


def show_file(visit: Visit, file: Mapping[str, Any]) -> Markup:
    """One file as a link, an image with a small picture of itself."""
    address = f"/files/{file['id']}"
    words = Markup('{} <span class="text-secondary text-nowrap">{}</span>').format(file["name"], size_text(file["size"]))
    if file["media_type"] not in IMAGE_TYPES:
        return Markup('<a class="dg-file" href="{}" download>{}<span>{}</span></a>').format(address, icon("download", "icon-sm"), words)
    picture = Markup('<img src="{}?view=1" alt="" loading="lazy">').format(address)
    opening = Markup('<a class="dg-file" href="{}?view=1" target="_blank" rel="noopener">').format(address)
    return opening + picture + Markup("<span>{}</span></a>").format(words)


def show_files(visit: Visit, listed: Any, *, short: bool = False) -> Markup:
    """The files of a field: a list, or in a table cell their names alone."""
    if short:
        return Markup(", ").join(Markup('<a href="/files/{}" download>{}</a>').format(each["id"], each["name"]) for each in listed)
    items = Markup("").join(Markup("<li>{}</li>").format(show_file(visit, each)) for each in listed)
    return Markup('<ul class="dg-files">{}</ul>').format(items)


def show(visit: Visit, field: Field, record: Record, *, short: bool = False) -> Markup:
    """One field of a record; ``short`` for a table cell."""
    value = record.values.get(field.name)
    if value is None or value == ():
        return BLANK
    if field.name in record.masked:
        return Markup('<span class="text-secondary" title="{}">{}</span>').format(visit.say("record.masked"), value)
    reference = record.references.get(field.name)
    if reference is not None:
        return link(visit, reference, person=field.kind == "user")
    return show_value(visit, field, value, record.values, short=short)


def show_value(visit: Visit, field: Field, value: Any, siblings: Mapping[str, Any], *, short: bool = False) -> Markup:
    """A value that is not a reference; ``siblings`` are the record's other values (a money field's currency)."""
    if value is None:
        return BLANK
    if field.kind in NUMERIC_KINDS:
        currency = siblings.get(field.currency_field) if field.currency_field else None
        return Markup('<span class="dg-number">{}</span>').format(number_text(field, value, currency))
    if field.kind == "boolean":
        name, words, tone = ("circle-check-filled", "value.yes", "text-green") if value else ("circle-minus", "value.no", "text-secondary")
        return Markup('<span class="text-nowrap">{}{}</span>').format(
            icon(name if name != "circle-check-filled" else "circle-check", f"icon-sm me-1 {tone}"), visit.say(words)
        )
    if field.kind == "choice":
        return _badge(visit, field, value)
    if field.kind == "multi_choice":
        return Markup(" ").join(_badge(visit, field, code) for code in value)
    if field.kind in ("email", "phone", "url"):
        return _contact(field, value)
    if field.kind == "json":
        written = json.dumps(value, ensure_ascii=False, indent=None if short else 2)
        return Markup('<code class="dg-text">{}</code>').format(f"{written[:78]}…" if short and len(written) > 80 else written)
    if field.kind in FILE_KINDS:
        return show_files(visit, value, short=short)
    return _plain(visit, value, short=short, duration=isinstance(field.type, t.Duration))


def _plain(visit: Visit, value: Any, *, short: bool, duration: bool) -> Markup:
    if isinstance(value, datetime):
        return instant(visit, value)
    if isinstance(value, date):
        return Markup('<time datetime="{}" class="text-nowrap">{}</time>').format(value.isoformat(), value.isoformat())
    if isinstance(value, time):
        return Markup("{}").format(value.isoformat("minutes") if not value.second else value.isoformat("seconds"))
    if duration:
        return Markup('<span class="text-nowrap">{}</span>').format(duration_text(value))
    text = str(value)
    if short and len(text) > 80:
        return Markup('<span title="{}">{}…</span>').format(text[:500], text[:78])
    return Markup('<span class="dg-text">{}</span>').format(text)
