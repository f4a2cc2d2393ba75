"""Cancelling and moving: told once, and never half done."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from tests.plugins.appointments.booking.saga import SECOND, B, minutes, one_database, refused
from tests.plugins.appointments.site import Site

from careline.clinic import Reply, Verdict, VisitState
from careline.errors import Conflict, Refused, Unavailable
from careline.hooks import Level
from careline.testing.his import DAY, clinic, slot
from careline_appointments.booking import steps
from careline_appointments.model import Booking, Moved, Source


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
