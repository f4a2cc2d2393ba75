"""The shell in a real browser: keys, pages without a new document, nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.web.support.people import Staff
from tests.web.support.site import PASSWORD, WebSite
from tests.web.support.sound import LEADER

pytestmark = pytest.mark.integration


@pytest.fixture
def admin(person: Callable[[type[Staff], int], Staff]) -> Iterator[Staff]:
    """The administrator, signed in."""
    made = person(Staff, LEADER)
    made.sign_in("admin")
    yield made
    made.end()


def heard_keys(staff: Staff) -> None:
    """From now on the page notes which of our keys it heard."""
    staff.page.evaluate(
        """() => { window.keys = [];
        document.addEventListener('careline:key', (event) => window.keys.push(event.detail)); }"""
    )


def keys(staff: Staff) -> list[str]:
    found: list[str] = staff.page.evaluate("window.keys")
    return found


def test_pages_come_into_the_document_that_stays(admin: Staff) -> None:
    page = admin.page
    page.goto("/site/campuses")
    page.evaluate("window.stays = 'here'")
    page.click("a[href='/site/queues']")
    admin.sees("a[href='/site/queues'][aria-current=page]")
    assert page.url.endswith("/site/queues")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    admin.sees("h1", has_text="预约挂号")
    page.go_back()
    admin.sees("a[href='/site/queues'][aria-current=page]")
    assert page.evaluate("window.stays") == "here"
    page.reload()
    admin.sees("a[href='/site/queues'][aria-current=page]")
    assert page.evaluate("window.stays") is None
    assert admin.problems == []


def test_keys_are_heard_but_not_while_somebody_types_chinese(admin: Staff) -> None:
    page = admin.page
    page.goto("/site/numbers")
    heard_keys(admin)
    for key in ("F2", "F3", "F4", "F6", "F7", "F8", "Alt+1", "Control+Enter"):
        page.keyboard.press(key)
    assert keys(admin) == [
        *("answer", "hold", "mute", "transfer", "conference", "ready", "tab-1", "done")
    ]
    page.focus("#f-title")
    page.evaluate(
        """() => document.activeElement.dispatchEvent(new KeyboardEvent(
            'keydown', {key: 'F2', isComposing: true, bubbles: true}))"""
    )
    page.keyboard.type("?/")
    assert keys(admin)[8:] == []
    assert page.input_value("#f-title") == "?/"
    page.focus("#main")
    page.keyboard.press("?")
    admin.sees("dialog#keys[open]")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert "back" not in keys(admin)
    page.keyboard.press("Escape")
    assert keys(admin)[-1] == "back"


def test_anything_is_found_by_initials_of_pinyin(admin: Staff) -> None:
    page = admin.page
    page.keyboard.press("Control+k")
    admin.sees("#palette[open]")
    page.keyboard.type("shenji")
    admin.sees("#palette-found [data-cursor] a[href='/audit']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/audit")
    assert page.locator("#palette[open]").count() == 0


def test_errors_stand_beside_the_field_and_leaving_asks(admin: Staff) -> None:
    page = admin.page
    page.goto("/site/new/campus")
    page.fill("[name=id]", "east wing!")
    page.fill("[name=title]", "<b>东院</b>")
    page.fill("[name=hours_mon]", "nine to five")
    page.click("button.primary")
    admin.sees("#f-hours_mon-about .field-error")
    assert page.input_value("[name=title]") == "<b>东院</b>"
    page.fill("[name=hours_mon]", "08:00-17:00")
    page.click("#rail a[href='/board']")
    admin.sees("#ask[open]")
    page.click("#ask [data-close]")
    assert page.input_value("[name=hours_mon]") == "08:00-17:00"
    page.click("button.primary")
    admin.sees("#f-id-about .field-error")
    page.fill("[name=id]", "east-wing")
    page.click("button.primary")
    admin.sees(".toast")
    admin.sees("a[href='/site/campuses/east-wing']", has_text="<b>东院</b>")
    page.click("a[href='/site/campuses/east-wing']")
    page.click("#main button.danger")  # not the one of the dialog that asks
    page.click("#ask [data-ask-yes]")
    page.wait_for_selector("a[href='/site/campuses/east-wing']", state="detached")


def test_what_was_typed_outlives_the_session(admin: Staff, site: WebSite) -> None:
    page = admin.page
    page.goto("/site/new/trunk")
    page.fill("[name=id]", "second")
    page.fill("[name=title]", "二线")
    page.fill("[name=host]", "192.0.2.9")
    admin.context.clear_cookies()
    page.click("button.primary:has-text('保存')")
    overlay = admin.sees("#signin-again[open] [name=password]")
    page.keyboard.press("Escape")
    assert overlay.is_visible()
    overlay.fill("wrong")
    overlay.press("Enter")
    admin.sees("#signin-again[open] .notice.bad, #signin-again[open] .field-error")
    page.fill("#signin-again [name=password]", PASSWORD)
    page.press("#signin-again [name=password]", "Enter")
    admin.sees("a[href='/site/trunks/second']", has_text="二线")
    admin.sees(".toast.good")
    assert "second" in site.careline("trunk", "list", "--json").out
    files = (site.place.root / "asterisk").rglob("pjsip*.conf")
    assert any("192.0.2.9" in one.read_text(encoding="utf-8") for one in files)
    site.careline("trunk", "remove", "second")


def test_what_happens_is_seen_and_a_lost_connection_told(admin: Staff, site: WebSite) -> None:
    page = admin.page
    page.goto("/board")
    admin.sees("#agent-8001 [data-state=signed_out]")
    site.careline("agent", "sign-in", "8001")
    admin.sees("#agent-8001 [data-state=not_ready]")
    page.route("**/events", lambda route: route.abort())
    page.reload()
    admin.sees("[data-live-light][data-live=lost]")
    site.careline("agent", "sign-in", "8002")
    page.unroute("**/events")
    admin.sees("#agent-8002 [data-state=not_ready]")
    admin.sees("[data-live-light][data-live=on]")
