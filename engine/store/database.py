"""One business database, SQLite or PostgreSQL: connections, transactions and the settings that make them safe."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, cast

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from engine import language
from engine.errors import NoDatabase, StoreFull, Unavailable

Dialect = Literal["sqlite", "postgresql"]

_BUSY_TIMEOUT_MS = 10_000
_INDEX = re.compile(r'index "([^"]+)"')
_BUSY = re.compile(r"database is locked|database table is locked|disk I/O error", re.IGNORECASE)
_FULL = re.compile(r"database or disk is full|No space left on device", re.IGNORECASE)


def _url(text: str) -> sa.URL:
    try:
        url = sa.make_url(text)
    except (exc.ArgumentError, ValueError) as error:
        raise NoDatabase("bad-database-url") from error
    if url.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise NoDatabase("bad-database-url")
    if url.get_backend_name() == "postgresql" and url.drivername == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    return url


class Database:
    """Connections to one database; every thread may use it.

    SQLite: WAL, one writer at a time by ``BEGIN IMMEDIATE`` (a read that turns into a write would otherwise fail as
    "database is locked" in spite of any time-out), writers of one process queue fairly on a lock.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = _url(url)
        self.dialect: Dialect = "sqlite" if self.url.get_backend_name() == "sqlite" else "postgresql"
        self._writing = threading.Lock()
        self._glances = threading.local()
        if self.dialect == "sqlite":
            if self.url.database and self.url.database != ":memory:":
                try:
                    Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
                except (OSError, ValueError) as error:
                    raise self._unusable(error) from error
            self.engine = sa.create_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=pool_size * 8,
                hide_parameters=True,  # errors go into logs, values do not
                connect_args={"check_same_thread": False},
            )
            event.listen(self.engine, "connect", _tune_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = sa.create_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args={"options": "-c timezone=UTC"},
            )

    def _unusable(self, error: object) -> NoDatabase:
        """Why there is nothing to be done here; the password is not told."""
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        return NoDatabase(reason=f"{self.url.render_as_string(hide_password=True)}: {first}")

    def connect(self) -> sa.Connection:
        """A connection, in no transaction yet. Raises Unavailable where the store is busy, NoDatabase where there is none."""
        with self._connecting():
            return self.engine.connect()

    @contextmanager
    def _connecting(self) -> Iterator[None]:
        errors: Any = self.engine.dialect.loaded_dbapi
        try:
            yield
        except (exc.DBAPIError, errors.Error) as error:
            cause = error.orig if isinstance(error, exc.DBAPIError) else error
            passing = isinstance(cause, errors.OperationalError) and _BUSY.search(str(cause))
            full = _FULL.search(str(cause)) is not None
            raise (StoreFull() if full else Unavailable("store-busy") if passing else self._unusable(cause)) from error

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection in a transaction that sees one consistent state and is always rolled back."""
        with _translated():
            connection = self.connect()
            try:
                connection.begin()
                yield connection
            finally:
                connection.close()

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A connection in a transaction that commits when the block ends well, and rolls back otherwise.

        Raises Unavailable when the store is busy beyond the time-out, full or gone, NoDatabase when there is none.
        """
        if self.dialect == "sqlite" and not self._writing.acquire(timeout=_BUSY_TIMEOUT_MS / 1000):
            raise Unavailable("store-busy")
        try:
            with _translated(), self.connect().execution_options(writes=True) as connection, connection.begin():
                yield connection
        finally:
            if self.dialect == "sqlite":
                self._writing.release()

    def glance(self, statement: str) -> tuple[Any, ...] | None:
        """The first row of a small read of its own, by the driver alone: for what is asked at every request."""
        errors: Any = self.engine.dialect.loaded_dbapi
        try:
            if self.dialect == "sqlite":
                found: tuple[Any, ...] | None = self._glancing().execute(statement).fetchone()
                return found
            with self._connecting():
                raw = self.engine.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute(statement)
                row: tuple[Any, ...] | None = cursor.fetchone()
                cursor.close()
            finally:
                raw.close()
        except errors.Error as error:
            raise _translate(exc.DBAPIError.instance(statement, None, error, errors.Error, dialect=self.engine.dialect)) from error
        except exc.DBAPIError as error:
            raise _translate(error) from error
        return row

    def _glancing(self) -> sqlite3.Connection:
        """This thread's connection for glances, taken from the pool once: its ways in and out cost more than a glance."""
        kept: PoolProxiedConnection | None = getattr(self._glances, "connection", None)
        if kept is None:
            with self._connecting():
                kept = self._glances.connection = self.engine.raw_connection()
        return cast(sqlite3.Connection, kept.driver_connection)

    def close(self) -> None:
        """Let go of every connection; other threads' connections for glances end with them."""
        self._glances = threading.local()
        self.engine.dispose()


def alone(connection: sa.Connection, matter: str) -> None:
    """Wait until no other transaction deals with a matter of this name; it is held until this one ends.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"dougong {matter}"))))


def _begin_immediate(cursor: Any) -> None:
    """Enter the file as its one writer, waiting for writers of other processes.

    SQLite's own waiting sleeps 1, 2, 5, 10 … ms, far longer than most writers stay, so that processes starve each other;
    asking again soon, and ever more seldom up to 3 ms, leaves the file idle for less.
    """
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        pause, patience = 0.0002, time.monotonic() + _BUSY_TIMEOUT_MS / 1000
        while True:
            try:
                cursor.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                    raise
                time.sleep(pause)
                pause = min(pause * 1.4, 0.003)
            else:
                return
    finally:
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")


def too_long_for(error: exc.DBAPIError) -> str | None:
    """The index into which a row's text is too long to be entered (PostgreSQL), if that is why a statement was refused."""
    if getattr(error.orig, "sqlstate", None) != "54000":
        return None
    found = _INDEX.search(str(error.orig))
    return found[1] if found is not None else ""


def _translate(error: exc.DBAPIError) -> Exception:
    """An error of the driver as what it means to a caller, where it means something."""
    if _FULL.search(str(error.orig)):
        return StoreFull()
    passing = isinstance(error, exc.OperationalError | exc.InterfaceError)
    if error.connection_invalidated or (passing and (_BUSY.search(str(error.orig)) or not isinstance(error.orig, sqlite3.Error))):
        # PostgreSQL's driver calls operational whatever is the server's affair: it stops, starts, recovers, has no connection left.
        return Unavailable("store-busy")
    return error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        translated = _translate(error)
        if translated is error:
            raise
        raise translated from error


def _tune_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver must not begin transactions on its own; `_begin_sqlite` does
    connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    _enter_wal(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("PRAGMA cache_size=-32000")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    for name, arity, function in language.sqlite_functions():
        connection.create_function(name, arity, function, deterministic=True)


def _enter_wal(connection: sqlite3.Connection) -> None:
    """WAL is a property of the file: ask first, because switching needs the file for itself and may find it busy."""
    for attempt in range(20):
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                return
            if connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] in ("wal", "memory"):
                return
        except sqlite3.OperationalError:
            pass
        time.sleep(0.02 * (attempt + 1))


def _begin_sqlite(connection: sa.Connection) -> None:
    cursor: Any = connection.connection.cursor()
    try:
        if connection.get_execution_options().get("writes", False):
            _begin_immediate(cursor)
        else:
            cursor.execute("BEGIN")
    except sqlite3.Error as error:
        raise exc.DBAPIError.instance("BEGIN", None, error, sqlite3.Error, dialect=connection.dialect) from error
