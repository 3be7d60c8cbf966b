"""Files of fields, kept in the database beside the records that name them: one transaction, one backup, nothing to lose apart.

The content lies in parts of a megabyte, so that neither taking nor giving a file needs it whole in memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO

import sqlalchemy as sa

from engine import limits
from engine.store.database import Database
from engine.store.schema import FILE, FILE_PART

_SWEPT_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What is known of one file. ``record`` is None until a record's field names it; until then it is its uploader's alone."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    uploaded_at: datetime
    uploaded_by: str | None
    entity: str | None = None
    record: str | None = None
    field: str | None = None
    detached_at: datetime | None = None


def keep(connection: sa.Connection, file: StoredFile, content: IO[bytes]) -> None:
    """Store a file and its content, read from where ``content`` stands."""
    connection.execute(sa.insert(FILE).values({column.name: getattr(file, column.name) for column in FILE.columns}))
    part = 0
    while piece := content.read(limits.file_part_bytes):
        connection.execute(sa.insert(FILE_PART).values(file=file.id, part=part, content=piece))
        part += 1


def find(connection: sa.Connection, keys: Collection[str]) -> dict[str, StoredFile]:
    """The files with these ids, those that exist, by id."""
    found = connection.execute(sa.select(FILE).where(FILE.c.id.in_(keys))) if keys else ()
    return {row.id: StoredFile(**row._mapping) for row in found}


def content(database: Database, file: StoredFile) -> Iterator[bytes]:
    """A file's content, part by part, each in a short read of its own."""
    for part in range(-(-file.size // limits.file_part_bytes)):
        with database.read() as connection:
            piece = connection.execute(sa.select(FILE_PART.c.content).where(FILE_PART.c.file == file.id, FILE_PART.c.part == part)).scalar()
        if piece is None:
            return
        yield bytes(piece)


def loose(connection: sa.Connection, user: str) -> tuple[int, int]:
    """How many files, of how many bytes together, a person has uploaded that no record names."""
    counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(FILE.c.size), 0))
    row = connection.execute(counted.where(FILE.c.record.is_(None), FILE.c.uploaded_by == user)).one()
    return int(row[0]), int(row[1])


def claim(connection: sa.Connection, keys: Collection[str], user: str | None, place: tuple[str, str, str], now: datetime) -> int:
    """Give files to a field, ``place`` being (entity, record, field); gives how many could be had.

    Those are the person's own loose ones and those that this very field named before. Whoever comes second finds nothing.
    """
    entity, record, field = place
    own = FILE.c.record.is_(None) & (FILE.c.uploaded_by == user) & (FILE.c.uploaded_at > now - timedelta(hours=limits.loose_file_hours))
    before = (FILE.c.entity == entity) & (FILE.c.record == record) & (FILE.c.field == field)
    statement = sa.update(FILE).where(FILE.c.id.in_(keys), own | before)
    return connection.execute(statement.values(entity=entity, record=record, field=field, detached_at=None)).rowcount


def detach(connection: sa.Connection, keys: Collection[str], now: datetime) -> None:
    """Let go of files that their field names no more; they can be named there again until they are swept."""
    connection.execute(sa.update(FILE).where(FILE.c.id.in_(keys)).values(detached_at=now))


def remove_of(connection: sa.Connection, records: Collection[str]) -> None:
    """Remove the files of records that are gone for good, also those that their fields had let go of."""
    _remove(connection, connection.execute(sa.select(FILE.c.id).where(FILE.c.record.in_(records))).scalars().all())


def sweep(connection: sa.Connection, now: datetime) -> int:
    """Remove files that have been nobody's for a day, some at a time; gives how many."""
    before = now - timedelta(hours=limits.loose_file_hours)
    forgotten = (FILE.c.record.is_(None) & (FILE.c.uploaded_at < before)) | (FILE.c.detached_at < before)
    keys = connection.execute(sa.select(FILE.c.id).where(forgotten).limit(_SWEPT_AT_ONCE)).scalars().all()
    _remove(connection, keys)
    return len(keys)


def _remove(connection: sa.Connection, keys: Sequence[str]) -> None:
    for start in range(0, len(keys), _SWEPT_AT_ONCE):
        some = keys[start : start + _SWEPT_AT_ONCE]
        connection.execute(sa.delete(FILE_PART).where(FILE_PART.c.file.in_(some)))
        connection.execute(sa.delete(FILE).where(FILE.c.id.in_(some)))
