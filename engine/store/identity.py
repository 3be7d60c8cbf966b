"""How a person or program proves who they are: passwords, sessions, API tokens, and the brake on guessing.

Secrets are 256 random bits; only their SHA-256 is kept. Passwords are argon2id.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine import limits
from engine.clock import Clock
from engine.errors import DougongError, FieldProblem, Invalid, Unavailable
from engine.ids import is_id, new_id
from engine.store.database import Database
from engine.store.passwords import is_guessable
from engine.store.schema import CREDENTIAL, LOGIN_ATTEMPT, SESSION, SETUP, STATE, TOKEN
from engine.store.tables import Tables

_hasher = PasswordHasher()
_UNKNOWN_USER_HASH = (
    f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}$"
    f"{'A' * (_hasher.salt_len * 8 // 6 + 1)}${'A' * (_hasher.hash_len * 8 // 6 + 1)}"
)
"""Verified when the login is unknown, so that the answer takes as long as for a known one.

Written out, not computed, since every start would wait for it: a salt and a digest of zero bits, which no password is known to give.
"""


class TooManyAttempts(DougongError):
    """Logins from this account or address must wait ``retry_after_s`` seconds."""

    code = "too-many-attempts"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s=retry_after_s)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """One API token as its owner sees it; the secret itself is shown once, at issue."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


def secret_hash(secret: str) -> str:
    """What is stored of a session or token secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def move_access_epoch(connection: sa.Connection) -> None:
    """Make every process read users, roles and tokens anew, from the next unit of work on."""
    connection.execute(sa.update(STATE).values(access_epoch=STATE.c.access_epoch + 1))


def same_login(users: sa.Table, login: str, dialect: str) -> sa.ColumnElement[bool]:
    """Whether a user's login is this one, upper and lower case being the same."""
    if dialect == "sqlite":
        return sa.func.dg_lower(users.c.login) == login.lower()
    return sa.func.lower(sa.collate(users.c.login, "pg_unicode_fast")) == login.lower()


def has_credential(connection: sa.Connection, user_id: str) -> bool:
    """Whether somebody has ever been able to log in as this user."""
    return connection.execute(sa.select(CREDENTIAL.c.user_id).where(CREDENTIAL.c.user_id == user_id)).first() is not None


def shut_out(connection: sa.Connection, users: Sequence[str]) -> None:
    """End the sessions and tokens of people who may not come in any more; they don't come back with the people."""
    connection.execute(sa.delete(SESSION).where(SESSION.c.user_id.in_(users)))
    connection.execute(sa.delete(TOKEN).where(TOKEN.c.user_id.in_(users)))
    connection.execute(sa.delete(SETUP).where(SETUP.c.user_id.in_(users)))


@dataclass(frozen=True, slots=True)
class LoginState:
    """Whether a person can log in: with a password of theirs, or after a set-up link good until ``setup_until`` (naive UTC)."""

    has_password: bool
    setup_until: datetime | None


def login_state(connection: sa.Connection, user_id: str, now: datetime) -> LoginState:
    """How far a person has come towards a login."""
    hashed = connection.execute(sa.select(CREDENTIAL.c.hash).where(CREDENTIAL.c.user_id == user_id)).scalar()
    made = connection.execute(sa.select(SETUP.c.made_at).where(SETUP.c.user_id == user_id)).scalar()
    until = made + timedelta(hours=limits.setup_link_hours) if made is not None else None
    return LoginState(hashed is not None and hashed != _UNKNOWN_USER_HASH, until if until is not None and until > now else None)


def issue_setup(connection: sa.Connection, user_id: str, now: datetime) -> str:
    """A code with which a person sets a password, once. Their old password, sessions and earlier codes end here.

    The answer is the only time it is seen.
    """
    secret = secrets.token_urlsafe(32)
    connection.execute(sa.update(CREDENTIAL).where(CREDENTIAL.c.user_id == user_id).values(hash=_UNKNOWN_USER_HASH, changed_at=now))
    connection.execute(sa.delete(SESSION).where(SESSION.c.user_id == user_id))
    connection.execute(sa.delete(SETUP).where(SETUP.c.user_id == user_id))
    connection.execute(sa.insert(SETUP).values(user_id=user_id, secret_hash=secret_hash(secret), made_at=now))
    move_access_epoch(connection)
    return secret


def _good_setup(users: sa.Table, secret: str, now: datetime) -> sa.Select[str]:
    """Whom a code was made for, if it is still good and they may come in."""
    return (
        sa.select(SETUP.c.user_id)
        .join(users, users.c.id == SETUP.c.user_id)
        .where(
            SETUP.c.secret_hash == secret_hash(secret[:200]),
            SETUP.c.made_at > now - timedelta(hours=limits.setup_link_hours),
            users.c.active.is_(True),
            users.c.deleted_at.is_(None),
        )
    )


def redeem_setup(connection: sa.Connection, users: sa.Table, secret: str, hashed: str, now: datetime) -> str | None:
    """Give a new password (``hash_password``) to whom a code was made for, once; None for one that is unknown, used or too old."""
    row = connection.execute(_good_setup(users, secret, now)).first()
    if row is None or not connection.execute(sa.delete(SETUP).where(SETUP.c.user_id == row[0])).rowcount:
        return None
    put_password(connection, row[0], hashed, now)
    return row[0]


def check_password(password: str, about: Sequence[str] = ()) -> None:
    """Raises Invalid for a password too short or long, or easily guessed by who knows ``about`` (login, name)."""
    if not limits.password_chars_min <= len(password) <= limits.password_chars_max:
        bounds = {"min": limits.password_chars_min, "max": limits.password_chars_max}
        raise Invalid([FieldProblem("password", "password-length", bounds)])
    if is_guessable(password, about):
        raise Invalid([FieldProblem("password", "password-guessable")])


def hash_password(password: str, about: Sequence[str] = ()) -> str:
    """What is kept of a password. Raises Invalid for one that `check_password` refuses."""
    check_password(password, about)
    return _hasher.hash(password)


def put_password(connection: sa.Connection, user_id: str, hashed: str, now: datetime) -> None:
    """Make a password (``hash_password``) a user's; their sessions and set-up codes end."""
    connection.execute(sa.delete(CREDENTIAL).where(CREDENTIAL.c.user_id == user_id))
    connection.execute(sa.insert(CREDENTIAL).values(user_id=user_id, hash=hashed, changed_at=now))
    connection.execute(sa.delete(SESSION).where(SESSION.c.user_id == user_id))
    connection.execute(sa.delete(SETUP).where(SETUP.c.user_id == user_id))
    move_access_epoch(connection)


class Identity:
    """Credentials of one installation. ``users`` gives the table of ``system.user``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def _now(self) -> datetime:
        return self._clock.now().replace(tzinfo=None)

    def set_password(self, user_id: str, password: str, about: Sequence[str] = ()) -> None:
        """Set a user's password and end all their sessions; raises Invalid for one that `hash_password` refuses."""
        hashed = hash_password(password, about)
        with self._database.write() as connection:
            put_password(connection, user_id, hashed, self._now())

    def setup_user(self, tables: Tables, secret: str) -> str | None:
        """Whom a set-up code was made for; None for one that is unknown, used or too old."""
        with self._database.read() as connection:
            found = connection.execute(_good_setup(tables["system.user"], secret, self._now())).first()
        return found[0] if found else None

    def verify(self, tables: Tables, login: str, password: str, address: str) -> str | None:
        """The user whose login and password these are, if active. Raises TooManyAttempts before looking."""
        login = login.strip()[:200]
        users = tables["system.user"]
        attempt = self._begin_attempt(login, address[:64])
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(users.c.id, CREDENTIAL.c.hash)
                .join(CREDENTIAL, CREDENTIAL.c.user_id == users.c.id)
                .where(same_login(users, login, self._database.dialect), users.c.active.is_(True), users.c.deleted_at.is_(None))
            ).first()
        matches = self._matches(row.hash if row else _UNKNOWN_USER_HASH, password)
        if not row or not matches:
            return None
        with self._database.write() as connection:
            connection.execute(sa.update(LOGIN_ATTEMPT).where(LOGIN_ATTEMPT.c.id == attempt).values(succeeded=True))
        return str(row.id)

    def _begin_attempt(self, login: str, address: str) -> str:
        """Count an attempt as failed until it is known better: many at once must not all pass the brake before one is counted."""
        key = new_id()
        with self._database.write() as connection:
            if self._database.dialect == "postgresql":
                connection.execute(sa.text("LOCK TABLE dg_login_attempt IN SHARE ROW EXCLUSIVE MODE"))
            self._brake(connection, login, address)
            attempt = {"id": key, "at": self._now(), "login": login, "address": address, "succeeded": False}
            connection.execute(sa.insert(LOGIN_ATTEMPT).values(attempt))
            connection.execute(sa.delete(LOGIN_ATTEMPT).where(LOGIN_ATTEMPT.c.at < self._now() - timedelta(days=30)))
        return key

    @staticmethod
    def _matches(hashed: str, password: str) -> bool:
        try:
            # Cut only so that nobody makes us hash megabytes: what is longer than any password can be is none.
            return _hasher.verify(hashed, password[: limits.password_chars_max]) and len(password) <= limits.password_chars_max
        except (VerificationError, InvalidHashError):
            return False

    def _brake(self, connection: sa.Connection, login: str, address: str) -> None:
        since = self._now() - timedelta(minutes=1)
        failed = (LOGIN_ATTEMPT.c.at > since) & LOGIN_ATTEMPT.c.succeeded.is_(False)
        count = sa.func.count()
        by_login = connection.execute(sa.select(count).where(failed, LOGIN_ATTEMPT.c.login == login)).scalar_one()
        by_address = connection.execute(sa.select(count).where(failed, LOGIN_ATTEMPT.c.address == address)).scalar_one()
        if by_login >= limits.login_attempts_per_minute or by_address >= limits.login_attempts_per_address_per_minute:
            raise TooManyAttempts(retry_after_s=60)

    def open_session(self, user_id: str) -> str:
        """Begin a session; the secret goes into the cookie, only its hash is kept."""
        secret = secrets.token_urlsafe(32)
        with self._database.write() as connection:
            row = {"secret_hash": secret_hash(secret), "user_id": user_id, "opened_at": self._now(), "used_at": self._now()}
            connection.execute(sa.insert(SESSION).values(row))
            connection.execute(sa.delete(SESSION).where(SESSION.c.opened_at < self._now() - timedelta(hours=limits.session_hours_max)))
        return secret

    def session_user(self, secret: str) -> str | None:
        """Whose session a secret is, unless it has ended by age or idleness."""
        now = self._now()
        key = secret_hash(secret)
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(SESSION.c.user_id, SESSION.c.opened_at, SESSION.c.used_at).where(SESSION.c.secret_hash == key)
            ).first()
        if row is None or now - row.opened_at > timedelta(hours=limits.session_hours_max):
            return None
        if now - row.used_at > timedelta(hours=limits.session_idle_hours):
            return None
        if now - row.used_at > timedelta(minutes=10):  # not at every request: a page view should not cost a write
            # A full disk or a busy store must not keep anybody from reading.
            with suppress(Unavailable), self._database.write() as connection:
                connection.execute(sa.update(SESSION).where(SESSION.c.secret_hash == key).values(used_at=now))
        return str(row.user_id)

    def close_session(self, secret: str) -> None:
        """End one session."""
        with self._database.write() as connection:
            connection.execute(sa.delete(SESSION).where(SESSION.c.secret_hash == secret_hash(secret)))

    def close_all(self, user_id: str) -> None:
        """End every session of a user."""
        with self._database.write() as connection:
            connection.execute(sa.delete(SESSION).where(SESSION.c.user_id == user_id))

    def issue_token(self, user_id: str, name: str, scopes: tuple[str, ...] = ("read", "write")) -> str:
        """A new API token of a user; ``scopes`` out of "read", "write". The answer is the only time it is seen."""
        secret = "dg_" + secrets.token_urlsafe(32)
        row: dict[str, Any] = {
            "secret_hash": secret_hash(secret),
            "id": new_id(),
            "user_id": user_id,
            "name": name[:100],
            "scopes": list(scopes),
            "created_at": self._now(),
        }
        with self._database.write() as connection:
            connection.execute(sa.insert(TOKEN).values(row))
        return secret

    def tokens(self, user_id: str) -> tuple[TokenInfo, ...]:
        """A user's tokens, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(TOKEN).where(TOKEN.c.user_id == user_id).order_by(TOKEN.c.id.desc())).all()
        return tuple(TokenInfo(row.id, row.name, tuple(row.scopes), row.created_at, row.revoked_at) for row in rows)

    def revoke_token(self, user_id: str, token_id: str) -> None:
        """End one of a user's tokens; it is refused from the next request on."""
        if not is_id(token_id):
            return
        with self._database.write() as connection:
            mine = (TOKEN.c.id == token_id) & (TOKEN.c.user_id == user_id)
            connection.execute(sa.update(TOKEN).where(mine).values(revoked_at=self._now()))
            move_access_epoch(connection)

    def token_user(self, secret: str, connection: sa.Connection) -> tuple[str, tuple[str, ...]] | None:
        """Whose token a secret is, with its scopes; None for an unknown or revoked one."""
        wanted = (TOKEN.c.secret_hash == secret_hash(secret)) & TOKEN.c.revoked_at.is_(None)
        row = connection.execute(sa.select(TOKEN.c.user_id, TOKEN.c.scopes).where(wanted)).first()
        return (str(row.user_id), tuple(row.scopes)) if row else None
