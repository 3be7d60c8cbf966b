"""Moving many records to the trash at once, where nothing leads to them; whatever asks for more is left to ``removal``."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model.kinds.entity import Entity
from engine.records import gate
from engine.records.plan import plan_of
from engine.records.references import links_to
from engine.records.service import read_for_update
from engine.store import Change, UnitOfWork, rows


def delete_unlinked(work: UnitOfWork, entity: str, versions: Mapping[str, int]) -> frozenset[str]:
    """Delete those of the records (by id, with the version each should have) that the actor may delete and nothing leads to.

    A few statements for all of them; gives the ids of the deleted. Raises NotFound for an unknown entity.
    """
    definition = gate.entity_of(work, entity)
    table = work.tables[entity]
    found = read_for_update(work, plan_of(work.app, entity), list(versions))
    unmoved = [key for key, values in found.items() if values["version"] == versions[key]]
    allowed = gate.ids_allowed(work, definition, "delete", unmoved)
    clean = sorted(allowed - _linked(work, definition, allowed))
    stamps = {"deleted_at": work.now, "deleted_by": work.actor.id}
    moved = rows.update_many(
        work.connection, table, [{"b_id": key, "b_version": versions[key], **stamps, "version": versions[key] + 1} for key in clean]
    )
    if moved != len(clean):
        raise AssertionError("a row moved inside the transaction that holds it")
    for key in clean:
        work.record_change(Change(entity, key, versions[key] + 1, "delete", {}))
    return frozenset(clean)


def _linked(work: UnitOfWork, entity: Entity, keys: set[str]) -> set[str]:
    """Those of the records to which live records lead."""
    found: set[str] = set()
    for other, field in links_to(work.app, entity.name):
        for row in rows.select_by(work.connection, work.tables[other.name], field.column, sorted(keys), field.column, "deleted_at"):
            if row.deleted_at is None:
                found.add(str(row._mapping[field.column]))
    return found
