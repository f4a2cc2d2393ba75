"""The patient's phone: beside the desk in one browser, hears the hotline, presses keys."""

from __future__ import annotations

import pytest
from tests.web.support.people import Patient
from tests.web.support.site import WebSite

pytestmark = pytest.mark.integration


def test_a_newcomer_calls_the_hotline_and_is_led_by_keys(site: WebSite, patient: Patient) -> None:
    patient.call("13800138001")
    patient.press("9")
    patient.until("async () => (await packets()).sent > 100")
    patient.hang_up()
    shown = site.careline("call", "list").out
    assert "138****8001" in shown
    patient.call("withheld")
    patient.hang_up()
    other = patient.new_tab()
    other.goto("/phone")
    other.wait_for_selector("[data-phone-state=off]")
    patient.page.close()
    other.wait_for_selector("[data-phone-state=ready]")
