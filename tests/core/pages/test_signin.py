"""Signing in through the browser: pages, cookies, links, the overlay, the second factor."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from tests.support.door import PASSWORD, Door, made_door

from careline.pages.signin.hooks import SignInPages
from careline.testing import run_async
from careline.testing.web import Browser, Seen, WebHouse, location


@pytest.fixture
def door() -> Door:
    return made_door()


@pytest.fixture
def house(door: Door) -> WebHouse:
    pages = SignInPages(door.auth, door.entrance)
    return WebHouse([pages], door=door.auth, audit=door.audit, clock=door.clock, language="en")


@pytest.fixture
def browser(house: WebHouse) -> Browser:
    return house.browser(signed_in=False)


def go(browser: Browser, path: str, form: dict[str, str] | None = None, **more: Any) -> Seen:
    asked = browser.get(path) if form is None else browser.post(path, form, **more)
    return run_async(asked, browser.house.clock)


def sign_in(browser: Browser, login: str = "zhang", password: str = PASSWORD) -> Seen:
    return go(browser, "/signin", {"login": login, "password": password, "next": "/account"})


def test_a_stranger_is_sent_to_sign_in_and_comes_back(door: Door, browser: Browser) -> None:
    door.user()
    seen = go(browser, "/account")
    assert (seen.status, location(seen)) == (303, "/signin?next=%2Faccount")
    form = go(browser, "/signin?next=%2Faccount")
    assert form.find("input[name=next]")[0].get("value") == "/account"
    entered = sign_in(browser)
    assert (entered.status, location(entered)) == (303, "/account")
    cookie = entered.cookies[0]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert go(browser, "/account").status == 200


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nX: y",
    ],
)
def test_next_leads_to_no_other_site_and_into_no_header(
    door: Door, browser: Browser, evil: str
) -> None:
    door.user()
    seen = go(browser, "/signin", {"login": "zhang", "password": PASSWORD, "next": evil})
    assert location(seen) == "/"
    assert "x" not in seen.headers
    again = go(browser, "/signin?next=" + quote(evil, safe=""))
    assert location(again) == "/"
