"""The desk: in English, with masked numbers, muted, in several tabs, and gone."""

from __future__ import annotations

import pytest
from tests.web.support.people import Patient, Staff
from tests.web.support.site import WebSite

pytestmark = pytest.mark.integration

NUMBER, MASKED = "13800138003", "138****8003"
#: A phone rings 20 s in vain.
RINGS_MS = 120_000
#: Seconds in which a desk without page or phone is out of every queue.
OUT_S = 120


def speaks(staff: Staff, language: str) -> None:
    """The workspace is in that language from now on."""
    staff.page.click(".bar-tools details > summary")
    staff.page.click(f"button[name=language][value={language}]")
    staff.sees(f"html[lang^={language}]")


def test_in_english_who_calls_is_masked_until_a_reason_is_given(
    site: WebSite, patient: Patient, first: Staff
) -> None:
    page = first.page
    first.sign_in("8001")
    speaks(first, "en")
    first.begins_work()
    page.keyboard.press("F8")
    first.is_("ready")
    first.sees("text=Ready")

    patient.call(NUMBER)
    patient.press("0")
    call = first.rings()
    first.sees("[data-phone=answer]", has_text="Answer")
    first.sees("#who-patients >> text=孙丽")
    first.sees("#who-patients >> text=孙小宝")
    first.sees(f"text={MASKED}")
    assert NUMBER not in page.content()
    first.answers()
    patient.hears(first)

    page.keyboard.press("F4")
    first.sees("[data-phone=mute][aria-pressed=true]")
    patient.is_deaf_to(first)
    page.keyboard.press("F4")
    first.sees("[data-phone=mute][aria-pressed=false]")
    patient.hears(first)

    page.locator("[data-reveal]").first.click()
    page.fill("#reveal [name=reason]", "to call back")
    page.press("#reveal [name=reason]", "Enter")
    first.sees("[data-masked]", has_text=NUMBER[-8:])
    patient.hang_up()
    first.is_("wrap_up")
    speaks(first, "zh")  # the account remembers it, and others sign in to it
    looked = site.careline("audit", "search", "--whose", call, "--json").out
    assert "to call back" in looked


def test_a_call_that_is_not_taken_leaves_the_desk_at_my_day(
    site: WebSite, patient: Patient, first: Staff
) -> None:
    first.is_ready("8001")
    patient.call()
    patient.press("0")
    call = first.rings()
    first.sees(f"[data-call-page='{call}']")
    out = first.page.locator("[data-desk-line][data-state=not_ready]")
    out.wait_for(timeout=RINGS_MS)
    first.sees(".toast", has_text="未接听")
    first.sees("[data-panel=home_callbacks]")
    first.page.wait_for_url(f"{site.url}/")
    assert first.page.locator(".error-card").count() == 0


def test_one_tab_leads_and_a_desk_that_is_gone_gets_no_calls(
    site: WebSite, first: Staff, second: Staff
) -> None:
    first.is_ready("8001")
    other = first.new_tab()
    other.goto("/")
    other.wait_for_selector("[data-desk-line][data-state=ready]")
    assert other.locator("html[data-phone=ready]").count() == 0
    first.page.close()
    first.page = other
    first.phone_is("ready")
    first.is_("ready")

    # A colleague is called by a click; the own phone answers by itself.
    second.is_ready("8002")
    other.click("[data-desk=dialling]")
    other.fill("#dialling input[type=search]", "王芳")
    other.locator("#dialling-found label").get_by_text("王芳").first.wait_for()
    other.keyboard.press("Enter")
    first.phone_is("talking")
    second.rings()
    second.answers()
    first.hears(second)
    second.hears(first)
    second.page.keyboard.press("F2")
    first.phone_is("ready")

    second.page.close()
    site.comes("8002", "not ready (phone is away)", within_s=OUT_S)
