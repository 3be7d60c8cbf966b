"""The built browser bundle: which hashed files a page loads, and the drawings of icons."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from engine import resources
from engine.errors import DougongError


class BundleMissing(DougongError):
    """The browser bundle was not built; an installation without it must not start."""

    code = "bundle-missing"


@cache
def _manifest() -> dict[str, Any]:
    path = resources.assets() / "manifest.json"
    if not path.is_file():
        raise BundleMissing(path=str(path))
    return dict(json.loads(path.read_text("utf-8")))


@cache
def scripts(entry: str) -> tuple[str, ...]:
    """Paths below ``/static/`` of the JavaScript of one entry (``app``)."""
    return (str(_manifest()[f"src/{entry}.ts"]["file"]),)


@cache
def styles(entry: str) -> tuple[str, ...]:
    """Paths below ``/static/`` of the style sheets of one entry."""
    return tuple(_manifest()[f"src/{entry}.ts"].get("css", ()))


@cache
def files() -> frozenset[str]:
    """Every file that may be served: nothing else under the folder is reachable."""
    folder: Path = resources.assets()
    return frozenset(path.relative_to(folder).as_posix() for path in (folder / "assets").iterdir())


@cache
def _icons() -> dict[str, Any]:
    path = resources.assets() / "icons.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


@cache
def icon(name: str, extra: str = "") -> Markup:
    """An icon as inline SVG, hidden from screen readers (the words beside it speak); an unknown name gives a plain square."""
    nodes = _icons().get(name) or _icons().get("square", [])
    drawn = Markup("").join(
        Markup("<{} {}/>").format(tag, Markup(" ").join(Markup('{}="{}"').format(key, value) for key, value in attributes.items()))
        for tag, attributes in nodes
    )
    return Markup(
        '<svg class="icon {}" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>'
    ).format(extra, drawn)
