"""The desk of the language's tests with what only rules name: entities by their titles, stages, roles, phrases, settings."""

from __future__ import annotations

from dataclasses import replace

from engine.language import types as t
from engine.language.scope import FieldInfo, PhraseInfo, Scope
from tests.unit.language.desk import TICKET
from tests.unit.language.desk import scope as plain_scope

PHRASES = (
    PhraseInfo((("zh", "金额超出{n}"), ("en", "amount beyond {n}")), "amount > {n}", (("n", "number"),)),
    PhraseInfo(
        (("zh", "停在{s}已满{t}"),), "status = {s} and in_stage_for > {t}", (("s", "desk.ticket.status"), ("t", "duration")), "desk.ticket"
    ),
    PhraseInfo((("zh", "{t}未动"), ("en", "untouched for {t}")), "at < now() - {t}", (("t", "duration"),), "desk.ticket"),
)


def scope() -> Scope:
    """What a rule about a ticket may name."""
    plain = plain_scope()
    labels = {"desk.ticket": ("Ticket", "工单")}
    entities = {name: replace(info, labels=labels.get(name, ())) for name, info in plain.entities.items()}
    born = {"created_at": FieldInfo("created_at", t.DateTime(), ("创建时间",), column="created_at", writable=False)}
    entities["desk.ticket"] = replace(TICKET, labels=labels["desk.ticket"], stage=("status", "at"), fields={**TICKET.fields, **born})
    parts = entities["desk.ticket.parts"]
    entities["desk.ticket.parts"] = replace(parts, fields={**parts.fields, **born})
    return replace(
        plain,
        entities=entities,
        variables={**plain.variables, "settings.days": t.Integer(), "settings.bound": t.Decimal(4)},
        phrases=PHRASES,
        labels={"N": "settings.days", "一定比例": "settings.bound"},
        roles={"senior": "senior", "高级客服": "senior", "legal": "legal", "法务": "legal"},
    )
