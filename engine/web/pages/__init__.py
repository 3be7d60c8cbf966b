"""The generated HTML pages: lists, records, forms, trash, account."""

from engine.web.pages import account, bulk, files, forms, home, imports, lists, people, picks, records, setting, trash
from engine.web.routes import Route

_PARTS = (home, files, lists, bulk, setting, imports, people, picks, forms, trash, records, account)


def routes() -> list[Route]:
    """Every HTML route of an app."""
    return [route for part in _PARTS for route in part.ROUTES.found]


__all__ = ["routes"]
