"""Records that an app package brings along: reference data by natural key, and demo data apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.diagnostics.source import Span


@dataclass(frozen=True, slots=True)
class DataSet:
    """Rows of one entity in order; ``key`` are the fields that identify a row; a ref's value is the target's natural key.

    Values are lexical (text as written in YAML or CSV); they are parsed by the same path as an import.
    """

    name: str
    app: str
    entity: str
    key: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    demo: bool
    span: Span
