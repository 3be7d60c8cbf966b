"""Whole rules: what each way of writing one means, that it is printed back without loss, and what is told of mistakes."""

from __future__ import annotations

import pytest

from engine.language import compile_rules
from engine.language.rules.parsing import parse_rules
from tests.unit.language.rules.desk import scope

MEANINGS = [
    (
        "when ticket is created if amount > 5 and (qty = 1 or not active) then set(status, 'Open'); "
        "assign(who: role(senior), how: least_loaded) else notify(owner)",
        "when ticket is created\nif amount > 5 and (qty = 1 or not active)\nthen set(status, 'open'); "
        "assign(role(senior), least_loaded)\nelse notify(owner)",
        "当 工单 被创建\n如果 金额 大于 5 且 (数量 等于 1 或 非 启用)\n"
        "就 设置(状态, '处理中')；指派(角色(senior), least_loaded)\n否则 提醒(负责人)",
    ),
    (
        "当 工单 创建时，如果金额大于5万，就提醒负责人并抄送高级客服；否则，阻止('不行')",
        "when ticket is created\nif amount > 50000\nthen notify(owner); copy(role(senior))\nelse block('不行')",
        "当 工单 被创建\n如果 金额 大于 50000\n就 提醒(负责人)；抄送(角色(senior))\n否则 阻止('不行')",
    ),
    (
        "当工单状态从新建变为关闭时，就提醒负责人",
        "when ticket status changes from 'new' to 'closed'\nthen notify(owner)",
        "当 工单 状态 发生变化 从 '新建' 到 '关闭'\n就 提醒(负责人)",
    ),
    (
        "when status changes to 'Closed' then warn",
        "when ticket status changes to 'closed'\nthen warn()",
        "当 工单 状态 发生变化 到 '关闭'\n就 预警()",
    ),
    (
        "when ticket is created or is deleted then warn()",
        "when ticket is created or is deleted\nthen warn()",
        "当 工单 被创建 或 被删除\n就 预警()",
    ),
    ("进入关闭阶段→预警", "when ticket enters stage 'closed'\nthen warn()", "当 工单 进入阶段 '关闭'\n就 预警()"),
    ("离开阶段→预警", "when ticket leaves stage\nthen warn()", "当 工单 离开阶段\n就 预警()"),
    ("工单到期日前三天→提醒负责人", "when ticket 3 days before due\nthen notify(owner)", "当 工单 到期日 之前 3天\n就 提醒(负责人)"),
    (
        "after 3 days since due / at then warn()",
        "when ticket 3 days after due / at\nthen warn()",
        "当 工单 到期日 / 时刻 之后 3天\n就 预警()",
    ),
    (
        "every 15 days while active then mail(template: hello)",
        "when ticket every 15 days while active\nthen mail(hello)",
        "当 工单 每隔15天 只要 启用\n就 发送(hello)",
    ),
    (
        "no parts for 3 days since at then warn()",
        "when ticket no parts for 3 days since at\nthen warn()",
        "当 工单 没有 配件 达 3天 自 时刻\n就 预警()",
    ),
    ("超过3天没有配件→预警", "when ticket no parts for 3 days\nthen warn()", "当 工单 没有 配件 达 3天\n就 预警()"),
    ("每周一9点30分→预警", "when ticket every monday at 09:30\nthen warn()", "当 工单 每周一09:30\n就 预警()"),
    ("当工单创建时，提醒负责人", "when ticket is created\nthen notify(owner)", "当 工单 被创建\n就 提醒(负责人)"),
    (
        "工单状态从新建变为关闭时，预警",
        "when ticket status changes from 'new' to 'closed'\nthen warn()",
        "当 工单 状态 发生变化 从 '新建' 到 '关闭'\n就 预警()",
    ),
    ("每天晚上12点，就预警", "when ticket every day at 00:00\nthen warn()", "当 工单 每天00:00\n就 预警()"),
    ("每天中午1点，就预警", "when ticket every day at 13:00\nthen warn()", "当 工单 每天13:00\n就 预警()"),
    ("每天９点，就预警", "when ticket every day at 09:00\nthen warn()", "当 工单 每天09:00\n就 预警()"),
    ("每周日晚上12点，就预警", "when ticket every monday at 00:00\nthen warn()", "当 工单 每周一00:00\n就 预警()"),
    ("每天下午3点半，就预警", "when ticket every day at 15:30\nthen warn()", "当 工单 每天15:30\n就 预警()"),
    (
        "every month on day 1 at 9:00 then warn()",
        "when ticket every month on day 1 at 09:00\nthen warn()",
        "当 工单 每月1日09:00\n就 预警()",
    ),
    (
        "on event web.visit then tag('vip')",
        "when ticket on event web.visit\nthen tag('vip')",
        "当 工单 收到事件 web.visit\n就 打标签('vip')",
    ),
    (
        "点击按钮'升级'→状态=处理中",
        "when ticket on button '升级'\nthen set(status, 'open')",
        "当 工单 点击按钮 '升级'\n就 设置(状态, '处理中')",
    ),
    (
        "if (amount > 5) then 状态=关闭+建工单/通知法务",
        "for ticket\nif amount > 5\nthen set(status, 'closed'); create(ticket); notify(role(legal))",
        "对 工单\n如果 金额 大于 5\n就 设置(状态, '关闭')；创建(工单)；提醒(角色(legal))",
    ),
    (
        "折扣超过一定比例→法务和负责人会签",
        "for ticket\nif discount > settings.bound\nthen countersign([role(legal), owner])",
        "对 工单\n如果 折扣 大于 settings.bound\n就 会签([角色(legal), 负责人])",
    ),
    ("当 工单 停在新建已满N天 就 高级客服审批", None, "当 工单 停在'新建'已满天数(settings.days)\n就 审批(角色(senior))"),
    ("24小时未动预警", "for ticket\nif untouched for 24 hours\nthen warn()", "对 工单\n如果 24小时未动\n就 预警()"),
    (
        "not amount beyond 5000 → assign(owner)",
        "for ticket\nif not amount beyond 5000\nthen assign(owner)",
        "对 工单\n如果 非 金额超出5000\n就 指派(负责人)",
    ),
    (
        "when ticket is saved then create(ticket, 名称: 'x', amount: 5)",
        "when ticket is saved\nthen create(ticket, name: 'x', amount: 5)",
        "当 工单 被保存\n就 创建(工单, name: 'x', amount: 5)",
    ),
]


@pytest.mark.parametrize(("source", "english", "chinese"), MEANINGS)
def test_a_rule_means_and_prints(source: str, english: str | None, chinese: str | None) -> None:
    made = compile_rules(source, scope())
    assert made.problems == ()
    (rule,) = made.rules
    assert english is None or rule.english == english
    assert chinese is None or rule.chinese == chinese
    for text in (rule.english, rule.chinese):
        again = compile_rules(text, scope())
        assert [each.tree for each in again.rules] == [rule.tree], (text, again.problems)


def test_a_text_may_say_several_rules() -> None:
    made = compile_rules("金额>5→法务审批, 数量>3→会签(负责人)", scope())
    assert [rule.english for rule in made.rules] == [
        "for ticket\nif amount > 5\nthen approve(role(legal))",
        "for ticket\nif qty > 3\nthen countersign(owner)",
    ]
    one = compile_rules("工单每3天/工单每2天预警", scope())
    assert [rule.english for rule in one.rules] == ["when ticket every 3 days\nthen warn()", "when ticket every 2 days\nthen warn()"]


def test_what_a_rule_reads_and_writes() -> None:
    source = "when no parts for 3 days if owner.region = '东' then set(status, 'open'); clear(due); create(ticket, amount: qty * 2)"
    (rule,) = compile_rules(source, scope()).rules
    assert rule.reads == {"parts", "owner.region", "qty", "created_at"}
    assert rule.writes == {"status", "due", "+desk.ticket"}


def test_every_mistake_is_told_at_its_place() -> None:
    source = (
        "when ticket is created if amont > 5 and qty = 'x' then set(stauts, 'open'); notify(amount); set(status,'opne'); "
        "create(tiket); copy(); notfy(owner); assign(role(legla)); notify(owner, tekst: 'a')"
    )
    found = [(problem.code, source[problem.start : problem.end], problem.fix) for problem in compile_rules(source, scope()).problems]
    assert found == [
        ("unknown-name", "amont", "amount"),
        ("types-differ", "'x'", None),
        ("unknown-name", "stauts", "status"),
        ("people-needed", "amount", None),
        ("unknown-choice", "'opne'", "'open'"),
        ("unknown-entity", "tiket", "ticket"),
        ("argument-missing", "copy", None),
        ("unknown-action", "notfy", "notify"),
        ("unknown-role", "legla", "legal"),
        ("unknown-argument", "tekst:", "text"),
    ]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("when ticket is created if amount > then warn()", "syntax"),
        ("when ticket is created if amount > 5", "rule-without-action"),
        ("every day at 25:00 then warn()", "no-such-time"),
        ("每年2月30日 就 预警()", "no-such-time"),
        ("when every amount then warn()", "wrong-type"),
        ("when 3 days before qty then warn()", "wrong-type"),
        ("when no amount for 3 days then warn()", "collection-needed"),
        ("when amount then warn()", "condition-needed"),
        ("when ticket is created then set(total, 1)", "not-writable"),
        ("when ticket is created then set(status)", "argument-missing"),
        ("when ticket is created then notify(owner, who: owner)", "argument-twice"),
        ("→", "syntax"),
        ("when", "syntax-end"),
        ("((((((((((((((((((((((((((((((((((((((((", "expression-too-deep"),
    ],
)
def test_what_is_told(source: str, code: str) -> None:
    assert code in {problem.code for problem in compile_rules(source, scope()).problems}


def test_names_that_are_words_of_rules_are_quoted() -> None:
    rules, problems = parse_rules("when `when` > 3 and `then` = `no` then set(`else`, `every`)", scope())
    assert problems == ()
    assert rules is not None
