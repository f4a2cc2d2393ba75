"""In a call a visit is booked, moved and cancelled by keyboard, for the patient on the phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.web.support.people import Patient, Staff
from tests.web.support.site import WebSite

pytestmark = pytest.mark.integration

#: 刘桂英, whose number nobody else has; she has coming visits in the demonstration.
NUMBER = "13800138001"
#: Keys of a whole booking, from opening the tab to "booked".
MOST_KEYS = 9
#: How many visits to this department stand beside the call.
COMING = """count => [...document.querySelectorAll('[data-coming] li')]
  .filter(one => one.textContent.includes('心血管内科')).length === count"""


class Keyboard:
    """Presses keys and counts them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1


def opens_booking(staff: Staff) -> Keyboard:
    """The caret is in the search of the tab that has opened by itself."""
    staff.sees("#work-tab-appointments_booking[aria-selected=true]")
    staff.sees("#book-patient >> text=刘桂英")
    labels = staff.page.locator("#work [role=tab]").all_inner_texts()
    number = 1 + next(place for place, text in enumerate(labels) if "预约" in text)
    keys = Keyboard(staff.page)
    keys.press(f"Alt+{number}")
    staff.until("() => document.activeElement?.id === 'book-q'")
    return keys


def on_a_cell(staff: Staff) -> None:
    staff.until("() => document.activeElement?.matches('[data-cell]')")


def on_a_time(staff: Staff) -> None:
    staff.until("() => document.activeElement?.matches('#book-step input[name=slot]')")


def choose(staff: Staff, keys: Keyboard, what: str) -> None:
    """What is offered for the visit that was just booked, by arrows."""
    keys.press("Escape", "ArrowDown")
    staff.sees("#book-found [role=option]", has_text=what)
    texts = staff.page.locator("#book-found [role=option]").all_inner_texts()
    place = next(at for at, text in enumerate(texts) if what in text and "心血管内科" in text)
    keys.press(*["ArrowDown"] * place, "Enter")


def test_a_visit_is_booked_moved_and_cancelled_by_keys(
    site: WebSite, patient: Patient, first: Staff
) -> None:
    first.is_ready("8001")
    patient.call(NUMBER)
    patient.press("0")
    first.rings()
    first.sees("[data-panel=appointments_coming]")
    first.answers()

    # Initials that people use find the department, Enter does the rest.
    keys = opens_booking(first)
    keys.press("x", "n", "k", "Enter")
    on_a_cell(first)
    assert first.page.locator(".week-campus").count() == 2, "both campuses have the department"
    keys.press("ArrowRight", "ArrowRight")
    keys.press("Enter")
    on_a_time(first)
    keys.press("Enter")
    first.sees("#book-step [data-booking-state=booked] >> text=预约成功")
    first.sees("#book-step .turn")
    assert keys.count <= MOST_KEYS, keys.count
    first.until(COMING, 1)

    # With nothing typed the search offers the coming visits: this one is moved.
    choose(first, keys, "改约")
    on_a_cell(first)
    first.sees("#book-week .notice")
    keys.press("PageDown")
    first.sees("[data-week-back]:not([disabled])")
    on_a_cell(first)
    keys.press("Enter")
    on_a_time(first)
    keys.press("ArrowRight", "Enter")
    first.sees("#book-step [data-booking-state=booked] >> text=改约成功")
    first.until(COMING, 1)

    # And it is cancelled, with the first of the reasons.
    choose(first, keys, "取消预约")
    first.until("() => document.activeElement?.matches('#book-step input[name=why]')")
    keys.press("ArrowRight", "Enter")
    first.sees("#book-step [data-booking-state=cancelled]")
    first.until(COMING, 0)
    patient.hang_up()
    first.is_("wrap_up")
    done = site.careline("audit", "search", "--act", "appointment.cancelled", "--json").out
    assert "病情好转" in done
