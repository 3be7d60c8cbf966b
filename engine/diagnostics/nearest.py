"""Did you mean …? The known name that a mistaken one is most likely meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name with the fewest typing slips from ``word``, or None where all are too far to be meant.

    A slip is one letter added, dropped, changed or swapped with its neighbour; case and '-'/'_' are free.
    About one slip in three letters is forgiven. Ties go to the alphabetically first, so the answer is stable.
    """
    wanted = _plain(word)
    if not wanted or len(word) > 80:
        return None
    allowed = max(1, (len(wanted) + 1) // 3)
    best: tuple[int, str] | None = None
    for candidate in sorted(set(known)):
        plain = _plain(candidate)
        if abs(len(plain) - len(wanted)) > allowed:
            continue
        slips = _slips(wanted, plain, allowed)
        if slips <= allowed and (best is None or slips < best[0]) and slips < max(len(wanted), len(plain)):
            best = (slips, candidate)
    return best[1] if best else None


def _plain(word: str) -> str:
    return word.casefold().replace("-", "_")


def _slips(a: str, b: str, limit: int) -> int:
    """Restricted Damerau-Levenshtein distance, given up above ``limit``."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, right in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
