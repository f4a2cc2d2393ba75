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


FORBIDDEN = """
(() => {
  let told;
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const refused = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  const permission = { state: "denied", addEventListener: (_, work) => (told = work) };
  navigator.permissions.query = async () => permission;
  navigator.mediaDevices.getUserMedia = refused;
  window.allow = () => {
    navigator.mediaDevices.getUserMedia = open;
    permission.state = "granted";
    told();
  };
})();
"""


def test_a_forbidden_microphone_is_told_and_the_phone_comes_back(patient: Patient) -> None:
    page = patient.page
    page.add_init_script(FORBIDDEN)
    page.goto("/phone")
    patient.sees("[data-phone-state=denied]")
    patient.sees("[data-trouble]", has_text="浏览器没有允许本页使用麦克风")
    assert page.locator("[data-call]").is_disabled()
    page.evaluate("allow()")
    patient.sees("[data-phone-state=ready]")
    assert page.locator("[data-trouble]").is_hidden()
    assert page.locator("[data-call]").is_enabled()
