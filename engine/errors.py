"""What may go wrong for a caller of the product, as typed errors that the edges turn into clear answers.

A message here is a code with parameters; its words in each language stand in ``messages/*.yaml`` and are
looked up only at the edge (web, command line).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.i18n import LocalizedText


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with one value of a record.

    ``field`` is the field's name, a dotted place inside child lines (``parts.2.qty``), or "" for the record as a whole.
    ``text`` is set where the words come from a definition (a check's ``say``).
    """

    field: str
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    text: LocalizedText | None = None


class DougongError(Exception):
    """Base of the errors that a caller can cause and is told about."""

    code = "error"

    def __init__(self, code: str | None = None, /, **params: Any) -> None:
        self.code = code or type(self).code
        self.params = params
        super().__init__(self.code, params)


class NotFound(DougongError):
    """There is no such thing, or the actor may not know that there is."""

    code = "not-found"


class Forbidden(DougongError):
    """The actor may see the thing but not do this to it."""

    code = "forbidden"


class BadRequest(DougongError):
    """The question itself makes no sense: unknown field, broken expression, malformed cursor."""

    code = "bad-request"


class Invalid(DougongError):
    """The values break the entity's rules; carries every problem found, not the first."""

    code = "invalid"

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__()
        self.problems = tuple(problems)


class Conflict(DougongError):
    """Someone else was first: another version, a duplicate key, a reference that still holds."""

    code = "conflict"


class TooLong(Conflict):
    """A text does not fit the index that the store keeps over it."""

    code = "too-long-to-index"


class PreconditionFailed(Conflict):
    """The version that a request insists on is no longer current."""

    code = "record-changed"


class Overflow(DougongError):
    """The result of an expression has more digits than can be kept; what reads or filters by it goes on as if it were blank."""

    code = "overflow"


class UnsupportedMedia(BadRequest):
    """The body is not of the kind that is taken here."""

    code = "not-json-content"


class TooLarge(BadRequest):
    """What was sent is larger than is taken here."""

    code = "file-too-large"


class Unavailable(DougongError):
    """The store cannot take this now (busy, full, restarting); asking again later may work."""

    code = "unavailable"


class StoreFull(Unavailable):
    """There is no space left to write to; reading goes on, and writing does once somebody has made room."""

    code = "store-full"


class NoDatabase(Unavailable):
    """There is no database, or none that can be used; ``reason`` is for the operator only, since it names places."""

    code = "no-database"

    def __init__(self, code: str | None = None, reason: str = "") -> None:
        super().__init__(code)
        self.reason = reason
