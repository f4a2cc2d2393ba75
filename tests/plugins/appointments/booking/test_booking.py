"""The saga: what is told, what is kept, and what becomes of answers that are lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from threading import Barrier
from typing import Any

import pytest
from attrs import evolve
from tests.plugins.appointments.site import Site

from careline.clinic import Reply, TimeSlot, Verdict, VisitState
from careline.errors import CarelineError, Conflict, Refused, Unavailable
from careline.hooks import Level
from careline.patients.model import OutpatientNumber
from careline.storage import Database
from careline.testing.his import DAY, clinic, slot
from careline_appointments import store
from careline_appointments.booking import steps
from careline_appointments.config import AppointmentsConfig
from careline_appointments.model import Booking, BookingState, Criteria, Moved, Source

SECOND = slot("s2", hour=10, capacity=2)
B = BookingState
#: What becomes of an answer is the same on both databases: booking, rules and limits are tested on
#: both, and the fault run under tests/plugins/appointments/faults does all of it on both.
one_database = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db)


def minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def refused(site: Site, code: str, call: Any) -> CarelineError:
    with pytest.raises(CarelineError) as caught:
        site.run(call)
    assert caught.value.code == f"appointments.{code}"
    return caught.value


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


@one_database
class TestLostAnswers:
    @pytest.mark.parametrize("how", ["lost", "swallowed", "raises"])
    def test_no_answer_is_unsure_and_never_told_as_booked(self, site: Site, how: str) -> None:
        site.his.how = [how]
        one = site.book(site.patient())
        assert one.state is B.UNSURE
        assert site.heard("appointment_booked") == []
        assert [job.args for job in site.jobs(steps.SETTLE)] == [{"booking": one.id}]

    def test_a_lost_answer_is_asked_after_until_it_is_booked(self, site: Site) -> None:
        site.his.how = ["lost"]
        one = site.book(site.patient())
        site.later(seconds=3)
        assert site.settle() == 1
        assert site.stored(one).state is B.BOOKED
        assert site.heard("appointment_booked") == [one.id]
        assert site.settle() == 0

    def test_an_order_that_never_came_fails_but_not_before_it_can_be_under_way(
        self, site: Site
    ) -> None:
        site.his.how = ["swallowed"]
        patient = site.patient()
        one = site.book(patient)
        site.later(seconds=3)
        site.settle()
        assert site.stored(one).state is B.UNSURE, "the order may still be on its way"
        refused(site, "twice", site.booker.book(site.wish(patient)))
        site.later(seconds=60)
        site.settle()
        assert site.stored(one).state is B.FAILED
        assert site.heard("appointment_failed") == [one.id], "who waits for it must hear of it"
        assert site.book(patient).state is B.BOOKED

    def test_what_the_his_books_after_it_was_given_up_is_cancelled_there(self, site: Site) -> None:
        site.his.how = ["later"]
        one = site.book(site.patient())
        site.later(seconds=61)
        site.settle()
        assert site.stored(one).state is B.FAILED
        site.his.arrive()
        assert site.his.booked == {one.key: "s1"}
        site.later(minutes=11)
        site.settle()
        assert site.his.booked == {}
        assert site.stored(one).state is B.FAILED
        site.later(minutes=11)
        assert site.settle() == 0

    def test_a_process_that_died_while_asking_leaves_what_is_settled(self, site: Site) -> None:
        one = _abandoned(site, booked=True)
        assert site.settle() == 0, "it may be under way in another process"
        site.later(seconds=61)
        site.settle()
        assert site.stored(one).state is B.BOOKED
        assert site.heard("appointment_booked") == [one.id]

    def test_a_process_that_died_before_asking_leaves_nothing(self, site: Site) -> None:
        one = _abandoned(site, booked=False)
        site.later(seconds=61)
        site.settle()
        assert site.stored(one).state is B.FAILED
        assert site.heard("appointment_booked") == []

    def test_nothing_is_decided_while_the_his_cannot_say(self, site: Site) -> None:
        site.his.how, site.his.dumb = ["lost"], True
        one = site.book(site.patient())
        for _ in range(5):
            site.later(minutes=5)
            site.settle()
        assert site.stored(one).state is B.UNSURE
        assert len(site.his.asked) == 5
        site.his.dumb = False
        site.later(minutes=10)
        site.settle()
        assert site.stored(one).state is B.BOOKED

    def test_a_database_that_goes_away_after_the_his_has_booked(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the HIS did is done; here it is written down as soon as it can be."""
        real = site.db.run

        async def run(fn: Any, *args: Any) -> Any:
            if fn is steps.answered:
                raise Unavailable("db.away", "the database does not answer")
            return await real(fn, *args)

        monkeypatch.setattr(site.db, "run", run)
        one = site.book(site.patient())
        assert one.state is B.UNSURE
        monkeypatch.undo()
        site.later(seconds=61)
        site.settle()
        assert site.stored(one).state is B.BOOKED
        assert site.heard("appointment_booked") == [one.id]

    def test_a_late_answer_undoes_no_settling(self, site: Site) -> None:
        """The HIS's BOOKED comes after another process has given up: it is cancelled there."""
        one = _abandoned(site, booked=False)
        site.later(seconds=61)
        site.settle()
        late = site.his.do(site.run(site.booker.hospital.order(one)))
        with pytest.raises(Unavailable):
            site.run(site.booker._answered(one, late))
        assert site.stored(one).state is B.FAILED
        site.settle()
        assert site.his.booked == {}


def _abandoned(site: Site, *, booked: bool) -> Booking:
    """A booking whose process was killed after it was held, before the answer was written."""
    wish = site.wish(site.patient())
    patient = site.run(site.patients.get(wish.patient))
    fresh = site.booker._fresh(wish, patient)
    local = site.campuses.campus("main").local(site.now())
    held = site.db.run_sync(steps.hold, site.booker.ledger, wish, fresh, local)
    if booked:
        site.his.do(site.run(site.booker.hospital.order(held)))
    return held


@one_database
class TestCancelling:
    def test_a_visit_is_cancelled_there_and_told(self, site: Site) -> None:
        one = site.book(site.patient())
        done = site.run(site.booker.cancel(one.id, "有事", "1001", Source.AGENT))
        assert (done.state, done.reason) == (B.CANCELLED, "有事")
        assert site.his.booked == {}
        assert site.heard("appointment_cancelled") == [one.id]

    def test_cancelling_again_is_the_same(self, site: Site) -> None:
        one = site.book(site.patient())
        for _ in range(2):
            done = site.run(site.booker.cancel(one.id, "有事", "1001", Source.AGENT))
        assert done.state is B.CANCELLED
        assert site.heard("appointment_cancelled") == [one.id]

    @pytest.mark.parametrize("how", ["lost", "swallowed", "down"])
    def test_an_unanswered_cancel_is_not_told_as_done_and_goes_on(
        self, site: Site, how: str
    ) -> None:
        one = site.book(site.patient())
        site.his.how = [how]
        done = site.run(site.booker.cancel(one.id, "有事", "1001", Source.AGENT))
        assert done.state is B.CANCELLING
        assert site.heard("appointment_cancelled") == []
        site.later(seconds=61)
        site.settle()
        assert site.stored(one).state is B.CANCELLED
        assert site.his.booked == {}

    def test_a_cancel_at_a_campus_that_has_no_system_any_more_is_left_to_people(
        self, site: Site
    ) -> None:
        one = site.book(site.patient())
        site.his.how = ["swallowed"]
        site.run(site.booker.cancel(one.id, "有事", "1001", Source.AGENT))
        site.his.serves, site.his.how = (), ["down"] * 9
        site.later(days=2)
        site.settle()
        site.later(days=1, hours=1)
        assert site.settle() == 1, "somebody may speak for it again"
        site.later(days=1)
        site.settle()
        site.later(days=9)
        assert site.settle() == 0
        assert site.stored(one).state is B.CANCELLING
        assert next(iter(site.run(site.plugin.health()))).level is not Level.OK

    def test_a_his_that_refuses_leaves_the_visit(self, site: Site) -> None:
        one = site.book(site.patient())
        site.his.how = ["refused"]
        refused(site, "refused", site.booker.cancel(one.id, "有事", "1001", Source.AGENT))
        assert site.stored(one).state is B.BOOKED
        assert site.heard("appointment_kept") == [], "the error says it"

    def test_who_was_told_being_cancelled_hears_that_the_his_refuses(self, site: Site) -> None:
        one = site.book(site.patient())
        site.his.how = ["swallowed", "refused"]
        site.run(site.booker.cancel(one.id, "有事", "", Source.IVR))
        site.later(seconds=61)
        site.settle()
        assert site.stored(one).state is B.BOOKED
        assert site.heard("appointment_kept") == [one.id]

    def test_a_refusal_of_what_is_cancelled_there_is_a_cancel(self, site: Site) -> None:
        one = site.book(site.patient())
        site.his.visits[one.key].state = VisitState.CANCELLED
        site.his.how = ["refused"]
        done = site.run(site.booker.cancel(one.id, "有事", "1001", Source.AGENT))
        assert done.state is B.CANCELLED

    def test_an_unsure_visit_is_cancelled_and_a_late_order_stays_cancelled(
        self, site: Site
    ) -> None:
        site.his.how = ["later"]
        one = site.book(site.patient())
        done = site.run(site.booker.cancel(one.id, "有事", "1001", Source.AGENT))
        assert done.state is B.CANCELLED
        assert site.heard("appointment_cancelled") == [], "nobody was told of a visit"
        site.his.arrive()
        site.later(minutes=11)
        site.settle()
        assert site.his.booked == {}
        assert site.stored(one).state is B.CANCELLED

    def test_no_answer_brings_back_what_is_cancelled(self, site: Site) -> None:
        """A second BOOKED for the same order, read when it was still unsure."""
        site.his.how = ["lost"]
        unsure = site.book(site.patient())
        site.run(site.booker.cancel(unsure.id, "有事", "1001", Source.AGENT))
        reply = site.his.do(site.run(site.booker.hospital.order(unsure)))
        site.db.run_sync(steps.answered, site.booker.ledger, unsure, reply, site.now())
        assert site.stored(unsure).state is B.CANCELLED

    @pytest.mark.parametrize("verdict", list(Verdict))
    def test_whatever_is_answered_to_what_is_cancelled_it_stays(
        self, site: Site, verdict: Verdict
    ) -> None:
        one = site.book(site.patient())
        done = site.run(site.booker.cancel(one.id, "有事", "1001", Source.AGENT))
        ledger = site.booker.ledger
        site.db.run_sync(steps.answered, ledger, done, Reply(verdict=verdict), site.now())
        site.db.run_sync(steps.kept, ledger, done, "x", True, site.now())
        assert site.stored(one).state is B.CANCELLED

    def test_the_deadline_is_the_patients_not_the_hospitals(self, site: Site) -> None:
        one = site.book(site.patient())
        site.later(hours=23)  # 7:30 of the day, the visit is at 9
        refused(site, "late", site.booker.cancel(one.id, "有事", "", Source.IVR))
        done = site.run(site.booker.cancel(one.id, "停诊", "1001", Source.STOP))
        assert done.state is B.CANCELLED

    def test_an_agent_who_may_cancels_late(self, site: Site) -> None:
        one = site.book(site.patient())
        site.later(hours=23)
        done = site.run(site.booker.cancel(one.id, "有事", "1001", Source.AGENT, late=True))
        assert done.state is B.CANCELLED

    def test_the_hospital_cancels_by_itself(self, site: Site) -> None:
        one = site.book(site.patient())
        hospital = site.settler.hospital_cancelled
        site.run(hospital("main", one.reference, "", "医生请假"))
        site.run(hospital("main", one.reference, "", "医生请假"))
        done = site.stored(one)
        assert (done.state, done.reason, done.cancelled_by) == (B.CANCELLED, "医生请假", "hospital")
        assert site.heard("appointment_cancelled") == [one.id]

    def test_the_hospital_moves_a_visit_by_itself(self, site: Site) -> None:
        one = site.book(site.patient(), SECOND)
        assert one.end is not None
        later = Moved(day=DAY + timedelta(1), start=time(14, 30), clinic="c9", slot="s9")
        for _ in range(2):
            site.run(site.settler.hospital_moved("main", "", one.key, later))
        done = site.stored(one)
        assert (done.state, done.clinic, done.slot) == (B.BOOKED, "c9", "s9")
        assert (done.day, done.start) == (later.day, later.start)
        assert done.end is not None
        assert minutes(done.end) - minutes(done.start) == minutes(one.end) - minutes(one.start)
        assert site.heard("appointment_rescheduled") == [one.id], "told again, it is no news"
        assert site.heard("appointment_booked") == [one.id]
        assert site.book(one.patient, SECOND).state is B.BOOKED, (
            "the place of before is free for them"
        )

    def test_an_unsure_visit_is_moved_and_told_once_when_it_is_sure(self, site: Site) -> None:
        site.his.how = ["lost"]
        one = site.book(site.patient())
        assert one.state is B.UNSURE
        later = Moved(day=DAY + timedelta(1), start=time(14, 30))
        site.run(site.settler.hospital_moved("main", "", one.key, later))
        done = site.stored(one)
        assert (done.state, done.day, done.slot) == (B.UNSURE, later.day, one.slot)
        assert site.heard("appointment_rescheduled") == []

    def test_what_is_over_or_somebody_elses_is_not_moved(self, site: Site) -> None:
        one = site.book(site.patient())
        later = Moved(day=DAY + timedelta(1), start=time(14, 30))
        assert site.run(site.settler.hospital_moved("east", one.reference, "", later)) is None
        site.run(site.booker.cancel(one.id, "有事", "1001", Source.AGENT))
        site.run(site.settler.hospital_moved("main", one.reference, "", later))
        assert site.stored(one).day == one.day
        assert site.heard("appointment_rescheduled") == []

    def test_a_move_overtaken_by_another_change_is_told_again(self, site: Site) -> None:
        one = site.book(site.patient())
        site.run(site.booker.cancel(one.id, "有事", "1001", Source.AGENT))
        later = Moved(day=DAY + timedelta(1), start=time(14, 30))
        with pytest.raises(Unavailable):
            site.db.run_sync(steps.moved_by_hospital, site.booker.ledger, one, later, one.changed)
        assert site.stored(one).day == one.day

    def test_a_hospitals_cancel_of_somebody_elses_visit_is_nothing(self, site: Site) -> None:
        one = site.book(site.patient())
        assert site.run(site.settler.hospital_cancelled("east", one.reference, "", "x")) is None
        assert site.stored(one).state is B.BOOKED


@one_database
class TestMoving:
    def move(self, site: Site, one: Booking) -> Booking:
        return site.run(site.booker.move(one.id, clinic(), SECOND, "1001", Source.AGENT))

    def test_the_new_is_booked_and_the_old_cancelled(self, site: Site) -> None:
        old = site.book(site.patient())
        new = self.move(site, old)
        assert (new.state, new.moved_from) == (B.BOOKED, old.id)
        assert site.stored(old).state is B.CANCELLED
        assert site.his.booked == {new.key: "s2"}
        assert site.heard("appointment_booked") == [old.id, new.id]
        assert site.heard("appointment_cancelled") == [old.id]

    @pytest.mark.parametrize("how", ["taken", "refused", "down"])
    def test_the_old_stays_when_the_new_cannot_be_had(self, site: Site, how: str) -> None:
        old = site.book(site.patient())
        site.his.how = [how]
        with pytest.raises((Refused, Unavailable)):
            self.move(site, old)
        assert site.stored(old).state is B.BOOKED
        assert site.his.booked == {old.key: "s1"}

    def test_an_unsure_move_keeps_the_old_until_it_is_known(self, site: Site) -> None:
        old = site.book(site.patient())
        site.his.how = ["lost"]
        new = self.move(site, old)
        assert new.state is B.UNSURE
        assert site.stored(old).state is B.BOOKED
        for _ in range(2):
            site.later(seconds=61)
            site.settle()
        assert site.stored(new).state is B.BOOKED
        assert site.stored(old).state is B.CANCELLED
        assert site.his.booked == {new.key: "s2"}

    def test_a_visit_is_moved_once(self, site: Site) -> None:
        old = site.book(site.patient())
        site.his.how = ["lost"]
        self.move(site, old)
        with pytest.raises(Conflict, match="moved already"):
            site.run(site.booker.move(old.id, clinic("c2"), slot("s3", "c2"), "1001", Source.AGENT))

    def test_what_is_over_is_not_moved(self, site: Site) -> None:
        old = site.book(site.patient())
        site.run(site.booker.cancel(old.id, "有事", "1001", Source.AGENT))
        refused(site, "over", site.booker.move(old.id, clinic(), SECOND, "1001", Source.AGENT))


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
