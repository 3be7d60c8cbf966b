"""The values of an app's settings: what an administrator chose, else the declared default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.model.app import App
from engine.store.identity import move_access_epoch
from engine.store.schema import SETTING


def read_settings(connection: sa.Connection, app: App) -> Mapping[str, Any]:
    """Every setting by the name that expressions use (``settings.first_reply``), in kept form."""
    chosen = {row.name: row.value for row in connection.execute(sa.select(SETTING.c.name, SETTING.c.value))}
    return {f"settings.{setting.name}": chosen.get(setting.name, setting.default) for setting in app.settings.values()}


def write_setting(connection: sa.Connection, name: str, value: Any) -> None:
    """Choose a setting's value (kept form); every process uses it from its next unit of work on."""
    connection.execute(sa.delete(SETTING).where(SETTING.c.name == name))
    connection.execute(sa.insert(SETTING).values(name=name, value=value))
    move_access_epoch(connection)
