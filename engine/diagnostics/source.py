"""Where in an author's files something stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: 0-based lines and columns in code points, end exclusive.

    ``path`` begins with the label of the package (its folder as the caller named it, or the app's name), so that
    places in several packages can't be mistaken for each other.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def whole(cls, path: str) -> Span:
        """The start of a file, for what concerns it as a whole."""
        return cls(path, 0, 0, 0, 0)


def split_lines(text: str) -> list[str]:
    """The lines of a file as YAML counts them (also at NEL, LS and PS), so that a line number finds its line."""
    return _BREAK.split(text)
