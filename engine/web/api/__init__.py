"""The JSON interface: records, history, tasks of programs; described by /api/openapi.json."""

from engine.web.api import files, openapi, records, sharing
from engine.web.routes import Route


def routes() -> list[Route]:
    """Every address of the interface."""
    return [*openapi.ROUTES.found, *files.ROUTES.found, *records.ROUTES.found, *sharing.ROUTES.found]


__all__ = ["routes"]
