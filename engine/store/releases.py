"""Releases: the files of an app as applied, verbatim and immutable, and which of them is in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.store.schema import RELEASE, RELEASE_FILE, STATE, metadata

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class State:
    """What every unit of work reads first: the release in force (None: none yet) and the access epoch."""

    release: int | None
    access_epoch: int


def create_engine_tables(connection: sa.Connection) -> None:
    """Create the engine's own tables where they are missing, and the one state row."""
    metadata.create_all(connection)
    if connection.execute(sa.select(STATE.c.only)).first() is None:
        connection.execute(sa.insert(STATE).values(only=1, release=None, access_epoch=1))


def is_prepared(connection: sa.Connection) -> bool:
    """Whether the engine's tables are there."""
    return sa.inspect(connection).has_table(STATE.name)


def state(connection: sa.Connection) -> State:
    """The state row."""
    row = connection.exec_driver_sql('SELECT "release", access_epoch FROM dg_state').one()
    return State(row[0], row[1])


def files_of(connection: sa.Connection, release: int) -> dict[str, dict[str, bytes]]:
    """The files of a release by package, in load order of their storing."""
    found: dict[str, dict[str, bytes]] = {}
    chosen = sa.select(RELEASE_FILE.c.package, RELEASE_FILE.c.path, RELEASE_FILE.c.content).where(RELEASE_FILE.c.release == release)
    for row in connection.execute(chosen.order_by(RELEASE_FILE.c.package, RELEASE_FILE.c.path)):
        found.setdefault(row.package, {})[row.path] = bytes(row.content)
    return found


def content_hash_of(connection: sa.Connection, release: int) -> str:
    """The content hash under which a release was stored."""
    return str(connection.execute(sa.select(RELEASE.c.content_hash).where(RELEASE.c.id == release)).scalar_one())


def store_release(
    connection: sa.Connection, packages: Mapping[str, Files], content_hash: str, *, at: datetime, by: str | None, summary: Any
) -> int:
    """Keep the files of an app as a new release; it is not yet in force."""
    row = {"content_hash": content_hash, "applied_at": at, "applied_by": by, "summary": summary}
    release = connection.execute(sa.insert(RELEASE).values(row)).inserted_primary_key
    assert release is not None
    files = [
        {"release": release[0], "package": package, "path": path, "content": content}
        for package, entries in packages.items()
        for path, content in entries.items()
    ]
    connection.execute(sa.insert(RELEASE_FILE), files)
    return int(release[0])


def activate(connection: sa.Connection, release: int) -> None:
    """Put a release in force: every process sees it at its next unit of work."""
    connection.execute(sa.update(STATE).values(release=release, access_epoch=STATE.c.access_epoch + 1))
