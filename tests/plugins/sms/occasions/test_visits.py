"""What patients are told of their visits: once, in time, and not any more once it is not so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta

import pytest
from tests.plugins.appointments.waiting.test_waiting import add
from tests.plugins.sms.scene import Scene

from careline.clinic import HalfDay, Notified
from careline.patients.fields import CustomField
from careline.patients.model import Patient, PatientPhone
from careline.storage import Database, Tx
from careline.testing.his import DAY, clinic, slot
from careline_appointments.model import BookingState, Moved, Source
from careline_appointments.stops import store as stops
from careline_appointments.stops import task_store
from careline_appointments.stops.model import Origin, Stop, StoppedClinic
from careline_sms.model import State
from careline_sms.occasions.config import OccasionsConfig

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
PHONE = "+8613800001111"
BOOKED = ("visit-booked", State.DELIVERED)
PLANNED = ("visit-reminder", State.QUEUED)
WITHDRAWN = ("visit-reminder", State.WITHDRAWN)


@pytest.fixture
def scene(db: Database) -> Iterator[Scene]:
    made = Scene(db)
    yield made
    made.end()


def test_who_reads_no_chinese_is_told_in_english(scene: Scene) -> None:
    """By a field of the hospital's own; what it answers comes in that language too."""
    scene.run(scene.patients.put_field(CustomField(name="language", title="语言")))
    foreign = Patient(name="Anna", phones=(PatientPhone(PHONE),), fields={"language": "English"})
    scene.book(scene.run(scene.patients.add(foreign)).id)
    scene.settle_all()
    assert [one.language for one in scene.messages()] == ["en", "en"]
    assert scene.messages()[0].text.startswith("Dear Anna, your visit")
    assert scene.answers(PHONE, "1").startswith("Thank you. Your visit is confirmed")


def test_a_booking_is_confirmed_and_the_day_before_the_patient_is_reminded(scene: Scene) -> None:
    scene.booked()
    assert scene.said() == [BOOKED, PLANNED]
    confirmed, planned = scene.messages()
    assert (
        "王小明您好，您已预约总院心血管内科 单小明，时间：11月24日（周二）09:00" in confirmed.text
    )
    assert planned.not_before.isoformat() == "2026-11-23T09:30:00+00:00", "17:30 in China"
    assert planned.not_after.isoformat() == "2026-11-24T00:00:00+00:00", "an hour before it"
    scene.move_on(hours=8, minutes=55)
    assert scene.said() == [BOOKED, PLANNED]
    scene.move_on(minutes=10)
    assert scene.said() == [BOOKED, ("visit-reminder", State.DELIVERED)]
    scene.move_on(hours=1)
    assert len(scene.messages()) == 2


def test_every_text_about_a_visit_names_the_campus(scene: Scene) -> None:
    shipped = scene.sms.templates.all
    about = [one for one in shipped if one.purpose in ("booking", "reminder", "stop", "offer")]
    assert len(about) == 9
    assert [one.name for one in about if "{campus}" not in one.zh] == []
    assert [one.name for one in shipped if scene.sms.templates.problems(one)] == []


def test_where_a_number_has_several_visits_nobody_is_told_to_reply(scene: Scene) -> None:
    scene.booked("爸爸")
    assert "取消请回复2" in scene.messages(purpose="booking")[0].text
    scene.booked("妈妈", one=slot("s2", hour=10, capacity=2))
    for purpose in ("booking", "reminder"):
        text = scene.messages(purpose=purpose)[-1].text
        assert "回复2" not in text
        assert "如需取消请致电本院" in text


def test_a_reminder_says_what_a_reply_does_when_it_is_sent(scene: Scene) -> None:
    """A second visit of the number is booked after it was planned, and cancelled again."""
    first = scene.booked("爸爸")
    planned = scene.messages(purpose="reminder")[0]
    assert "取消请回复2" in planned.text
    second = scene.booked("妈妈", one=slot("s2", hour=10, capacity=2))
    texts = [one.text for one in scene.messages(purpose="reminder")]
    assert [("回复2" in text, "致电本院" in text) for text in texts] == [(False, True)] * 2
    scene.cancels(first)
    left = scene.messages(purpose="reminder", states=(State.QUEUED,))
    assert ["取消请回复2" in one.text for one in left] == [True]
    scene.move_on(hours=9)
    assert "已为您取消" in scene.answers(PHONE, "2")
    assert scene.run(scene.booker.get(second.id)).state is BookingState.CANCELLED


def test_what_a_gateway_has_had_is_not_worded_anew(scene: Scene) -> None:
    scene.booked("爸爸")
    (reminder,) = scene.messages(purpose="reminder")
    scene.move_on(hours=9)
    values = {**reminder.values, "cancel": "-"}
    assert not scene.db.run_sync(scene.sms.messages.reword, reminder.key, values)
    assert scene.messages(purpose="reminder")[0].text == reminder.text


def test_a_visit_that_was_moved_is_no_second_one(scene: Scene) -> None:
    one = scene.booked()
    later = slot("s2", hour=10, capacity=2)
    scene.run(scene.booker.move(one.id, clinic(), later, "1001", Source.AGENT, late=True))
    scene.settle_all()
    assert "取消请回复2" in scene.messages(purpose="booking")[-1].text


@pytest.mark.parametrize(
    ("by", "reason", "said"),
    [
        ("leader", "医生外出公务。", "请勿前往。停诊原因：医生外出公务。工作人员"),
        ("", "HIS-17", "请勿前往。工作人员"),
    ],
)
def test_a_stop_is_told_with_the_reason_that_was_written_for_patients(
    scene: Scene, by: str, reason: str, said: str
) -> None:
    one = scene.booked()
    half = StoppedClinic(clinic=one.clinic, day=DAY, half=HalfDay.MORNING)
    origin = Origin.HERE if by else Origin.HOSPITAL
    made = Stop(
        campus="main",
        department=one.department,
        reason=reason,
        by=by,
        origin=origin,
        at=scene.now(),
        clinics=(half,),
    )

    def work(tx: Tx) -> int:
        stop = stops.add_stop(tx, made)
        task_store.add_tasks(tx, stop.id, [one.id], scene.now())
        return stop.id

    scene.run(scene.sms.clinic_stopped(scene.db.run_sync(work), [one.id]))
    scene.settle_all()
    (notice,) = scene.messages(purpose="stop")
    assert said in notice.text
    assert "总院心血管内科" in notice.text


def test_an_event_told_twice_is_one_message(scene: Scene) -> None:
    one = scene.booked()
    for _ in range(2):
        scene.run(scene.sms.appointment_booked(one.id))
    scene.settle_all()
    assert scene.said() == [BOOKED, PLANNED]


def test_a_cancelled_visit_has_no_reminder(scene: Scene) -> None:
    one = scene.booked()
    scene.move_on(hours=2)
    scene.cancels(one)
    assert scene.said() == [BOOKED, WITHDRAWN, ("visit-cancelled", State.DELIVERED)]


def test_a_stopped_clinic_withdraws_the_reminder_and_is_told_at_once(scene: Scene) -> None:
    one = scene.booked()
    scene.run(scene.sms.clinic_stopped(7, [one.id]))
    scene.settle_all()
    assert scene.said() == [BOOKED, WITHDRAWN, ("visit-stopped", State.DELIVERED)]
    assert "停诊" in scene.messages()[-1].text
    scene.run(scene.sms.clinic_stopped(7, [one.id]))
    scene.cancels(one)
    assert len(scene.messages()) == 3, "who was told of the stop needs no word of the cancelling"


def test_how_far_the_notices_of_a_stop_are_is_told_to_whoever_asks(scene: Scene) -> None:
    one = scene.booked()
    assert scene.run(scene.hub.stop_notices(stop_id=7)) == []
    scene.run(scene.sms.clinic_stopped(7, [one.id]))
    (sent,) = scene.run(scene.hub.stop_notices(stop_id=7))
    assert (sent.booking, sent.state) == (one.id, Notified.SENT)
    scene.settle_all()
    assert scene.run(scene.hub.stop_notices(stop_id=70)) == []
    scene.run(scene.sms.clinic_reopened(7, [one.id]))
    (told,) = scene.run(scene.hub.stop_notices(stop_id=7))
    assert (told.booking, told.state) == (one.id, Notified.DELIVERED)


def test_who_was_told_of_a_stop_is_told_that_it_takes_place_after_all(scene: Scene) -> None:
    one = scene.booked()
    scene.run(scene.sms.clinic_stopped(7, [one.id]))
    scene.settle_all()
    for _ in range(2):
        scene.run(scene.sms.clinic_reopened(7, [one.id]))
    scene.settle_all()
    reopened = ("visit-reopened", State.DELIVERED)
    assert scene.said()[2:] == [("visit-stopped", State.DELIVERED), reopened, PLANNED]


def test_who_was_not_told_yet_is_told_of_neither(db: Database) -> None:
    scene = Scene(db, OccasionsConfig(urgent_hours=0))
    scene.fake.advance(13.5 * 3600)  # 22:00
    one = scene.booked()
    scene.run(scene.sms.clinic_stopped(7, [one.id]))
    scene.run(scene.sms.clinic_reopened(7, [one.id]))
    scene.settle_all()
    assert ("visit-stopped", State.WITHDRAWN) in scene.said()
    assert "visit-reopened" not in [template for template, _ in scene.said()]
    scene.end()


def test_a_stop_at_night_wakes_only_whom_it_would_send_in_vain(scene: Scene) -> None:
    scene.fake.advance(13.5 * 3600)  # 22:00, the clinic is at 9:00
    one = scene.booked()
    assert scene.said("booking") == [BOOKED], "the patient has just done it"
    scene.run(scene.sms.clinic_stopped(7, [one.id]))
    scene.settle_all()
    assert scene.said("stop") == [("visit-stopped", State.DELIVERED)]


def test_a_visit_that_is_moved_here_has_one_reminder(scene: Scene) -> None:
    one = scene.booked()
    later = slot("s2", hour=10, capacity=2)
    scene.run(scene.booker.move(one.id, clinic(), later, "1001", Source.AGENT, late=True))
    scene.settle_all()
    scene.move_on(hours=2)
    assert scene.said() == [BOOKED, WITHDRAWN, ("visit-moved", State.DELIVERED), PLANNED]
    assert "10:00" in scene.messages()[-1].text


def test_a_visit_that_the_hospital_moves_is_told_once_with_its_new_time(scene: Scene) -> None:
    one = scene.booked()
    moved = Moved(day=DAY + timedelta(days=1), start=time(14))
    scene.run(scene.settler.hospital_moved("main", one.reference, one.key, moved))
    scene.settle_all()
    scene.run(scene.sms.appointment_rescheduled(one.id))
    scene.move_on(hours=2)
    assert scene.said() == [BOOKED, WITHDRAWN, ("visit-moved", State.DELIVERED), PLANNED]
    assert scene.messages()[-1].not_before.isoformat() == "2026-11-24T09:30:00+00:00"
    back = Moved(day=DAY, start=time(9))
    scene.run(scene.settler.hospital_moved("main", one.reference, one.key, back))
    scene.settle_all()
    assert scene.said("reminder") == [WITHDRAWN, WITHDRAWN, PLANNED], "a new one for the old time"


def test_a_visit_that_could_not_be_cancelled_still_has_its_reminder(scene: Scene) -> None:
    one = scene.booked()
    scene.run(scene.sms.appointment_kept(one.id))
    scene.settle_all()
    assert scene.said()[:2] == [BOOKED, PLANNED]
    assert scene.said()[2][0] == "visit-kept"


def test_an_offer_to_the_waiting_list_is_told_while_it_stands(scene: Scene) -> None:
    scene.his.slots = scene.his.slots[:1]
    waiter = add(scene, "甲")
    other = scene.booked("乙", "+8613800002222")
    scene.cancels(other)
    scene.run(scene.services.waiting.offer_of(other.id))
    scene.settle_all()
    (offer,) = scene.messages(purpose="offer")
    assert (offer.patient, offer.state) == (waiter.patient, State.DELIVERED)
    assert "11月24日（周二）09:00" in offer.text


def test_nothing_is_written_of_visits_that_are_over(scene: Scene) -> None:
    one = scene.booked()
    scene.fake.advance(30 * 3600)
    for hook in ("appointment_booked", "appointment_failed", "appointment_kept"):
        scene.run(getattr(scene.sms, hook)(one.id))
    assert len(scene.messages()) == 2


def test_a_fixed_line_gets_none_and_stops_nothing(scene: Scene) -> None:
    one = scene.booked("座机", "+861062223333")
    assert scene.said() == [("visit-booked", State.REJECTED), ("visit-reminder", State.REJECTED)]
    scene.cancels(one)
    assert scene.said()[-1] == ("visit-cancelled", State.REJECTED)
