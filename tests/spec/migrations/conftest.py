"""Databases for the tests of this folder."""

from tests.fresh_database import fresh_url

__all__ = ["fresh_url"]
