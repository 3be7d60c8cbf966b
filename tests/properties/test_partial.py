"""What partial evaluation leaves of a condition selects the same records as the whole condition, in Python and in SQL."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language import compile_expression, partial
from engine.language.expression import Expression
from tests.properties.expression_grammar import Writer
from tests.properties.four_backends import PythonBackend, SqliteBackend
from tests.properties.random_world import scope, world

WORLD = world(Random(17), 40)
PYTHON, SQLITE = PythonBackend(WORLD), SqliteBackend(WORLD)
PLACE = scope("Asia/Shanghai")
OF_THE_USER = (
    "owner = user",
    "owner in user.teams",
    "has_role('desk.agent')",
    "has_role('desk.admin')",
    "user is blank",
    "not has_role('desk.admin')",
    "if(has_role('desk.admin'), kind = 'new', b)",
    "default(i, if(has_role('desk.agent'), blank, 3)) > 1",
    "any(parts where has_role('desk.admin') and ok)",
    "count(parts where has_role('desk.agent') or ok) > 1",
    "owner.boss = user",
    "if(owner = user, b, c) = if(user is blank, c, b)",
)


def condition(random: Random) -> str:
    """A condition about the user and the record together."""
    parts = [random.choice(OF_THE_USER) if random.random() < 0.6 else Writer(random).boolean(2) for _ in range(random.randint(1, 4))]
    text = parts[0]
    for part in parts[1:]:
        text = f"({text} {random.choice(['and', 'or'])} {random.choice(['', 'not '])}({part}))"
    return f"not ({text})" if random.random() < 0.3 else text


def values(random: Random) -> dict[str, Any]:
    """What is known of a user, some of it blank; what is not among the keys stays open."""
    known: dict[str, Any] = {
        "user": random.choice([None, WORLD.variables["user"]]),
        "user.teams": random.choice([None, (), WORLD.variables["user.teams"]]),
        "user.roles": random.choice([None, (), ("desk.agent",), ("desk.admin", "desk.agent")]),
        "now": WORLD.variables["now"],
        "today": WORLD.variables["today"],
    }
    return {name: value for name, value in known.items() if random.random() < 0.8}


def selected(back_end: Any, expression: Expression, variables: dict[str, Any]) -> list[bool]:
    """For each record whether the condition chooses it."""
    back_end.world = type(WORLD)(WORLD.entities, WORLD.rows, variables)
    found: list[bool] = back_end.values([expression], condition=True)[0]
    return found


@settings(max_examples=400, deadline=None, derandomize=True)
@given(random=st.randoms(use_true_random=False))
def test_the_rest_chooses_as_the_whole(random: Random) -> None:
    outcome = compile_expression(condition(random), PLACE, condition=True)
    if outcome.expression is None:
        return
    known = values(random)
    every = {**WORLD.variables, **known}
    whole = selected(PYTHON, outcome.expression, every)
    rest = partial(outcome.expression, known)
    if isinstance(rest, bool):
        assert whole == [rest] * len(whole), outcome.expression.canonical
        return
    assert not rest.variables & known.keys(), rest.variables
    for back_end in (PYTHON, SQLITE):
        assert selected(back_end, rest, every) == whole, (outcome.expression.canonical, known)


def test_much_is_decided_before_any_record_is_asked() -> None:
    decided = left = smaller = 0
    for seed in range(200):
        random = Random(seed)
        outcome = compile_expression(condition(random), PLACE, condition=True)
        if outcome.expression is not None:
            rest = partial(outcome.expression, values(random))
            decided += isinstance(rest, bool)
            left += not isinstance(rest, bool)
            smaller += not isinstance(rest, bool) and rest.reads < outcome.expression.reads
    assert decided > 40
    assert left > 40
    assert smaller > 15
