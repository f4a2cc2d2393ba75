"""A patient calls from the phone page; two agents serve the patient in real browsers."""

from __future__ import annotations

import pytest
from tests.web.support.people import Patient, Staff
from tests.web.support.site import WebSite

pytestmark = pytest.mark.integration

NUMBER, MASKED = "13911112222", "139****2222"


def passes_on(patient: Patient, first: Staff, second: Staff, call: str) -> None:
    """A colleague is asked first, sees what the first one knows and wrote, then takes over."""
    second.is_ready("8002")
    first.asks("王芳")
    assert second.rings() == call
    second.sees(f"[data-call-page='{call}']")
    second.sees("text=赵晓梅 <b>")
    second.page.locator("#work-tab-desk_notes").click()  # the tab of appointments opens first
    second.sees("text=想改约周三的门诊")
    second.answers()
    second.hears(first)
    first.hears(second)
    patient.is_deaf_to(first)
    first.page.keyboard.press("F6")
    first.is_("wrap_up")
    patient.hears(second)
    second.hears(patient)


def test_an_agent_serves_an_unknown_patient_and_passes_it_on(
    site: WebSite, patient: Patient, first: Staff, second: Staff
) -> None:
    first.is_ready("8001")
    patient.call(NUMBER)
    patient.press("0")

    # Who calls is shown before the answer, and the whole number is not in the page.
    call = first.rings()
    first.sees(f"[data-call-page='{call}']")
    first.sees(f"text={MASKED}")
    assert NUMBER not in first.page.content()

    first.answers()
    patient.hears(first)
    first.hears(patient)

    # An unknown caller becomes a patient without leaving the call.
    page = first.page
    page.fill("#who-new [name=name]", "赵晓梅 <b>")
    with page.expect_response("**/patients/quick"):
        page.press("#who-new [name=name]", "Enter")
    first.sees("#who-patients >> text=赵晓梅 <b>")

    page.keyboard.press("F3")
    first.is_("holding")
    patient.is_deaf_to(first)
    page.keyboard.press("F3")
    first.is_("talking")
    patient.hears(first)

    # The page is loaded anew in mid-call: the call comes back by itself, nothing is lost.
    first.writes("想改约周三的门诊")
    page.reload()
    first.phone_is("talking")
    first.is_("talking")
    patient.hears(first)
    first.hears(patient)
    assert page.input_value("#strip-note") == "想改约周三的门诊"

    passes_on(patient, first, second, call)
    first.finishes("hf")
    patient.hang_up()
    second.finishes("hf")
    record = site.careline("call", "show", call).out
    assert "8001" in record
    assert "8002" in record


def test_three_talk_and_a_leader_listens_then_joins(
    patient: Patient, first: Staff, second: Staff, leader: Staff
) -> None:
    first.is_ready("8001")
    patient.call("13800138002")
    patient.press("0")
    first.rings()
    first.sees("text=陈建国")
    first.answers()
    patient.hears(first)

    leader.begins("leader")
    leader.page.goto("/board")
    leader.phone_is("ready")
    leader.steers("listen", "8001")
    leader.phone_is("talking")
    leader.hears(patient)
    leader.hears(first)
    patient.is_deaf_to(leader)
    first.is_deaf_to(leader)
    leader.page.keyboard.press("F2")
    leader.phone_is("ready")
    leader.steers("barge", "8001")
    leader.phone_is("talking")
    patient.hears(leader)
    first.hears(leader)
    leader.page.keyboard.press("F2")
    leader.phone_is("ready")
    patient.is_deaf_to(leader)

    second.is_ready("8002")
    first.asks("王芳")
    second.rings()
    second.answers()
    first.page.keyboard.press("F7")
    for one, other in ((patient, second), (second, patient), (patient, first), (first, second)):
        one.hears(other)
    first.page.keyboard.press("F2")
    first.is_("wrap_up")
    patient.hears(second)
    second.hears(patient)
    second.page.keyboard.press("F2")
    patient.until("() => hearsAnything()")  # asked how it was
    patient.hang_up()
    second.is_("wrap_up")
