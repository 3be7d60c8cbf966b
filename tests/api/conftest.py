"""These tests work at the service desk, on each database."""

from tests.desk import desk, fresh_url

__all__ = ["desk", "fresh_url"]
