"""Files in fields: taking them in, letting records name them, and giving them to whoever may read the field that names them."""

from __future__ import annotations

import hashlib
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import sqlalchemy as sa

from engine import access, limits
from engine.access import Actor
from engine.errors import BadRequest, Conflict, FieldProblem, Forbidden, NotFound, TooLarge
from engine.ids import is_id, new_id
from engine.model.app import App
from engine.model.kinds.entity import FILE_KINDS, Entity, Field
from engine.records import gate
from engine.records.derive import Values
from engine.records.draft import Draft
from engine.records.plan import EntityPlan
from engine.store import UnitOfWork, files
from engine.store.files import StoredFile

_SPOOLED_BYTES = 1_000_000
_READ_BYTES = 65_536
_HEAD_BYTES = 16
_MAX_MB = limits.file_bytes_max // 1_000_000

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,10}$")
OPAQUE = "application/octet-stream"
_OFFICE = "application/vnd.openxmlformats-officedocument."
IMAGE_TYPES: Mapping[str, tuple[str, ...]] = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
}
"""The images that are shown in pages, with the endings that belong to them; never SVG, which is a program."""
_TYPES = {
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".zip": "application/zip",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
    ".docx": _OFFICE + "wordprocessingml.document",
    ".xlsx": _OFFICE + "spreadsheetml.sheet",
    ".pptx": _OFFICE + "presentationml.presentation",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
}
"""What a file is said to be, by its ending; anything else, above all what a browser could run, is opaque bytes."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that has come in whole and within the limit, not yet stored."""

    name: str
    media_type: str
    size: int
    sha256: str
    content: IO[bytes]


def clean_name(raw: str) -> str:
    """A name to show and to save under: no folders, no invisible or direction-turning characters, nothing a system reserves."""
    name = unicodedata.normalize("NFC", raw[-4096:]).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(each for each in name if unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
    name = _FORBIDDEN.sub("_", name).strip(" .")
    if _RESERVED.match(name):
        name = f"_{name}"
    if len(name) > limits.file_name_chars_max:
        tail = ending_of(name)
        name = name[: limits.file_name_chars_max - len(tail)] + tail
    return name or "file"


def ending_of(name: str) -> str:
    """A file name's ending with its dot, in small letters; "" where it has none."""
    found = _ENDING.search(name)
    return found[0].lower() if found else ""


def image_type(head: bytes) -> str | None:
    """Which image a file is, by its first bytes; None where it is none that is shown."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def _media_type(name: str, head: bytes) -> str:
    """By what the file is, not by what its sender says: an image only where content and ending agree."""
    ending, image = ending_of(name), image_type(head)
    if image is not None:
        return image if ending in IMAGE_TYPES[image] else OPAQUE
    return _TYPES.get(ending, OPAQUE)


@contextmanager
def receive(stream: IO[bytes], raw_name: str) -> Iterator[Incoming]:
    """Read a file to its end or to the limit, in little memory. Raises TooLarge, BadRequest (empty)."""
    name, digest, size, head = clean_name(raw_name), hashlib.sha256(), 0, b""
    with tempfile.SpooledTemporaryFile(max_size=_SPOOLED_BYTES) as spool:
        while piece := stream.read(_READ_BYTES):
            size += len(piece)
            if size > limits.file_bytes_max:
                raise TooLarge("file-too-large", name=name, max_mb=_MAX_MB)
            head += piece[: _HEAD_BYTES - len(head)]
            digest.update(piece)
            spool.write(piece)
        if not size:
            raise BadRequest("file-empty", name=name)
        spool.seek(0)
        yield Incoming(name, _media_type(name, head), size, digest.hexdigest(), spool)


def may_upload(app: App, actor: Actor) -> bool:
    """Whether there is any field that the actor could put a file into."""
    return actor.id is not None and any(
        field.kind in FILE_KINDS and access.fields(app, actor, entity.name).get(field.name) == "write"
        for entity in app.entities.values()
        for field in entity.fields.values()
    )


def upload(work: UnitOfWork, incoming: Incoming) -> dict[str, Any]:
    """Store a file for its uploader; gives it as a field names it. Raises Forbidden, Conflict (too many that no record names)."""
    user = work.actor.id
    if user is None or not may_upload(work.app, work.actor):
        raise Forbidden("forbidden")
    files.sweep(work.connection, work.now)
    count, size = files.loose(work.connection, user)
    if count >= limits.loose_files_max or size + incoming.size > limits.loose_files_bytes_max:
        raise Conflict("too-many-loose-files")
    file = StoredFile(new_id(), incoming.name, incoming.media_type, incoming.size, incoming.sha256, work.now, user)
    files.keep(work.connection, file, incoming.content)
    return kept_form(file)


def kept_form(file: StoredFile) -> dict[str, Any]:
    """A file as a field holds it."""
    return {"id": file.id, "name": file.name, "size": file.size, "media_type": file.media_type}


def loose_files(work: UnitOfWork, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Those of these files that are the actor's own and in no record yet, as a field would hold them, by id."""
    found = files.find(work.connection, [key for key in keys if is_id(key)])
    return {key: kept_form(file) for key, file in found.items() if _is_own(work, file)}


def _is_own(work: UnitOfWork, file: StoredFile) -> bool:
    return file.record is None and file.uploaded_by is not None and file.uploaded_by == work.actor.id


def files_named(work: UnitOfWork, plan: EntityPlan, record: Values, given: Values) -> list[FieldProblem]:
    """Replace the ids in given values (of the record and of its lines) by the files they name, and say which cannot be named.

    A record may name what its writer has uploaded, and what the same field of it names or has just named already.
    """
    problems = _named(work, plan, record["id"], given)
    for name in plan.lines.keys() & given.keys():
        for position, line in enumerate(given[name]):
            found = _named(work, plan.lines[name], line["id"], line)
            problems += [FieldProblem(f"{name}.{position}.{each.field}", each.code, each.params) for each in found]
    for definition in plan.files:
        if definition.name in given:
            record[definition.name] = given[definition.name]
    return problems


def _named(work: UnitOfWork, plan: EntityPlan, record: str, values: Values) -> list[FieldProblem]:
    wanted = [each for each in plan.files if values.get(each.name)]
    if not wanted:
        return []
    stored = files.find(work.connection, [each["id"] for definition in wanted for each in values[definition.name]])
    problems: list[FieldProblem] = []
    for definition in wanted:
        place = (plan.entity.name, record, definition.name)
        good = []
        for each in values[definition.name]:
            file = stored.get(each["id"])
            if file is None or not (_is_own(work, file) or (file.entity, file.record, file.field) == place):
                problems.append(FieldProblem(definition.name, "no-such-file"))
                continue
            if file.record is None:
                problems += _unsuitable(definition, file)
            good.append(kept_form(file))
        values[definition.name] = good or None
    return problems


def _unsuitable(definition: Field, file: StoredFile) -> list[FieldProblem]:
    """Why a field does not take a file; asked when it comes in, so that a definition may become stricter later."""
    accepted = definition.constraints.get("accept")
    if definition.kind == "image" and file.media_type not in IMAGE_TYPES:
        return [FieldProblem(definition.name, "not-an-image", {"name": file.name})]
    if accepted and not any(_accepts(each, file) for each in accepted):
        return [FieldProblem(definition.name, "file-not-accepted", {"name": file.name, "accept": ", ".join(accepted)})]
    return []


def _accepts(accepted: str, file: StoredFile) -> bool:
    if accepted.startswith("."):
        return ending_of(file.name) == accepted
    return file.media_type == accepted or (accepted.endswith("/*") and file.media_type.startswith(accepted[:-1]))


def bind_files(work: UnitOfWork, plan: EntityPlan, drafts: Sequence[Draft]) -> None:
    """Give written records the files they name and let go of those they name no more. Raises Conflict (named elsewhere meanwhile)."""
    lined = [name for name, line_plan in plan.lines.items() if line_plan.files]
    if not plan.files and not lined:
        return
    for draft in drafts:
        before = draft.before or {}
        _bind(work, plan, draft.id, before, draft.values)
        for name in lined:
            old = {line["id"]: line for line in before.get(name) or ()}
            for line in draft.values.get(name) or ():
                _bind(work, plan.lines[name], line["id"], old.pop(line["id"], {}), line)
            for key, line in old.items():
                _bind(work, plan.lines[name], key, line, {})


def _bind(work: UnitOfWork, plan: EntityPlan, record: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    for definition in plan.files:
        old = {each["id"] for each in before.get(definition.name) or ()}
        new = {each["id"] for each in after.get(definition.name) or ()}
        place = (plan.entity.name, record, definition.name)
        if new - old and files.claim(work.connection, new - old, work.actor.id, place, work.now) < len(new - old):
            raise Conflict("file-taken")
        if old - new:
            files.detach(work.connection, old - new, work.now)
            files.sweep(work.connection, work.now)


def open_file(work: UnitOfWork, key: str) -> StoredFile:
    """A file that the actor may have: their own loose one, or one that a field they may read names now. Raises NotFound."""
    file = files.find(work.connection, [key]).get(key) if is_id(key) else None
    if file is None or not (_is_own(work, file) or _is_named(work, file)):
        raise NotFound("no-such-file")
    return file


def _is_named(work: UnitOfWork, file: StoredFile) -> bool:
    entity = work.app.entities.get(file.entity or "")
    if entity is None or file.record is None or not _may_read_field(work, entity, file.field or ""):
        return False
    table = work.tables[entity.name]
    columns = [table.c[file.field or ""], *([table.c.parent] if entity.parent else [])]
    row = work.connection.execute(sa.select(*columns).where(table.c.id == file.record, table.c.deleted_at.is_(None))).first()
    if row is None or file.id not in {each["id"] for each in row[0] or () if isinstance(each, Mapping)}:
        return False
    top = work.app.entities[entity.parent] if entity.parent else entity
    owner = row[1] if entity.parent else file.record
    return owner in gate.ids_allowed(work, top, "read", [owner])


def _may_read_field(work: UnitOfWork, entity: Entity, name: str) -> bool:
    definition = entity.fields.get(name)
    if definition is None or not definition.column or definition.kind not in FILE_KINDS:
        return False
    if not access.readable(access.fields(work.app, work.actor, entity.name), name):
        return False
    if entity.parent is None:
        return True
    return access.readable(access.fields(work.app, work.actor, entity.parent), entity.parent_field or "")
