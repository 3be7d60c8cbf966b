"""The functions that a page gets give in the browser itself what the server's Python gives."""

from __future__ import annotations

import shutil
from random import Random
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from tests.properties.expression_grammar import ZONES
from tests.properties.four_backends import JavascriptBackend, PythonBackend
from tests.properties.fuzz_agreement import Outcome, compare_drawn, draw
from tests.properties.random_world import world

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]


def test_random_expressions_have_one_value_in_the_browser() -> None:
    random, outcome = Random(101), Outcome()
    made = world(random, 60)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--no-first-run"])
        page = browser.new_page()
        backends: list[Any] = [PythonBackend(made), JavascriptBackend(made, "desk.ticket", page.evaluate)]
        for zone in ZONES:
            compare_drawn(draw(random, 40, zone, 4, outcome), backends, outcome)
        browser.close()
    assert outcome.differences == []
    assert outcome.pairs == 40 * 60 * len(ZONES)
    assert outcome.blank < 0.4 * outcome.pairs
    assert outcome.true > 0.1 * outcome.pairs
