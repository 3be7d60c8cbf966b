"""Errors as answers: problem documents (RFC 9457) for programs, pages in plain words for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

from engine.errors import BadRequest, Conflict, DougongError, FieldProblem, Forbidden, Invalid, NotFound, Unavailable
from engine.i18n import Language
from engine.store import TooManyAttempts
from engine.web.jsons import dumps
from engine.web.words import say_error, say_problem

_STATUS: tuple[tuple[type[DougongError], int], ...] = (
    (NotFound, 404),
    (Forbidden, 403),
    (BadRequest, 400),
    (Invalid, 422),
    (Conflict, 409),
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
        return say_error(f"status-{self.status}", language, {}) if self.status in _TITLED else say_error("status-500", language, {})

    def detail(self, language: Language) -> str:
        """What went wrong this time."""
        return say_error(self.code, language, self.params)


_TITLED = frozenset({400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429, 500, 503})


def problem_of(error: Exception) -> Problem:
    """Any error as a problem; one that we did not foresee says nothing about itself."""
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
            {"field": each.field, "code": each.code, "message": say_problem(each, language), "params": dict(each.params)}
            for each in problem.fields
        ]
    return body


def json_answer(problem: Problem, language: Language, request_id: str) -> Response:
    """A problem for programs."""
    response = Response(dumps(document(problem, language, request_id)), status=problem.status, content_type="application/problem+json")
    with_retry(response, problem)
    return response


def with_retry(response: Response, problem: Problem) -> None:
    """Say when to ask again, and how to authenticate, where the status calls for it."""
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="dougong"'
