"""The documents in Chromium under careline's policy: nothing is refused, words are found."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Page, Playwright, expect
from tests.web.support.people import chromium

from careline.web.guard import content_policy
from careline_docs.build import build

pytestmark = pytest.mark.integration


class Served(SimpleHTTPRequestHandler):
    """Files as careline sends them: under its policy."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", content_policy())
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    out = tmp_path_factory.mktemp("documents")
    assert build(out, languages=("zh",)) == ""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Served, directory=str(out)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/zh"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(playwright: Playwright) -> Iterator[Page]:
    browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
    yield browser.new_page(viewport={"width": 1280, "height": 800})
    browser.close()


def test_reading_and_finding(page: Page, address: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{address}/index.html")
    page.get_by_role("navigation", name="目录").get_by_role("link", name="参考").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("参考")
    page.keyboard.press("/")
    page.keyboard.type("calls.dial")
    # The contents beside the page have entries of the same name: it is the words found that count.
    expect(page.get_by_role("link").filter(has_text="calls.dial").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("calls.dial")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{address}/reference/configuration.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_text("目录", exact=True).click()
    expect(page.get_by_role("link", name="操作指南", exact=True)).to_be_visible()
    assert said == []
