"""Random worlds: tickets with parts and people, and the scope in which expressions speak of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from engine.language import types as t
from engine.language.calendars import calendar_text, rates_text
from engine.language.scope import CollectionInfo, Conventions, EntityInfo, FieldInfo, Scope
from tests.properties.four_backends import World

CODES = ("new", "plan", "done")
TAGS = ("vip", "key", "old")
LETTERS = [
    "a",
    "b",
    "A",
    "Z",
    "É",
    "ß",
    "é",
    "中",
    "文",
    "😀",
    "！",
    "%",
    "_",
    " ",
    "'",
    '"',
    "\\",
    "1",
    "0",
    "-",
    "\u3000",
    "e\u0301",
    "Σ",
    "İ",
    "ﬁ",
    "ŉ",
    "ǅ",
    "\u200f",
    "ı",
]


def _fields(*rows: tuple[str, t.Type]) -> dict[str, FieldInfo]:
    made = {}
    for name, type_ in rows:
        codes = type_.codes if isinstance(type_, t.Choice | t.MultiChoice) else ()
        shown = tuple((code, code.title(), f"{code}类") for code in codes)
        made[name] = FieldInfo(name, type_, options={code.title(): code for code in codes}, column=name, shown=shown)
    return made


ENTITIES: dict[str, EntityInfo] = {
    "desk.ticket": EntityInfo(
        "desk.ticket",
        "desk_ticket",
        fields={
            **_fields(
                ("id", t.Ref("desk.ticket")),
                ("i", t.Integer()),
                ("j", t.Integer()),
                ("n", t.Decimal(2)),
                ("m", t.Money(2, "CNY")),
                ("usd", t.Money(2, "USD")),
                ("clock", t.Time()),
                ("q", t.Decimal(4)),
                ("x", t.Float()),
                ("s", t.Text()),
                ("u", t.Text()),
                ("b", t.Boolean()),
                ("c", t.Boolean()),
                ("d", t.Date()),
                ("e", t.Date()),
                ("at", t.DateTime()),
                ("till", t.DateTime()),
                ("span", t.Duration()),
                ("kind", t.Choice(CODES)),
                ("tags", t.MultiChoice(TAGS)),
                ("owner", t.Ref("desk.person")),
            ),
            "total": FieldInfo("total", t.Money(2, "CNY"), stored=False, compute="m * (1 + n) - default(q, 0)"),
        },
        collections={"parts": CollectionInfo("parts", "desk.ticket.parts", "parent")},
    ),
    "desk.ticket.parts": EntityInfo(
        "desk.ticket.parts",
        "desk_ticket__parts",
        fields={
            **_fields(
                ("id", t.Ref("desk.ticket.parts")),
                ("parent", t.Ref("desk.ticket")),
                ("qty", t.Integer()),
                ("price", t.Money(2, "CNY")),
                ("name", t.Text()),
                ("ok", t.Boolean()),
                ("day", t.Date()),
            ),
            "cost": FieldInfo("cost", t.Money(2, "CNY"), stored=False, compute="qty * price"),
        },
    ),
    "desk.person": EntityInfo(
        "desk.person",
        "desk_person",
        fields=_fields(
            ("id", t.Ref("desk.person")),
            ("name", t.Text()),
            ("level", t.Integer()),
            ("born", t.Date()),
            ("boss", t.Ref("desk.person")),
            ("active", t.Boolean()),
        ),
    ),
}


_DAYS = {date(2024, 2, 9) + timedelta(days=day): day % 5 == 4 for day in range(0, 600, 3)}
_RATES = {date(2024, 1, 1): 710_000_000, date(2025, 1, 1): 699_512_345, date(2025, 6, 1): 1}
CONVENTIONS = Conventions(
    currency="CNY",
    calendar="office",
    calendars=(("office", calendar_text((True,) * 5 + (False,) * 2, _DAYS)), ("shop", calendar_text((False,) * 5 + (True, False), {}))),
    rates=(("USD", rates_text(_RATES)),),
    fiscal_month=4,
)


def scope(zone: str) -> Scope:
    """The scope of a ticket in a time zone."""
    variables: dict[str, t.Type] = {
        "user": t.Ref("desk.person"),
        "user.teams": t.ListOf(t.Ref("desk.person")),
        "user.roles": t.ListOf(t.Text()),
    }
    return Scope(ENTITIES, "desk.ticket", variables, zone, conventions=CONVENTIONS)


def _integer(random: Random) -> int:
    edge = random.random()
    if edge < 0.06:
        return random.choice([0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1, 10**12])
    return random.randint(-12, 12) if edge < 0.6 else random.randint(-(10**7), 10**7)


def _scaled(random: Random) -> int:
    edge = random.random()
    if edge < 0.05:
        return random.choice([10**18 - 1, -(10**18) + 1, 0])
    return random.randint(-1_000, 1_000) if edge < 0.6 else random.randint(-(10**9), 10**9)


def _text(random: Random) -> str | None:
    return "".join(random.choice(LETTERS) for _ in range(random.randint(0, 5))) or None


def _date(random: Random) -> date:
    edge = random.random()
    if edge < 0.05:
        return random.choice([date(1, 1, 1), date(9999, 12, 31), date(2000, 2, 29), date(1900, 2, 28)])
    return date(2024, 1, 1) + timedelta(days=random.randint(0, 1_000))


def _moment(random: Random) -> datetime:
    day = date(2024, 1, 1) + timedelta(days=random.randint(0, 1_000))
    at = datetime.combine(day, time.min) + timedelta(seconds=random.randint(0, 86_399))
    return at + timedelta(microseconds=random.randint(0, 999_999)) if random.random() < 0.3 else at


EXTREMES = (5e-324, 1e-310, 2.2e-308, 2.5e-308, 1.7976931348623157e308, -1e308, 8e307, 1e300, -1e-300, 1.4e154, 1e-162)
"""Floats whose sums, products and quotients leave what a float holds."""

_VALUES: dict[type[t.Type], Callable[[Random], Any]] = {
    t.Integer: _integer,
    t.Decimal: _scaled,
    t.Money: _scaled,
    t.Float: lambda random: random.choice([0.0, 0.5, -1.5, 1e-9, 1e12, 3.25, 0.1, random.uniform(-1e6, 1e6), *EXTREMES]),
    t.Text: _text,
    t.Boolean: lambda random: random.random() < 0.5,
    t.Time: lambda random: time(random.randint(0, 23), random.randint(0, 59), random.choice([0, 30]), random.choice([0, 0, 1_500])),
    t.Date: _date,
    t.DateTime: _moment,
    t.Duration: lambda random: random.choice([0, 60, 3_600, -86_400, random.randint(-(10**7), 10**7)]),
    t.MultiChoice: lambda random: tuple(tag for tag in TAGS if random.random() < 0.4),
}


def _row(random: Random, info: EntityInfo, targets: dict[str, list[str]]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, field in info.fields.items():
        if not field.stored or name == "id":
            continue
        if isinstance(field.type, t.Ref):
            row[name] = random.choice(targets[field.type.entity]) if random.random() < 0.8 else None
        elif random.random() < 0.18:
            row[name] = None
        elif isinstance(field.type, t.Choice):
            row[name] = random.choice(field.type.codes)
        else:
            row[name] = _VALUES[type(field.type)](random)
    row["id"] = str(uuid.UUID(int=random.getrandbits(128)))
    return row


def world(random: Random, count: int) -> World:
    """Some people, ``count`` tickets and their parts (some deleted)."""
    targets: dict[str, list[str]] = {"desk.person": [str(uuid.UUID(int=random.getrandbits(128))) for _ in range(6)]}
    people = [{**_row(random, ENTITIES["desk.person"], targets), "id": key} for key in targets["desk.person"]]
    tickets = [_row(random, ENTITIES["desk.ticket"], targets) for _ in range(count)]
    targets["desk.ticket"] = [row["id"] for row in tickets]
    parts = [_row(random, ENTITIES["desk.ticket.parts"], targets) for _ in range(count * 2)]
    for row in parts:
        if random.random() < 0.15:
            row["deleted_at"] = _moment(random)
    now = _moment(random)
    variables = {
        "now": now,
        "today": now.date(),
        "user": targets["desk.person"][0],
        "user.teams": tuple(targets["desk.person"][:3]),
        "user.roles": ("desk.agent",),
        "user.language": random.choice([None, "en", "zh"]),
    }
    return World(ENTITIES, {"desk.ticket": tickets, "desk.ticket.parts": parts, "desk.person": people}, variables)
