"""What an apply would do: the steps between the release in force, the database as it stands and a new App. Changes nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from engine.i18n import Language, LocalizedText
from engine.store.migrations import wording
from engine.store.migrations.operations import Operation, to_json

Severity = Literal["note", "destructive", "refused"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know before applying. destructive: needs --allow-destructive. refused: cannot be applied as it stands."""

    code: str
    severity: Severity
    title: LocalizedText
    rows: int = 0
    samples: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps from one release to another. ``before`` and ``after`` are content hashes; ``before`` is None on a new database."""

    before: str | None
    after: str
    operations: tuple[Operation, ...]
    findings: tuple[Finding, ...] = ()
    interrupted: bool = False
    """Whether this is what remains of an apply that was cut short."""

    @property
    def empty(self) -> bool:
        """Whether the database already is as the App wants it."""
        return not self.operations

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """Why this cannot be applied at all."""
        return tuple(each for each in self.findings if each.severity == "refused")

    @property
    def destructive(self) -> bool:
        """Whether values would go out of use."""
        return any(each.lost for each in self.operations) or any(each.severity == "destructive" for each in self.findings)

    def text(self, language: Language, arguments: str = "…", *, allowed: bool = False) -> str:
        """The plan for people; ``arguments`` are those of the commands that it advises, quoted as a shell wants them.

        ``allowed``: values may go out of use, so nobody needs to be told how to allow it.
        """
        return wording.tell_plan(self, language, arguments, allowed=allowed)

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON values."""
        return {
            "before": self.before,
            "after": self.after,
            "interrupted": self.interrupted,
            "destructive": self.destructive,
            "refused": bool(self.refusals),
            "steps": [
                {**to_json(each), "text": {"en": wording.tell_step(each, "en"), "zh": wording.tell_step(each, "zh")}}
                for each in self.operations
            ],
            "findings": [
                {
                    **asdict(each),
                    "samples": list(each.samples),
                    "text": {"en": wording.tell_finding(each, "en"), "zh": wording.tell_finding(each, "zh")},
                }
                for each in self.findings
            ],
        }
