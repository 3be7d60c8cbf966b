"""The first page: a card for each list, with the number of records in that list and no other."""

from __future__ import annotations

import re

from tests.web.conftest import Site


def test_a_card_counts_the_records_of_its_own_list(site: Site) -> None:
    for number, status in enumerate(("fresh", "fresh", "closed")):
        site.create("desk.ticket", {"subject": f"Ticket {number}", "channel": "web", "status": status, "owner": site.people["li"].id})
    page = site.login("li").page("/")
    found = re.findall(r'href="([^"]*ticket\?view=[a-z_]+)"(?:(?!href=).)*?dg-card-count[^>]*>\s*(\d+)\s*<', page, re.S)
    counts = {href: int(count) for href, count in found}
    assert counts == {"/app/desk/ticket?view=open": 2, "/app/desk/ticket?view=mine": 2, "/app/desk/ticket?view=board": 3}


def test_the_button_for_a_new_record_is_called_by_the_record_not_the_list(site: Site) -> None:
    page = site.login("li").page("/")
    assert "New Ticket" in page
    assert not re.search(r"New (Open|My|Board)", page)
