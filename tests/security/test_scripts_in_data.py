"""Markup and scripts in every text that anybody can put in: shown as text in a real browser, run nowhere."""

from __future__ import annotations

import io
import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from tests.security.house import VAULT, House, build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ROOT = Path(__file__).resolve().parents[2]
RUN = "window.ran=1,alert(1)"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<body onload={RUN}>",
    "<iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    f'"><script>{RUN}</script>',
    f"'><img src=x onerror={RUN}>",
    f'" autofocus onfocus="{RUN}" x="',
    f"' autofocus onfocus='{RUN}' x='",
    f'" onmouseover="{RUN}" style="position:fixed;inset:0" x="',
    f"</textarea><img src=x onerror={RUN}>",
    f"</title><img src=x onerror={RUN}>",
    f"</option></select><img src=x onerror={RUN}>",
    f"</script><script>{RUN}</script>",
    f"</style><img src=x onerror={RUN}>",
    f"<!--><img src=x onerror={RUN}>-->",
    f"<template><img src=x onerror={RUN}></template>",
    f"<math><mtext></p><style><img src=x onerror={RUN}></style>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f"java\tscript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"&lt;img src=x onerror={RUN}&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"%3Cscript%3E{RUN}%3C/script%3E",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    "{{7*7}}${7*7}#{7*7}<%= 7*7 %>{% print(7*7) %}",
    f"${{{RUN}}}",
    f"`;{RUN};`",
    f"';{RUN};//",
    f'";{RUN};//',
    f"<a href='javascript:{RUN}'>x</a>",
    f"<form action='javascript:{RUN}'><button>x</button></form>",
    f"<div hx-get='/logout' hx-trigger='load' hx-on:click='{RUN}'>x</div>",
    "<base href='https://evil.example/'><link rel=stylesheet href=/x><meta http-equiv=refresh content='0;url=/logout'>",
    "<a id=config name=csrf></a><form id=document><input name=cookie></form>",
    f"<x-y onclick={RUN} tabindex=0 autofocus onfocus={RUN}>\u202e\u2066",
]


def hostile_app(folder: Path) -> Path:
    """The vault with a payload for every title, label and message: definitions are data too."""
    waiting = iter(PAYLOADS * 10)

    def poisoned(match: re.Match[str]) -> str:
        return "{en: " + json.dumps(next(waiting)) + ", zh: " + json.dumps(next(waiting)) + "}"

    for source in VAULT.rglob("*.yaml"):
        target = folder / "vault" / source.relative_to(VAULT)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = re.sub(r"\{en: [^{}]*, zh: [^{}]*\}", poisoned, source.read_text("utf-8"))
        target.write_text(text, "utf-8")
    return folder / "vault"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str, list[str]]]:
    """A server of the hostile app, where every payload is a record; its address and the records' ids."""
    folder = tmp_path_factory.mktemp("scripts")
    house = build([hostile_app(folder)], folder, {"bob": "vault.owner"})
    keys = []
    for number, payload in enumerate(PAYLOADS):
        values = {"name": payload, "notes": f"{payload}\n{payload}", "code_word": payload, "items": [{"name": payload, "qty": number}]}
        keys.append(house.create("bob", "vault.folder", **values, **({"above": keys[-1]} if keys else {})))
        house.create("bob", "vault.slip", body=payload, folder=keys[-1])
        house.create("bob", "vault.rack", label=payload[:80])
    server = make_server("127.0.0.1", 0, house.site, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield house, f"http://127.0.0.1:{server.server_port}", keys
    server.shutdown()
    thread.join()
    house.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--no-first-run"])
        yield browser
        browser.close()


class Watch:
    """Notes whatever a page does that it should not."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("dialog", lambda dialog: (self.found.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self.found.append(f"error {error}"))
        page.on("console", lambda message: self.found.append(f"console {message.text}") if message.type in ("error", "warning") else None)
        page.on("request", lambda request: self.found.append(f"asked {request.url}") if "//evil.example" in request.url else None)
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', "
            "e => { (window.violations ||= []).push(e.violatedDirective + ' ' + e.blockedURI) })"
        )

    def check(self, page: Page, where: str) -> None:
        assert page.evaluate("window.ran") is None, where
        assert page.evaluate("window.violations || []") == [], where
        assert page.evaluate("({}).polluted") is None, where
        assert page.locator("script:not([src]), iframe, base, object, embed, [onerror], [onload], [onfocus]").count() == 0, where
        assert page.evaluate("[...document.links].filter(a => !/^(https?|mailto|tel):/.test(a.href)).length") == 0, where
        # What a refused form or search answers is an error to the browser's console, and right so.
        assert [each for each in self.found if "Failed to load resource" not in each] == [], where


def pages(keys: list[str]) -> list[str]:
    folder = "/app/vault/folder"
    found = [
        "/",
        folder + "?limit=200",
        "/app/vault/slip?limit=200",
        "/app/vault/rack?limit=200",
        "/account",
        folder + "/new",
        folder + "/trash",
    ]
    found += [folder + "/import"]
    for key in keys[::3]:
        found.append(f"{folder}/{key}")
    for key in keys[::8]:
        found += [f"{folder}/{key}/edit", f"{folder}/{key}/history"]
    for number, payload in enumerate(PAYLOADS):
        said = quote(payload, safe="")
        shapes = (f"{folder}?q={said}", f"{folder}?where={said}", f"{folder}?f=name:contains:{said}", f"{folder}?view={said}", f"/{said}")
        more = (f"{folder}?f={said}:eq:1&sort={said}", f"{folder}/new?name={said}", f"/app/vault/{said}", f"/app/vault/folder/{said}")
        found.append((*shapes, *more)[number % 9])
    return found


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_text_becomes_a_script(served: tuple[House, str, list[str]], chromium: Chromium, language: str) -> None:
    house, base, keys = served
    context = chromium.new_context()
    secret = house.browser("bob").secret
    cookies = {"dougong-session": secret, "dougong-language": language}
    context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
    page = context.new_page()
    watch = Watch(page)
    visited = pages(keys) if language == "en" else pages(keys[:3])[:14]
    for path in visited:
        page.goto(base + path, wait_until="load")
        watch.check(page, path)
    assert page.goto(f"{base}/app/vault/folder/{keys[0]}") is not None
    assert PAYLOADS[0] in page.locator("main").inner_text(), "the text itself is shown"
    context.close()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_no_file_name_heading_or_typed_word_becomes_a_script(served: tuple[House, str, list[str]], chromium: Chromium) -> None:
    house, base, keys = served
    context = chromium.new_context()
    session = house.browser("bob")
    context.add_cookies([{"name": "dougong-session", "value": session.secret, "url": base}])
    page = context.new_page()
    watch = Watch(page)
    rows = "\n".join('"' + payload.replace('"', '""') + '"' for payload in [*PAYLOADS[1:4], PAYLOADS[0] * 20])
    for payload in PAYLOADS[:8]:
        heading = '"' + payload.replace('"', '""') + '"'
        file = (io.BytesIO(f"{heading}\n{rows}\n".encode()), payload.replace("/", "_").replace('"', "'") + ".csv")
        sent = session.post("/app/vault/folder/import", {"file": file}, content_type="multipart/form-data")
        assert sent.status_code == 303, payload
        page.goto(base + sent.headers["Location"], wait_until="load")
        watch.check(page, "import of " + payload)
    session.post("/account/tokens", {"name": PAYLOADS[0]})
    page.goto(base + "/account")
    watch.check(page, "/account")
    page.goto(base + "/login?next=" + quote(PAYLOADS[0]))
    watch.check(page, "/login")
    page.goto(f"{base}/app/vault/folder/{keys[3]}/edit")
    picker = page.locator('input[name="above__text"]')
    picker.fill("")
    picker.press_sequentially("img src", delay=10)
    page.wait_for_timeout(600)
    watch.check(page, "picker")
    context.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_watch_sees_what_it_watches_for(chromium: Chromium) -> None:
    """Without this a page that loads nothing would pass."""
    page = chromium.new_context().new_page()
    watch = Watch(page)
    page.route("**/*", lambda route: route.fulfill(body=f"<img src=x onerror='{RUN}'>", content_type="text/html"))
    page.goto("http://localhost/")
    page.wait_for_timeout(200)
    with pytest.raises(AssertionError):
        watch.check(page, "")
    assert any(each.startswith("dialog") for each in watch.found)


MARKUP = {"engine/web/assets.py", "engine/web/show.py", "engine/web/pages/telling.py"}
"""Reviewed: they make markup with Markup("...").format(value), which escapes each value."""
BANNED = re.compile(
    r"\|\s*safe\b|autoescape\s*(?:=\s*)?false|\{%-?\s*autoescape|\.(?:inner|outer)HTML\s*\+?=|insertAdjacentHTML|document\.write"
    r"|\beval\(|new Function\(|dangerouslySetInnerHTML|v-html|srcdoc|render_template_string|from_string",
    re.IGNORECASE,
)


def sources() -> list[Path]:
    found = [path for kind in ("*.py", "*.html", "*.svg") for path in (ROOT / "engine" / "web").rglob(kind)]
    found += [path for kind in ("*.ts", "*.js", "*.tsx") for path in (ROOT / "designer" / "src").rglob(kind)]
    return [path for path in found if "node_modules" not in path.parts and "dist" not in path.parts]


def test_nothing_puts_text_into_a_page_unescaped() -> None:
    assert len(sources()) > 50
    found = {
        f"{path.relative_to(ROOT).as_posix()}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if BANNED.search(line)
    }
    assert found == set()


def test_markup_is_made_in_reviewed_places_and_of_constant_text() -> None:
    for path in (ROOT / "engine").rglob("*.py"):
        text = path.read_text("utf-8")
        for call in re.finditer(r"\bMarkup\((.{0,60})", text, re.DOTALL):
            assert path.relative_to(ROOT).as_posix() in MARKUP, path
            assert re.match(r"\s*(?:# [^\n]*\s*)?[\"']", call[1]), f"{path}: markup of something other than a constant"
