"""In a call a follow-up is asked by keys; a red flag is on the ward's page at once."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect
from tests.web.support.people import Patient, Staff
from tests.web.support.site import WebSite

pytestmark = pytest.mark.integration

#: 刘桂英, whose number nobody else has.
NUMBER = "13800138001"
TAB = "#work-tab-followup_ask"
AT_ONCE_MS = 5_000


def test_an_agent_asks_by_keys_and_the_ward_sees_the_red_flag_within_5_s(
    site: WebSite, patient: Patient, first: Staff, leader: Staff
) -> None:
    leader.sign_in("leader")
    leader.page.goto(f"{site.url}/followup/flags")
    flags = leader.page.locator("#results tbody tr")
    expect(flags).to_have_count(2)
    first.is_ready("8001")
    patient.call(NUMBER)
    patient.press("0")
    first.rings()
    first.answers()
    first.sees(TAB)
    first.page.locator(TAB).click()
    first.sees(".followup-question")
    questions = first.page.locator(".followup-question h3")
    begun = time.monotonic()
    for _ in range(8):  # the worst answer to each question, until the ward is told
        words = questions.inner_text()
        field = first.page.locator(".followup-answers input[name=value]")
        if field.count():
            field.fill("39.5" if "体温" in words else "9")
            begun = time.monotonic()
            field.press("Enter")
        else:
            begun = time.monotonic()
            first.page.keyboard.press("3")
        expect(questions).not_to_have_text(words, timeout=AT_ONCE_MS)
        if first.page.locator(".followup-ask .notice.bad").count():
            break
    expect(flags).to_have_count(3, timeout=AT_ONCE_MS)
    assert time.monotonic() - begun < AT_ONCE_MS / 1000
    patient.hang_up()
    first.is_("wrap_up")
