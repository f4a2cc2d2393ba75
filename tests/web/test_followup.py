"""In a call a follow-up is asked by keys; a red flag is on the ward's page at once."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Playwright, expect
from sqlalchemy import create_engine, insert, select
from tests.support.strict import bound
from tests.web.support.people import Patient, Staff, chromium
from tests.web.support.site import WebSite

from careline_followup.links import link_table
from careline_followup.tasks.model import State
from careline_followup.tasks.store import task_table

pytestmark = pytest.mark.integration

#: 刘桂英, whose number nobody else has.
NUMBER = "13800138001"
TAB = "#work-tab-followup_ask"
AT_ONCE_MS = bound(5_000)


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


def test_a_stray_key_on_a_page_answers_nothing(site: WebSite, first: Staff) -> None:
    page, given = first.page, first.page.locator(".followup-given dt")
    first.sign_in("8001")
    page.goto(f"{site.url}/followup?list=todo")
    page.locator("#results tr", has_text="到期").first.locator("a").click()
    first.sees(".followup-ask .notice")
    page.keyboard.press("1")
    page.locator(".followup-ask form[action$='/mine'] button").click()
    first.sees(".followup-question")
    page.keyboard.press("1")
    page.locator("[data-followup-key='1']").click()
    expect(given).to_have_count(1)
    page.keyboard.press("1")
    expect(given).to_have_count(2)


def test_a_patient_answers_over_a_link_on_a_small_telephone(
    site: WebSite, playwright: Playwright
) -> None:
    path = f"/f/{_link(site)}"
    browser = playwright.chromium.launch(executable_path=chromium())
    page = browser.new_page(
        viewport={"width": 360, "height": 640}, locale="zh-CN", java_script_enabled=False
    )
    try:
        page.goto(site.url + path)
        for _ in range(12):
            if page.locator("form").count() == 0:
                break
            box = page.locator("input[inputmode]")
            if box.count():
                box.fill("37")
            else:
                page.locator("input[type=radio]").first.check()
            page.get_by_role("button").click()
        expect(page.get_by_text("谢谢您的配合")).to_be_visible()
        assert page.goto(site.url + path).status == 404
    finally:
        browser.close()


def _link(site: WebSite) -> str:
    """A link as a message would carry it, for one of those who are due."""
    token = "a-token-of-this-test"
    values = {
        "digest": hashlib.sha256(token.encode()).hexdigest(),
        "task": select(task_table.c.id)
        .where(task_table.c.state == State.PLANNED)
        .limit(1)
        .scalar_subquery(),
        "ends": datetime.now(UTC) + timedelta(days=1),
    }
    engine = create_engine(site.place.settings.database_url)
    with engine.begin() as connection:
        connection.execute(insert(link_table).values(values))
    engine.dispose()
    return token
