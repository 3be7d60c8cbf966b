"""Files that people sent to be imported: kept beside the database under names of ours until the import is done."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from werkzeug.datastructures import FileStorage

from engine.errors import NotFound
from engine.ids import is_id, new_id
from engine.records.transfer import Survey, survey
from engine.settings import Settings

_KEPT_S = 3 * 24 * 3600
_ALIVE_S = 20


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file, whose it is, and (once it runs) how its import stands.

    ``progress``: state (running, done, failed), import ids, the mapping, when it last moved; {} before it runs.
    """

    id: str
    owner: str
    entity: str
    survey: Survey
    path: Path
    progress: dict[str, Any]

    @property
    def alive(self) -> bool:
        """Whether somebody is working on it right now."""
        return self.progress.get("state") == "running" and time.time() - self.progress.get("moved", 0) < _ALIVE_S


class Uploads:
    """The folder of uploads of one installation."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data_folder / "uploads"

    def keep(self, file: FileStorage, owner: str, entity: str) -> Upload:
        """Take a file in. Raises BadRequest for one that cannot be read as rows; then nothing is kept."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._forget_old()
        key = new_id()
        path = self._folder / key
        file.save(path)
        try:
            seen = survey(path, name=(file.filename or "file")[-120:])
        except Exception:
            path.unlink()
            raise
        upload = Upload(key, owner, entity, seen, path, {})
        self._write(upload)
        return upload

    def find(self, key: str, owner: str, entity: str) -> Upload:
        """An upload of this person for this entity; raises NotFound for any other."""
        about = self._folder / f"{key}.json"
        if not is_id(key) or not about.is_file():
            raise NotFound("no-page")
        said = json.loads(about.read_text("utf-8"))
        if said["owner"] != owner or said["entity"] != entity:
            raise NotFound("no-page")
        seen = Survey(**{**said["survey"], "headers": tuple(said["survey"]["headers"])})
        return Upload(key, owner, entity, seen, self._folder / key, said["progress"])

    def note(self, upload: Upload, **progress: Any) -> None:
        """Write down how an upload's import stands."""
        upload.progress.update(progress, moved=time.time())
        self._write(upload)

    def _write(self, upload: Upload) -> None:
        said = {"owner": upload.owner, "entity": upload.entity, "survey": asdict(upload.survey), "progress": upload.progress}
        about = self._folder / f"{upload.id}.json"
        fresh = about.with_suffix(".new")
        fresh.write_text(json.dumps(said), "utf-8")
        fresh.replace(about)

    def _forget_old(self) -> None:
        for path in self._folder.iterdir():
            if time.time() - path.stat().st_mtime > _KEPT_S:
                path.unlink(missing_ok=True)
