"""The generated HTML pages: lists, records, forms, trash, account."""

from engine.web.pages import account, bulk, files, forms, home, imports, lists, people, picks, records, trash
from engine.web.routes import Route


def routes() -> list[Route]:
    """Every HTML route of an app."""
    return [
        route for part in (home, files, lists, bulk, imports, people, picks, forms, trash, records, account) for route in part.ROUTES.found
    ]


__all__ = ["routes"]
