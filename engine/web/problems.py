"""Errors as answers: problem documents (RFC 9457) for programs, pages in plain words for people."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

from engine import wording
from engine.errors import (
    BadRequest,
    Conflict,
    DougongError,
    FieldProblem,
    Forbidden,
    Invalid,
    NotFound,
    Overflow,
    PreconditionFailed,
    StoreFull,
    TooLarge,
    TooLong,
    Unavailable,
    UnsupportedMedia,
)
from engine.i18n import Language
from engine.store import TooManyAttempts
from engine.web.jsons import dumps
from engine.web.words import knows, say

_STATUS: tuple[tuple[type[DougongError], int], ...] = (
    (NotFound, 404),
    (PreconditionFailed, 412),
    (UnsupportedMedia, 415),
    (TooLarge, 413),
    (Forbidden, 403),
    (BadRequest, 400),
    (Invalid, 422),
    (Overflow, 422),
    (TooLong, 422),
    (Conflict, 409),
    (StoreFull, 507),
    (Unavailable, 503),
    (TooManyAttempts, 429),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One failed request, the same for every surface: status, code with parameters, and the fields at fault."""

    status: int
    code: str
    params: dict[str, Any]
    fields: tuple[FieldProblem, ...] = ()
    retry_after_s: int | None = None

    def title(self, language: Language) -> str:
        """What went wrong, in a few words."""
        key = f"error.status-{self.status}"
        return say(key if knows(key) else "error.status-400" if self.status < 500 else "error.status-500", language)

    def headline(self, language: Language) -> str:
        """The title of a page: what went wrong by its name where that has one, else by its status."""
        key = f"error.title-{self.code}"
        return say(key, language) if knows(key) else self.title(language)

    def detail(self, language: Language) -> str:
        """What went wrong this time."""
        key = f"error.{self.code}"
        return say(key, language) if knows(key) else wording.say_error(DougongError(self.code, **self.params), language)


def problem_of(error: Exception) -> Problem:
    """Any error as a problem; one that we did not foresee says nothing about itself."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        error = StoreFull()
    if isinstance(error, DougongError):
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 400)
        if error.code == "login-needed":
            status = 401
        retry = error.retry_after_s if isinstance(error, TooManyAttempts) else 2 if status == 503 else None
        return Problem(status, error.code, dict(error.params), error.problems if isinstance(error, Invalid) else (), retry)
    if isinstance(error, HTTPException) and error.code is not None:
        return Problem(error.code, f"http-{error.code}", {})
    return Problem(500, "internal", {})


def document(problem: Problem, language: Language, request_id: str) -> dict[str, Any]:
    """A problem as an RFC 9457 document; ``errors`` name each field at fault with a message for people."""
    body: dict[str, Any] = {
        "type": f"urn:dougong:problem:{problem.code}",
        "title": problem.title(language),
        "status": problem.status,
        "detail": problem.detail(language),
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.params:
        body["params"] = problem.params
    if problem.fields:
        body["errors"] = [
            {"field": each.field, "code": each.code, "message": wording.say_problem(each, language), "params": dict(each.params)}
            for each in problem.fields
        ]
    return body


def json_answer(problem: Problem, language: Language, request_id: str) -> Response:
    """A problem for programs."""
    # A refusal may quote what cannot be written at all, which is what it refuses.
    body = dumps(document(problem, language, request_id)).encode("utf-8", "replace")
    response = Response(body, status=problem.status, content_type="application/problem+json")
    with_retry(response, problem)
    return response


def with_retry(response: Response, problem: Problem) -> None:
    """Say when to ask again, and how to authenticate, where the status calls for it."""
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="dougong"'
