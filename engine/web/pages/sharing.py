"""Giving one person access to one record, from the record's page: whom it was given to, and one more or one less."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import Invalid
from engine.ids import is_id
from engine.records import Record, Share, share, shareable, shares, unshare
from engine.store import UnitOfWork
from engine.web.pages.addresses import key_of
from engine.web.pages.picks import suggest
from engine.web.visit import Visit
from engine.wording import say_problem


@dataclass(frozen=True, slots=True)
class Unshared:
    """Why a record was not shared, and the words that stood for the person."""

    problem: str
    words: str


@dataclass(frozen=True, slots=True)
class Sharing:
    """What the record's page says of sharing; ``problem`` and ``words`` are of an attempt that was refused just now."""

    given: tuple[Share, ...]
    problem: str
    words: str


def sharing_of(work: UnitOfWork, record: Record, unshared: Unshared | None) -> Sharing | None:
    """With whom a record is shared; None where the visitor may not share it, or nobody would see what is shared."""
    if not shareable(work, record):
        return None
    problem, words = (unshared.problem, unshared.words) if unshared else ("", "")
    return Sharing(tuple(shares(work, record.entity, record.id)), problem, words)


def take_share(visit: Visit, entity: str, key: str) -> Unshared | None:
    """Share as the form says, with a chosen person or the only one whose name fits the words; else why not."""
    form = visit.request.form
    words, user = form.get("words", "").strip(), form.get("user", "")
    try:
        with visit.writing() as work:
            if not is_id(user):
                found = suggest(work, "system.user", words) if words else []
                exact = [each for each in found if each.display == words] or found
                if len(exact) != 1:
                    return Unshared(visit.say("pick.none" if not exact else "sharing.several"), words)
                user = exact[0].id
            share(work, entity, key, user, may_update=form.get("may_update") == "yes")
    except Invalid as error:
        return Unshared(say_problem(error.problems[0], visit.language), words)
    return None


def take_unshare(visit: Visit, entity: str, key: str) -> None:
    """Take the record back from the person whom the form names."""
    user = key_of(visit.request.form.get("user", ""))
    with visit.writing() as work:
        unshare(work, entity, key, user)
