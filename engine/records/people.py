"""Letting people in: links with which they set their passwords, made by administrators and written down like any other change."""

from __future__ import annotations

import sqlalchemy as sa

from engine import access
from engine.errors import FieldProblem, Forbidden, Invalid
from engine.records.query import get
from engine.store import Change, LoginState, UnitOfWork, identity

_USER = "system.user"


def login_state(work: UnitOfWork, user: str) -> LoginState:
    """How far a person has come towards a login; for administrators. Raises Forbidden."""
    _only_administrators(work)
    return identity.login_state(work.connection, user, work.now)


def invite(work: UnitOfWork, user: str) -> str:
    """A code with which a person sets a password, once; what they had before ends: password, sessions, earlier codes.

    Raises Forbidden, NotFound, and Invalid for somebody who could not log in even with a password.
    """
    _only_administrators(work)
    person = get(work, _USER, user)
    if person.id == work.actor.id:
        raise Invalid([FieldProblem("password", "own-setup")])
    if not person.values["login"]:
        raise Invalid([FieldProblem("login", "required")])
    if not person.values["active"]:
        raise Invalid([FieldProblem("active", "person-disabled")])
    code = identity.issue_setup(work.connection, person.id, work.now)
    work.record_change(Change(_USER, person.id, person.version, "setup", {}))
    return code


def redeem(work: UnitOfWork, code: str, hashed: str) -> bool:
    """Give the actor a new password for a code that was made for them; False where it was used meanwhile."""
    user = identity.redeem_setup(work.connection, work.tables[_USER], code, hashed, work.now)
    if user is None or user != work.actor.id:
        return False
    _note_password(work, user)
    return True


def set_own_password(work: UnitOfWork, hashed: str) -> None:
    """Give the actor a new password; all their sessions end."""
    user = work.actor.id
    if user is None:
        raise Forbidden("login-needed")
    identity.put_password(work.connection, user, hashed, work.now)
    _note_password(work, user)


def _note_password(work: UnitOfWork, user: str) -> None:
    users = work.tables[_USER]
    version = work.connection.execute(sa.select(users.c.version).where(users.c.id == user)).scalar_one()
    work.record_change(Change(_USER, user, version, "password", {}))


def _only_administrators(work: UnitOfWork) -> None:
    if not access.is_admin(work.app, work.actor):
        raise Forbidden("administrators-only")
