"""Finding the records that the words of a file name: many at a time, only those that the actor may read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from engine import access, limits
from engine.ids import is_id
from engine.model.kinds.entity import Entity
from engine.records import gate
from engine.records.plan import plan_of
from engine.records.values import ValueProblem, parse
from engine.store import UnitOfWork

_KEYS_PER_STATEMENT = 500


class ReferenceFinder:
    """Remembers for one import which record each word means; a word without a record is asked for again each time."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[Any, str]] = {}

    def find(self, work: UnitOfWork, target: str, match: str, words: Iterable[Any]) -> dict[Any, str | ValueProblem]:
        """For each word the id of the one record of ``target`` whose field ``match`` says it, or what is wrong with it."""
        entity = work.app.entities[target]
        known = self._known.setdefault((target, match), {})
        if len(known) > limits.import_remembered_values_max:
            known.clear()
        found: dict[Any, str | ValueProblem] = {}
        values: dict[Any, list[Any]] = {}
        for word in words:
            if word in known:
                found[word] = known[word]
            elif isinstance(word, str) and is_id(word.lower()):
                found[word] = word.lower()
            else:
                value = self._value(work, entity, match, word)
                if type(value) is ValueProblem:
                    found[word] = value
                else:
                    values.setdefault(value, []).append(word)
        held = self._held(work, entity, match, list(values)) if values else {}
        for value, said in values.items():
            keys = held.get(value, [])
            for word in said:
                if len(keys) == 1:
                    known[word] = found[word] = keys[0]
                else:
                    code = "ambiguous-record" if keys else "no-match"
                    found[word] = ValueProblem(code, value=str(word)[:60], entity=entity.title.en)
        return found

    def _value(self, work: UnitOfWork, entity: Entity, match: str, word: Any) -> Any:
        if match not in entity.fields or not access.readable(access.fields(work.app, work.actor, entity.name), match):
            return ValueProblem("no-match", value=str(word)[:60], entity=entity.title.en)
        try:
            return parse(entity.fields[match], word, plan_of(work.app, entity.name).zone)
        except ValueProblem as problem:
            return problem

    def _held(self, work: UnitOfWork, entity: Entity, match: str, values: list[Any]) -> dict[Any, list[str]]:
        decision = access.rows(work.app, work.actor, entity.name, "read")
        if decision.none:
            return {}
        table = work.tables[entity.name]
        column = table.c[entity.fields[match].column]
        allowed = gate.condition(work, entity, decision, "read")
        held: dict[Any, list[str]] = {}
        for start in range(0, len(values), _KEYS_PER_STATEMENT):
            statement = sa.select(column, table.c.id).where(
                column.in_(values[start : start + _KEYS_PER_STATEMENT]), table.c.deleted_at.is_(None)
            )
            if allowed is not None:
                statement = statement.where(allowed)
            for value, key in work.connection.execute(statement.order_by(table.c.id)):
                held.setdefault(value, []).append(key)
        return held
