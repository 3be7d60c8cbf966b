"""These tests run real servers on each database."""

from tests.fresh_database import fresh_url

__all__ = ["fresh_url"]
