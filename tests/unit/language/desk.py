"""A small desk that the language's tests speak about: tickets with parts, an owner in a department, in two languages."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.language import compile_expression
from engine.language import types as t
from engine.language.calendars import calendar_text, rates_text
from engine.language.expression import Expression, Problem
from engine.language.scope import CollectionInfo, Conventions, EntityInfo, FieldInfo, Scope


def _field(name: str, type_: t.Type, *labels: str, options: dict[str, str] | None = None, compute: str | None = None) -> FieldInfo:
    codes = type_.codes if isinstance(type_, t.Choice | t.MultiChoice) else ()
    spoken = {code: [label for label, each in (options or {}).items() if each == code] for code in codes}
    shown = tuple((code, labels_of[0], labels_of[-1]) for code, labels_of in spoken.items())
    return FieldInfo(
        name,
        type_,
        labels,
        options or {},
        stored=compute is None,
        column=name if compute is None else "",
        compute=compute,
        shown=shown,
    )


def _entity(name: str, *fields: FieldInfo, collections: tuple[CollectionInfo, ...] = ()) -> EntityInfo:
    return EntityInfo(
        name,
        name.replace(".", "_", 1).replace(".", "__"),
        fields={field.name: field for field in fields},
        collections={collection.name: collection for collection in collections},
    )


STATUS = t.Choice(("new", "open", "closed"))
TICKET = _entity(
    "desk.ticket",
    _field("id", t.Ref("desk.ticket")),
    _field("amount", t.Money(2, "CNY"), "Amount", "金额"),
    _field("price_usd", t.Money(2, "USD"), "美元价"),
    _field("discount", t.Decimal(4), "折扣"),
    _field("qty", t.Integer(), "数量"),
    _field("weight", t.Float(), "重量"),
    _field("name", t.Text(), "名称"),
    _field("region", t.Text(), "区域"),
    _field(
        "status",
        STATUS,
        "状态",
        options={"New": "new", "新建": "new", "Open": "open", "处理中": "open", "Closed": "closed", "关闭": "closed"},
    ),
    _field("tags", t.MultiChoice(("vip", "key")), "标签", options={"贵宾": "vip", "重点": "key"}),
    _field("owner", t.Ref("system.user"), "负责人"),
    _field("due", t.Date(), "到期日"),
    _field("at", t.DateTime(), "时刻"),
    _field("span", t.Duration(), "时长"),
    _field("over", t.Integer(), "超过天数"),
    _field("active", t.Boolean(), "启用"),
    _field("class", t.Text()),
    _field("select", t.Text()),
    _field("__proto__", t.Text()),
    _field("total", t.Money(2, "CNY"), "总额", compute="amount * (1 - discount)"),
    _field("twice", t.Money(2, "CNY"), compute="total + total"),
    _field("chicken", t.Integer(), compute="egg + 1"),
    _field("egg", t.Integer(), compute="chicken + 1"),
    _field("broken", t.Integer(), compute="nothing + 1"),
    _field("part_sum", t.Money(2, "CNY"), compute="sum(parts.cost)"),
    collections=(CollectionInfo("parts", "desk.ticket.parts", "parent", ("配件",)),),
)
PARTS = _entity(
    "desk.ticket.parts",
    _field("id", t.Ref("desk.ticket.parts")),
    _field("parent", t.Ref("desk.ticket")),
    _field("qty", t.Integer(), "数量"),
    _field("price", t.Money(2, "CNY"), "单价"),
    _field("ok", t.Boolean(), "合格"),
    _field("cost", t.Money(2, "CNY"), "小计", compute="qty * price"),
)
USER = _entity(
    "system.user",
    _field("id", t.Ref("system.user")),
    _field("name", t.Text(), "姓名"),
    _field("region", t.Text(), "区域"),
    _field("level", t.Integer(), "级别"),
    _field("active", t.Boolean()),
    _field("manager", t.Ref("system.user"), "主管"),
    _field("department", t.Ref("system.department"), "部门"),
    collections=(CollectionInfo("tickets", "desk.ticket", "owner", ("工单",)),),
)
DEPARTMENT = _entity("system.department", _field("id", t.Ref("system.department")), _field("name", t.Text(), "名称"))
ENTITIES = {entity.name: entity for entity in (TICKET, PARTS, USER, DEPARTMENT)}
VARIABLES: dict[str, t.Type] = {
    "user": t.Ref("system.user"),
    "user.department": t.Ref("system.department"),
    "user.departments": t.ListOf(t.Ref("system.department")),
    "user.roles": t.ListOf(t.Text()),
    "settings.limit": t.Money(2, "CNY"),
}


_HOLIDAYS = {date(2026, 2, day): False for day in range(16, 24)} | {date(2026, 2, 14): True, date(2026, 2, 28): True}
_DOLLARS = {date(2026, 1, 1): 710_000_000, date(2026, 2, 1): 700_000_000}
CONVENTIONS = Conventions(
    currency="CNY",
    calendar="office",
    calendars=(("office", calendar_text((True,) * 5 + (False,) * 2, _HOLIDAYS)), ("shop", calendar_text((False,) + (True,) * 6, {}))),
    rates=(("USD", rates_text(_DOLLARS)),),
    fiscal_month=4,
)
"""An office with the Chinese New Year of 2026 (off from the 16th to the 23rd of February, worked on two Saturdays), and a shop."""


def scope(of: str | None = "desk.ticket", zone: str = "Asia/Shanghai", parent: str | None = None) -> Scope:
    """The scope of one of the desk's entities."""
    return Scope(ENTITIES, of, VARIABLES, zone, parent, conventions=CONVENTIONS)


def compiled(source: str, **options: Any) -> Expression:
    """An expression that must be right."""
    outcome = compile_expression(source, scope(), **options)
    assert outcome.expression is not None, outcome.problems
    return outcome.expression


def problems(source: str, **options: Any) -> tuple[Problem, ...]:
    """What is wrong with a source."""
    outcome = compile_expression(source, scope(), **options)
    assert (outcome.expression is None) == bool(outcome.problems)
    return outcome.problems
