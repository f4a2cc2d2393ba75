"""A real Chromium that visits a core of the same process.

Playwright's calls block, and the core must serve meanwhile: so the browser has a thread of its own,
to which functions of a page are handed::

    tab = await chromium.open(house.url, "8001")
    await tab.do(lambda page: page.click("text=Parking"))
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from attrs import define, field
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from careline.auth.permissions import DEMO_PASSWORD

T = TypeVar("T")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 1366, "height": 768}
WAIT_MS = 60_000
#: What a browser logs and nobody can help: an answer with such a status was wanted by the test.
USUAL = ("status of 401", "status of 404", "status of 409", "status of 422", "status of 423")


def program() -> str | None:
    """The machine's own Chromium; None lets playwright take the one that it installed."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@define(eq=False)
class Tab:
    """One browser window; ``problems`` are scripts that failed and content that was refused."""

    page: Page
    _in_thread: Callable[..., Deferred[Any]]
    _pictures: Path
    problems: list[str] = field(factory=list)

    async def do(self, work: Callable[[Page], T]) -> T:
        """Call ``work`` with the page in the browser's thread; a failure leaves a picture."""
        result: T = await self._in_thread(self._done, work)
        return result

    def _done(self, work: Callable[[Page], T]) -> T:
        try:
            return work(self.page)
        except BaseException:
            self.page.screenshot(path=self._pictures / "failed.png")
            raise

    def complained(self, message: ConsoleMessage) -> None:
        """The page wrote to the browser's console."""
        if message.type == "error" and not any(usual in message.text for usual in USUAL):
            self.problems.append(f"{self.page.url}: {message.text}")


class Chromium:
    """The browser, started on first use; ``pictures`` is where failures leave one."""

    def __init__(self, reactor: Any, pictures: Path) -> None:
        self._reactor = reactor
        self._pictures = pictures
        self._pool = ThreadPoolExecutor(1, "chromium")
        self._driver: Any = None
        self._browser: Browser | None = None
        self._tabs: list[Tab] = []

    async def open(
        self, url: str, login: str = "", *, password: str = DEMO_PASSWORD, language: str = "zh-CN"
    ) -> Tab:
        """A window at the workspace of ``url``; signed in where a login is given."""
        tab: Tab = await self._in_thread(self._opened, url, language)
        if login:
            await tab.do(lambda page: _sign_in(page, login, password))
        return tab

    async def close(self) -> list[str]:
        """End the browser; everything that its pages complained of."""
        await self._in_thread(self._closed)
        self._pool.shutdown()
        return [problem for tab in self._tabs for problem in tab.problems]

    def _in_thread(self, call: Callable[..., Any], *args: Any) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()

        def work() -> None:
            result: Any
            try:
                result = call(*args)
            except BaseException:  # noqa: BLE001 - handed over whole to who waits
                result = Failure()  # type: ignore[no-untyped-call]  # Twisted's
            self._reactor.callFromThread(_tell, done, result)

        self._pool.submit(work)
        return done

    def _opened(self, url: str, language: str) -> Tab:
        context = self._started().new_context(
            viewport=SIZE,  # type: ignore[arg-type]  # playwright's own class of the same shape
            locale=language,
            base_url=url,
        )
        context.set_default_timeout(WAIT_MS)
        return self._watched(context)

    def _watched(self, context: BrowserContext) -> Tab:
        page = context.new_page()
        tab = Tab(page, self._in_thread, self._pictures)
        page.on("pageerror", lambda error: tab.problems.append(f"{page.url}: {error}"))
        page.on("console", lambda message: tab.complained(message))
        page.goto("/")
        self._tabs.append(tab)
        return tab

    def _started(self) -> Browser:
        if self._browser is None:
            self._driver = sync_playwright().start()
            self._browser = self._driver.chromium.launch(
                executable_path=program(),
                headless=True,
                args=["--no-sandbox", "--disable-dev-shm-usage"],
            )
        return self._browser

    def _closed(self) -> None:
        if self._browser is not None:
            self._browser.close()
            self._driver.stop()


def _tell(done: Deferred[Any], result: Any) -> None:
    if not done.called:  # whoever waited may have given up
        done.callback(result)


def _sign_in(page: Page, login: str, password: str) -> None:
    page.goto("/signin")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_selector(".shell[data-user]")
