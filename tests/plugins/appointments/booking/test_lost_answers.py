"""What becomes of a booking whose answer is lost."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.appointments.booking.saga import B, one_database, refused
from tests.plugins.appointments.site import Site

from careline.errors import Unavailable
from careline_appointments.booking import steps
from careline_appointments.model import Booking


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
