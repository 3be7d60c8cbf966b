"""Text for people in their language: labels that a definition carries in several languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@dataclass(frozen=True, slots=True)
class LocalizedText:
    """A label or message in English and Chinese; where one is missing, the other serves."""

    en: str
    zh: str

    def text(self, language: Language) -> str:
        """The text in a language, never empty where the other language has one."""
        return (self.zh or self.en) if language == "zh" else (self.en or self.zh)

    def beside(self, other: LocalizedText) -> LocalizedText:
        """Two labels of which the first leads to the second: ``Caller · Name``."""
        return LocalizedText(*(f"{self.text(language)} · {other.text(language)}" for language in LANGUAGES))

    @classmethod
    def same(cls, text: str) -> LocalizedText:
        """One text that serves every language."""
        return cls(en=text, zh=text)


def negotiate(accept_language: str | None, default: Language) -> Language:
    """The best of our languages for an Accept-Language header (RFC 9110 section 12.5.4)."""
    best: tuple[float, Language] | None = None
    for part in (accept_language or "").split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.split("-")[0].lower()
        quality = 1.0
        if parameters.strip().startswith("q="):
            try:
                quality = float(parameters.strip()[2:])
            except ValueError:
                quality = 0.0
        for known in LANGUAGES:
            if language == known and quality > 0 and (best is None or quality > best[0]):
                best = (quality, known)
    return best[1] if best else default
