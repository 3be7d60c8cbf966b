"""What every answer tells the browser about what it may do with it."""

from __future__ import annotations

from flask import Response

from engine.web.visit import Visit

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_YEAR_S = 31_536_000


def policy(nonce: str) -> str:
    """The content security policy: everything from here, no inline script; charts position by style attributes."""
    return (
        f"default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


def guard(response: Response, visit: Visit | None, *, secure: bool) -> None:
    """Add the security headers; an answer that does not say how long it may be kept is not kept at all."""
    said = {name.lower() for name, _value in response.headers}
    wanted = dict(_FIXED)
    # What is not a page runs nothing and loads nothing.
    page = response.mimetype == "text/html"
    wanted["Content-Security-Policy"] = policy(visit.nonce) if page and visit else "default-src 'none'; frame-ancestors 'none'"
    wanted["Cache-Control"] = "no-store"
    if secure:
        wanted["Strict-Transport-Security"] = f"max-age={_YEAR_S}; includeSubDomains"
    if visit is not None:
        wanted["X-Request-ID"] = visit.request_id
        wanted["Content-Language"] = visit.language
        wanted["Vary"] = "Cookie, Accept-Language"
    for name, value in wanted.items():
        if name.lower() not in said:
            response.headers.add(name, value)
