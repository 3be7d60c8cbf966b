"""Jinja2 for our own templates: autoescaped, strict about names; templates call what stands here and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.web import assets
from engine.web.menu import menu_of
from engine.web.show import initials
from engine.web.toasts import take_toast
from engine.web.visit import Visit


class Renderer:
    """Turns a template and its values into an answer."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(icon=assets.icon, scripts=assets.scripts, styles=assets.styles, initials=initials)

    def page(self, visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
        """A whole page, with menu and pending toast."""
        return self._answer(visit, template, status, {"menu": menu_of(visit), "toast": take_toast(visit), **values})

    def part(self, visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
        """A part of a page, for htmx to put in place."""
        return self._answer(visit, template, status, values)

    def _answer(self, visit: Visit, template: str, status: int, values: dict[str, Any]) -> Response:
        text = self._environment.get_template(template).render(visit=visit, t=visit.say, **values)
        return Response(text, status=status, content_type="text/html; charset=utf-8")
