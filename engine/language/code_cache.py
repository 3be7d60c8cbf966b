"""Compiled Python of checked expressions on disk, so that a process that starts need not compile them again.

A file holds marshalled code, keyed by the text of each expression (or, for a server, by the source generated from it),
for one meaning of names (``schema``: a content hash), one version of the engine and one Python. Marshalled code is run
as it is: a file counts only where it is whole and nobody but its owner can write it.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from engine import __version__
from engine.language.backends.python import Evaluate, asked_code, function_of, reuse_code, written_code
from engine.language.expression import Expression

_Entries = dict[tuple[str, ...], tuple[Any, list[tuple[str, Any]], str]]
_DIGEST_BYTES = 32
_FILES_MAX = 24
_KEPT: Mapping[type[Any], tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    datetime: ("m", datetime.isoformat, datetime.fromisoformat),
    date: ("d", date.isoformat, date.fromisoformat),
    time: ("c", time.isoformat, time.fromisoformat),
    timedelta: ("s", lambda span: (span.days, span.seconds, span.microseconds), lambda parts: timedelta(*parts)),
    frozenset: ("f", lambda items: [_packed(item) for item in items], lambda items: frozenset(map(_unpacked, items))),
}
_UNPACK = {mark: read for mark, _, read in _KEPT.values()}


def _packed(value: Any) -> tuple[str, Any]:
    known = _KEPT.get(type(value))
    return ("", value) if known is None else (known[0], known[1](value))


def _unpacked(pair: tuple[str, Any]) -> Any:
    return pair[1] if not pair[0] else _UNPACK[pair[0]](pair[1])


class CodeCache:
    """The functions of one meaning of names; ``save`` writes those that were added."""

    def __init__(self, folder: Path, schema: str) -> None:
        self.path = _path(folder, schema)
        self._entries: _Entries = _read(self.path)
        self._added = False

    def get(self, key: tuple[str, ...]) -> tuple[Evaluate, str] | None:
        """The function that was kept under a key (the text first), and the note that was kept with it; None where there is none."""
        found = self._entries.get(key)
        if found is None:
            return None
        code, constants, note = found
        return function_of(code, [_unpacked(each) for each in constants]), note

    def add(self, key: tuple[str, ...], expression: Expression, note: str = "") -> Evaluate:
        """Keep the function of an expression under a key; a note may say what else is to be known of it."""
        code, constants = written_code(expression.core)
        self._entries[key] = (code, [_packed(each) for each in constants], note)
        self._added = True
        return function_of(code, constants)

    def save(self) -> None:
        """Write the file anew where something was added; others see the old one or the new one, never half of it."""
        if not self._added:
            return
        _write(self.path, self._entries)
        self._added = False


@contextmanager
def kept_code(folder: Path | None, schema: str) -> Iterator[None]:
    """Functions made inside are taken from the folder where they were made before, and kept there for the next process.

    ``schema`` names the app (its content hash): one file holds what one app needs. A folder that can't be written to,
    or None, costs time only.
    """
    if folder is None:
        yield
        return
    path = _path(folder, f"{schema} code")
    known = {key[0]: entry[0] for key, entry in _read(path).items()}
    reuse_code(known)
    with asked_code() as asked:
        yield
    if asked.keys() - known.keys():
        try:
            _write(path, {(source,): (code, [], "") for source, code in {**known, **asked}.items()})
            _prune(folder)
        except OSError:
            return


def _path(folder: Path, schema: str) -> Path:
    stem = hashlib.sha256(f"{schema}\0{__version__}\0{sys.implementation.cache_tag}".encode()).hexdigest()[:32]
    return folder / f"expressions-{stem}.bin"


def _prune(folder: Path) -> None:
    """Keep the files of the apps that were compiled last."""
    found = sorted(folder.glob("expressions-*.bin"), key=lambda path: path.stat().st_mtime)
    for path in found[:-_FILES_MAX]:
        path.unlink(missing_ok=True)


def _write(path: Path, entries: _Entries) -> None:
    body = marshal.dumps(entries)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    waiting = path.with_name(f"{path.name}.{os.getpid()}")
    waiting.touch(0o600)
    waiting.write_bytes(hashlib.sha256(body).digest() + body)
    waiting.replace(path)


def _read(path: Path) -> _Entries:
    try:
        with path.open("rb") as file:
            facts = os.fstat(file.fileno())
            foreign = hasattr(os, "getuid") and (facts.st_uid != os.getuid() or facts.st_mode & 0o022)
            content = b"" if foreign else file.read()
    except OSError:
        return {}
    body = content[_DIGEST_BYTES:]
    if not body or hashlib.sha256(body).digest() != content[:_DIGEST_BYTES]:
        return {}
    try:
        entries: _Entries = marshal.loads(body)  # noqa: S302 - our own file, checked above
    except (ValueError, EOFError, TypeError):
        return {}
    shaped = isinstance(entries, dict) and all(isinstance(entry, tuple) and len(entry) == 3 for entry in entries.values())
    return entries if shaped else {}
