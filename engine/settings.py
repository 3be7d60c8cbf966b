"""The installation's configuration, read once from the environment; nothing else reads the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator chooses for one installation."""

    database_url: str
    data_folder: Path
    base_url: str | None
    log_level: str
    trusted_hosts: tuple[str, ...]


def read(database: str | None = None) -> Settings:
    """Settings of this process; ``database`` (a command's --db) wins over DOUGONG_DB."""
    environment = os.environ
    folder = Path(environment.get("DOUGONG_DATA", "dougong-data"))
    url = database or environment.get("DOUGONG_DB") or f"sqlite:///{folder / 'dougong.db'}"
    return Settings(
        database_url=url if "://" in url else f"sqlite:///{url}",
        data_folder=folder,
        base_url=environment.get("DOUGONG_BASE_URL"),
        log_level=environment.get("DOUGONG_LOG_LEVEL", "INFO").upper(),
        trusted_hosts=tuple(filter(None, environment.get("DOUGONG_TRUSTED_HOSTS", "").split(","))),
    )


def chosen_language() -> str:
    """The language in which commands speak, as the operator says it (``zh``, ``en``); "" where that is left open."""
    return os.environ.get("DOUGONG_LANG", "").strip()


def cache_folder() -> Path | None:
    """This user's folder for what can be made again, written and writable by nobody else; None where there is no such folder."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        folder = (Path(given) if given.startswith("/") else Path.home() / ".cache") / "dougong"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.stat()
    except (OSError, RuntimeError):
        return None
    foreign = hasattr(os, "getuid") and (facts.st_uid != os.getuid() or facts.st_mode & 0o022)
    return None if foreign or not os.access(folder, os.W_OK) else folder
