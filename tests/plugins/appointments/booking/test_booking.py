"""Booking: what is told, what is kept, and by which rules."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from attrs import evolve
from tests.plugins.appointments.booking.saga import SECOND, B, one_database, refused
from tests.plugins.appointments.site import Site

from careline.clinic import TimeSlot, VisitState
from careline.errors import Conflict, Refused
from careline.patients.model import OutpatientNumber
from careline.storage import Database
from careline.testing.his import DAY, slot
from careline_appointments import store
from careline_appointments.booking import steps
from careline_appointments.config import AppointmentsConfig
from careline_appointments.model import Criteria, Source


class TestBooking:
    def test_a_visit_is_booked_in_the_his_and_told_once(self, site: Site) -> None:
        one = site.book(site.patient())
        assert (one.state, one.reference, one.number) == (B.BOOKED, "R1", "7")
        assert site.his.booked == {one.key: "s1"}
        assert site.stored(one) == one
        assert site.heard("appointment_booked") == [one.id]
        assert ("appointment_changed", str(one.id)) in site.events.events

    def test_absurdly_long_names_of_the_his_lose_no_visit(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        do = site.his.do
        long = {"reference": "R" * 200, "number": "7" * 200}
        monkeypatch.setattr(type(site.his), "do", lambda _, order: evolve(do(order), **long))
        one = site.book(site.patient())
        assert (site.stored(one).state, one.reference) == (B.BOOKED, "")

    def test_the_same_key_is_the_same_visit(self, site: Site) -> None:
        patient = site.patient()
        one = site.book(patient, key="k1")
        assert site.book(patient, key="k1") == one
        assert site.his.orders == ["k1"]

    def test_a_taken_slot_is_said_and_leaves_nothing_active(self, site: Site) -> None:
        site.book(site.patient())
        other = site.patient("李四", "+8613900002222")
        refused(site, "full", site.booker.book(site.wish(other)))
        assert site.run(site.booker.coming([other])) == []
        site.book(other, SECOND)

    def test_the_his_says_why_not(self, site: Site) -> None:
        site.his.how = ["refused"]
        error = refused(site, "refused", site.booker.book(site.wish(site.patient())))
        assert "医保状态异常" in str(error)

    def test_a_his_that_is_down_is_not_now_and_nothing_waits(self, site: Site) -> None:
        site.his.how = ["down"]
        patient = site.patient()
        refused(site, "not_now", site.booker.book(site.wish(patient)))
        site.book(patient)

    def test_a_campus_without_a_his_is_said_at_once_and_nothing_is_written(
        self, site: Site
    ) -> None:
        site.his.serves = ("east",)
        refused(site, "not_now", site.booker.book(site.wish(site.patient())))
        assert site.his.orders == []
        assert site.run(site.booker.search(Criteria())).count == 0
        assert site.fake.seconds() < 2

    def test_an_outpatient_number_of_the_his_is_noted_later(self, site: Site) -> None:
        one = site.book(site.patient())
        number = {"outpatient_number": "M77"}

        def give(tx: Any) -> None:
            tx.execute(store.booking_table.update().values(number))

        site.db.run_sync(give)
        site.run(site.settler.add_number(one.id))
        site.run(site.settler.add_number(one.id))
        patient = site.run(site.patients.get(one.patient))
        assert patient.numbers == (OutpatientNumber("main", "M77"),)


@one_database
class TestForPlugins:
    """The hooks by which other plugins book and cancel."""

    def book(self, site: Site, patient: int, slot_code: str = "s1", key: str = "p1") -> Any:
        hub = site.hub
        return site.run(
            hub.book_appointment(
                campus="main", day=DAY, clinic="c1", slot=slot_code, patient_id=patient, key=key
            )
        )

    def test_a_visit_is_booked_once_for_a_key_and_cancelled(self, site: Site) -> None:
        patient = site.patient()
        words = self.book(site, patient)
        assert (words.state, words.patient) == ("booked", patient)
        site.his.slots[0] = slot(capacity=2)
        assert self.book(site, patient) == words
        assert len(site.his.booked) == 1
        done = site.run(site.hub.cancel_appointment(booking_id=words.id, reason="有事"))
        assert (done.state, site.his.booked) == ("cancelled", {})

    def test_the_rules_are_everybody_s_and_the_answer_says_which(self, site: Site) -> None:
        patient = site.patient()
        self.book(site, patient)
        refusals = [
            self.book(site, patient, "s2", "p2"),
            self.book(site, 4711, "s2", "p3"),
            self.book(site, patient, "s9", "p4"),
            site.run(site.hub.cancel_appointment(booking_id=99, reason="")),
        ]
        codes = ["limit", "no_record", "slot", "unknown"]
        assert [one.code for one in refusals] == [f"appointments.{code}" for code in codes]


class TestRules:
    def test_a_patient_has_a_slot_once(self, site: Site) -> None:
        patient = site.patient()
        site.book(patient, SECOND)
        refused(site, "twice", site.booker.book(site.wish(patient, SECOND)))

    def test_limits_hold_for_wishes_at_the_same_time(self, db: Database) -> None:
        site = Site(db, AppointmentsConfig(most_open=1))
        site.his.slots = [slot(f"t{hour}", hour=hour) for hour in range(9, 13)]
        patient = site.run(site.patients.get(site.patient()))
        local = site.campuses.campus("main").local(site.now())
        together = Barrier(len(site.his.slots))

        def hold(one: TimeSlot) -> str:
            wish = site.wish(patient.id, one)
            fresh = site.booker._fresh(wish, patient)
            together.wait(60)
            try:
                db.run_sync(steps.hold, site.booker.ledger, wish, fresh, local)
            except Refused as error:
                return error.code
            return "held"

        with ThreadPoolExecutor(len(site.his.slots)) as threads:
            said = sorted(threads.map(hold, site.his.slots))
        assert said == ["appointments.limit"] * 3 + ["held"]

    def test_the_table_itself_refuses_a_second_one(self, site: Site) -> None:
        one = site.book(site.patient(), SECOND)
        with pytest.raises(Conflict):
            site.db.run_sync(store.add_booking, evolve(one, id=0, key="another"))

    @pytest.mark.parametrize(
        ("limit", "day"),
        [("most_per_department", 0), ("most_per_day", 0), ("most_open", 1)],
    )
    def test_one_too_many_is_refused(self, db: Database, limit: str, day: int) -> None:
        free = {"most_per_department": 0, "most_per_day": 0, "most_open": 0}
        site = Site(db, AppointmentsConfig(**{**free, limit: 1}))
        patient = site.patient()
        site.book(patient)
        wish = site.wish(patient, SECOND, day=DAY + timedelta(day))
        refused(site, "limit", site.booker.book(wish))

    def test_cancelled_ones_do_not_count(self, site: Site) -> None:
        patient = site.patient()
        one = site.book(patient)
        site.run(site.booker.cancel(one.id, "有事", "1001", Source.AGENT))
        assert site.book(patient).state is B.BOOKED

    def test_past_and_far_days_are_refused(self, site: Site) -> None:
        patient = site.patient()
        for code, day in (("past", DAY - timedelta(2)), ("horizon", DAY + timedelta(40))):
            refused(site, code, site.booker.book(site.wish(patient, day=day)))
        assert site.his.orders == []

    def test_nobody_without_a_record_books(self, site: Site) -> None:
        refused(site, "no_record", site.booker.book(site.wish(4711)))

    def test_missed_visits_bar_and_lifting_lets_book_again(self, site: Site) -> None:
        patient = site.patient()
        site.later(hours=24)  # 8:30 of the day
        for _ in range(3):
            one = site.book(patient)
            site.run(site.booker.mark(one.id, B.MISSED, "1001"))
            del site.his.visits[one.key]
        error = refused(site, "blacklisted", site.booker.book(site.wish(patient)))
        assert error.params == {"day": "2027-02-22"}
        [listed] = site.run(site.services.standings.listed())
        assert (listed.patient, listed.missed) == (patient, 3)
        site.run(site.services.standings.lift(patient, "admin"))
        assert site.run(site.services.standings.get(patient)).missed == 0
        assert site.book(patient).state is B.BOOKED

    def test_a_mark_that_is_corrected_ends_the_block_it_made(self, db: Database) -> None:
        site = Site(db, AppointmentsConfig(missed=1))
        one = site.book(site.patient())
        site.later(hours=24)
        site.run(site.booker.mark(one.id, B.MISSED, "1001"))
        refused(site, "blacklisted", site.booker.book(site.wish(one.patient, SECOND)))
        site.run(site.booker.mark(one.id, B.VISITED, "1001"))
        assert site.book(one.patient, SECOND).state is B.BOOKED

    def test_what_is_still_to_come_is_not_marked(self, site: Site) -> None:
        one = site.book(site.patient())
        refused(site, "early", site.booker.mark(one.id, B.MISSED, "1001"))
        assert site.stored(one).state is B.BOOKED

    def test_a_mark_can_be_corrected_but_nothing_else_undone(self, site: Site) -> None:
        one = site.book(site.patient())
        site.later(hours=24)
        site.run(site.booker.mark(one.id, B.MISSED, "1001"))
        assert site.run(site.booker.mark(one.id, B.VISITED, "1001")).state is B.VISITED
        refused(site, "over", site.booker.cancel(one.id, "x", "1001", Source.AGENT))

    def test_who_came_is_asked_of_the_his(self, site: Site) -> None:
        one, two = site.book(site.patient()), site.book(site.patient("李四"), SECOND)
        site.his.visits[one.key].state = VisitState.VISITED
        site.his.visits[two.key].state = VisitState.MISSED
        site.later(days=2)
        assert site.run(site.settler.sweep()) == 2
        assert site.stored(one).state is B.VISITED
        assert site.stored(two).state is B.MISSED
