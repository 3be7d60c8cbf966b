"""Lists: what is asked for in an address is what is shown, counted and exported."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest

from engine import records
from engine.web.pages.listing import decode_filter, encode_filter
from tests.web.conftest import PASSWORD, Site, text_of

LIST = "/app/desk/ticket"


@pytest.fixture
def tickets(site: Site) -> Site:
    """Thirty tickets: every third by phone, every second closed; each costs ten times its number."""
    caller = site.create("desk.person", {"name": "Grace", "region": "north"})
    for number in range(30):
        site.create(
            "desk.ticket",
            {
                "subject": f"Printer {number:02}",
                "channel": "phone" if number % 3 == 0 else "web",
                "status": "closed" if number % 2 else "fresh",
                "caller": caller if number < 5 else None,
                "refund": "0" if number % 3 == 0 else None,
                "parts": [{"name": "Toner", "qty": number, "price": "10"}] if number else [],
            },
        )
    return site


def subjects(page: str) -> list[str]:
    return sorted(set(re.findall(r"Printer \d\d", page[page.find("<tbody") : page.find("</tbody")])))


CASES = {
    "the default view leaves out the closed ones": ("", 15),
    "search in the view": ("?q=printer+08", 1),
    "one choice": ("?f=channel:in:phone", 5),
    "two filters": ("?f=channel:in:phone&f=cost:ge:100", 3),
    "two choices": ("?f=channel:in:phone|web", 15),
    "none of the choices": ("?f=channel:notin:phone", 10),
    "a number": ("?f=cost:lt:100", 5),
    "a number with separators": ("?f=cost:lt:1,000", 15),
    "blank": ("?f=caller:blank", 12),
    "text, whatever its case": ("?f=subject:contains:PRINTER 1", 5),
    "a condition in English": ("?where=cost+>+200+and+channel+=+'phone'", 1),
    "a condition in Chinese": ("?where=成本+>+200+且+渠道+=+'电话'", 1),
    "a condition and a filter": ("?where=cost+>+200&f=channel:in:web", 3),
    "a half-filled filter changes nothing": ("?f=cost:gt", 15),
    "the filter form": ("?ff=channel&fo=in&fv0=phone&ff=cost&fo=ge&fv1=100", 3),
    "a day": ("?f=created_at:from:2026-03-02", 15),
    "before that day": ("?f=created_at:before:2026-03-02", 0),
}


@pytest.mark.parametrize("case", CASES)
def test_an_address_shows_what_it_asks_for(tickets: Site, case: str) -> None:
    query, expected = CASES[case]
    li = tickets.login("root")
    answer = li.get(LIST + query)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200, text_of(page)
    assert len(subjects(page)) == expected
    if expected:
        assert f"{expected} in all" in text_of(page)


def test_the_totals_follow_the_filter(tickets: Site) -> None:
    root = tickets.login("root")
    assert "¥2,100.00" in root.page(LIST)
    assert "¥1,000.00" not in root.page(LIST + "?f=channel:in:phone")
    # Open by phone are numbers 0, 6, 12, 18, 24, each costing ten times its number.
    assert "¥600.00" in root.page(LIST + "?f=channel:in:phone")


def test_pages_follow_each_other_without_gap_or_repeat(tickets: Site) -> None:
    root = tickets.login("root")
    seen: list[str] = []
    address = LIST + "?sort=subject&limit=4"
    for _ in range(10):
        page = root.page(address)
        seen += re.findall(r"Printer \d\d", page[page.find("<tbody") : page.find("</tbody")])
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        address = unescape(following[1])
    assert list(dict.fromkeys(seen)) == [f"Printer {number:02}" for number in range(0, 30, 2)]


def test_a_click_on_a_heading_turns_the_order(tickets: Site) -> None:
    root = tickets.login("root")
    page = root.page(LIST + "?sort=subject")
    assert 'aria-sort="ascending"' in page
    assert "sort=-subject" in page
    assert 'aria-sort="descending"' in root.page(LIST + "?sort=-subject")


def test_columns_can_be_chosen(tickets: Site) -> None:
    page = tickets.login("root").page(LIST + "?cols=subject&cols=channel&cols=nonsense")
    assert re.findall(r'<td data-label="([^"]+)"', page)[:2] == ["Subject", "Channel"]


MISTAKES = {
    "?where=nonsense+>+1": 200,
    "?where=cost+>": 200,
    "?where=((((": 200,
    "?where='": 200,
    "?sort=nonsense": 400,
    "?sort=id;--": 400,
    "?sort=" + "a," * 50: 400,
    "?limit=abc": 400,
    "?limit=100000": 400,
    "?limit=-1": 400,
    "?cursor=nonsense": 400,
    "?cursor=%00": 400,
    "?view=nonsense": 404,
    "?f=cost:gt:abc": 200,
    "?f=nonsense:eq:1": 200,
    "?f=cost:drop table:1": 200,
    "?f=caller:eq:'; drop": 200,
    "?f=created_at:from:2026-99-99": 200,
    "?f=subject:contains:'%22\\%0a": 200,
    "?q=%00%27%22": 400,
    "?q=" + "x" * 3000: 200,
    "?cols=" + "x," * 100: 200,
}


@pytest.mark.parametrize("query", MISTAKES)
def test_nonsense_in_an_address_is_answered_calmly(tickets: Site, query: str) -> None:
    answer = tickets.login("root").get(LIST + query)
    assert answer.status_code == MISTAKES[query], text_of(answer.get_data(as_text=True))[:300]


def test_a_mistake_in_a_condition_is_shown_beside_it_and_nothing_typed_is_lost(tickets: Site) -> None:
    page = tickets.login("root").page(LIST + "?where=costt+>+1")
    assert 'role="alert"' in page
    assert "costt &gt; 1</textarea>" in page


def test_deleting_many_can_be_undone(tickets: Site) -> None:
    root = tickets.login("root")
    keys = re.findall(r'name="id" value="([0-9a-f-]{36})"', root.page(LIST))[:3]
    answer = root.post(f"{LIST}/bulk", {"action": "delete", "id": keys, "next": LIST + "?sort=subject"})
    assert answer.headers["Location"] == LIST + "?sort=subject"
    page = root.page(LIST)
    assert "3 moved to the trash" in text_of(page) or "3 moved to the trash" in page
    assert tickets.count("desk.ticket") == 27
    undo = re.findall(r'<input type="hidden" name="id" value="([0-9a-f-]{36})">', page)
    assert sorted(undo) == sorted(keys)
    root.post(f"{LIST}/bulk", {"action": "restore", "id": undo})
    assert tickets.count("desk.ticket") == 30


def test_deleting_many_is_all_or_nothing(tickets: Site) -> None:
    root = tickets.login("root")
    keys = re.findall(r'name="id" value="([0-9a-f-]{36})"', root.page(LIST))[:2]
    answer = root.post(f"{LIST}/bulk", {"action": "delete", "id": [*keys, "00000000-0000-0000-0000-000000000007"]})
    assert answer.status_code == 404
    assert tickets.count("desk.ticket") == 30


def test_after_deleting_one_goes_back_to_a_list_only(tickets: Site) -> None:
    answer = tickets.login("root").post(f"{LIST}/bulk", {"action": "delete", "next": "https://evil.example"})
    assert answer.headers["Location"] == LIST


def test_the_export_holds_the_whole_filtered_list_and_no_formula(tickets: Site) -> None:
    tickets.create("desk.ticket", {"subject": "=HYPERLINK(1)", "channel": "web", "status": "fresh"})
    tickets.create("desk.ticket", {"subject": "＝1+1", "channel": "web", "status": "fresh"})
    answer = tickets.login("root").get(f"{LIST}/export.csv?cols=subject,status,cost&sort=subject&limit=1")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ticket.csv"'
    text = answer.get_data(as_text=True)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:])))
    assert rows[0] == ["Subject", "Status", "Cost"]
    assert len(rows) == 18
    assert ["Printer 08", "New", "80.00"] in rows
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "＝", "+", "@")]
    assert ["'=HYPERLINK(1)", "New", "0.00"] in rows


def test_who_may_not_export_gets_nothing(site: Site) -> None:
    assert site.login("li").get(f"{LIST}/export.csv").status_code == 403


@pytest.mark.parametrize("text", ["a:in:x|y", "a:eq", "a:eq:1:2|%7C", "名:contains:100%"])
def test_a_filter_survives_its_address(text: str) -> None:
    found = decode_filter(text)
    assert found is not None
    assert decode_filter(encode_filter(found)) == found


def test_a_view_shows_what_links_lead_to(tickets: Site) -> None:
    root = tickets.login("root")
    page = root.page(f"{LIST}?view=board&as=table&q=printer+02")
    assert "Caller · Name" in text_of(page) and ">Grace<" in page
    narrowed = root.page(f"{LIST}?view=board&as=table&cols=subject,caller.name&sort=-caller.name&limit=25")
    shown = text_of(narrowed)
    assert shown.index("Grace") < shown.index("Printer 29"), "those with a caller come first"
    answer = root.get(f"{LIST}/export.csv?view=board&cols=subject,caller.name&sort=subject")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows[0] == ["Subject", "Caller · Name"]
    assert rows[1] == ["Printer 00", "Grace"] and rows[-1] == ["Printer 29", ""]


def test_a_board_shown_as_a_table_says_the_lane(tickets: Site) -> None:
    page = tickets.login("root").page(f"{LIST}?view=board&as=table")
    assert text_of(page[page.find("<thead") :]).startswith("Status") or re.search(r"<th.*?Status.*?Number", page, re.S)


@pytest.mark.parametrize(
    "query", ["?where=cost+%3E+%27x%27", "?where=((", "?sort=nope", "?f=nope:eq:1", "?f=cost:eq:abc", "?f=channel:in:zzz"]
)
def test_a_mistake_exports_nothing(tickets: Site, query: str) -> None:
    answer = tickets.login("root").get(f"{LIST}/export.csv{query}")
    assert answer.status_code == 400
    assert "Printer" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("query", ["?where=cost+%3E+%27x%27", "?f=nope:eq:1", "?f=cost:eq:abc", "?where=nope+%3D+1"])
def test_a_mistake_shows_no_records_that_could_pass_for_the_answer(tickets: Site, query: str) -> None:
    page = tickets.login("root").page(f"{LIST}{query}")
    assert 'role="alert"' in page and "Printer" not in page


def test_order_is_by_what_people_see(tickets: Site) -> None:
    first = tickets.create("desk.person", {"name": "Zoe"})
    tickets.create("desk.ticket", {"subject": "Printer Z", "channel": "web", "status": "waiting", "caller": first})
    second = tickets.create("desk.person", {"name": "Abe"})
    tickets.create("desk.ticket", {"subject": "Printer A", "channel": "web", "status": "working", "caller": second})
    root = tickets.login("root")

    def order(query: str) -> list[str]:
        page = root.page(f"{LIST}?where=caller+is+not+blank+and+not+%28subject+contains+%270%27%29&{query}")
        return re.findall(r"Printer ([AZ])<", page)

    assert order("sort=caller&cols=subject,caller") == ["A", "Z"]
    assert order("sort=-caller&cols=subject,caller") == ["Z", "A"]
    assert order("sort=status&cols=subject,status") == ["A", "Z"], "working comes before waiting, as the options say"
    assert order("sort=-status&cols=subject,status") == ["Z", "A"]


def test_one_can_go_back_a_page(tickets: Site) -> None:
    root = tickets.login("root")
    page, seen = root.page(f"{LIST}?view=board&as=table&sort=subject&limit=7"), []
    while True:
        seen.append(subjects(page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        page = root.page(unescape(following[1]))
    assert "29–30" in text_of(page) and [len(each) for each in seen] == [7, 7, 7, 7, 2]
    back = [seen[-1]]
    while (before := re.search(r'rel="prev" href="([^"]+)"', page)) is not None:
        page = root.page(unescape(before[1]))
        back.append(subjects(page))
    assert back == seen[::-1] and "1–7" in text_of(page)


def test_chosen_columns_are_found_again_by_the_same_person_only(tickets: Site) -> None:
    root = tickets.login("root")
    chosen = root.get(f"{LIST}?choose=1&cols=subject&cols=cost")
    assert (chosen.status_code, chosen.headers["Location"]) == (303, f"{LIST}?cols=subject%2Ccost")

    def columns(page: str) -> list[str]:
        return list(dict.fromkeys(re.findall(r'<td data-label="([^"]+)"', page)))

    assert columns(root.page(LIST)) == ["Subject", "Cost"]
    exported = root.get(f"{LIST}/export.csv").get_data(as_text=True).lstrip("\ufeff")
    assert exported.splitlines()[0] == "Subject,Cost"
    assert len(columns(root.page(f"{LIST}?view=board&as=table"))) > 2, "another view keeps its own"
    assert columns(root.page(f"{LIST}?cols=channel")) == ["Channel"], "an address says what it shows"
    assert columns(root.page(LIST)) == ["Subject", "Cost"], "and changes nothing by being opened"
    root.post("/logout", {})
    tickets.create("desk.ticket", {"subject": "Printer M", "channel": "web"}, by="mei")
    mei = root.post("/login", {"login": "mei", "password": PASSWORD}, form="/login")
    assert mei.status_code == 303 and len(columns(root.page(LIST))) > 2
    root.get(f"{LIST}?choose=1")
    assert len(columns(root.page(LIST))) > 2


def test_a_spoilt_cookie_of_columns_is_ignored(tickets: Site) -> None:
    root = tickets.login("root")
    for text in ("nonsense", "e30=", "W10=", "WyJ4IiwgMV0="):
        root.client.set_cookie("dougong-columns", text)
        assert root.get(LIST).status_code == 200


def test_a_filter_on_no_field_is_named_as_it_stands_in_the_address(tickets: Site) -> None:
    page = tickets.login("root").page(f"{LIST}?f=nonsense:eq:1")
    bar = page[page.find("data-filters") :]
    assert '<span class="dg-filter-name">nonsense</span>' in bar
    assert "There is no such field here." in bar and "Changed" not in bar[: bar.find("</form>")]


def test_many_in_use_are_named_and_lead_back_to_the_list(tickets: Site) -> None:
    free = tickets.create("desk.person", {"name": "Ada"})
    with tickets.runtime.read(tickets.people["root"]) as work:
        grace = next(each.id for each in records.find(work, records.Query("desk.person")).items if each.values["name"] == "Grace")
    back = "/app/desk/person?sort=-name"
    answer = tickets.login("root").post("/app/desk/person/bulk", {"action": "delete", "id": [free, grace], "next": back})
    page = answer.get_data(as_text=True)
    told = text_of(page)
    assert answer.status_code == 409 and "Grace" in told and "Tickets: 5" in told and "Ada" not in told
    assert f'href="/app/desk/person/{grace}"' in page and f'href="{back}"' in page
    assert tickets.count("desk.person") == 2, "all or nothing"


def test_deleting_many_asks_first(tickets: Site) -> None:
    page = tickets.login("root").page(LIST)
    assert 'data-confirm="Move {count} records to the trash?"' in page
    assert 'data-confirm-one="Move this record to the trash?"' in page
