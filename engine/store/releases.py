"""Releases: the files of an app as applied, verbatim and immutable, and which of them is in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from engine.store.database import Database
from engine.store.schema import RELEASE, RELEASE_FILE, STATE, metadata

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class State:
    """What every unit of work reads first: the release in force (None: none yet) and the access epoch."""

    release: int | None
    access_epoch: int


@dataclass(frozen=True, slots=True)
class Applied:
    """One release as it was applied; ``at`` is naive UTC."""

    number: int
    content_hash: str
    at: datetime
    by: str | None
    in_force: bool


MIGRATION_LOCK = 4_681_123_690_217
"""Advisory lock held by whoever applies, on PostgreSQL."""
SWITCH_LOCK = MIGRATION_LOCK + 1
"""Advisory lock that units of work share and a switch of releases takes alone, on PostgreSQL."""


def create_engine_tables(connection: sa.Connection) -> None:
    """Create the engine's own tables, columns and indexes where they are missing, and the one state row."""
    if connection.dialect.name == "postgresql":  # two processes that both find a table missing would both create it
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SWITCH_LOCK + 1)))
    inspector = sa.inspect(connection)
    columns = {key[1]: {each["name"] for each in found} for key, found in inspector.get_multi_columns().items()}
    indexes = {key[1]: {each["name"] for each in found} for key, found in inspector.get_multi_indexes().items()}
    operations = Operations(MigrationContext.configure(connection))
    for table in metadata.sorted_tables:
        if table.name not in columns:
            table.create(connection)
            continue
        for column in table.columns:
            if column.name not in columns[table.name]:
                operations.add_column(table.name, sa.Column(column.name, column.type))
        for index in table.indexes:
            if index.name not in indexes.get(table.name, ()):
                index.create(connection)
    if connection.execute(sa.select(STATE.c.only)).first() is None:
        connection.execute(sa.insert(STATE).values(only=1, release=None, access_epoch=1))


def is_prepared(connection: sa.Connection) -> bool:
    """Whether the engine's tables are there."""
    return sa.inspect(connection).has_table(STATE.name)


_STATE = 'SELECT "release", access_epoch FROM dg_state'


def glance(database: Database) -> State | None:
    """The state row outside of any transaction: whether what a process remembers still holds."""
    row = database.glance(_STATE)
    return State(row[0], row[1]) if row else None


def state(connection: sa.Connection) -> State:
    """The state row, read first in a transaction: until it ends, no other release comes into force under it.

    SQLite gives that by itself (one writer, snapshots for readers). On PostgreSQL the transaction shares a lock that a
    switch takes alone; both statements go in one round trip, the second sees what was committed while the first waited.
    """
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.cursor()
        with driver as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock_shared({SWITCH_LOCK}); {_STATE}", prepare=False)
            cursor.nextset()
            row = cursor.fetchone()
    else:
        # Asked once or twice per request: the driver's own cursor costs a tenth of a statement's ceremony.
        row = connection.connection.cursor().execute(_STATE).fetchone()
    return State(row[0], row[1])


def is_current(connection: sa.Connection) -> bool:
    """Whether the engine's own tables have all columns that this version of the engine uses."""
    inspector = sa.inspect(connection)
    present = {key[1]: {column["name"] for column in columns} for key, columns in inspector.get_multi_columns().items()}
    return all({column.name for column in table.columns} <= present.get(table.name, set()) for table in metadata.sorted_tables)


def files_of(connection: sa.Connection, release: int) -> dict[str, dict[str, bytes]]:
    """The files of a release by package, in load order of their storing."""
    found: dict[str, dict[str, bytes]] = {}
    chosen = sa.select(RELEASE_FILE.c.package, RELEASE_FILE.c.path, RELEASE_FILE.c.content).where(RELEASE_FILE.c.release == release)
    for row in connection.execute(chosen.order_by(RELEASE_FILE.c.package, RELEASE_FILE.c.path)):
        found.setdefault(row.package, {})[row.path] = bytes(row.content)
    return found


def history(connection: sa.Connection) -> tuple[Applied, ...]:
    """Every release of this database, newest first."""
    present = state(connection).release
    rows = connection.execute(sa.select(RELEASE).order_by(RELEASE.c.id.desc()))
    return tuple(Applied(row.id, row.content_hash, row.applied_at, row.applied_by, row.id == present) for row in rows)


def content_hash_of(connection: sa.Connection, release: int) -> str:
    """The content hash under which a release was stored."""
    return str(connection.execute(sa.select(RELEASE.c.content_hash).where(RELEASE.c.id == release)).scalar_one())


def store_release(
    connection: sa.Connection, packages: Mapping[str, Files], content_hash: str, *, at: datetime, by: str | None, summary: Any
) -> int:
    """Keep the files of an app as a new release; it is not yet in force."""
    # Numbered without gaps: only one process applies at a time, and a database's own counter would skip after a crash.
    number = int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(RELEASE.c.id), 0))).scalar_one()) + 1
    row = {"id": number, "content_hash": content_hash, "applied_at": at, "applied_by": by, "summary": summary}
    connection.execute(sa.insert(RELEASE).values(row))
    files = [
        {"release": number, "package": package, "path": path, "content": content}
        for package, entries in packages.items()
        for path, content in entries.items()
    ]
    connection.execute(sa.insert(RELEASE_FILE), files)
    return number


def activate(connection: sa.Connection, release: int) -> None:
    """Put a release in force: every process sees it at its next unit of work."""
    connection.execute(sa.update(STATE).values(release=release, access_epoch=STATE.c.access_epoch + 1))
