"""Pictures of every page of a running demonstration, in both languages and at both sizes.

usage: python -m tests.web.screenshots [URL] [--only TEXT] [--dark] [--quick]
       (careline run --demo must be running; pictures go to screenshots/, which git ignores)
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Error, Page, sync_playwright

OUTPUT = Path(__file__).parents[2] / "screenshots"
CHROMIUM = "/usr/bin/chromium"
PASSWORD = "careline-demo"
#: Who signs in: the administrator sees every page, the others what is different for them.
PEOPLE = ("admin", "leader", "8001")
SIZES = ((1366, 768), (1920, 1080))
LANGUAGES = ("zh", "en")
#: Clicks from the menu.
DEEP = 2
#: What leads further on a page: tabs, the first row of each list, buttons of the head.
FURTHER = ".tabs a[href], .page-head a.button[href]:not([target])"


def paths_of(page: Page) -> list[str]:
    """The pages of the menu, in order."""
    links = page.eval_on_selector_all(
        "#rail a[href]", "all => all.map(a => a.getAttribute('href'))"
    )
    return list(dict.fromkeys(links))


def further(page: Page) -> Iterator[str]:
    """Where a page leads to, each kind of place once."""
    yield from page.eval_on_selector_all(FURTHER, "all => all.map(a => a.getAttribute('href'))")
    for frame in page.query_selector_all("[data-list]"):
        link = frame.query_selector("a.row-link[href], a.title[href]")
        if link is not None:
            yield link.get_attribute("href") or ""


def crawl(page: Page, base: str) -> Iterator[str]:
    """Every page that somebody comes to by two clicks, while it is open."""
    page.goto(base + "/")
    settle(page)
    known = dict.fromkeys(["/", *paths_of(page)], 0)
    waiting = list(known)
    for path in waiting:  # grows as it goes
        if not visit(page, base, path):
            continue
        if known[path] < DEEP:
            for href in further(page):
                if href.startswith("/") and not is_known(href, known):
                    known[href] = known[path] + 1
                    waiting.append(href)
        yield path


def is_known(href: str, known: dict[str, int]) -> bool:
    """True for a place that is there already, whatever its query."""
    return any(urlsplit(one).path == urlsplit(href).path for one in known)


def visit(page: Page, base: str, path: str) -> bool:
    """Go there; False when it is no page (a file, an error)."""
    try:
        answer = page.goto(base + path)
    except Error:  # a download
        return False
    settle(page)
    if answer is not None and answer.status >= 400:
        print(f"  {answer.status} {path}")
    return True


def settle(page: Page) -> None:
    """Wait until the parts of the page have loaded."""
    busy = "document.querySelectorAll('.htmx-request, #main .skeleton:not(template *)').length"
    for _ in range(160):
        page.wait_for_timeout(25)
        if not page.evaluate(busy):
            return
    print(f"  still loading: {page.url}")


def name_of(path: str) -> str:
    """A file's name for a path."""
    parts = urlsplit(path)
    text = f"{parts.path}-{parts.query}" if parts.query else parts.path
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:60] or "start"


def sign_in(browser: Browser, base: str, login: str, size: tuple[int, int], theme: str) -> Page:
    """A window in which somebody has signed in."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, locale="zh-CN"
    )
    page = context.new_page()
    page.on("pageerror", lambda error: print(f"  script error on {page.url}: {error}"))
    page.goto(base + "/signin")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.click("button.primary")
    page.wait_for_selector("#rail")
    return page


def speak(page: Page, base: str, language: str) -> None:
    """Switch the language as the menu does."""
    page.goto(base + "/")
    page.evaluate(
        """language => fetch('/language', {method: 'POST', headers: {
            'X-CSRF-Token': document.querySelector('meta[name=csrf]').content},
            body: new URLSearchParams({language})})""",
        language,
    )


def main(argv: list[str] | None = None) -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--only", default="", help="only paths that hold this text")
    parser.add_argument("--dark", action="store_true", help="the dark theme")
    parser.add_argument("--quick", action="store_true", help="Chinese, small, the administrator")
    parser.add_argument("--as", dest="people", default="", help="only this login")
    options = parser.parse_args(argv)
    people = (options.people,) if options.people else PEOPLE[: 1 if options.quick else 3]
    theme = "dark" if options.dark else "light"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for login in people:
            for size in SIZES[: 1 if options.quick else 2]:
                page = sign_in(browser, options.url, login, size, theme)
                paths = [one for one in crawl(page, options.url) if options.only in one]
                for language in LANGUAGES[: 1 if options.quick else 2]:
                    speak(page, options.url, language)
                    folder = OUTPUT / f"{language}-{size[0]}{'-dark' if options.dark else ''}"
                    take(page, options.url, paths, folder / login)
                page.context.close()
        browser.close()


def take(page: Page, base: str, paths: list[str], folder: Path) -> None:
    """One picture of each page into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        if visit(page, base, path):
            page.screenshot(path=folder / f"{name_of(path)}.png")
    print(f"{folder}: {len(paths)} pages")


if __name__ == "__main__":
    main()
