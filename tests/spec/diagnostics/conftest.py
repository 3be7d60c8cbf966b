"""``--accept`` writes what is rendered now as what is expected; look at the difference before committing it."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="write the rendered diagnostics as the expected ones")
