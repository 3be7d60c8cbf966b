"""The engine's own tables name entities and fields: history, files, shares and numbers must follow a rename."""

from __future__ import annotations

import sqlalchemy as sa

from engine.store.migrations.operations import RenameInLogs
from engine.store.schema import AUDIT, FILE, IMPORT, OUTBOX, SEQUENCE, SHARE

_NAMING = (AUDIT, OUTBOX, SHARE, FILE, IMPORT)


def rename_in_logs(connection: sa.Connection, step: RenameInLogs) -> None:
    """Rename an entity, or one field of it, wherever the engine's tables name it."""
    if step.old_field is None or step.new_field is None:
        for table in _NAMING:
            connection.execute(sa.update(table).where(table.c.entity == step.old_entity).values(entity=step.new_entity))
        _rename_numbers(connection, f"{step.old_entity}.", f"{step.new_entity}.")
        return
    connection.execute(sa.update(FILE).where(FILE.c.entity == step.new_entity, FILE.c.field == step.old_field).values(field=step.new_field))
    number, new_number = f"{step.new_entity}.{step.old_field}", f"{step.new_entity}.{step.new_field}"
    connection.execute(sa.update(SEQUENCE).where(SEQUENCE.c.name == number).values(name=new_number))
    _rename_in_history(connection, step.new_entity, step.old_field, step.new_field)


def _rename_numbers(connection: sa.Connection, old: str, new: str) -> None:
    for name in (
        connection.execute(sa.select(SEQUENCE.c.name).distinct().where(SEQUENCE.c.name.startswith(old, autoescape=True))).scalars().all()
    ):
        connection.execute(sa.update(SEQUENCE).where(SEQUENCE.c.name == name).values(name=new + name.removeprefix(old)))


_HISTORY_SQLITE = """
    UPDATE dg_audit SET changes = json_set(json_remove(changes, '$.' || :old), '$.' || :new, json(json_extract(changes, '$.' || :old)))
    WHERE entity = :entity AND json_type(changes, '$.' || :old) IS NOT NULL
"""
_HISTORY_POSTGRESQL = """
    UPDATE dg_audit SET changes = (changes - CAST(:old AS text)) || jsonb_build_object(CAST(:new AS text), changes -> CAST(:old AS text))
    WHERE entity = :entity AND changes -> CAST(:old AS text) IS NOT NULL
"""


def _rename_in_history(connection: sa.Connection, entity: str, old: str, new: str) -> None:
    """Field names are keys of the changes; they are plain identifiers, so the JSON path needs no quoting."""
    statement = _HISTORY_SQLITE if connection.dialect.name == "sqlite" else _HISTORY_POSTGRESQL
    connection.execute(sa.text(statement), {"entity": entity, "old": old, "new": new})
