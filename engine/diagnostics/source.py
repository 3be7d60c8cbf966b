"""Where in an author's files something stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: 0-based lines and columns in code points, end exclusive; ``path`` is relative to the package."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def whole(cls, path: str) -> Span:
        """The start of a file, for what concerns it as a whole."""
        return cls(path, 0, 0, 0, 0)
