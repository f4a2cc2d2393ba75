"""In a call a message is sent by keyboard; the leader sees it on the telephone, and its answer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.web.support.people import Patient, Staff
from tests.web.support.site import WebSite

pytestmark = pytest.mark.integration

#: 刘桂英, whose number nobody else has.
NUMBER = "13800138001"
WAIT_MS = 20_000
TAB = "#work-tab-sms_beside"
SENT = "刘桂英您好，您的胃镜请注意"
SEARCH = r"/sms/console\?"


def searches_of(page: Page) -> list[str]:
    """Addresses that the page asks for to search telephones; grows while it asks."""
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if re.search(SEARCH, one.url) else None)
    return asked


def test_a_message_is_sent_by_keys_and_answered(
    site: WebSite, patient: Patient, first: Staff, leader: Staff
) -> None:
    first.is_ready("8001")
    patient.call(NUMBER)
    patient.press("0")
    first.rings()
    first.answers()
    first.sees(TAB)
    labels = first.page.locator("#work [role=tab]").all_inner_texts()
    place = 1 + next(at for at, text in enumerate(labels) if "短信" in text)
    keyboard = first.page.keyboard
    keyboard.press(f"Alt+{place}")
    first.sees("select[name=template]")
    first.page.locator("select[name=template]").focus()
    keyboard.press("ArrowDown")
    first.sees("input[name=v-test]")
    first.page.locator("input[name=v-test]").focus()
    keyboard.type("胃镜")
    keyboard.press("Enter")
    first.sees("[role=tabpanel] li", has_text="您的胃镜请注意")
    patient.hang_up()
    first.is_("wrap_up")

    leader.sign_in("leader")
    leader.page.goto(f"{site.url}/sms/console")
    phone = leader.page.locator(".sms-phone", has_text=SENT)
    expect(phone).to_have_count(1, timeout=WAIT_MS)
    searches = searches_of(leader.page)
    with leader.page.expect_response(re.compile(f"{SEARCH}.*{NUMBER[-4:]}")):
        leader.page.locator("input[name=tail]").fill(NUMBER[-4:])
    phone.locator("input[name=text]").fill("谢谢")
    leader.page.keyboard.press("Enter")
    expect(phone.locator(".is-reply").first).to_have_text("谢谢", timeout=WAIT_MS)
    assert len(searches) == 1, "to leave the search field is no search: it would wipe the reply"
    leader.page.goto(f"{site.url}/sms/replies?only=all")
    expect(leader.page.locator("td", has_text=re.compile("^谢谢$"))).to_be_visible()
