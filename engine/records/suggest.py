"""Finding a record to link to while somebody types."""

from __future__ import annotations

from engine.records.query import Query, find
from engine.records.record import Reference
from engine.store import UnitOfWork

_SUGGESTIONS_MAX = 50


def autocomplete(work: UnitOfWork, entity: str, text: str, limit: int = 10) -> list[Reference]:
    """Records of an entity that the actor may read and whose searched fields hold every word typed; the newest first."""
    query = Query(entity, search=text or None, fields=(), limit=max(1, min(limit, _SUGGESTIONS_MAX)), sort=("-updated_at",), names=True)
    return [Reference(entity, record.id, record.display) for record in find(work, query).items]
