"""Who may not work any more is out at once, whatever page is open; who comes back goes on."""

from __future__ import annotations

import pytest
from tests.web.support.people import Staff
from tests.web.support.site import PASSWORD, WebSite

pytestmark = pytest.mark.integration

OVERLAY = "#signin-again[open] [name=password]"


def test_a_disabled_user_is_out_at_once_and_back_when_enabled(second: Staff, site: WebSite) -> None:
    second.sign_in("8002")
    page = second.page
    page.goto("/patients")
    page.evaluate("window.stays = 'here'")
    page.locator("[data-live-light][data-live=on]").wait_for(state="attached")
    try:
        site.careline("user", "disable", "8002")
        second.sees(OVERLAY)  # nobody has touched the page
        page.fill(OVERLAY, PASSWORD)
        page.press(OVERLAY, "Enter")
        second.sees("#signin-again .notice.bad")
    finally:
        site.careline("user", "enable", "8002")
    page.fill(OVERLAY, PASSWORD)
    page.press(OVERLAY, "Enter")
    page.locator("#signin-again").wait_for(state="hidden")
    assert page.evaluate("window.stays") == "here"
    page.goto("/account")
    second.sees("h1", has_text="我的账号")
    acts = site.careline("audit", "search", "--whose", "8002", "--json").out
    for act in ("user.disabled", "user.thrown_out", "user.refused", "user.enabled"):
        assert act in acts
