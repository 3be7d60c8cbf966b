"""One request and all that is known of it: who asks, in which language, with which secrets; handed to every page."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from flask import Request

from engine.access import Actor
from engine.errors import Forbidden
from engine.i18n import LANGUAGES, Language, LocalizedText, negotiate
from engine.ids import new_id
from engine.model.app import App
from engine.runtime import Runtime
from engine.settings import Settings
from engine.store import UnitOfWork
from engine.web.metrics import Metrics
from engine.web.words import say

Theme = Literal["light", "dark", ""]
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Site:
    """What is the same for all requests of one server."""

    runtime: Runtime
    settings: Settings
    metrics: Metrics

    def secure(self, request: Request) -> bool:
        """Whether people reach the server by https, directly or through a proxy that ends it."""
        return request.is_secure or (self.settings.base_url or "").startswith("https://")

    def origin(self, request: Request) -> str:
        """The origin of our own pages: what is configured, else what was asked."""
        parts = urlsplit(self.settings.base_url or request.host_url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(slots=True)
class Visit:
    """A request with its actor (None: nobody is logged in) and everything that a page needs to answer it.

    ``secret`` is the session's, or before login that of a short-lived cookie which only guards the login form.
    ``set_cookies`` are sent with the answer: name → (value, seconds to live), None to remove. ``stale``: the form came from
    an earlier session, so it may be shown again but nothing can be written for it.
    """

    site: Site
    request: Request
    request_id: str
    language: Language
    theme: Theme
    actor: Actor | None
    by_token: bool
    secret: str
    app: App
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    set_cookies: dict[str, tuple[str, int] | None] = field(default_factory=dict)
    stale: bool = False

    @property
    def runtime(self) -> Runtime:
        """The running application behind the pages."""
        return self.site.runtime

    @property
    def person(self) -> Actor:
        """The logged-in actor; only for routes that demand one."""
        if self.actor is None:
            raise Forbidden("login-needed")
        return self.actor

    def reading(self) -> AbstractContextManager[UnitOfWork]:
        """A unit of work of this person that only reads."""
        return self.site.runtime.read(self.person, request_id=self.request_id)

    def writing(self) -> AbstractContextManager[UnitOfWork]:
        """A unit of work of this person that writes all it does, or nothing; none for a form of an earlier session."""
        if self.stale:
            raise Forbidden("form-expired")
        return self.site.runtime.begin(self.person, request_id=self.request_id)

    @property
    def partial(self) -> bool:
        """Whether htmx asks for a part of the page only."""
        return self.request.headers.get("HX-Request") == "true" and self.request.headers.get("HX-Request-Type") == "partial"

    @property
    def saves_by_script(self) -> bool:
        """Whether a form was sent without leaving its page, which then goes on by itself."""
        return "Dougong-Form" in self.request.headers

    @property
    def within_page(self) -> bool:
        """Whether the answer goes into a page that is open already."""
        return self.saves_by_script or self.request.headers.get("HX-Request") == "true"

    @property
    def csrf(self) -> str:
        """The token that forms of this visitor carry; useless without the visitor's cookie, which a first form brings along."""
        if not self.secret:
            self.secret = secrets.token_urlsafe(32)
            self.set_cookies["dougong-before-login"] = (self.secret, 3600)
        return csrf_token(self.secret)

    def say(self, key: str, **params: Any) -> str:
        """Words of the pages in the visitor's language."""
        return say(key, self.language, **params)

    def label(self, text: LocalizedText | None) -> str:
        """A definition's label in the visitor's language."""
        return text.text(self.language) if text else ""

    @property
    def arguments(self) -> Mapping[str, str]:
        """Query parameters, the first of each name."""
        return self.request.args


def csrf_token(secret: str) -> str:
    """The form token that belongs to a cookie's secret."""
    return hmac.new(secret.encode(), b"dougong form", hashlib.sha256).hexdigest()


def cookie_name(site: Site, request: Request, name: str) -> str:
    """A cookie's name: under https the prefix that makes browsers insist on a secure, host-only cookie."""
    return f"__Host-{name}" if site.secure(request) else name


def read_cookie(visit: Visit, name: str) -> str:
    """What our own cookie of that name says; "" where there is none."""
    return visit.request.cookies.get(cookie_name(visit.site, visit.request, name), "")


def visit_of(site: Site, request: Request) -> Visit:
    """Everything about a request: who asks (session or token), their language and theme."""
    asked_id = request.headers.get("X-Request-ID", "")
    request_id = asked_id if _REQUEST_ID.fullmatch(asked_id) else new_id()
    actor, secret, by_token = _who(site, request)
    app = site.runtime.app
    chosen = request.cookies.get("dougong-language", "")
    if chosen in LANGUAGES:
        language: Language = chosen
    elif actor is not None and actor.language_chosen and not by_token:
        language = actor.language
    elif request.accept_languages:
        language = negotiate(request.headers.get("Accept-Language"), app.defaults.language)
    else:
        language = actor.language if actor else app.defaults.language
    theme = request.cookies.get("dougong-theme", "")
    return Visit(
        site=site,
        request=request,
        request_id=request_id,
        language=language,
        theme="dark" if theme == "dark" else "light" if theme == "light" else "",
        actor=actor,
        by_token=by_token,
        app=app,
        secret=secret or request.cookies.get(cookie_name(site, request, "dougong-before-login"), ""),
    )


def _who(site: Site, request: Request) -> tuple[Actor | None, str, bool]:
    """The actor, the session's secret, and whether they came by token. A token, good or bad, silences the cookie."""
    kind, _, credential = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return site.runtime.actor_of_token(credential.strip()), "", True
    secret = request.cookies.get(cookie_name(site, request, "dougong-session"), "")
    actor = site.runtime.actor_of_session(secret) if secret else None
    return actor, (secret if actor else ""), False


def from_here(visit: Visit) -> bool:
    """Whether a request comes from our own pages, as far as the browser tells."""
    site = visit.request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = visit.request.headers.get("Origin")
    return site in ("same-origin", "none") and (origin is None or origin == visit.site.origin(visit.request))


def check_forgery(visit: Visit, *, keeps_input: bool = False) -> None:
    """Refuse a write that another site made the browser send. Tokens need no such check: a browser never adds them.

    A form whose input must be kept is let through where only its token is wrong, as stale: to be shown again, and not written.
    """
    request = visit.request
    if request.method in SAFE_METHODS or visit.by_token:
        return
    if not from_here(visit):
        raise Forbidden("foreign-origin")
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
    if not hmac.compare_digest(given.encode(), visit.csrf.encode()):
        if not keeps_input:
            raise Forbidden("form-expired")
        visit.stale = True
