"""What is wrong with what an author wrote: a code, a place, the parameters of its message and a possible fix.

Checks return diagnostics, they never raise and never print; words are put in only when one is rendered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.diagnostics.source import Span

Severity = Literal["error", "warning", "note"]
_RANK = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    ``code`` names the message (and its page under ``dougong explain``); ``params`` fill the message's braces;
    ``fix`` is text that may replace the span to cure the finding; ``suggestion`` a near name to ask about.
    """

    code: str
    severity: Severity
    span: Span
    params: Mapping[str, Any] = field(default_factory=dict)
    fix: str | None = None

    @property
    def order(self) -> tuple[Any, ...]:
        """Sort key: by file and place, then gravest first, so that a run's output is always the same."""
        span = self.span
        return (span.path, span.line, span.column, _RANK[self.severity], self.code, sorted((k, str(v)) for k, v in self.params.items()))


def error(code: str, span: Span, *, fix: str | None = None, **params: Any) -> Diagnostic:
    """A finding that keeps the app from running."""
    return Diagnostic(code, "error", span, params, fix)


def warning(code: str, span: Span, *, fix: str | None = None, **params: Any) -> Diagnostic:
    """A finding that the author should look at, while the app may run."""
    return Diagnostic(code, "warning", span, params, fix)


def has_errors(found: Iterable[Diagnostic]) -> bool:
    """Whether anything found keeps the app from running."""
    return any(one.severity == "error" for one in found)


def in_order(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Findings by place, each once."""
    seen: set[str] = set()
    kept = []
    for one in sorted(found, key=lambda d: d.order):
        key = repr((one.code, one.span, sorted((k, str(v)) for k, v in one.params.items())))
        if key not in seen:
            seen.add(key)
            kept.append(one)
    return tuple(kept)
