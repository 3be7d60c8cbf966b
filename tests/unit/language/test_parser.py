"""Reading: both languages, Chinese without spaces, literals; and what hostile text ends in."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from engine import limits
from engine.language import compile_expression
from engine.language.scope import Conventions
from tests.unit.language.desk import compiled, problems, scope


@pytest.mark.parametrize(
    ("source", "canonical"),
    [
        ("负责人的区域等于区域且折扣超过15%", "owner.region = region and discount > 0.15"),
        ("超过天数超过3或者标签包含'重点'", "over > 3 or tags contains 'key'"),
        ("金额介于10000~50000且状态不等于'关闭'", "amount between 10000 ~ 50000 and status != 'closed'"),
        ("金额大于50000且状态等于'关闭'", "amount > 50000 and status = 'closed'"),
        ("计数(配件其中数量大于2)至少3", "count(parts where qty > 2) >= 3"),
        ("求和（配件的小计）>1亿", "sum(parts.cost) > 100000000"),
        ("到期日早于今天且时刻晚于现在-3天", "due < today() and at > now() - 3 days"),
        ("负责人的主管的姓名为空", "owner.manager.name is blank"),
        ("空则(金额，0)≥1.5万", "default(amount, 0) >= 15000"),
        ("非(启用)或状态属于['新建'、'处理中']", "not active or status in ['new', 'open']"),
        ("到期日属于最近7天 and due not in 上月", "due in last 7 days and due not in last month"),
        ("数量介于1到5", "qty between 1 ~ 5"),
        ("due = 2026年1月31日", "due = @2026-01-31"),
        ("Amount > 1 AND qty IS NOT BLANK", "amount > 1 and qty is not blank"),
        ("`class` = `select` or `__proto__` is blank", "class = select or __proto__ is blank"),
        ("changed(状态 从 '新建' 变为 '关闭')", "changed(status from 'new' to 'closed')"),
        ("changed(amount from 1 to 2)", "changed(amount from 1 to 2)"),
        ("name = 'it\\'s' or name = “引号”", "name = 'it\\'s' or name = '引号'"),
    ],
)
def test_reads_as(source: str, canonical: str) -> None:
    assert compiled(source).canonical == canonical


@pytest.mark.parametrize(
    ("source", "code", "start", "end", "fix"),
    [
        ("amuont > 5", "unknown-name", 0, 6, "amount"),
        ("金颧 大于 5", "unknown-name", 0, 2, "金额"),
        ("owner.regoin = 'a'", "unknown-name", 6, 12, "region"),
        ("amount.region = 'a'", "not-a-reference", 7, 13, None),
        ("rond(amount)", "unknown-function", 0, 4, "round"),
        ("status = 'clsoed'", "unknown-choice", 9, 17, "'closed'"),
        ("due + 3 > today()", "no-arithmetic", 6, 7, "days(3)"),
        ("at > due", "types-differ", 0, 2, "date(at)"),
        ("amount + price_usd > 5", "two-currencies", 9, 18, None),
        ("weight * qty > 5", "float-and-decimal", 9, 12, None),
        ("status > 'new'", "no-order", 7, 8, None),
        ("amount > > 5", "syntax", 9, 10, None),
        ("amount >", "syntax-end", 8, 8, None),
        ("name = 'abc", "text-not-closed", 7, 11, "'abc'"),
        ("due = 2026-01-31", "date-without-at", 6, 16, "@2026-01-31"),
        ("due = @2026-02-30", "bad-date", 6, 17, None),
        ("amount and active", "condition-needed", 0, 6, None),
        ("count(parts where count(parts) > 1) > 0", "aggregate-nested", 18, 30, None),
        ("parts > 2", "collection-misplaced", 0, 5, None),
        ("sum(amount) > 2", "collection-needed", 4, 10, None),
        ("chicken > 1", "computed-cycle", 0, 7, None),
        ("broken > 1", "computed-field-broken", 0, 6, None),
        ("owner.manager.manager.manager.name = 'x'", "path-too-long", 22, 29, None),
        ("matches(name, '(?=a)')", "bad-pattern", 14, 21, None),
        ("left(name) = 'a'", "argument-count", 0, 10, None),
        ("due + 1.5 workdays", "bad-duration", 6, 18, None),
        ("is_workday(due, 'moon')", "unknown-calendar", 16, 22, None),
        ("convert(amount, 'EUR') > 5", "no-rates", 16, 21, None),
        ("old.total > 1", "old-of-computed", 0, 9, None),
    ],
)
def test_says_what_is_wrong_and_where(source: str, code: str, start: int, end: int, fix: str | None) -> None:
    found = problems(source)
    assert [(problem.code, problem.start, problem.end, problem.fix) for problem in found] == [(code, start, end, fix)]


def test_all_problems_are_found_in_one_run() -> None:
    found = problems("amuont > 5 and status = 'x' or rond(qty) = 1 and left(name) = 'a'")
    assert [problem.code for problem in found] == ["unknown-name", "unknown-choice", "unknown-function", "argument-count"]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("(" * 10_000 + "1" + ")" * 10_000, "expression-too-long"),
        ("(" * 1_000 + "1" + ")" * 1_000, "expression-too-deep"),
        ("a" * 1_000_000, "expression-too-long"),
        ("not " * 300 + "active", "expression-too-deep"),
        ("- " * 300 + "qty", "expression-too-deep"),
        ("+".join(["qty"] * 900), "expression-too-big"),
        ("qty in [" + ",".join(["1"] * 1_500) + "]", "list-too-long"),
        ("name = 'a\0b'", "bad-character"),
        ("name = '\ud800'", "bad-character"),
        ("name = '\u202eabc'", "bad-character"),
        ("name = '\\ud800'", "bad-escape"),
        ("name = '\\u0000'", "bad-escape"),
        ("", "expression-empty"),
        ("  \u3000", "expression-empty"),
        ("qty in [" + ", ".join(["1"] * 1_500) + "]", "expression-too-long"),
        ("999999999999999999999999999 > qty", "number-too-big"),
        ("qty = 1.23456789", "too-many-places"),
        ("qty # 1", "bad-character"),
        ("__import__('os')", "unknown-function"),
        ("name.__class__ = 'x'", "not-a-reference"),
        ("constructor > 1", "unknown-name"),
        ("'; DROP TABLE x; --' > 1", "types-differ"),
    ],
)
def test_hostile_text_ends_in_a_diagnostic(source: str, code: str) -> None:
    started = time.perf_counter()
    assert code in {problem.code for problem in problems(source)}
    assert time.perf_counter() - started < 30, "an ordinary diagnostic takes milliseconds; this guards against hanging only"


def test_the_longest_allowed_text_is_read() -> None:
    source = "name = '" + "x" * (limits.expression_chars_max - 9) + "'"
    assert len(source) == limits.expression_chars_max
    assert compiled(source).reads == {"name"}


def test_without_a_record_only_values_from_outside_can_be_named() -> None:
    assert compile_expression("settings.limit > 5", scope(None)).expression is not None
    assert [problem.code for problem in compile_expression("amount > 5", scope(None)).problems] == ["no-record"]


def test_lines_name_the_record_that_owns_them() -> None:
    outcome = compile_expression("parent.status = 'Open' and qty > 1", scope("desk.ticket.parts", parent="desk.ticket"))
    assert outcome.expression is not None
    assert outcome.expression.reads == {"parent.status", "qty"}


def test_workdays_need_a_calendar() -> None:
    bare = replace(scope(), conventions=Conventions())
    for source in ("due + 2 workdays > today()", "is_workday(due)", "add_workdays(due, 2) > today()"):
        assert [problem.code for problem in compile_expression(source, bare).problems] == ["workdays-need-calendar"], source
