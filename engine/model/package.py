"""An app package as it lies on disk or in a zip: its files in memory, verbatim. Nothing is ever extracted.

What can't be taken safely is a diagnostic in ``Package.problems``; reading never raises for what a package holds.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from engine import limits
from engine.diagnostics import Diagnostic, Span, error

DEFINITIONS = (".yaml", ".yml", ".json")
_ALLOWED = (*DEFINITIONS, ".csv", ".md", ".html", ".png", ".svg", ".po", ".txt")
_ENCRYPTED = 0x1
_CHUNK = 65_536
_RATIO_FREE_BYTES = 100_000


@dataclass(frozen=True)
class Package:
    """The files of one app by path inside the package, with ``/`` between folders.

    ``label`` is how places in it are named in messages (the folder as the caller gave it, or the app's name).
    """

    label: str
    files: Mapping[str, bytes]
    problems: tuple[Diagnostic, ...] = ()
    origin: Path | None = field(default=None, compare=False)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over names and contents, the same wherever the package lies."""
        digest = hashlib.sha256()
        for path in sorted(self.files):
            name = path.encode()
            digest.update(len(name).to_bytes(4) + name + len(self.files[path]).to_bytes(8) + self.files[path])
        return digest.hexdigest()

    def place(self, path: str) -> str:
        """How a file of the package is named in messages."""
        return f"{self.label}/{path}"

    def definitions(self) -> Iterator[str]:
        """The paths of definition files, in order."""
        return (path for path in sorted(self.files) if path.lower().endswith(DEFINITIONS))


def read_package(path: Path | str, label: str | None = None) -> Package:
    """The package in a folder or a zip file; ``label`` defaults to the path as given."""
    where = Path(path)
    named = label or where.as_posix()
    if not str(path):
        named = "''"  # Path would take it for the folder at hand
    try:
        facts = where.stat() if str(path) else None
        if facts is not None and stat.S_ISDIR(facts.st_mode):
            return _from_folder(where, named)
        if facts is not None and stat.S_ISREG(facts.st_mode):
            if facts.st_size > limits.package_bytes_max:
                return Package(named, {}, (_too_large(Span.whole(named)),), where)
            return _from_zip(where.read_bytes(), named, where)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        pass  # ValueError: a name with a zero character
    except OSError as found:
        return Package(named, {}, (_unreadable(Span.whole(named), found),), where)
    return Package(named, {}, (error("package-not-found", Span.whole(named), path=named),))


def read_zip(data: bytes, label: str) -> Package:
    """The package in the bytes of a zip file (an upload)."""
    return _from_zip(data, label, None)


def _from_folder(root: Path, label: str) -> Package:
    files: dict[str, bytes] = {}
    problems: list[Diagnostic] = []
    total = 0
    for path in _walk(root, root, label, problems):
        name = path.relative_to(root).as_posix()
        whole = Span.whole(f"{label}/{name}")
        try:
            size = path.stat().st_size
            total += size
            if len(files) >= limits.package_files_max or total > limits.package_bytes_max:
                problems.append(_too_large(Span.whole(label)))
                break
            if size > _most_bytes(name):
                problems.append(error("file-too-large", whole, bytes=size, most=_most_bytes(name)))
                continue
            files[name] = path.read_bytes()
        except OSError as found:
            problems.append(_unreadable(whole, found))
    return Package(label, files, tuple(problems), root)


def _walk(root: Path, folder: Path, label: str, problems: list[Diagnostic], depth: int = 0) -> Iterator[Path]:
    """Files of the allowed sorts; hidden ones and other sorts are left alone. What cannot be part of a package is reported."""
    try:
        listed = sorted(folder.iterdir())
    except OSError as found:
        problems.append(_unreadable(_span(root, folder, label), found))
        return
    for path in listed:
        if path.name.startswith((".", "__")):
            continue
        span, wanted = _span(root, path, label), path.suffix.lower() in _ALLOWED
        name = path.relative_to(root).as_posix()
        try:
            mode = path.lstat().st_mode
        except OSError as found:
            problems.append(_unreadable(span, found))
            continue
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            problems.append(error("package-link", span))
        elif stat.S_ISDIR(mode) and wanted:
            problems.append(error("package-folder-name", span, name=path.name))
        elif stat.S_ISDIR(mode) and depth >= limits.document_depth_max:
            problems.append(error("package-too-deep", span, most=limits.document_depth_max))
        elif stat.S_ISDIR(mode):
            yield from _walk(root, path, label, problems, depth + 1)
        elif wanted and _unsafe(name, name):
            problems.append(error("package-path", span, path=span.path))
        elif wanted:
            yield path


def _span(root: Path, path: Path, label: str) -> Span:
    """The start of a file or folder. Bytes of its name that are no text are shown as such, since places are written out."""
    name = path.relative_to(root).as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return Span.whole(f"{label}/{name}" if name != "." else label)


def _unreadable(span: Span, found: OSError) -> Diagnostic:
    return error("package-unreadable", span, problem=os.strerror(found.errno) if found.errno is not None else "?")


def _most_bytes(name: str) -> int:
    return limits.package_file_bytes_max if name.lower().endswith(DEFINITIONS) else 20 * limits.package_file_bytes_max


def _too_large(span: Span) -> Diagnostic:
    return error("package-too-large", span, files=limits.package_files_max, most=limits.package_bytes_max)


def _from_zip(data: bytes, label: str, origin: Path | None) -> Package:
    whole = Span.whole(label)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeDecodeError):
        return Package(label, {}, (error("package-not-zip", whole),), origin)
    if len(members) > limits.package_files_max:
        return Package(label, {}, (_too_large(whole),), origin)
    problems: list[Diagnostic] = []
    wanted: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for member in members:
        found = _member_problem(member, label, seen)
        if found is not None:
            problems.append(found)
        elif not member.is_dir():
            wanted[member.filename] = member
    files = {} if problems else _inflate(archive, wanted, label, problems)
    return Package(label, _without_top_folder(files), tuple(problems), origin)


def _member_problem(member: zipfile.ZipInfo, label: str, seen: set[str]) -> Diagnostic | None:
    name = member.filename
    whole = Span.whole(f"{label}/{name[:200]}")
    if _unsafe(name, member.orig_filename):
        return error("package-path", whole, path=name[:200])
    mode = member.external_attr >> 16
    if stat.S_ISLNK(mode) or (stat.S_IFMT(mode) and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)):
        return error("package-link", whole)
    if member.flag_bits & _ENCRYPTED:
        return error("package-encrypted", whole)
    folded = unicodedata.normalize("NFC", name.rstrip("/")).casefold()
    if folded in seen:
        return error("package-twice", whole, path=name[:200])
    seen.add(folded)
    if not member.is_dir() and PurePosixPath(name).suffix.lower() not in _ALLOWED:
        return error("package-file-sort", whole, allowed=list(_ALLOWED))
    if member.file_size > _most_bytes(name):
        return error("file-too-large", whole, bytes=member.file_size, most=_most_bytes(name))
    return None


def _unsafe(name: str, original: str) -> bool:
    """Names that could lead out of the package, or mean different files on different systems."""
    parts = name.rstrip("/").split("/")
    strange = any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") for c in original)
    return (
        strange
        or "\\" in original
        or ":" in name
        or len(name) > 200
        or any(part in ("", ".", "..") or part != part.strip() or part.endswith(".") for part in parts)
    )


def _inflate(archive: zipfile.ZipFile, wanted: Mapping[str, zipfile.ZipInfo], label: str, problems: list[Diagnostic]) -> dict[str, bytes]:
    """Member contents, counted while they inflate: what an archive says about sizes is not believed."""
    files: dict[str, bytes] = {}
    total = 0
    for name, member in wanted.items():
        whole = Span.whole(f"{label}/{name}")
        most = min(_most_bytes(name), limits.package_bytes_max - total)
        try:
            content = _read_member(archive, member, most)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
            problems.append(error("package-damaged", whole))
            continue
        ratio = len(content) / max(1, member.compress_size)
        if len(content) > most or (ratio > limits.package_zip_ratio_max and len(content) > _RATIO_FREE_BYTES):
            problems.append(error("package-bomb", whole))
            break
        total += len(content)
        files[name] = content
    return files


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """At most one chunk more than ``most`` bytes of a member."""
    content = bytearray()
    with archive.open(member) as stream:
        while len(content) <= most:
            chunk = stream.read(_CHUNK)
            if not chunk:
                break
            content += chunk
    return bytes(content)


def _without_top_folder(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """A zip of a folder has everything under that folder's name; the package begins below it."""
    tops = {path.partition("/")[0] for path in files}
    if len(tops) == 1 and all("/" in path for path in files):
        return {path.partition("/")[2]: content for path, content in files.items()}
    return files
