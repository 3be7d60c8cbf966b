"""What still refers to a record that somebody wants to delete, as links to the lists of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import DougongError
from engine.web.menu import entity_path, with_query
from engine.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Holders:
    """The records in the way, a line for each link; and the address of the record that stays, where there is one."""

    lines: tuple[tuple[str, str], ...]
    record: str


def holders_of(visit: Visit, error: DougongError) -> Holders | None:
    """The holders that a refused deletion names, as (words, address or ""); None for any other error."""
    if error.code != "still-referenced":
        return None
    lines = []
    for holder in error.params.get("holders", ()):
        entity = visit.app.entities.get(holder["entity"])
        if entity is not None:
            what = visit.label(entity.title if holder["count"] == 1 else entity.plural)
            words = visit.say("error.holder", what=what, count=holder["count"])
            lines.append((words, _list_of(visit, holder, str(error.params.get("id", "")))))
    target, key = str(error.params.get("entity", "")), str(error.params.get("id", ""))
    return Holders(tuple(lines), entity_path(target, key) if target in visit.app.entities else "")


def _list_of(visit: Visit, holder: Mapping[str, Any], key: str) -> str:
    """The list of the records that refer by one field; lines and links to several entities have none."""
    entity = visit.app.entities[holder["entity"]]
    if entity.parent is not None or len(entity.fields[holder["field"]].targets) > 1:
        return ""
    return with_query(entity_path(entity.name), {"f": f"{holder['field']}:eq:{key}"})
