"""A patient books by keys: few of them, at any campus, once, and never told too early."""

from __future__ import annotations

from datetime import time

import pytest
from tests.plugins.appointments.ivr.caller import CARDS, Line, Phone, family, site_of
from tests.plugins.appointments.site import PHONE, Site

from careline.errors import Unavailable
from careline.ivr.exits import Hangup, ToQueue
from careline.ivr.line import CallerGone
from careline.patients.model import Patient
from careline.storage import Database
from careline.testing.line import HANG_UP, KILL
from careline_appointments.model import Booking, BookingState, Source

KNOWN, OTHER = 6, 9


# What the dialogues do is the same on both databases; their tables are tested in test_kept.
pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def site(db: Database) -> Site:
    return site_of(db)


def visits(site: Site, patient: int) -> list[Booking]:
    return site.run(site.booker.of_patient(patient))


def only(site: Site, patient: int) -> Booking:
    [booking] = visits(site, patient)
    return booking


def test_a_known_caller_books_the_earliest_with_five_keys(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    left, line = Phone(site).calls("1", "2", "1", "1", "1")
    booking = only(site, patient)
    assert (booking.state, booking.slot, booking.source) == (BookingState.BOOKED, "g1", Source.IVR)
    assert booking.call == "hq-1.1"
    assert "booked-1" in line.sentences
    assert left == Hangup()
    assert line.pressed <= KNOWN


def test_a_known_caller_chooses_a_doctor_and_a_time_with_six_keys(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    _, line = Phone(site).calls("1", "2", "1", "3", "1", "1")
    assert (only(site, patient).doctor, only(site, patient).slot) == ("d1", "s1")
    assert line.pressed == KNOWN


def test_the_doctor_of_last_time_comes_first(db: Database) -> None:
    site = site_of(db, most_per_department=0)
    [patient] = family(site, CARDS[0])
    site.book(patient, site.his.slots[1])
    _, line = Phone(site).calls("1", "1", "1", "1")
    assert "单小明" in line.texts
    assert {one.slot for one in visits(site, patient)} == {"s1", "s2"}
    assert line.pressed <= KNOWN


@pytest.mark.parametrize(
    ("cards", "typed", "then"),
    [
        ((CARDS[0], CARDS[1]), "09*", ("2", "1", "3", "1", "1")),  # ...09X, a doctor and a time
        ((CARDS[1], CARDS[0]), "113", ("2", "1", "3", "1", "1")),
        ((CARDS[1], CARDS[3]), "2113", ("2", "1", "1", "1")),  # 113 twice: four, the earliest
    ],
)
def test_a_family_is_told_apart_by_its_id_cards(
    site: Site, cards: tuple[str, ...], typed: str, then: tuple[str, ...]
) -> None:
    people = family(site, *cards)
    _, line = Phone(site).calls("1", typed, *then)
    assert [len(visits(site, one)) for one in people] == [1, 0]
    assert line.pressed <= OTHER
    assert site.linked == [("hq-1.1", people[0])]


@pytest.mark.parametrize(
    ("cards", "typed"),
    [
        ((CARDS[1], CARDS[2]), ("7000#",)),  # 2113 twice
        ((CARDS[1], ""), ("#", "7000#")),
        (("", ""), ("7000#",)),
    ],
)
def test_a_family_without_such_cards_by_outpatient_number(
    site: Site, cards: tuple[str, ...], typed: tuple[str, ...]
) -> None:
    people = family(site, *cards)
    Phone(site).calls("1", *typed, "2", "1", "1", "1")
    assert [len(visits(site, one)) for one in people] == [1, 0]


def test_wrong_digits_end_at_an_agent_and_show_nothing(site: Site) -> None:
    family(site, CARDS[0], CARDS[1])
    left, line = Phone(site).calls("1", "000", "000", "000")
    assert isinstance(left, ToQueue)
    assert left.queue == "appointments"
    assert not any("王" in text for text in line.texts)


def test_an_unknown_caller_gets_a_record_and_books(site: Site) -> None:
    _, line = Phone(site, number="+8613900005555").calls("1", "2", "1", "3", "1", "1")
    [patient] = Phone(site, number="+8613900005555").patients
    assert (patient.name, patient.tags) == ("来电患者5555", ("待完善",))
    assert only(site, patient.id).state is BookingState.BOOKED
    assert "bring-card" in line.sentences
    assert line.pressed <= OTHER
    assert site.linked == [("hq-1.1", patient.id)]


def test_somebody_elses_number_needs_the_end_of_the_card_too(site: Site) -> None:
    [patient] = family(site, CARDS[1], number="+8613700000000")
    stranger = Phone(site, number="+8613900005555")
    left, _ = stranger.calls(
        "1", "2", "1", "1", "3", "7000#", "9999", "7000#", "9998", "7000#", "1"
    )
    assert isinstance(left, ToQueue)
    assert visits(site, patient) == []
    stranger.calls("1", "2", "1", "1", "3", "7000#", "2113", "1", call="hq-2.2")
    assert only(site, patient).state is BookingState.BOOKED


def test_a_withheld_number_books_for_a_known_record_alone(site: Site) -> None:
    [patient] = family(site, CARDS[1])
    _, line = Phone(site, number="").calls("1", "2", "1", "1", "3", "7000#", "2113", "1")
    assert "confirm-withheld" in line.sentences
    assert only(site, patient).state is BookingState.BOOKED


def test_zero_reaches_an_agent_who_sees_how_far_the_caller_came(site: Site) -> None:
    family(site, CARDS[0])
    left, _ = Phone(site).calls("1", "2", "1", "3", "1", "0")
    assert isinstance(left, ToQueue)
    assert left.queue == "appointments"
    came = site.run(site.plugin.ivr.of_call("hq-1.1"))
    assert (came.stage, came.department, came.doctor) == ("confirm", "心血管内科", "单小明")
    assert came.start == time(9)
    elsewhere = site_of_other_core(site)
    assert site.run(elsewhere.of_call("hq-1.1")) == came
    assert [str(line.to("en")) for line in came.where] == [
        "Was asked to confirm",
        "Department: 心血管内科",
        "Doctor: 单小明",
        "Time: 2026-11-24 09:00",
    ]


def site_of_other_core(site: Site):  # type: ignore[no-untyped-def]  # an IvrPart
    return type(site.plugin.ivr)(site.services)


@pytest.mark.parametrize("keys", [(), ("1",), ("1", "2"), ("1", "2", "1"), ("1", "2", "1", "1")])
def test_zero_and_silence_reach_a_person_everywhere(site: Site, keys: tuple[str, ...]) -> None:
    family(site, CARDS[0])
    for last in (("0",), ("", "", "")):
        left, _ = Phone(site).calls(*keys, *last)
        assert isinstance(left, ToQueue)


def test_star_goes_back_step_by_step(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    back = ("1", "2", "1", "3", "1", "*", "*", "*", "*", "*")
    left, line = Phone(site).calls(*back, "0")
    assert isinstance(left, ToQueue)
    assert left.queue == "service", "back in the main menu"
    assert visits(site, patient) == []
    assert "menu" in line.nodes


def test_the_next_time_of_the_clinic(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    Phone(site).calls("1", "2", "1", "3", "1", "2", "2", "1")
    assert only(site, patient).slot == "s2", "there is no later one than the second"


# When hospitals are slow or away


def test_a_campus_that_hangs_is_said_to_be_away_in_three_seconds(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    site.his.hangs = ("main",)
    before = site.clock.seconds()
    _, line = Phone(site).calls("1", "2", "1", "1", "1", "1")
    assert "please-hold" in line.sentences
    assert "not-now" in " ".join(line.sentences)
    assert only(site, patient).campus == "east", "another campus was offered"
    assert site.clock.seconds() - before <= 3.1, "everything in it together"


def test_nobody_to_ask_leads_to_an_agent(site: Site) -> None:
    family(site, CARDS[0])
    site.hub.unregister("his")
    left, line = Phone(site).calls("1", "2", "1", "0")
    assert "not-now-1" in line.sentences
    assert isinstance(left, ToQueue)


def test_the_called_campus_comes_first(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    Phone(site, campus="east").calls("1", "2", "1", "1", "1")
    assert only(site, patient).campus == "east"


def test_another_campus_by_key_eight(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    _, line = Phone(site).calls("1", "2", "1", "8", "1", "1")
    assert only(site, patient).campus == "east"
    assert line.pressed == KNOWN


@pytest.mark.parametrize("how", ["lost", "swallowed", "later", "raises"])
def test_nobody_is_told_booked_before_it_is(site: Site, how: str) -> None:
    [patient] = family(site, CARDS[0])
    site.his.how = [how]
    _, line = Phone(site).calls("1", "2", "1", "1", "1")
    assert "unsure" in line.sentences
    assert "booked-1" not in line.sentences
    assert only(site, patient).state in (BookingState.HOLDING, BookingState.UNSURE)


def test_one_who_hangs_up_while_it_is_booked_has_booked(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    site.his.how = ["later"]
    with pytest.raises(CallerGone):
        Phone(site).calls("1", "2", "1", "1", "1", HANG_UP)
    site.later(seconds=30)
    assert only(site, patient).state is BookingState.UNSURE
    site.his.arrive()
    site.later(minutes=5)
    site.settle()
    assert only(site, patient).state is BookingState.BOOKED


def test_a_core_that_dies_anywhere_goes_on_and_books_once(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    keys = ["1", "2", "1", "3", "1", "1"]
    for place in range(1, len(keys) + 1):
        line = Line([*keys[:place], KILL])
        phone = Phone(site)
        call = f"hq-9.{place}"
        left, _ = phone.calls(line=line, call=call)
        line.acts = [*keys[place:], "", ""]
        if left is None:
            Phone(site).calls(line=line, call=call)
        booked = [one for one in visits(site, patient) if one.active]
        assert [one.slot for one in booked] == ["s1"], place
        site.run(site.booker.cancel(booked[0].id, "", "", Source.IVR))


def test_the_same_confirmation_is_the_same_booking(site: Site) -> None:
    """The core died between the HIS's answer and the word to the caller."""
    [patient] = family(site, CARDS[0])
    line = Line(["1", "2", "1", "1", "1", KILL])
    assert Phone(site).calls(line=line)[0] is None
    assert only(site, patient).state is BookingState.BOOKED
    line.acts = []
    Phone(site).calls(line=line)
    assert only(site, patient).state is BookingState.BOOKED
    assert "booked-1" in line.sentences
    assert len(site.his.orders) == 1


def test_a_visit_that_filled_its_clinic_is_told_by_the_core_that_takes_up_the_call(
    site: Site,
) -> None:
    """The HIS shows free slots alone, so that of the caller is not there any more."""
    [patient] = family(site, CARDS[0])
    line = Line(["1", "2", "1", "1", "1", KILL])
    Phone(site).calls(line=line)
    site.his.slots = [one for one in site.his.slots if one.code != only(site, patient).slot]
    line.acts = []
    Phone(site).calls(line=line)
    assert "booked-1" in line.sentences
    assert "taken" not in line.sentences
    assert len(visits(site, patient)) == 1


def test_a_slot_that_is_taken_meanwhile_is_told_and_chosen_anew(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    site.his.how = ["taken"]
    _, line = Phone(site).calls("1", "2", "1", "1", "1", "3", "1", "1")
    assert "taken" in line.sentences
    assert [one.slot for one in visits(site, patient) if one.active] == ["s1"]


def test_a_rule_that_forbids_leads_to_an_agent(site: Site) -> None:
    [patient] = family(site, CARDS[0])
    site.book(patient)
    left, line = Phone(site).calls("1", "2", "1", "1", "1")
    assert "limit" in line.sentences
    assert isinstance(left, ToQueue)
    came = site.run(site.plugin.ivr.of_call("hq-1.1"))
    assert came.stage == "refused"


def test_an_english_caller_hears_english(site: Site) -> None:
    family(site, CARDS[0])
    _, line = Phone(site).calls("9", "1", "2", "1", "1", "1")
    ours = [one for one in line.heard if one.value.startswith("appointments-")]
    assert {one.language for one in ours} == {"en"}
    assert "It is booked:" in [one.text for one in ours]


def test_a_slow_database_costs_the_name_not_the_call(site: Site, monkeypatch) -> None:
    family(site, CARDS[0])

    async def away(_: object) -> list[Patient]:
        raise Unavailable("db.away", "the database is away")

    monkeypatch.setattr(site.patients, "several", away)
    left, line = Phone(site).calls("1", "0")
    assert isinstance(left, ToQueue)
    assert "offer" in line.sentences


def test_many_departments_are_heard_page_by_page_the_busiest_first(site: Site) -> None:
    [patient, other] = [
        *family(site, CARDS[0]),
        *family(site, CARDS[1], number="+8613711110000", first="8"),
    ]
    site.run(site.booker.book(site.wish(other, *_derma(site))))
    site.run(site.plugin.ivr.start())
    _, line = Phone(site).calls("1", "2", "1", "1", "1")
    assert only(site, patient).department == "derma", "booked most, so it is key 1"
    assert line.texts.index("皮肤科") < line.texts.index("心血管内科")


def _derma(site: Site):  # type: ignore[no-untyped-def]  # a slot and its clinic
    return site.his.slots[3], site.his.clinics[2]


def test_the_phone_of_the_caller_is_not_in_what_is_kept(site: Site) -> None:
    family(site, CARDS[0])
    _, line = Phone(site).calls("1", "2", "1", "0")
    kept = {key: value for key, value in line.position.vars.items() if key.startswith("apt_")}
    assert kept
    assert PHONE not in str(kept)
    assert "王" not in str(kept)
