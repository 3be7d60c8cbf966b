"""Everything over HTTP: the Flask application with its pages and its JSON interface, and the server that runs it."""

from engine.web.application import create_app

__all__ = ["create_app"]
