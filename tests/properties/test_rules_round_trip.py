"""Whole rules, written at random: printed back in either language they read as the same tree, and hostile text ends in problems."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language import compile_rules
from engine.language import types as t
from engine.language.rules import words
from engine.language.scope import FieldInfo, PhraseInfo, Scope
from tests.properties.expression_grammar import Writer
from tests.properties.random_world import ENTITIES
from tests.properties.random_world import scope as fuzz_scope

_PHRASES = (
    PhraseInfo((("en", "busier than {n}"), ("zh", "比{n}更忙")), "i > {n}", (("n", "number"),)),
    PhraseInfo((("en", "quiet for {t}"), ("zh", "{t}没动静")), "at < now() - {t}", (("t", "duration"),)),
    PhraseInfo((("zh", "处于{s}"),), "kind = {s}", (("s", "desk.ticket.kind"),)),
)


def scope() -> Scope:
    """The scope of a ticket, with what only rules name; some fields are called like words of rules."""
    plain = fuzz_scope("Asia/Shanghai")
    ticket = ENTITIES["desk.ticket"]
    # Names and labels that are words of rules must be quoted when they are printed.
    odd = {
        name: FieldInfo(name, t.Integer(), labels, column=name)
        for name, labels in (("when", ("提醒",)), ("every", ("没有",)), ("no", ("前",)))
    }
    born = {"created_at": FieldInfo("created_at", t.DateTime(), ("创建时间",), column="created_at")}
    people = {"keeper": FieldInfo("keeper", t.Ref("system.user"), ("保管人",), column="keeper")}
    entities = {
        **plain.entities,
        "desk.ticket": replace(ticket, labels=("工单",), fields={**ticket.fields, **odd, **born, **people}, stage=("kind", "at")),
        "desk.ticket.parts": replace(ENTITIES["desk.ticket.parts"], fields={**ENTITIES["desk.ticket.parts"].fields, **born}),
        "desk.person": replace(ENTITIES["desk.person"], labels=("人员",)),
    }
    return replace(plain, entities=entities, phrases=_PHRASES, roles={"senior": "senior", "资深": "senior"})


SCOPE = scope()


def condition(random: Random) -> str:
    """A condition: of the language at large, about oddly named fields, or a phrase."""
    return random.choice(
        (
            lambda: Writer(random).boolean(2),
            lambda: f"`when` > {random.randint(0, 9)} and `no` = `every`",
            lambda: f"busier than {random.randint(0, 9)}",
            lambda: f"not {random.randint(1, 9)}天没动静",
            lambda: f"处于{random.choice(('new', 'Plan', 'done'))}",
        )
    )()


def head(random: Random) -> str:
    """What sets a rule off."""
    length = random.choice(("3 days", "2 weeks", "1 month", "36小时", "两周"))
    return random.choice(
        (
            "when ticket is created",
            "当工单被更新时，",
            "when ticket is created or is deleted",
            "when kind changes",
            "当工单kind从new变为done时，",
            "when enters stage 'plan'",
            "离开done阶段，",
            f"when {length} before d / e",
            f"工单d后{length}，",
            f"when no parts for {length}",
            f"超过{length}没有parts",
            f"every {length} while {condition(random)}",
            f"每隔{length}",
            "每周三下午3点半，",
            "every month on day 31 at 9:00",
            "on event web.visit",
            "点击按钮'升级'",
            f"when {condition(random)}",
            "",
        )
    )


def action(random: Random) -> str:
    """Something to do."""
    return random.choice(
        (
            f"set(i, {random.randint(-5, 5)})",
            "kind=done",
            "设置(s, '甲')",
            "clear(d)",
            "notify(keeper, text: 'a; b then c')",
            "提醒keeper",
            "notify([keeper, role(senior)])",
            "资深审批",
            "assign(how: least_loaded)",
            "create(person, name: s, level: i + 1)",
            "创建(人员)",
            "tag(['a', 'b'])",
            "advance('plan')",
            "block('不行')",
            f"validate({condition(random)}, say: '不对')",
            "pass()",
            "start(flow: approval)",
        )
    )


def rule(random: Random) -> str:
    """A rule's text."""
    begin = head(random)
    asked = f" if {condition(random)}" if not begin or random.random() < 0.6 else ""
    then = "; ".join(action(random) for _ in range(random.randint(1, 3)))
    otherwise = f" else {action(random)}" if random.random() < 0.3 else ""
    return f"{begin}{asked} then {then}{otherwise}"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(random=st.randoms(use_true_random=False))
def test_a_rule_is_printed_without_loss(random: Random) -> None:
    source = rule(random)
    made = compile_rules(source, SCOPE)
    if any(problem.code not in ("syntax", "syntax-end") for problem in made.problems):
        return
    assert made.rules, (source, made.problems)
    for text in (made.rules[0].english, made.rules[0].chinese):
        again = compile_rules(text, SCOPE)
        assert [each.tree for each in again.rules] == [made.rules[0].tree], (source, text, again.problems)


def test_random_rules_are_mostly_right() -> None:
    made = [compile_rules(rule(Random(seed)), SCOPE) for seed in range(100)]
    assert sum(bool(each.rules) for each in made) > 70


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    pieces=st.lists(
        st.sampled_from([*sorted(words.WORDS), "工单", "i", "3天", ">", "(", ")", "'x'", ",", "；", "→", "{", "`", " ", "处于", "/"]),
        max_size=12,
    )
)
def test_any_words_end_in_rules_or_problems(pieces: list[str]) -> None:
    source = "".join(pieces)
    made = compile_rules(source, SCOPE)
    assert made.rules or made.problems
    assert all(0 <= problem.start <= problem.end <= len(source) for problem in made.problems)


@pytest.mark.parametrize(
    "source", ["当" * 5_000, "when " + "(" * 4_000, "如果\ud800就预警()", "→" * 3_000, "if i > 1 then " + "warn();" * 500]
)
def test_hostile_texts(source: str) -> None:
    made = compile_rules(source, SCOPE)
    assert made.problems or made.rules
