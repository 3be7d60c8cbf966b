"""Random well-typed expressions about a random world, driven by any ``random.Random`` (hypothesis has one too)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.properties.random_world import CODES, LETTERS, TAGS

ZONES = ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "UTC", "Europe/London")
PERIODS = ("this month", "last quarter", "next week", "last 7 days", "this year", "yesterday", "next 3 months")
PATHS = ("level > 3", "active", "boss = user", "boss.active", "boss.level = 2", "level != 2", "born < today()")
SPANS = ("3 days", "1 month", "36 hours", "1 year", "2 quarters", "2 weeks", "40000 months")
NUMBER_FORMATS = ("", ", '0'", ", '0.00'", ", '#,##0'", ", '#,##0.00'", ", '0%'", ", '0.0%'")
DATE_FORMATS = ("", ", 'yyyy-MM'", ", 'yyyy年M月d日'")
MOMENT_FORMATS = ("", ", 'HH:mm'", ", 'yyyy-MM-dd'", ", 'yyyy年M月d日'")
SHOPS = ("", ", 'shop'")
DAYS = ("28", "29", "31", "0")
SINCE = ("now() - at", "at - now()", "now() - till")
PATTERNS = ("^[a-zA-Z]+$", "[0-9]", "中|文", ".b", "^.?$", "(a+|b)+$", "[^a-f]{2}", "^(?:中|.a)*x?")
MOMENTS = ("now()", "@2025-03-09T02:30", "@2025-11-02T05:30Z", "@2025-04-06T01:45")


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

    def filler(self, depth: int) -> str:
        """What a text is filled up with: mostly known, at times blank."""
        return self.random.choice([self.text_literal(), self.text(depth)])

    def text_literal(self) -> str:
        value = "".join(self.random.choice(LETTERS) for _ in range(self.random.randint(1, 3)))
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def boolean(self, depth: int) -> str:
        r = self.random
        compare = ["=", "!=", "<", "<=", ">", ">="]
        leaves = [self.name("ok") if self.in_rows else self.name("b", "c"), lambda: r.choice(["true", "false"])]
        if not self.in_rows:
            leaves += [
                lambda: f"kind = '{r.choice(CODES)}'",
                lambda: f"tags contains '{r.choice(TAGS)}'",
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
            lambda d: f"matches({self.text(d)}, '{r.choice(PATTERNS)}')",
        ]
        if not self.in_rows:
            branches += [
                lambda d: f"{self.moment(d)} {r.choice(compare)} {self.moment(d)}",
                lambda d: f"{self.exact(d)} {r.choice(compare)} {self.exact(d)}",
                lambda d: f"{self.floating(d)} {r.choice(compare[2:])} {self.floating(d)}",
                lambda d: f"at in {r.choice(['this month', 'yesterday', 'last 7 days', 'this week'])}",
                lambda d: f"{r.choice(['any', 'all'])}(parts where {self.rows(d)})",
                lambda d: f"count(parts where {self.rows(d)}) {r.choice(compare)} {r.choice('0123')}",
                lambda d: f"has_{r.choice(['any', 'all'])}(tags, '{r.choice(TAGS)}', '{r.choice(TAGS)}')",
                lambda d: f"kind in ['{r.choice(CODES)}', '{r.choice(CODES)}']",
                lambda d: f"{self.number(d)} {r.choice(['in', 'not in'])} list(parts.{r.choice(['qty', 'price'])} where {self.rows(d)})",
                lambda d: f"clock {r.choice(compare)} {r.choice(['clock', 'default(clock, clock)', 'max(clock, blank)'])}",
                lambda d: "has_role('desk.agent')",
                lambda d: f"{r.choice(SINCE)} {r.choice(compare)} {r.choice(['3 days', '0 seconds', '-90 minutes'])}",
                lambda d: (
                    f"{r.choice(['days_since(d)', 'days_until(e)', 'today() - d'])} {r.choice(compare)} {r.choice(['0', '30', '-3'])}"
                ),
                lambda d: f"has(tags, '{r.choice(TAGS)}')",
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
                lambda d: f"{r.choice(['pad_left', 'pad_right'])}({self.text(d)}, {r.choice(['0', '3', '6'])}, {self.filler(d)})",
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
                lambda d: f"{r.choice(['abs(', '(-', 'default(x, '])}{self.floating(d)})",
                lambda d: f"mod({self.floating(d)}, {self.floating(d)})",
                lambda d: f"float({r.choice(['floor', 'ceil', 'trunc', 'sign'])}({self.floating(d)}))",
                lambda d: f"if({self.boolean(d)}, {self.floating(d)}, {self.floating(d)})",
            ],
        )

    def other(self, depth: int) -> str:
        """A value of the types that have few operations: choices, references, times."""
        name = self.random.choice(["kind", "tags", "owner", "owner.boss", "clock", "user"])
        if name in ("tags", "user"):
            return name
        return self.random.choice([name, f"if({self.boolean(depth - 1)}, {name}, {name})", f"if({self.boolean(depth - 1)}, {name})"])

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
            self.other,
        ]
        return self.random.choice(makers)(depth)
