"""Where the files lie that ship beside the code: schemas, app packages, browser assets.

A source checkout is preferred; in an installed wheel the same folders stand under ``engine/_packaged``.
"""

from __future__ import annotations

from pathlib import Path

_ENGINE = Path(__file__).resolve().parent
_CHECKOUT = _ENGINE.parent
_PACKAGED = _ENGINE / "_packaged"


def _folder(name: str) -> Path:
    checkout = _CHECKOUT / name
    if (_CHECKOUT / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return _PACKAGED / name


def schemas() -> Path:
    """The folder of JSON Schemas, one per kind of definition."""
    return _folder("schemas")


def apps() -> Path:
    """The folder of the app packages that ship with the product."""
    return _folder("apps")


def examples() -> Path:
    """The folder of teaching examples."""
    return _folder("examples")


def system_package() -> Path:
    """The app package that declares what every app has: users, departments, teams."""
    return _ENGINE / "system"


def assets() -> Path:
    """The folder of built browser assets (with their manifest.json)."""
    return _ENGINE / "web" / "static" / "dist"


def language_runtime() -> Path:
    """The JavaScript that compiled expressions call."""
    return _folder("designer") / "src" / "language-runtime.js"
