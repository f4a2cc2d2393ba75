"""Coming visits are heard and cancelled by keys; doctors are heard by number."""

from __future__ import annotations

import pytest
from tests.plugins.appointments.ivr.caller import CARDS, Phone, family, site_of
from tests.plugins.appointments.site import Site

from careline.ivr.exits import ToQueue
from careline.storage import Database
from careline_appointments.model import BookingState

# What the dialogues do is the same on both databases; their tables are tested in test_kept.
pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


CARD_END = "109*"
"""What the caller with the first card enters before a visit is cancelled."""


@pytest.fixture
def site(db: Database) -> Site:
    return site_of(db)


def test_a_visit_is_heard_and_cancelled(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    booking = site.book(patient)
    _, line = Phone(site).calls("1", "3", "1", CARD_END, "1")
    assert "单小明" in line.texts
    assert "cancelled" in line.sentences
    done = site.stored(booking)
    assert (done.state, done.reason) == (BookingState.CANCELLED, "by the caller, with keys")
    assert site.heard("appointment_cancelled") == [booking.id]


def test_a_cancel_that_nobody_confirmed_yet_is_not_told_as_done(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    booking = site.book(patient)
    site.his.how = ["swallowed"]
    _, line = Phone(site).calls("1", "3", "1", CARD_END, "1")
    assert "cancelling" in line.sentences
    assert "cancelled" not in line.sentences
    site.later(minutes=1)
    assert site.stored(booking).state is BookingState.CANCELLING


def test_too_late_to_cancel_leads_to_an_agent(db: Database) -> None:
    site = site_of(db, cancel_hours=48)
    [patient] = family(site, CARDS[0])
    booking = site.book(patient)
    left, line = Phone(site).calls("1", "3", "1", CARD_END, "1")
    assert "too-late" in line.sentences
    assert isinstance(left, ToQueue)
    assert site.stored(booking).state is BookingState.BOOKED


def test_a_forged_number_cancels_nothing(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    booking = site.book(patient)
    left, line = Phone(site).calls("1", "3", "1", "0000", "1090", "109", "1", "1")
    assert "enter-card-end" in line.sentences
    assert "cancel-confirm" not in line.sentences
    assert isinstance(left, ToQueue)
    assert site.stored(booking).state is BookingState.BOOKED


def test_a_record_without_a_card_is_cancelled_by_an_agent(site: Site) -> None:
    [patient] = family(site, "")
    booking = site.book(patient)
    left, line = Phone(site).calls("1", "3", "1", "0000", "1")
    assert "enter-card-end" not in line.sentences
    assert isinstance(left, ToQueue)
    assert site.stored(booking).state is BookingState.BOOKED


def test_who_has_proved_it_in_the_call_is_not_asked_again(site: Site) -> None:
    [patient] = family(site, CARDS[1])
    booking = site.book(patient)
    Phone(site, number="+8613900005555").calls("1", "3", "7000#", "2113", "1", "1")
    assert site.stored(booking).state is BookingState.CANCELLED


def test_three_characters_of_a_family_prove_too_little_to_cancel(site: Site) -> None:
    people = family(site, CARDS[0], CARDS[1])
    booking = site.book(people[0])
    Phone(site).calls("1", "09*", "3", "1", "1")
    assert site.stored(booking).state is BookingState.BOOKED
    Phone(site).calls("1", "09*", "3", "1", CARD_END, "1")
    assert site.stored(booking).state is BookingState.CANCELLED


def test_a_hospital_may_trust_the_number(db: Database) -> None:
    site = site_of(db, prove_to_cancel=False)
    [patient] = family(site, "")
    booking = site.book(patient)
    Phone(site).calls("1", "3", "1", "1")
    assert site.stored(booking).state is BookingState.CANCELLED


def test_star_keeps_the_visit(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    booking = site.book(patient)
    Phone(site).calls("1", "3", "1", CARD_END, "*", "*", "*", "0")
    assert site.stored(booking).state is BookingState.BOOKED


def test_a_visit_not_confirmed_yet_is_said_to_be_so(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    site.his.how = ["swallowed"]
    site.book(patient)
    _, line = Phone(site).calls("1", "3", "1", "0")
    assert "visit-unsure" in line.sentences
    assert "visit-keys" not in line.sentences, "it cannot be cancelled yet"


def test_one_of_a_family_hears_its_own_visits_alone(site: Site) -> None:
    people = family(site, CARDS[0], CARDS[1])
    site.book(people[1])
    _, line = Phone(site).calls("1", "09*", "3", "0")
    assert "no-visits" in line.sentences
    assert "单小明" not in line.texts


def test_a_stranger_hears_nothing_without_number_and_card(site: Site) -> None:
    [patient] = family(site, CARDS[1])
    site.book(patient)
    stranger = Phone(site, number="+8613900005555")
    _, line = stranger.calls("1", "3", "7000#", "0000", "7000#", "0001", "7000#", "0002")
    assert "单小明" not in line.texts
    _, line = stranger.calls("1", "3", "7000#", "2113", "0")
    assert "单小明" in line.texts


def test_no_visit_leads_back(site: Site) -> None:
    family(site, CARDS[0])
    _, line = Phone(site).calls("1", "3", "2", "0")
    assert "no-visits" in line.sentences
    assert "department-option-1" in line.sentences


def test_a_doctor_by_number_and_on_to_booking(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    _, line = Phone(site).calls("1", "4", "800#", "1", "1", "1")
    assert "李芳" in line.texts
    [booking] = site.run(site.booker.of_patient(patient))
    assert (booking.doctor, booking.state) == ("d2", BookingState.BOOKED)


def test_an_unknown_doctor_is_asked_for_again(site: Site) -> None:
    family(site, CARDS[0])
    left, line = Phone(site).calls("1", "4", "1#", "2#", "3#")
    assert "no-doctor" in line.sentences
    assert isinstance(left, ToQueue)
