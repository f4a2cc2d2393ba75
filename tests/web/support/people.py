"""People at browsers: each has a Chromium with a microphone that only they speak into."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from attrs import define, field
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Playwright
from tests.web.support.site import PASSWORD, WebSite
from tests.web.support.sound import EARS, beeps

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 1366, "height": 768}
WAIT_MS = 60_000
#: What a browser logs and nobody can help: an answer with such a status was wanted by the test.
USUAL = ("status of 401", "status of 404", "status of 409", "status of 422", "status of 423")
POLL = """
const end = performance.now() + ms;
while (!(await test(arg))) {
  if (performance.now() > end) return false;
  await new Promise((resolve) => setTimeout(resolve, 40));
}
return true;
"""


def chromium() -> str:
    """The browser's program."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    assert found, "Chromium is missing: apt-get install chromium"
    return found


def launch(playwright: Playwright, voice: Path) -> Browser:
    """A Chromium that hears ``voice`` in its microphone; root may start it, the page may ring."""
    return playwright.chromium.launch(
        executable_path=chromium(),
        headless=True,
        args=[
            "--no-sandbox",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={voice}",
            "--autoplay-policy=no-user-gesture-required",
            "--allow-loopback-in-peer-connection",
            "--disable-dev-shm-usage",
        ],
    )


@define(eq=False)
class Person:
    """Somebody with a browser; ``hertz`` is the pitch of the voice.

    ``problems`` holds what the browser complained of: scripts that failed, refused content.
    """

    site: WebSite
    browser: Browser
    hertz: int
    language: str = "zh-CN"
    problems: list[str] = field(factory=list)
    context: BrowserContext = field(init=False)
    page: Page = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A browser as if it was just installed: no cookies, nothing remembered."""
        self.context = self.browser.new_context(
            permissions=["microphone"],
            viewport=SIZE,  # type: ignore[arg-type]
            locale=self.language,
            base_url=self.site.url,
        )
        self.context.set_default_timeout(WAIT_MS)
        self.context.add_init_script(EARS)
        self.page = self.new_tab()

    def new_tab(self) -> Page:
        """One more tab of the same browser."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._complained(message))
        return page

    def _complained(self, message: ConsoleMessage) -> None:
        text = f"{message.location.get('url', '')} {message.text}"
        if message.type == "error" and not any(usual in text for usual in USUAL):
            self.problems.append(text)

    def sees(self, selector: str, **options: Any) -> Locator:
        """Wait until something is shown."""
        found = self.page.locator(selector, **options).first
        found.wait_for()
        return found

    def until(self, test: str, arg: object = None, seconds: float = WAIT_MS / 1000) -> None:
        """Wait until a function of the page's gives true.

        Playwright's own wait evaluates text in the page, which our content policy forbids.
        """
        done = self.page.evaluate(
            f"async ([arg, ms]) => {{ const test = {test};{POLL} }}", [arg, 1000 * seconds]
        )
        assert done, f"not so after {seconds} s: {test} with {arg}"

    def hears(self, who: Person) -> None:
        """Wait until this one's page plays the other's voice."""
        self.until("hertz => hears(hertz)", who.hertz)

    def is_deaf_to(self, who: Person, seconds: float = 1.5) -> None:
        """Once the voice is gone it stays away for some seconds."""
        self.until(
            """(() => {
              let last = performance.now();
              return ([hertz, ms]) => {
                last = hears(hertz) ? performance.now() : last;
                return performance.now() - last > ms;
              };
            })()""",
            [who.hertz, seconds * 1000],
        )

    def end(self) -> None:
        """Close the browser's window."""
        self.context.close()


class Patient(Person):
    """Calls the hotline from the phone page."""

    def call(self, caller: str = "withheld") -> None:
        """Call the hotline and hear its welcome; ``caller`` as in the page's list, or a number."""
        page = self.page
        page.goto("/phone")
        self._state("ready")
        if page.locator(f"#caller option[value='{caller}']").count():
            page.select_option("#caller", caller)
        else:
            page.select_option("#caller", "own")
            page.fill("#own-number", caller)
        page.click("[data-call]")
        self._state("talking")
        self.until("() => hearsAnything()")

    def press(self, keys: str) -> None:
        """Press keys of the keypad."""
        for key in keys:
            self.page.click(f"[data-key='{key}']")

    def hang_up(self) -> None:
        """End the call."""
        self.page.click("[data-end]")
        self._state("ready")

    def is_over(self) -> None:
        """Wait until the other side has ended the call."""
        self._state("ready")

    def _state(self, state: str) -> None:
        self.page.wait_for_selector(f"[data-phone-state={state}]")


class Staff(Person):
    """Works in the workspace, at the phone in the page."""

    def sign_in(self, login: str) -> None:
        """With the demonstration's password; ends at the first page."""
        page = self.page
        page.goto("/signin")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_selector(".shell[data-user]")

    def begins(self, login: str) -> None:
        """Sign in and begin work at the phone in the page; not ready yet."""
        self.sign_in(login)
        self.begins_work()

    def begins_work(self) -> None:
        """At the phone in the page; not ready yet."""
        self.is_("signed_out")
        self.page.click(".desk-state > summary")
        self.page.locator("form[action='/desk/do/begin'] button").first.click()
        self.phone_is("ready")
        self.sees("[data-desk=ready] button")

    def is_ready(self, login: str) -> None:
        """Sign in, begin work, be ready."""
        self.begins(login)
        self.page.keyboard.press("F8")
        self.is_("ready")

    def is_(self, state: str) -> None:
        """Wait until the bar shows this state of the agent."""
        self.page.wait_for_selector(f"[data-desk-line][data-state={state}]")

    def phone_is(self, state: str) -> None:
        """Wait until the phone in the page is in this state."""
        self.page.wait_for_selector(f"html[data-phone={state}]")

    def rings(self) -> str:
        """Wait until a call rings here; its id."""
        self.phone_is("ringing")
        self.is_("ringing")
        return self.page.locator("[data-desk-line]").get_attribute("data-call") or ""

    def answers(self) -> None:
        """By key."""
        self.page.keyboard.press("F2")
        self.phone_is("talking")
        self.is_("talking")

    def asks(self, typed: str) -> None:
        """Ask somebody who is found by ``typed`` while the caller waits."""
        page = self.page
        page.keyboard.press("F6")
        page.locator("#passing input[type=search]").fill(typed)
        page.locator("#passing-found label").get_by_text(typed).first.wait_for()
        page.keyboard.press("Enter")
        self.is_("consulting")

    def writes(self, note: str) -> None:
        """A note of the call, and wait until the server has it."""
        with self.page.expect_response("**/desk/draft"):
            self.page.fill("#strip-note", note)

    def steers(self, verb: str, agent: str) -> None:
        """One click on the board."""
        self.page.click(f"[hx-post='/board/agent/{agent}/{verb}']")

    def finishes(self, disposition: str) -> None:
        """Choose a disposition by its first letters and be done."""
        page = self.page
        self.is_("wrap_up")
        page.locator("[data-combo-input]").fill(disposition)
        page.locator("#strip-list [role=option]:visible").first.wait_for()
        page.keyboard.press("Enter")
        page.keyboard.press("Control+Enter")
        self.is_("ready")


def voice_of(folder: Path, hertz: int) -> Path:
    """The file of a voice, made when it is not there."""
    path = folder / f"{hertz}.wav"
    return path if path.exists() else beeps(path, hertz)
