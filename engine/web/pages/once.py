"""A form is saved once, however often it is sent: its key is claimed in the transaction of the change and keeps where that led."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from engine.records import idempotency
from engine.records.idempotency import Answer
from engine.store import UnitOfWork
from engine.web.inputs import Raw
from engine.web.pages.addresses import Place


class Form(Protocol):
    """What of a form in progress decides whether it is the same one again."""

    place: Place
    key: str
    raw: dict[str, Raw]
    files: dict[str, Mapping[str, Any]]
    once: str


def claimed(work: UnitOfWork, form: Form) -> Answer | None:
    """Take the form's key together with the change: None means go ahead and `keep`, else what its first sending led to.

    A second sending waits for the first one's transaction. A form without a key (one from before keys) is always new.
    """
    if not form.once:
        return None
    return idempotency.claim(work, _key(form), _what(form))


def led_to(work: UnitOfWork, form: Form) -> Answer | None:
    """What an earlier sending of the form led to, without taking its key."""
    return idempotency.known(work, _key(form), _what(form)) if form.once else None


def keep(work: UnitOfWork, form: Form, address: str) -> None:
    """Remember where the form led and what it held."""
    if form.once:
        idempotency.keep(work, _key(form), Answer(303, {"Location": address}, _contents(form)))


def same(form: Form, before: Answer) -> bool:
    """Whether the form holds what it held when it was saved."""
    return before.body == _contents(form)


def _key(form: Form) -> str:
    return f"form {form.once}"


def _what(form: Form) -> str:
    return idempotency.fingerprint(form.place.entity.name.encode(), form.key.encode())


def _contents(form: Form) -> str:
    """What the form holds. A file is stored anew each time it is sent, so that its name and size stand for it."""
    text = json.dumps(form.raw, sort_keys=True)
    for key, file in form.files.items():
        text = text.replace(key, f"{file.get('name')} {file.get('size')}")
    return idempotency.fingerprint(text.encode())
