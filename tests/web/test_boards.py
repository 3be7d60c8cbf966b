"""Lists that are no tables: lanes with their totals and cards, the days of a month, and one field changed where it is shown."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from werkzeug.test import TestResponse

from engine import records
from engine.records import Query, groups
from tests.web.conftest import Person, Site, text_of

BOARD = "/app/desk/ticket?view=board"
CALENDAR = "/app/desk/ticket?view=calendar"
CARD = r'<a class="dg-lead"[^>]*>\S+ (Printer \d\d)</a>'


def ticket(site: Site, number: int, by: str = "li", **values: object) -> str:
    given = {"subject": f"Printer {number:02}", "channel": "web", "status": "fresh", **values}
    return site.create("desk.ticket", given, by=by)


def lanes(page: str) -> dict[str, tuple[int, list[str]]]:
    """Lane's title → (its count, the subjects of its cards)."""
    found = {}
    for part in page.split('<section class="dg-lane')[1:]:
        title = re.search(r'<h2 class="dg-lane-title"[^>]*>.*?<span>(.*?)</span></h2>', part, re.S)
        count = re.search(r'class="dg-lane-count"[^>]*>([\d,]+)<', part)
        assert title and count
        cards = re.findall(CARD, part[: part.find("</section>")])
        found[unescape(title[1])] = (int(count[1].replace(",", "")), cards)
    return found


def move(person: Person, key: str, value: str, was: str, version: int, *, by_script: bool = True, field: str = "status") -> TestResponse:
    headers = {"Dougong-Form": "save"} if by_script else {}
    data = {"field": field, "value": value, "was": was, "version": str(version), "next": BOARD}
    return person.post(f"/app/desk/ticket/{key}/set", data, headers=headers)


def test_every_option_is_a_lane_with_its_count_and_its_first_cards(site: Site) -> None:
    for number in range(25):
        ticket(site, number, status="working" if number < 3 else "fresh")
    page = site.login("mei").page(BOARD)
    found = lanes(page)
    assert list(found) == ["New", "Working", "Waiting", "Closed"]
    assert {title: count for title, (count, _cards) in found.items()} == {"New": 22, "Working": 3, "Waiting": 0, "Closed": 0}
    assert len(found["New"][1]) == 20
    assert "25 in all" in text_of(page)


def test_the_rest_of_a_lane_comes_when_asked_for_and_nothing_comes_twice(site: Site) -> None:
    for number in range(45):
        ticket(site, number)
    person = site.login("mei")
    page = person.page(BOARD)
    seen = lanes(page)["New"][1]
    more = re.search(r'hx-get="([^"]+/lane[^"]*)"', page)
    while more:
        page = person.page(unescape(more[1]))
        seen += re.findall(CARD, page)
        more = re.search(r'hx-get="([^"]+/lane[^"]*)"', page)
    assert sorted(seen) == sorted(f"Printer {number:02}" for number in range(45))


def test_filters_and_search_narrow_the_lanes(site: Site) -> None:
    for number in range(6):
        ticket(site, number, channel="phone" if number % 2 else "web")
    found = lanes(site.login("mei").page(BOARD + "&f=channel:in:phone&q=printer"))
    assert {title: count for title, (count, _cards) in found.items()} == {"New": 3, "Working": 0, "Waiting": 0, "Closed": 0}


def test_a_board_counts_only_what_its_reader_may_see(site: Site) -> None:
    ticket(site, 1, by="li")
    ticket(site, 2, by="root")
    assert lanes(site.login("wang").page(BOARD))["New"] == (1, ["Printer 01"])
    assert lanes(site.login("root").page(BOARD))["New"][0] == 2


def test_a_board_by_people_has_a_lane_for_each_who_has_records(site: Site) -> None:
    for number, by in enumerate(["li", "li", "wang"]):
        ticket(site, number, by=by)
    with site.runtime.read(site.people["mei"]) as work:
        found = groups(work, Query("desk.ticket", totals={"n": ("count", "subject")}), "owner")
    assert [(each.reference.display if each.reference else None, each.totals) for each in found] == [
        ("Li", {"": 2, "n": 2}),
        ("Wang", {"": 1, "n": 1}),
    ]


def test_a_card_moves_and_the_history_says_who_moved_it(site: Site) -> None:
    key = ticket(site, 1, by="li")
    li = site.login("li")
    assert move(li, key, "working", "fresh", 1).status_code == 204
    assert site.value("desk.ticket", key, "status") == "working"
    with site.runtime.read(site.people["li"]) as work:
        last = records.history(work, "desk.ticket", key)[0]
    assert set(last.changes) == {"status"}


def test_without_scripts_the_form_leads_back_to_the_board(site: Site) -> None:
    key = ticket(site, 1, by="li")
    answer = move(site.login("li"), key, "closed", "fresh", 1, by_script=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, BOARD)


def test_a_change_elsewhere_is_no_obstacle_but_one_of_the_same_field_is(site: Site) -> None:
    key = ticket(site, 1, by="li")
    with site.runtime.begin(site.people["li"]) as work:
        records.update(work, "desk.ticket", key, {"cause": "dust"}, 1)
    li = site.login("li")
    assert move(li, key, "working", "fresh", 1).status_code == 204
    late = move(li, key, "closed", "fresh", 1)
    assert late.status_code == 409
    assert late.headers["Dougong-Notice"] == "1"
    assert (site.value("desk.ticket", key, "status"), site.value("desk.ticket", key, "cause")) == ("working", "dust")


@pytest.mark.parametrize("by_script", [True, False])
def test_what_a_move_lacks_is_told_with_the_way_to_the_form(site: Site, by_script: bool) -> None:
    key = ticket(site, 1, by="li", parts=[{"name": "Drum", "qty": 2, "price": "600"}])
    mei = site.login("mei")
    answer = move(mei, key, "phone", "web", 1, by_script=by_script, field="channel")
    if by_script:
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert "Refund" in page
        link = re.search(r'href="([^"]+/edit[^"]*)"', page)
        assert link
        address = unescape(link[1])
    else:
        address = answer.headers["Location"]
    form = mei.page(address)
    assert re.search(r'<option value="phone" selected', form) or re.search(r'value="phone"[^>]*checked', form)
    assert site.value("desk.ticket", key, "channel") == "web"


@pytest.mark.parametrize(
    ("who", "field", "value", "status"),
    [
        ("wang", "status", "closed", 403),
        ("li", "refund", "5", 400),
        ("li", "parts", "x", 400),
        ("li", "no_such", "x", 400),
        ("li", "due", "2026-01-01", 422),
        ("li", "status", "no such option", 422),
        ("li", "subject", "x" * 5000, 422),
        ("li", "owner", "not a key", 422),
    ],
)
def test_what_may_not_be_set_is_refused(site: Site, who: str, field: str, value: str, status: int) -> None:
    key = ticket(site, 1, by="li")
    answer = move(site.login(who), key, value, "fresh", 1, field=field)
    assert answer.status_code == status
    assert site.value("desk.ticket", key, "status") == "fresh"


def test_a_board_is_a_table_too(site: Site) -> None:
    ticket(site, 1)
    person = site.login("mei")
    page = person.page(BOARD + "&as=table")
    assert "<table" in page
    assert "data-board" not in page
    board = person.page(BOARD)
    link = re.search(r'class="dg-lane-count" href="([^"]+)"', board)
    assert link
    assert "1 in all" in text_of(person.page(unescape(link[1])))


@pytest.mark.parametrize("address", ["/lane?view=board&lane=no+such", "/lane?view=board", "/lane?view=open&lane=fresh", "/lane"])
def test_a_lane_that_is_none_is_a_bad_request(site: Site, address: str) -> None:
    assert site.login("mei").get("/app/desk/ticket" + address).status_code == 400


def test_a_calendar_shows_records_on_their_day_and_the_rest_of_a_full_day_as_a_list(site: Site) -> None:
    for number in range(7):
        ticket(site, number)
    with site.runtime.read(site.people["root"]) as work:
        due = records.find(work, Query("desk.ticket", fields=("due",))).items[0].values["due"]
    person = site.login("mei")
    page = person.page(f"{CALENDAR}&month={due:%Y-%m}")
    assert len(re.findall(r'class="dg-chip ', page)) == 4
    assert "3 more" in page
    rest = re.search(r'class="dg-chip-more" href="([^"]+)"', page)
    assert rest
    assert "7 in all" in text_of(person.page(unescape(rest[1])))
    later = (due.replace(day=1) + timedelta(days=70)).strftime("%Y-%m")
    assert "0 on these days" in text_of(person.page(f"{CALENDAR}&month={later}"))


@pytest.mark.parametrize("month", ["", "2026-13", "0000-00", "9999-12", "x", "2026-1", "１２３４-０５"])
def test_an_odd_month_is_the_present_one(site: Site, month: str) -> None:
    ticket(site, 1)
    assert "Calendar" in text_of(site.login("mei").page(f"{CALENDAR}&month={month}"))


def test_a_month_begins_on_monday_and_covers_whole_weeks(site: Site) -> None:
    page = site.login("mei", language="zh").page(f"{CALENDAR}&month=2024-02")
    days = [date.fromisoformat(each) for each in re.findall(r'<time class="dg-day" datetime="([\d-]+)"', page)]
    # February 2024 in any almanac: from Monday 29 January to Sunday 3 March.
    assert (days[0], days[-1], len(days)) == (date(2024, 1, 29), date(2024, 3, 3), 35)
    assert "2024年2月" in text_of(page)
    assert date(2024, 2, 29) in days
