"""Where the parts come together: the App in force, its database, its people, and the units of work that do everything."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import records
from engine.access import Actor
from engine.clock import Clock, SystemClock
from engine.errors import Unavailable
from engine.language import kept_code
from engine.model.app import App
from engine.store import Database, Identity, Subscriber, Tables, UnitOfWork, releases, secret_hash
from engine.store.settings import read_settings

Files = Mapping[str, bytes]
_REMEMBERED_MAX = 10_000

Compile = Callable[[Mapping[str, Files]], App]


@dataclass(frozen=True, slots=True)
class Loaded:
    """One release as this process runs it."""

    release: int
    app: App
    tables: Tables


@dataclass(frozen=True, slots=True)
class Access:
    """What was true of access at one epoch, and holds until the epoch moves."""

    epoch: int
    release: int | None
    tokens: dict[str, tuple[str, tuple[str, ...]]]
    actors: dict[str, Actor | None]
    settings: Mapping[str, Any]


class NoRelease(Unavailable):
    """Nothing has been applied to this database yet."""

    code = "no-release"


class Runtime:
    """One running installation. Web nodes, workers and commands each hold one; the release in force is the database's say."""

    def __init__(
        self,
        database: Database,
        compile_files: Compile,
        *,
        clock: Clock | None = None,
        subscribers: tuple[Subscriber, ...] = (),
        code_folder: Path | None = None,
    ) -> None:
        self.database = database
        self.clock = clock or SystemClock()
        self.identity = Identity(database, self.clock)
        self._compile = compile_files
        self._code_folder = code_folder
        self._subscribers = subscribers
        self._loading = threading.Lock()
        self._loaded: Loaded | None = None
        self._access = Access(-1, None, {}, {}, {})

    @property
    def app(self) -> App:
        """The App in force, as this process last saw it: for words and addresses; units of work see for themselves."""
        loaded = self._loaded
        return loaded.app if loaded is not None else self.current().app

    @property
    def last_seen(self) -> App | None:
        """The App in force as this process last saw it, without asking the database; None where it never saw any."""
        return self._loaded.app if self._loaded is not None else None

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
                with kept_code(self._code_folder, app.content_hash):
                    records.prepare(app)
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
        state = releases.state(connection)
        loaded = self._load(connection, state.release)
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
            settings=self._access_at(connection, state).settings,
        )

    def actor_of(self, user_id: str) -> Actor | None:
        """The actor of an active user, as of this instant: a change of roles, department or activity shows at once."""
        with self.database.read() as connection:
            return self._actor(connection, user_id)

    def _access_at(self, connection: sa.Connection, state: releases.State) -> Access:
        """What this process remembers of access, begun anew whenever users, roles, tokens, settings or the release change."""
        access = self._access
        if access.epoch != state.access_epoch or access.release != state.release:
            loaded = self._load(connection, state.release)
            access = Access(state.access_epoch, state.release, {}, {}, read_settings(connection, loaded.app))
            self._access = access
        return access

    def _actor(self, connection: sa.Connection, user_id: str) -> Actor | None:
        state = releases.state(connection)
        access = self._access_at(connection, state)
        if user_id in access.actors:
            return access.actors[user_id]
        loaded = self._load(connection, state.release)
        actor = records.load_actor(connection, loaded.app, loaded.tables, user_id)
        if len(access.actors) > _REMEMBERED_MAX:
            access.actors.clear()
        access.actors[user_id] = actor
        return actor

    def actor_of_session(self, secret: str) -> Actor | None:
        """The actor behind a session cookie."""
        user_id = self.identity.session_user(secret)
        return self.actor_of(user_id) if user_id else None

    def actor_of_token(self, secret: str) -> Actor | None:
        """The actor behind an API token, narrowed to the token's scopes."""
        known = self._remembered(secret)
        if known is not None:
            return known
        with self.database.read() as connection:
            found = self._token_user(connection, secret)
            actor = self._actor(connection, found[0]) if found else None
        return actor.narrowed(found[1]) if actor and found else None

    def _remembered(self, secret: str) -> Actor | None:
        """The actor of a token that this process has seen, if nothing about access has moved since."""
        access, state = self._access, releases.glance(self.database)
        if state is None or access.epoch != state.access_epoch or access.release != state.release:
            return None
        found = access.tokens.get(secret_hash(secret))
        actor = access.actors.get(found[0]) if found else None
        return actor.narrowed(found[1]) if actor and found else None

    def _token_user(self, connection: sa.Connection, secret: str) -> tuple[str, tuple[str, ...]] | None:
        """Whose token a secret is; an unknown one is not remembered, so that a new token works at once."""
        tokens = self._access_at(connection, releases.state(connection)).tokens
        key = secret_hash(secret)
        found = tokens.get(key) or self.identity.token_user(secret, connection)
        if found is not None:
            if len(tokens) > _REMEMBERED_MAX:
                tokens.clear()
            tokens[key] = found
        return found
