"""Random worlds and random well-typed expressions about them, driven by any ``random.Random`` (hypothesis has one too)."""

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

ZONES = ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "UTC", "Europe/London")
CODES = ("new", "plan", "done")
PERIODS = ("this month", "last quarter", "next week", "last 7 days", "this year", "yesterday", "next 3 months")
PATHS = ("level > 3", "active", "boss = user", "boss.active", "boss.level = 2", "level != 2", "born < today()")
SPANS = ("3 days", "1 month", "36 hours", "1 year", "2 quarters", "2 weeks", "40000 months")
NUMBER_FORMATS = ("", ", '0'", ", '0.00'", ", '#,##0'", ", '#,##0.00'", ", '0%'", ", '0.0%'")
DATE_FORMATS = ("", ", 'yyyy-MM'", ", 'yyyy年M月d日'")
MOMENT_FORMATS = ("", ", 'HH:mm'", ", 'yyyy-MM-dd'", ", 'yyyy年M月d日'")
SHOPS = ("", ", 'shop'")
DAYS = ("28", "29", "31", "0")
MOMENTS = ("now()", "@2025-03-09T02:30", "@2025-11-02T05:30Z", "@2025-04-06T01:45")
_TAGS = ("vip", "key", "old")
_LETTERS = [
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
                ("tags", t.MultiChoice(_TAGS)),
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
    return "".join(random.choice(_LETTERS) for _ in range(random.randint(0, 5))) or None


def _date(random: Random) -> date:
    edge = random.random()
    if edge < 0.05:
        return random.choice([date(1, 1, 1), date(9999, 12, 31), date(2000, 2, 29), date(1900, 2, 28)])
    return date(2024, 1, 1) + timedelta(days=random.randint(0, 1_000))


def _moment(random: Random) -> datetime:
    day = date(2024, 1, 1) + timedelta(days=random.randint(0, 1_000))
    at = datetime.combine(day, time.min) + timedelta(seconds=random.randint(0, 86_399))
    return at + timedelta(microseconds=random.randint(0, 999_999)) if random.random() < 0.3 else at


_VALUES: dict[type[t.Type], Callable[[Random], Any]] = {
    t.Integer: _integer,
    t.Decimal: _scaled,
    t.Money: _scaled,
    t.Float: lambda random: random.choice([0.0, 0.5, -1.5, 1e-9, 1e12, 3.25, 0.1, random.uniform(-1e6, 1e6)]),
    t.Text: _text,
    t.Boolean: lambda random: random.random() < 0.5,
    t.Time: lambda random: time(random.randint(0, 23), random.randint(0, 59), random.choice([0, 30]), random.choice([0, 0, 1_500])),
    t.Date: _date,
    t.DateTime: _moment,
    t.Duration: lambda random: random.choice([0, 60, 3_600, -86_400, random.randint(-(10**7), 10**7)]),
    t.MultiChoice: lambda random: tuple(tag for tag in _TAGS if random.random() < 0.4),
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


class Writer:
    """Writes expressions as text; one method per type, each with ways that need ever less depth."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.in_rows = False

    def pick(self, depth: int, leaves: list[Callable[[], str]], branches: list[Callable[[int], str]]) -> str:
        if depth <= 0 or self.random.random() < 0.2:
            return self.random.choice(leaves)()
        return self.random.choice(branches)(depth - 1)

    def name(self, *names: str) -> Callable[[], str]:
        return lambda: self.random.choice(names)

    def count(self) -> str:
        """An integer field."""
        return "qty" if self.in_rows else self.random.choice("ij")

    def text_literal(self) -> str:
        value = "".join(self.random.choice(_LETTERS) for _ in range(self.random.randint(1, 3)))
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def boolean(self, depth: int) -> str:
        r = self.random
        compare = ["=", "!=", "<", "<=", ">", ">="]
        leaves = [self.name("ok") if self.in_rows else self.name("b", "c"), lambda: r.choice(["true", "false"])]
        if not self.in_rows:
            leaves += [
                lambda: f"kind = '{r.choice(CODES)}'",
                lambda: f"tags contains '{r.choice(_TAGS)}'",
                lambda: "owner = user",
                lambda: "owner in user.teams",
            ]

        def numbers(d: int) -> str:
            return f"{self.number(d)} {r.choice(compare)} {self.number(d)}"

        branches: list[Callable[[int], str]] = [
            numbers,
            numbers,
            lambda d: f"{self.text(d)} {r.choice(compare)} {self.text(d)}",
            lambda d: f"{self.day(d)} {r.choice(compare)} {self.day(d)}",
            lambda d: f"({self.boolean(d)} and {self.boolean(d)})",
            lambda d: f"({self.boolean(d)} or {self.boolean(d)})",
            lambda d: f"not ({self.boolean(d)})",
            lambda d: f"not ({self.boolean(d)})",
            lambda d: f"{self.text(d)} {r.choice(['contains', 'starts with', 'ends with', 'not contains'])} {self.text(d)}",
            lambda d: f"{self.number(d)} {r.choice(['in', 'not in'])} [1, 2.5, 0]",
            lambda d: f"{self.text(d)} {r.choice(['in', 'not in'])} [{self.text_literal()}, {self.text_literal()}]",
            lambda d: f"{self.number(d)} between {self.number(d)} and {self.number(d)}",
            lambda d: f"{r.choice([self.number, self.text, self.day, self.boolean])(d)} is {r.choice(['', 'not '])}blank",
            lambda d: f"if({self.boolean(d)}, {self.boolean(d)}, {self.boolean(d)})",
            lambda d: f"{self.day(d)} in {r.choice(PERIODS)}",
            lambda d: f"is_workday({self.day(d)}{r.choice(SHOPS)})",
            lambda d: f"between({self.number(d)}, {self.number(d)}, {self.number(d)})",
            lambda d: f"{r.choice(['is_blank', 'is_not_blank'])}({r.choice([self.number, self.text])(d)})",
            lambda d: f"{r.choice(['contains', 'starts_with', 'ends_with'])}({self.text(d)}, {self.text(d)})",
            lambda d: f"similar({self.text(d)}, {self.text(d)}) > 0.3",
            lambda d: f"matches({self.text(d)}, '{r.choice(['^[a-zA-Z]+$', '[0-9]', '中|文', '.b', '^.?$'])}')",
        ]
        if not self.in_rows:
            branches += [
                lambda d: f"{self.moment(d)} {r.choice(compare)} {self.moment(d)}",
                lambda d: f"{self.exact(d)} {r.choice(compare)} {self.exact(d)}",
                lambda d: f"{self.floating(d)} {r.choice(compare[2:])} {self.floating(d)}",
                lambda d: f"at in {r.choice(['this month', 'yesterday', 'last 7 days', 'this week'])}",
                lambda d: f"{r.choice(['any', 'all'])}(parts where {self.rows(d)})",
                lambda d: f"count(parts where {self.rows(d)}) {r.choice(compare)} {r.choice('0123')}",
                lambda d: f"has_{r.choice(['any', 'all'])}(tags, '{r.choice(_TAGS)}', '{r.choice(_TAGS)}')",
                lambda d: f"kind in ['{r.choice(CODES)}', '{r.choice(CODES)}']",
                lambda d: f"{self.number(d)} {r.choice(['in', 'not in'])} list(parts.{r.choice(['qty', 'price'])} where {self.rows(d)})",
                lambda d: f"clock {r.choice(compare)} {r.choice(['clock', 'default(clock, clock)', 'max(clock, blank)'])}",
                lambda d: "has_role('desk.agent')",
                lambda d: f"has(tags, '{r.choice(_TAGS)}')",
                lambda d: f"list(parts.name) contains {self.text(d)}",
                lambda d: f"in_period({self.day(d)}, 'last_{r.randint(1, 40)}_{r.choice(['days', 'weeks', 'months'])}')",
                lambda d: f"owner.{r.choice(PATHS)}",
                lambda d: f"not owner.{r.choice(['active', 'boss.active'])}",
                lambda d: f"{r.choice(['b', 'c'])} {r.choice(['=', '!='])} {self.boolean(d)}",
            ]
        return "(" + self.pick(depth, leaves, branches) + ")"

    def rows(self, depth: int) -> str:
        """A condition about an aggregate's row."""
        before, self.in_rows = self.in_rows, True
        try:
            return self.boolean(min(depth, 1))
        finally:
            self.in_rows = before

    def number(self, depth: int) -> str:
        r = self.random
        leaves = [
            self.name("qty", "price", "cost") if self.in_rows else self.name("i", "j", "n", "m", "q", "total"),
            lambda: r.choice(["0", "1", "2", "-3", "2.5", "0.125", "15%", "1000"]),
        ]
        branches: list[Callable[[int], str]] = [
            lambda d: f"({self.plain(d)} + {self.plain(d)})",
            lambda d: f"({self.plain(d)} - {self.plain(d)})",
            lambda d: f"({self.plain(d)} * {self.plain(d)})",
            lambda d: f"({self.number(d)} / {self.plain(d)})",
            lambda d: f"(-{self.number(d)})",
            lambda d: f"{r.choice(['round', 'round_up', 'round_down'])}({self.number(d)}, {r.choice(['0', '1', '-1', '2', '-2'])})",
            lambda d: f"{r.choice(['floor', 'ceil', 'trunc', 'abs', 'sign'])}({self.number(d)})",
            lambda d: f"{r.choice(['mod', 'div', 'percent'])}({self.number(d)}, {self.number(d)})",
            lambda d: f"default({self.number(d)}, {self.number(d)})",
            lambda d: f"{r.choice(['min', 'max'])}({self.number(d)}, {self.number(d)}, {self.number(d)})",
            lambda d: f"clamp({self.number(d)}, -5, 100)",
            lambda d: f"if({self.boolean(d)}, {self.number(d)}, {self.number(d)})",
            lambda d: r.choice([f"len({self.text(d)})", f"find({self.text(d)}, {self.text(d)})"]),
            lambda d: f"{r.choice(['year', 'month', 'day', 'weekday', 'quarter', 'iso_week'])}({self.day(d)})",
            lambda d: f"{r.choice(['days_between', 'months_between'])}({self.day(d)}, {self.day(d)})",
            lambda d: f"{r.choice(['days_since', 'days_until', 'age'])}({self.day(d)})",
            lambda d: f"decimal({self.number(d)}, {r.randint(0, 4)})",
            lambda d: f"workdays_between({self.day(d)}, {self.day(d)}{r.choice(SHOPS)})",
            lambda d: f"similar({self.text(d)}, {self.text(d)})",
            lambda d: f"round({self.number(d)}, {r.choice(['qty'] if self.in_rows else ['i', 'j', 'floor(n)'])})",
            lambda d: f"ifs({self.boolean(d)}, {self.number(d)}, {self.boolean(d)}, {self.number(d)})",
            lambda d: f"number({r.choice([self.text(d), f'text({self.number(d)})'])})",
        ]
        if not self.in_rows:
            branches += [
                lambda d: f"{r.choice(['sum', 'avg', 'min', 'max', 'distinct_count'])}(parts.{r.choice(['qty', 'price', 'cost'])})",
                lambda d: f"{r.choice(['sum', 'avg', 'max'])}(parts.price where {self.rows(d)})",
                lambda d: f"count(parts.{r.choice(['name', 'ok', 'day'])})",
                lambda d: "owner.boss.level",
                lambda d: (
                    f"{r.choice(['first', 'last'])}(parts.{r.choice(['qty', 'price', 'cost'])}{r.choice(['', f' where {self.rows(d)}'])})"
                ),
                lambda d: f"convert({r.choice(['usd', 'm'])}, '{r.choice(['USD', 'CNY'])}', {self.day(d)})",
                lambda d: f"hours_between({self.moment(d)}, {self.moment(d)})",
                lambda d: f"{r.choice(['hour', 'minute'])}({self.moment(d)})",
                lambda d: f"hours_between({self.moment(d)}, {self.moment(d)})",
                lambda d: f"decimal({self.floating(d)}, 3)",
                lambda d: f"floor({self.floating(d)})",
                lambda d: f"case(kind, 'new', {self.number(d)}, 'Plan', {self.number(d)})",
            ]
        return self.pick(depth, leaves, branches)

    def plain(self, depth: int) -> str:
        """A number that is not money, so that it may multiply and divide."""
        if self.in_rows:
            return self.random.choice(["qty", "2", "0.5", "floor(price)"])
        r = self.random
        choices = [
            lambda d: r.choice(["i", "j", "n", "q", "3", "1.13", "0.07"]),
            lambda d: f"floor({self.number(d)})",
            lambda d: f"decimal({self.number(d)}, 2)",
            lambda d: f"ceil({self.number(d)})",
        ]
        return r.choice(choices[: 4 if depth > 0 else 1])(depth - 1)

    def text(self, depth: int) -> str:
        r = self.random
        leaves = [self.name("name") if self.in_rows else self.name("s", "u", "owner.name"), self.text_literal, lambda: "blank"]
        return self.pick(
            depth,
            leaves,
            [
                lambda d: f"{r.choice(['lower', 'upper', 'trim'])}({self.text(d)})",
                lambda d: f"{r.choice(['left', 'right'])}({self.text(d)}, {r.choice(['0', '1', '2', '-1', '9'])})",
                lambda d: f"mid({self.text(d)}, {r.choice(['0', '1', '2', '3'])}, {r.choice(['0', '1', '2'])})",
                lambda d: f"concat({self.text(d)}, {self.text(d)}, {self.text(d)})",
                lambda d: f"replace({self.text(d)}, {self.text_literal()}, {r.choice([self.text_literal(), 'blank'])})",
                lambda d: f"{r.choice(['pad_left', 'pad_right'])}({self.text(d)}, {r.choice(['0', '3', '6'])}, {self.text_literal()})",
                lambda d: f"text({self.number(d)}{r.choice(NUMBER_FORMATS)})",
                lambda d: f"text({self.day(d)}{r.choice(DATE_FORMATS)})",
                lambda d: f"default({self.text(d)}, {self.text(d)})",
                lambda d: f"join([{self.text(d)}, {self.number(d)}, {self.text(d)}], {self.text_literal()})",
                lambda d: f"money_upper({self.number(d)})",
                lambda d: f"text({self.day(d)}, 'EEE')",
                lambda d: f"{r.choice(['min', 'max'])}({self.text(d)}, {self.text(d)})",
                lambda d: f"if({self.boolean(d)}, {self.text(d)}, {self.text(d)})",
                *(
                    []
                    if self.in_rows
                    else [
                        lambda d: f"{r.choice(['min', 'max', 'first', 'last'])}(parts.name where {self.rows(d)})",
                        lambda d: f"join(list(parts.{r.choice(['name', 'qty', 'day'])} where {self.rows(d)}), {self.text_literal()})",
                        lambda d: f"join(tags, {self.text_literal()})",
                        lambda d: "text(kind)",
                        lambda d: f"text({self.floating(d)})",
                        lambda d: f"text({self.moment(d)}{r.choice(MOMENT_FORMATS)})",
                    ]
                ),
            ],
        )

    def day(self, depth: int) -> str:
        r = self.random
        leaves = [self.name("day") if self.in_rows else self.name("d", "e"), lambda: r.choice(["today()", "@2025-01-31", "@2024-02-29"])]
        return self.pick(
            depth,
            leaves,
            [
                lambda d: f"({self.day(d)} {r.choice('+-')} {r.choice(SPANS)})",
                lambda d: f"{r.choice(['start_of', 'end_of'])}({self.day(d)}, '{r.choice(['day', 'week', 'month', 'quarter', 'year'])}')",
                lambda d: f"date({r.choice(['2025', '2024', '0', '10000'])}, {r.choice(['1', '2', '13'])}, {r.choice(DAYS)})",
                lambda d: f"default({self.day(d)}, {self.day(d)})",
                lambda d: f"add_workdays({self.day(d)}, {self.count()}{r.choice(SHOPS)})",
                lambda d: f"({self.day(d)} {r.choice('+-')} {r.choice(['1 workday', '10 workdays', f'workdays({self.count()})'])})",
                lambda d: f"{r.choice(['start_of', 'end_of'])}({self.day(d)}, 'fiscal_year')",
                lambda d: f"({self.day(d)} + days({self.count()}))",
                lambda d: f"({self.day(d)} - {r.choice(['months', 'years'])}({self.count()}))",
                lambda d: f"add({self.day(d)}, {r.choice(SPANS)})",
                lambda d: f"if({self.boolean(d)}, {self.day(d)}, {self.day(d)})",
                *([] if self.in_rows else [lambda d: f"date({self.moment(d)})", lambda d: f"{r.choice(['min', 'max'])}(parts.day)"]),
            ],
        )

    def moment(self, depth: int) -> str:
        r = self.random
        return self.pick(
            depth,
            [self.name("at", "till"), lambda: r.choice(MOMENTS)],
            [
                lambda d: f"({self.moment(d)} {r.choice('+-')} {r.choice(['3 hours', '1 day', '1 month', '6 months', '1 year'])})",
                lambda d: f"({self.moment(d)} + {self.exact(d)})",
                lambda d: (
                    f"{r.choice(['start_of', 'end_of'])}({self.moment(d)}, '{r.choice(['day', 'week', 'month', 'quarter', 'year'])}')"
                ),
                lambda d: f"default({self.moment(d)}, {self.moment(d)})",
                lambda d: f"({self.moment(d)} {r.choice('+-')} {r.choice(['1 workday', '7 workdays', 'workdays(i)'])})",
                lambda d: f"{r.choice(['start_of', 'end_of'])}({self.moment(d)}, '{r.choice(['hour', 'fiscal_year'])}')",
                lambda d: f"datetime({self.day(d)}, {r.choice(['0', '2', '23', '24', 'i'])}, {r.choice(['0', '30', '59', '60'])})",
                lambda d: f"if({self.boolean(d)}, {self.moment(d)}, {self.moment(d)})",
            ],
        )

    def exact(self, depth: int) -> str:
        r = self.random
        return self.pick(
            depth,
            [self.name("span"), lambda: r.choice(["3 days", "90 minutes", "0 seconds"])],
            [
                lambda d: f"({self.moment(d)} - {self.moment(d)})",
                lambda d: f"({self.exact(d)} {r.choice('+-')} {self.exact(d)})",
                lambda d: f"{r.choice(['days', 'hours', 'minutes'])}({r.choice('ij')})",
                lambda d: f"({self.exact(d)} * {r.choice(['2', '0.5', '-3', 'i'])})",
                lambda d: f"({self.exact(d)} / {r.choice(['2', '0', 'i', '1.5'])})",
            ],
        )

    def floating(self, depth: int) -> str:
        r = self.random
        return self.pick(
            depth,
            [self.name("x"), lambda: f"float({r.choice(['1', '2.5', '-3'])})"],
            [
                lambda d: f"({self.floating(d)} {r.choice('+-*/')} {self.floating(d)})",
                lambda d: f"{r.choice(['sqrt', 'ln', 'log10'])}(abs({self.number(d)}))",
                lambda d: f"exp({r.choice(['x', 'n'])} / 1000000)",
                lambda d: f"power({r.choice(['2', 'float(i)', '1.1'])}, {r.choice(['2', '3', '-1', '0.5'])})",
                lambda d: f"round({self.floating(d)}, {r.choice(['0', '1', '-1'])})",
                lambda d: f"float({self.number(d)})",
            ],
        )

    def any(self, depth: int) -> str:
        """An expression of any type; conditions most often."""
        makers = [
            self.boolean,
            self.boolean,
            self.boolean,
            self.number,
            self.number,
            self.text,
            self.day,
            self.moment,
            self.exact,
            self.floating,
        ]
        return self.random.choice(makers)(depth)
