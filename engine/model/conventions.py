"""Calendars and currencies: what files say of working time and rates, and how expressions are given it."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from engine.diagnostics import nearest
from engine.language.calendars import RATE_SCALE, calendar_text, rates_text
from engine.language.scope import Conventions
from engine.model.app import Defaults
from engine.model.drafts import AppDraft, Build, localized
from engine.model.kinds.calendar import Calendar, Currency, Hours
from engine.model.node import NOTHING, Node
from engine.model.syntax import Document

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_STRETCH = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_WHOLE_DAY: Hours = ((time(0), time.max),)
_RATE_MAX = 10**9


def build_calendars(build: Build) -> dict[str, Calendar]:
    """All calendars, by their own name and by app.name; the first to claim a name has it."""
    found: dict[str, Calendar] = {}
    for app, document in _documents(build, "calendar"):
        node = document.node
        week = _week(build, node.get("week") or NOTHING)
        days = {}
        for said, key, each in (node.get("days") or NOTHING).items():
            day = _day(build, said, key)
            if day is not None:
                days[day] = _hours_of_day(build, each, week[day.weekday()] or _usual(week))
        title = localized(node.get("title"), document.name)
        _add(build, found, app, document, Calendar(document.name, app.name, title, document.name_node.span, week, MappingProxyType(days)))
    return found


def _documents(build: Build, kind: str) -> list[tuple[AppDraft, Document]]:
    return [(app, each) for app in build.apps.values() for each in app.documents if each.kind == kind and each.name and each.ok]


def _add(build: Build, found: dict[str, Calendar], app: AppDraft, document: Document, made: Calendar) -> None:
    full = f"{app.name}.{document.name}"
    if full in found:
        first = found[full].span
        span = document.name_node.span
        build.error("declared-twice", span, kind="calendar", name=document.name, path=first.path, line=first.line + 1)
        return
    found[full] = made
    found.setdefault(document.name, made)


def _week(build: Build, node: Node) -> tuple[Hours, ...]:
    week: list[Hours | None] = [None] * 7
    for said, key, each in node.items():
        first, _, last = said.partition("-")
        if first not in WEEKDAYS or (last and last not in WEEKDAYS):
            build.error("weekday-unknown", key.span, name=said)
            continue
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        hours = _hours(build, each)
        for index in range(start, end + 1 if end >= start else end + 8):
            if week[index % 7] is not None:
                build.error("weekday-twice", key.span, name=WEEKDAYS[index % 7])
            week[index % 7] = hours
    made = tuple(hours or () for hours in week)
    if not any(made) and node.is_map:
        build.error("week-without-work", node.start)
    return made


def _usual(week: tuple[Hours, ...]) -> Hours:
    """The hours of a day that is worked by way of exception: those of the first working day of the week."""
    return next((hours for hours in week if hours), _WHOLE_DAY)


def _hours(build: Build, node: Node) -> Hours:
    stretches: list[tuple[time, time]] = []
    for each in node.each():
        match = _STRETCH.fullmatch(each.text.strip())
        numbers = [int(part) for part in match.groups()] if match else []
        end_of_day = numbers[2:] == [24, 0]
        if not numbers or numbers[0] > 23 or numbers[1] > 59 or numbers[3] > 59 or (numbers[2] > 23 and not end_of_day):
            build.error("hours-wrong", each.span, text=each.text)
            continue
        start, end = time(numbers[0], numbers[1]), time.max if end_of_day else time(numbers[2], numbers[3])
        if start >= end or (stretches and start < stretches[-1][1]):
            build.error("hours-wrong", each.span, text=each.text)
            continue
        stretches.append((start, end))
    return tuple(stretches)


def _day(build: Build, said: str, key: Node) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        build.error("day-wrong", key.span, text=said)
        return None


def _hours_of_day(build: Build, node: Node, usual: Hours) -> Hours:
    if node.is_list:
        return _hours(build, node)
    if node.text not in ("holiday", "workday"):
        build.error("day-kind", node.span, text=node.text)
    return usual if node.text == "workday" else ()


def build_currencies(build: Build, defaults: Defaults) -> dict[str, Currency]:
    """All currencies by code."""
    found: dict[str, Currency] = {}
    for app, document in _documents(build, "currency"):
        node, code = document.node, document.name
        if code in found:
            first = found[code].span
            build.error("declared-twice", document.name_node.span, kind="currency", name=code, path=first.path, line=first.line + 1)
            continue
        rates = {}
        for said, key, each in (node.get("rates") or NOTHING).items():
            day, rate = _day(build, said, key), _rate(build, each)
            if day is not None and rate is not None:
                rates[day] = rate
        if rates and code == defaults.currency:
            build.error("rates-of-own-currency", node.key_span("rates"), currency=code)
        scale = node.text_of("scale")
        found[code] = Currency(
            code,
            app.name,
            localized(node.get("title"), code),
            document.name_node.span,
            node.text_of("symbol") or code,
            int(scale) if scale is not None else 2,
            MappingProxyType(rates),
        )
    return found


def _rate(build: Build, node: Node) -> int | None:
    try:
        rate = Decimal(node.text)
    except InvalidOperation:
        rate = Decimal(-1)
    scaled = rate.scaleb(RATE_SCALE) if rate.is_finite() else Decimal(-1)
    if not 0 < rate < _RATE_MAX or scaled != int(scaled):
        build.error("rate-wrong", node.span, text=node.text)
        return None
    return int(scaled)


def conventions_of(build: Build, defaults: Defaults, calendars: dict[str, Calendar], currencies: dict[str, Currency]) -> Conventions:
    """What expressions are given of calendars, rates and defaults; the calendar of the last package that names one counts."""
    chosen = None
    for app in build.apps.values():
        said = (app.node.get("defaults") or NOTHING).get("calendar")
        if said is None:
            continue
        name = f"{app.name}.{said.text}" if f"{app.name}.{said.text}" in calendars else said.text
        if name in calendars:
            chosen = name
        else:
            build.error("unknown-calendar", said.span, fix=nearest(said.text, calendars), found=said.text, known=", ".join(calendars))
    return Conventions(
        language=defaults.language,
        currency=defaults.currency,
        calendar=chosen,
        calendars=tuple((name, _text(each)) for name, each in sorted(calendars.items())),
        rates=tuple((code, rates_text(each.rates)) for code, each in sorted(currencies.items()) if each.rates),
        fiscal_month=defaults.fiscal_month,
    )


def _text(calendar: Calendar) -> str:
    return calendar_text([bool(hours) for hours in calendar.week], {day: bool(hours) for day, hours in calendar.days.items()})
