"""Where the parts come together: the App in force, its database, its people, and the units of work that do everything."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from engine import records
from engine.access import Actor
from engine.clock import Clock, SystemClock
from engine.errors import Unavailable
from engine.model.app import App
from engine.store import Database, Identity, Subscriber, Tables, UnitOfWork, releases, secret_hash

Files = Mapping[str, bytes]
_REMEMBERED_MAX = 10_000

Compile = Callable[[Mapping[str, Files]], App]


@dataclass(frozen=True, slots=True)
class Loaded:
    """One release as this process runs it."""

    release: int
    app: App
    tables: Tables


class NoRelease(Unavailable):
    """Nothing has been applied to this database yet."""

    code = "no-release"


class Runtime:
    """One running installation. Web nodes, workers and commands each hold one; the release in force is the database's say."""

    def __init__(
        self, database: Database, compile_files: Compile, *, clock: Clock | None = None, subscribers: tuple[Subscriber, ...] = ()
    ) -> None:
        self.database = database
        self.clock = clock or SystemClock()
        self.identity = Identity(database, self.clock)
        self._compile = compile_files
        self._subscribers = subscribers
        self._loading = threading.Lock()
        self._loaded: Loaded | None = None
        self._tokens: dict[str, tuple[int, tuple[str, tuple[str, ...]]]] = {}
        self._actors: dict[str, tuple[int, int, Actor | None]] = {}

    @property
    def app(self) -> App:
        """The App in force, as this process last saw it: for words and addresses; units of work see for themselves."""
        loaded = self._loaded
        return loaded.app if loaded is not None else self.current().app

    @property
    def tables(self) -> Tables:
        """The tables of the App in force."""
        return self.current().tables

    def current(self) -> Loaded:
        """The release in force, asked of the database."""
        with self.database.read() as connection:
            return self._load(connection, releases.state(connection).release)

    def _load(self, connection: sa.Connection, release: int | None) -> Loaded:
        """The release as this process runs it, compiled from its stored files when it is new here."""
        loaded = self._loaded
        if loaded is not None and loaded.release == release:
            return loaded
        if release is None:
            raise NoRelease
        with self._loading:
            if self._loaded is None or self._loaded.release != release:
                app = self._compile(releases.files_of(connection, release))
                self._loaded = Loaded(release, app, Tables(app))
            return self._loaded

    @contextmanager
    def begin(self, actor: Actor, *, request_id: str | None = None) -> Iterator[UnitOfWork]:
        """A unit of work that writes: everything in it, with audit and events, is durable at the end, or nothing is."""
        with self.database.write() as connection:
            work = self._work(connection, actor, request_id, writes=True)
            yield work
            work.flush()
        work.run_after_commit()

    @contextmanager
    def read(self, actor: Actor, *, request_id: str | None = None) -> Iterator[UnitOfWork]:
        """A unit of work that only reads, from one consistent state."""
        with self.database.read() as connection:
            yield self._work(connection, actor, request_id, writes=False)

    def _work(self, connection: sa.Connection, actor: Actor, request_id: str | None, *, writes: bool) -> UnitOfWork:
        loaded = self._load(connection, releases.state(connection).release)
        return UnitOfWork(
            app=loaded.app,
            tables=loaded.tables,
            actor=actor,
            clock=self.clock,
            connection=connection,
            database=self.database,
            release=loaded.release,
            writes=writes,
            request_id=request_id,
            subscribers=self._subscribers if writes else (),
        )

    def actor_of(self, user_id: str) -> Actor | None:
        """The actor of an active user, as of this instant: a change of roles, department or activity shows at once."""
        with self.database.read() as connection:
            return self._actor(connection, user_id)

    def _actor(self, connection: sa.Connection, user_id: str) -> Actor | None:
        state = releases.state(connection)
        known = self._actors.get(user_id)
        if known is not None and known[0] == state.access_epoch and known[1] == state.release:
            return known[2]
        loaded = self._load(connection, state.release)
        actor = records.load_actor(connection, loaded.app, loaded.tables, user_id)
        if len(self._actors) > _REMEMBERED_MAX:
            self._actors.clear()
        self._actors[user_id] = (state.access_epoch, loaded.release, actor)
        return actor

    def actor_of_session(self, secret: str) -> Actor | None:
        """The actor behind a session cookie."""
        user_id = self.identity.session_user(secret)
        return self.actor_of(user_id) if user_id else None

    def actor_of_token(self, secret: str) -> Actor | None:
        """The actor behind an API token, narrowed to the token's scopes."""
        with self.database.read() as connection:
            found = self._token_user(connection, secret)
            actor = self._actor(connection, found[0]) if found else None
        return actor.narrowed(found[1]) if actor and found else None

    def _token_user(self, connection: sa.Connection, secret: str) -> tuple[str, tuple[str, ...]] | None:
        """Whose token a secret is; remembered until anybody's access changes, since revoking moves the epoch."""
        epoch = releases.state(connection).access_epoch
        key = secret_hash(secret)
        known = self._tokens.get(key)
        if known is not None and known[0] == epoch:
            return known[1]
        found = self.identity.token_user(secret, connection)
        if found is not None:
            if len(self._tokens) > _REMEMBERED_MAX:
                self._tokens.clear()
            self._tokens[key] = (epoch, found)
        return found
