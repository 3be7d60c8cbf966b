"""The pages in a real browser: no policy violation, nothing for axe to complain of, keys, phones, and life without scripts."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from engine import records
from engine.clock import SystemClock
from tests.web.conftest import PASSWORD, Prepared, Site, open_site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = (
    "/",
    "/app/desk/ticket",
    "/app/desk/ticket/new",
    "{ticket}",
    "{ticket}/edit",
    "{ticket}/history",
    "/app/desk/ticket/trash",
    "/account",
    "/set-password",
    "{person}",
    "/app/desk/person/import",
    "/app/desk/ticket?view=board",
    "/app/desk/ticket?view=calendar",
)


@pytest.fixture(scope="module")
def served(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A site with a few tickets, served on a free port."""
    site = open_site(prepared, tmp_path_factory.mktemp("browser"), SystemClock())  # type: ignore[arg-type]
    grace = site.create("desk.person", {"name": "Grace Hopper", "region": "north"})
    for number in range(30):
        site.create(
            "desk.ticket",
            {"subject": f"Printer {number:02}" if number else "Scanner", "channel": "web", "status": "fresh", "caller": grace},
        )
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    site.runtime.database.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # A container has no other user; everywhere else the sandbox stays on.
        extra = ["--no-sandbox"] if Path("/proc/self/uid_map").exists() and _is_root() else []
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *extra])
        yield launched
        launched.close()


def _is_root() -> bool:
    return Path("/proc/self").stat().st_uid == 0


@contextmanager
def visit(browser: Browser, address: str, login: str = "root", **options: Any) -> Iterator[tuple[Page, list[str]]]:
    """Somebody logged in, and what the browser complained of; a complaint fails the test."""
    context = browser.new_context(base_url=address, reduced_motion="reduce", locale=options.pop("locale", "en-US"), **options)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/login")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    expect(page.locator(".dg-side")).to_have_count(1)
    yield page, complaints
    context.close()


def first_ticket(page: Page) -> str:
    page.goto("/app/desk/ticket?sort=subject")
    return str(page.locator("a.dg-lead").first.get_attribute("href"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_no_page_breaks_the_policy_or_accessibility(browser: Browser, served: tuple[Site, str], theme: str, locale: str) -> None:
    with visit(browser, served[1], locale=locale, color_scheme=theme, **DESKTOP) as (page, complaints):
        ticket = first_ticket(page)
        for path in PAGES:
            page.goto(path.format(ticket=ticket, person=f"/app/system/user/{served[0].people['li'].id}"))
            results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
            found = [(each["id"], [node["html"][:150] for node in each["nodes"][:3]]) for each in results.response["violations"]]
            assert found == [], path
        assert complaints == []


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_no_page_is_wider_than_a_phone(browser: Browser, served: tuple[Site, str], locale: str) -> None:
    with visit(browser, served[1], locale=locale, **PHONE) as (page, complaints):
        ticket = first_ticket(page)
        for path in PAGES:
            page.goto(path.format(ticket=ticket, person=f"/app/system/user/{served[0].people['li'].id}"))
            assert page.locator("html").evaluate("e => e.scrollWidth") <= 390, path
        page.locator(".dg-burger").click()
        expect(page.locator(".dg-menu")).to_be_visible()
        assert complaints == []


def test_a_card_is_dragged_moved_by_keys_and_by_its_menu(browser: Browser, served: tuple[Site, str]) -> None:
    site, address = served
    key = site.create("desk.ticket", {"subject": "Dragged", "channel": "web", "status": "fresh"})
    with visit(browser, address, **DESKTOP) as (page, complaints):
        page.goto("/app/desk/ticket?view=board&q=dragged")
        card = page.locator(f'[data-record="{key}"]')
        lane = page.locator("[data-lane=working]")
        card.drag_to(lane, steps=10)
        expect(lane.locator(f'[data-record="{key}"]')).to_have_attribute("data-version", "2")
        expect(page.locator(".dg-lane-count").nth(1)).to_have_text("1")
        card.locator(".dg-lead").focus()
        page.keyboard.press("Control+ArrowRight")
        expect(page.locator(f'[data-lane=waiting] [data-record="{key}"]')).to_have_attribute("data-version", "3")
        expect(page.locator("[data-told]")).to_contain_text("moved to Waiting")
        card.locator("[data-move]").click()
        page.locator("dialog[open] button[value=closed]").click()
        expect(page.locator(f'[data-lane=closed] [data-record="{key}"]')).to_have_attribute("data-version", "4")
        assert complaints == []
    assert site.value("desk.ticket", key, "status") == "closed"
    with site.runtime.begin(site.people["root"]) as work:
        records.delete(work, "desk.ticket", key, None)


def test_a_card_that_may_not_move_goes_back_and_says_why(browser: Browser, served: tuple[Site, str]) -> None:
    site, address = served
    key = site.create("desk.ticket", {"subject": "Stays", "channel": "web", "status": "fresh"})
    with visit(browser, address, **DESKTOP) as (page, _complaints):
        page.goto("/app/desk/ticket?view=board&q=stays")
        with site.runtime.begin(site.people["root"]) as work:
            records.update(work, "desk.ticket", key, {"status": "waiting"}, 1)
        page.locator(f'[data-record="{key}"] .dg-lead').focus()
        page.keyboard.press("Control+ArrowRight")
        expect(page.locator("#notice [role=alert]")).to_be_visible()
        expect(page.locator(f'[data-lane=waiting] [data-record="{key}"]')).to_have_count(1)
    assert site.value("desk.ticket", key, "status") == "waiting"
    with site.runtime.begin(site.people["root"]) as work:
        records.delete(work, "desk.ticket", key, None)


def test_typing_in_the_search_narrows_the_list_without_a_reload(browser: Browser, served: tuple[Site, str]) -> None:
    with visit(browser, served[1], **DESKTOP) as (page, complaints):
        page.goto("/app/desk/ticket")
        page.evaluate("() => { document.body.dataset.kept = 'yes' }")
        page.keyboard.press("/")
        page.keyboard.type("scanner")
        expect(page.locator("#list tbody tr")).to_have_count(1)
        expect(page.locator("#list-search")).to_be_focused()
        assert "q=scanner" in page.url
        assert page.locator("body").get_attribute("data-kept") == "yes"
        page.go_back()
        expect(page.locator("#list tbody tr")).to_have_count(30)
        assert complaints == []


def test_a_filter_is_put_together_by_clicks(browser: Browser, served: tuple[Site, str]) -> None:
    with visit(browser, served[1], **DESKTOP) as (page, complaints):
        page.goto("/app/desk/ticket")
        page.click("summary:has-text('Filter')")
        page.click("[data-add-filter]:has-text('Channel')")
        page.click(".dg-filter-choice")
        page.check(".dg-filter input[value=phone]")
        expect(page.locator(".dg-empty")).to_have_count(1)
        page.check(".dg-filter input[value=web]")
        expect(page.locator("#list tbody tr")).to_have_count(30)
        assert complaints == []


def test_a_record_is_made_with_the_keyboard_alone(browser: Browser, served: tuple[Site, str]) -> None:
    with visit(browser, served[1], **DESKTOP) as (page, complaints):
        page.goto("/app/desk/ticket")
        page.keyboard.press("n")
        page.wait_for_url("**/new")
        page.focus("#field-subject")
        page.keyboard.type("Made by keys")
        page.keyboard.press("Tab")
        page.keyboard.type("Web")
        page.focus("#field-caller")
        page.keyboard.type("grace")
        expect(page.locator(".dg-options [role=option]")).to_have_count(1)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("input[name=caller]")).not_to_have_value("")
        page.keyboard.press("Control+Enter")
        expect(page.locator("h1")).to_contain_text("Made by keys")
        expect(page.locator("[data-toast]")).to_contain_text("Saved")
        assert complaints == []


def test_a_line_is_added_and_its_amount_worked_out_while_typing(browser: Browser, served: tuple[Site, str]) -> None:
    with visit(browser, served[1], **DESKTOP) as (page, complaints):
        page.goto("/app/desk/ticket/new")
        page.fill("#field-subject", "With parts")
        page.click("[data-add]")
        page.fill("[name='parts.0.name']", "Toner")
        page.fill("[name='parts.0.qty']", "3")
        page.fill("[name='parts.0.price']", "500")
        page.keyboard.press("Tab")
        expect(page.locator("[data-line='0']")).to_contain_text("¥1,500.00")
        expect(page.locator("#field-subject")).to_have_value("With parts")
        page.click("[data-remove]")
        expect(page.locator("[data-line]")).to_have_count(0)
        assert complaints == []


def test_problems_take_the_focus(browser: Browser, served: tuple[Site, str]) -> None:
    with visit(browser, served[1], **DESKTOP) as (page, _complaints):
        page.goto("/app/desk/ticket/new")
        page.click(".dg-save .btn-primary")
        expect(page.locator("#problems")).to_be_focused()
        page.locator("#problems a").first.click()
        expect(page.locator(":focus")).to_have_count(1)


def test_deleting_from_the_list_can_be_undone_from_the_toast(browser: Browser, served: tuple[Site, str]) -> None:
    with visit(browser, served[1], **DESKTOP) as (page, complaints):
        page.goto("/app/desk/ticket?q=Printer+1")
        before = page.locator("#list tbody tr").count()
        page.locator("tbody input[name=id]").nth(0).check()
        page.locator("tbody input[name=id]").nth(1).check()
        expect(page.locator("[data-count]")).to_have_text("2")
        asked: list[str] = []
        page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
        page.click("[data-bulk-bar] button")
        assert asked == ["Move 2 records to the trash?"]
        expect(page.locator("[data-toast]")).to_contain_text("2 moved to the trash")
        page.click("[data-toast] form button")
        page.goto("/app/desk/ticket?q=Printer+1")
        expect(page.locator("#list tbody tr")).to_have_count(before)
        assert complaints == []


def test_the_pages_work_without_scripts(browser: Browser, served: tuple[Site, str]) -> None:
    with visit(browser, served[1], java_script_enabled=False, **DESKTOP) as (page, _complaints):
        page.goto("/app/desk/ticket")
        page.fill("#list-search", "scanner")
        page.click(".dg-search button")
        expect(page.locator("#list tbody tr")).to_have_count(1)
        page.goto("/app/desk/ticket/new")
        page.fill("#field-subject", "Without scripts")
        page.select_option("#field-channel", "web")
        page.fill("#field-caller", "grace")
        page.click("button[value='find:caller']")
        page.check("input[type=radio][name=caller]")
        page.click(".dg-save .btn-primary")
        expect(page.locator("h1")).to_contain_text("Without scripts")
        expect(page.locator("main")).to_contain_text("Grace Hopper")


@pytest.mark.parametrize("scripts", [True, False])
def test_files_are_sent_with_the_form(browser: Browser, served: tuple[Site, str], tmp_path: Path, scripts: bool) -> None:
    note, more = tmp_path / "note.txt", tmp_path / "更多.txt"
    note.write_text("note")
    more.write_text("more")
    with visit(browser, served[1], java_script_enabled=scripts, **DESKTOP) as (page, complaints):
        page.goto("/app/desk/ticket/new")
        page.set_input_files("#field-files", note)
        # What is typed next has the form redrawn; the chosen file must outlive that.
        page.select_option("#field-status", "working")
        page.select_option("#field-channel", "phone")
        if scripts:
            expect(page.locator("#field-refund")).to_have_count(1)
        page.click(".dg-save .btn-primary")
        expect(page.locator("#problems")).to_have_count(1)
        expect(page.locator(".dg-files li")).to_contain_text("note.txt")
        page.fill("#field-subject", f"With files {scripts}")
        page.set_input_files("#field-files", more)
        page.click(".dg-save .btn-primary")
        expect(page.locator("h1")).to_contain_text("With files")
        expect(page.locator(".dg-files li")).to_have_count(2)
        with page.expect_download() as download:
            page.locator(".dg-file").nth(1).click()
        assert download.value.suggested_filename == "更多.txt"
        assert Path(download.value.path()).read_text() == "more"
        assert [each for each in complaints if "422" not in each] == []


def test_a_file_that_is_too_large_is_told_before_it_is_sent(browser: Browser, served: tuple[Site, str], tmp_path: Path) -> None:
    small, large = tmp_path / "small.txt", tmp_path / "large.bin"
    small.write_text("small")
    with large.open("wb") as file:
        file.truncate(50_000_001)
    with visit(browser, served[1], **DESKTOP) as (page, complaints):
        page.goto("/app/desk/ticket/new")
        page.fill("#field-subject", "Only the small one")
        page.select_option("#field-channel", "web")
        page.set_input_files("#field-files", [small, large])
        expect(page.locator("#chosen-field-files li")).to_have_count(2)
        expect(page.locator("#chosen-field-files .text-danger")).to_contain_text("large.bin")
        page.click(".dg-save .btn-primary")
        expect(page.locator("#field-files")).to_be_focused()
        assert page.url.endswith("/new")
        page.set_input_files("#field-files", small)
        page.click(".dg-save .btn-primary")
        expect(page.locator(".dg-files li")).to_contain_text("small.txt")
        assert complaints == []


def test_the_theme_changes_where_one_stands_and_is_remembered(browser: Browser, served: tuple[Site, str]) -> None:
    with visit(browser, served[1], color_scheme="light", **DESKTOP) as (page, complaints):
        page.goto("/app/desk/ticket/new")
        page.fill("#field-subject", "Half typed")
        with page.expect_response("**/preferences"):
            page.click("button[name=theme][value=dark]")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        expect(page.locator("#field-subject")).to_have_value("Half typed")
        page.once("dialog", lambda dialog: dialog.accept())
        page.goto("/app/desk/ticket")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        assert complaints == []


def test_the_language_asks_before_it_empties_a_form(browser: Browser, served: tuple[Site, str]) -> None:
    with visit(browser, served[1], **DESKTOP) as (page, complaints):
        page.goto("/app/desk/ticket/new")
        page.fill("#field-subject", "Half typed")
        asked: list[str] = []
        page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
        page.click("button[name=language]")
        assert asked == ["You have unsaved changes. Leave this page without them?"]
        expect(page.locator("#field-subject")).to_have_value("Half typed")
        page.once("dialog", lambda dialog: dialog.accept())
        page.click("button[name=language]")
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        assert page.url.endswith("/app/desk/ticket/new")
        assert complaints == []


def test_a_set_up_link_lets_somebody_in(browser: Browser, served: tuple[Site, str]) -> None:
    site, address = served
    key = site.create("system.user", {"name": "Zhao", "login": "zhao"})
    with visit(browser, address, **DESKTOP) as (page, complaints):
        page.goto(f"/app/system/user/{key}")
        page.click("#access button.btn-primary")
        link = page.locator("#setup-link").input_value().replace("http://localhost", address)
        assert complaints == []
    page = browser.new_context(base_url=address).new_page()
    page.goto(link)
    expect(page.locator("#setup-code")).to_have_value(link.partition("#")[2])
    assert page.url == f"{address}/set-password"
    page.fill("#setup-new", PASSWORD)
    page.fill("#setup-again", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".dg-user-name")).to_have_text("Zhao")
    page.context.close()


def slowed(page: Page, latency_ms: int) -> None:
    """A network on which every request takes its time."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    conditions = {"offline": False, "latency": latency_ms, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", conditions)


def fill_ticket(page: Page, subject: str) -> None:
    page.goto("/app/desk/ticket")
    page.click("main a[href='/app/desk/ticket/new']")
    page.fill("#field-subject", subject)
    page.select_option("#field-channel", "web")
    page.fill("#field-details", "typed a lot")


def subjects(site: Site, subject: str) -> int:
    with site.runtime.read(site.people["root"]) as work:
        return len(records.find(work, records.Query("desk.ticket", where=f"subject = '{subject}'", limit=10)).items)


def login_elsewhere(page: Page) -> None:
    """What the notice's link leads to, in a tab of its own."""
    with page.context.expect_page() as opened:
        page.locator("#notice a, main a[target=_blank]").first.click()
    tab = opened.value
    tab.fill("#login", "root")
    tab.fill("#password", PASSWORD)
    tab.click("main button[type=submit]")
    expect(tab.locator("h1")).to_have_text("You are logged in")
    tab.close()


def test_three_clicks_on_save_make_one_record_and_back_leads_to_the_list(browser: Browser, served: tuple[Site, str]) -> None:
    site, address = served
    with visit(browser, address, **DESKTOP) as (page, complaints):
        fill_ticket(page, "Clicked thrice")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if request.headers.get("dougong-form") == "save" else None)
        slowed(page, 600)
        button = page.locator(".dg-save .btn-primary").bounding_box()
        assert button is not None
        for _turn in range(3):
            page.mouse.click(button["x"] + 10, button["y"] + 10)
        expect(page.locator("form[data-form]")).to_have_attribute("aria-busy", "true")
        expect(page.locator(".dg-save [role=status]")).to_have_text("Saving …")
        page.keyboard.press("Control+Enter")
        expect(page.locator("h1")).to_contain_text("Clicked thrice")
        expect(page.locator("[data-toast]")).to_contain_text("Saved")
        assert len(sent) == 1
        assert subjects(site, "Clicked thrice") == 1
        page.go_back()
        expect(page).to_have_url(f"{address}/app/desk/ticket")
        assert complaints == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_session_that_ended_while_typing_costs_nothing(browser: Browser, served: tuple[Site, str], scripts: bool) -> None:
    site, address = served
    subject = f"Session ended {scripts}"
    with visit(browser, address, java_script_enabled=scripts, **DESKTOP) as (page, _complaints):
        fill_ticket(page, subject)
        if scripts:
            page.wait_for_timeout(400)
        page.context.clear_cookies(name="dougong-session")
        page.click(".dg-save .btn-primary")
        if scripts:
            expect(page.locator("#notice h2")).to_have_text("Your session has ended")
            expect(page.locator("#field-details")).to_have_value("typed a lot")
            assert page.url == f"{address}/app/desk/ticket/new"
        login_elsewhere(page)
        if scripts:
            page.evaluate("() => window.dispatchEvent(new Event('focus'))")
            expect(page.locator("#renewed")).to_contain_text("You have logged in again, as Root")
            expect(page.locator("#notice")).to_be_empty()
        else:
            page.click("main form button[type=submit]")
        expect(page.locator("#field-details")).to_have_value("typed a lot")
        assert subjects(site, subject) == 0
        page.click(".dg-save .btn-primary")
        expect(page.locator("h1")).to_contain_text(subject)
        assert subjects(site, subject) == 1


@pytest.mark.parametrize(("locale", "told"), [("en-US", "Your session has ended"), ("zh-CN", "登录已失效")])
def test_a_redraw_after_the_session_leaves_the_form_where_it_is(browser: Browser, served: tuple[Site, str], locale: str, told: str) -> None:
    with visit(browser, served[1], locale=locale, **PHONE) as (page, _complaints):
        page.goto("/app/desk/ticket/new")
        page.fill("#field-details", "typed a lot")
        page.context.clear_cookies(name="dougong-session")
        page.select_option("#field-channel", "phone")
        expect(page.locator("#notice h2")).to_have_text(told)
        expect(page.locator("#field-details")).to_have_value("typed a lot")
        assert page.locator("html").evaluate("e => e.scrollWidth") <= 390
        page.fill("#field-caller", "grace")
        expect(page.locator("#notice h2")).to_have_text(told)
        assert page.url.endswith("/new")


@pytest.mark.parametrize(
    ("locale", "told", "again"), [("en-US", "The server cannot be reached", "Try again"), ("zh-CN", "无法连接服务器", "重试")]
)
def test_a_server_out_of_reach_is_told_and_may_be_tried_again(
    browser: Browser, served: tuple[Site, str], locale: str, told: str, again: str
) -> None:
    site, address = served
    with visit(browser, address, locale=locale, **DESKTOP) as (page, _complaints):
        fill_ticket(page, f"Out of reach {locale}")
        page.select_option("#field-status", "working")
        page.wait_for_timeout(400)
        page.context.set_offline(True)
        page.select_option("#field-channel", "phone")
        expect(page.locator("#notice h2")).to_have_text(told)
        expect(page.locator("#field-details")).to_have_value("typed a lot")
        page.context.set_offline(False)
        page.click(f"#notice button:has-text('{again}')")
        expect(page.locator("#field-refund")).to_have_count(1)
        expect(page.locator("#notice")).to_be_empty()
        page.context.set_offline(True)
        page.click(".dg-save .btn-primary")
        expect(page.locator("#notice h2")).to_have_text(told)
        expect(page.locator("form[data-form]")).not_to_have_attribute("aria-busy", "true")
        results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        assert [each["id"] for each in results.response["violations"]] == []
        page.context.set_offline(False)
        page.click(f"#notice button:has-text('{again}')")
        expect(page.locator("h1")).to_contain_text("Out of reach")
        assert subjects(site, f"Out of reach {locale}") == 1


def test_a_list_out_of_reach_is_told_and_may_be_tried_again(browser: Browser, served: tuple[Site, str]) -> None:
    with visit(browser, served[1], **DESKTOP) as (page, _complaints):
        page.goto("/app/desk/ticket")
        page.context.set_offline(True)
        page.fill("#list-search", "scanner")
        expect(page.locator("#notice h2")).to_have_text("The server cannot be reached")
        page.context.set_offline(False)
        page.click("#notice [data-retry]")
        expect(page.locator("#list tbody tr")).to_have_count(1)
        expect(page.locator("#notice")).to_be_empty()


def test_a_record_deleted_while_typing_is_restored_and_saved(browser: Browser, served: tuple[Site, str]) -> None:
    site, address = served
    key = site.create("desk.ticket", {"subject": "Deleted meanwhile", "channel": "web", "status": "fresh"})
    with visit(browser, address, **PHONE) as (page, _complaints):
        page.goto(f"/app/desk/ticket/{key}/edit")
        page.fill("#field-details", "typed a lot")
        with site.runtime.begin(site.people["root"]) as work:
            records.delete(work, "desk.ticket", key, None)
        page.click(".dg-save .btn-primary")
        expect(page.locator("#gone")).to_be_focused()
        expect(page.locator("#field-details")).to_have_value("typed a lot")
        assert page.locator("html").evaluate("e => e.scrollWidth") <= 390
        results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        assert [each["id"] for each in results.response["violations"]] == []
        page.click("button[value=restore]")
        expect(page.locator("h1")).to_contain_text("Deleted meanwhile")
        expect(page.locator("main")).to_contain_text("typed a lot")


def test_a_new_record_begins_in_its_first_field_and_a_phone_shows_no_keyboard_unasked(browser: Browser, served: tuple[Site, str]) -> None:
    for options, wanted in ((DESKTOP, "name"), (PHONE, None)):
        with visit(browser, served[1], **options) as (page, _):
            page.goto("/app/desk/person/new")
            expect(page.locator("dg-picker, [name=name]").first).to_be_visible()
            assert page.evaluate("document.activeElement.getAttribute('name')") == wanted


def test_chosen_columns_show_at_once_and_the_address_stays_plain(browser: Browser, served: tuple[Site, str]) -> None:
    with visit(browser, served[1], **DESKTOP) as (page, complaints):
        page.goto("/app/desk/ticket")
        page.click(".dg-columns summary")
        for box in reversed(page.locator(".dg-columns input[name=cols]:checked").all()[2:]):
            box.uncheck()
        page.click(".dg-columns button[type=submit]")
        expect(page.locator("thead th[scope=col] a")).to_have_count(2)
        assert "choose" not in page.url and "cols=" in page.url
        page.goto("/app/desk/ticket")
        expect(page.locator("thead th[scope=col] a")).to_have_count(2)
        page.click(".dg-columns summary")
        page.click(".dg-panel-end a")
        expect(page.locator("thead th[scope=col] a").nth(3)).to_be_visible()
        assert complaints == []
