"""What a reply does to a visit: 1 confirms, 2 cancels, and nothing is done by chance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.plugins.sms.scene import Scene

from careline.storage import Database
from careline.testing.his import DAY, clinic, slot
from careline_appointments.model import BookingState
from careline_sms.model import New, State
from careline_sms.occasions import store
from careline_sms.occasions.answers import Wanted, wanted
from careline_sms.occasions.store import Word

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
PHONE = "+8613800001111"


@pytest.fixture
def scene(db: Database) -> Iterator[Scene]:
    made = Scene(db)
    yield made
    made.end()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2", Wanted.CANCEL),
        ("２。", Wanted.CANCEL),
        (" 取消 ", Wanted.CANCEL),
        ("N", Wanted.CANCEL),
        ("1", Wanted.CONFIRM),
        ("好的！", Wanted.CONFIRM),
        ("22", Wanted.UNCLEAR),
        ("2点能到吗", Wanted.UNCLEAR),
        ("不取消", Wanted.UNCLEAR),
        ("", Wanted.UNCLEAR),
    ],
)
def test_only_a_whole_word_counts(db: Database, text: str, meant: Wanted) -> None:
    assert wanted(text) is meant


def test_a_reply_cancels_the_visit_in_the_hospital_too(scene: Scene) -> None:
    one = scene.booked()
    said = scene.answers(PHONE, "2")
    assert scene.stored(one).state is BookingState.CANCELLED
    assert not scene.his.booked
    assert "已为您取消11月24日（周二）09:00的预约" in said
    assert ("visit-reminder", State.WITHDRAWN) in scene.said()
    assert "visit-cancelled" not in [name for name, _ in scene.said()], "the answer has said it"
    scene.move_on(hours=12)
    assert scene.said("reminder") == [("visit-reminder", State.WITHDRAWN)]


def test_a_late_second_reply_changes_nothing(scene: Scene) -> None:
    scene.booked()
    scene.answers(PHONE, "2")
    before = scene.his.orders[:]
    assert scene.answers(PHONE, "２")
    assert scene.his.orders == before


def test_a_reply_confirms_the_visit(scene: Scene) -> None:
    one = scene.booked()
    assert "11月24日" in scene.answers(PHONE, "1")
    told = scene.db.run_sync(store.told_of, one.id)
    assert told.word is Word.CONFIRMED
    assert scene.stored(one).state is BookingState.BOOKED


def test_what_is_not_understood_is_left_to_people(scene: Scene) -> None:
    one = scene.booked()
    assert scene.answers(PHONE, "可以改到下午吗") == ""
    (reply,) = scene.run(scene.sms.messages.replies(unknown=True))
    assert reply.text == "可以改到下午吗"
    assert scene.stored(one).state is BookingState.BOOKED


def test_a_number_with_two_visits_cancels_neither(scene: Scene) -> None:
    one = scene.booked("爸爸")
    later = slot("s2", hour=10, capacity=2)
    two = scene.book(scene.patient("妈妈"), later, of=clinic())
    scene.settle_all()
    said = scene.answers(PHONE, "2")
    assert "多个预约" in said
    assert {scene.stored(one).state, scene.stored(two).state} == {BookingState.BOOKED}


def test_a_reply_about_a_cancelled_visit_touches_no_other(scene: Scene) -> None:
    one = scene.booked("爸爸")
    two = scene.book(scene.patient("妈妈"), slot("s2", hour=10, capacity=2), of=clinic())
    scene.settle_all()
    scene.cancels(two)
    said = scene.answers(PHONE, "2")
    assert "多个预约" in said
    assert scene.stored(one).state is BookingState.BOOKED


def write(scene: Scene, text: str = "满意度请回复1、2、3") -> None:
    new = New(key=f"hand:{text}", to=PHONE, text=text, purpose="notice", answer=True)
    scene.db.run_sync(scene.sms.messages.put, new)
    scene.settle_all()


def test_a_digit_for_another_message_cancels_no_visit(scene: Scene) -> None:
    one = scene.booked()
    scene.move_on(hours=1)
    write(scene)
    assert scene.answers(PHONE, "2") == ""
    assert scene.stored(one).state is BookingState.BOOKED
    (reply,) = scene.run(scene.sms.messages.replies(unknown=True))
    assert reply.text == "2", "somebody reads it"
    assert "已为您取消" in scene.answers(PHONE, "取消"), "a word does it"


@pytest.mark.parametrize(("hours", "cancels"), [(1, False), (25, True)])
def test_a_digit_that_might_be_for_another_message_is_asked_about(
    scene: Scene, hours: int, cancels: bool
) -> None:
    write(scene)
    scene.move_on(hours=hours)
    one = scene.booked(of=clinic(day=DAY + timedelta(days=2)))
    said = scene.answers(PHONE, "2")
    assert ("回复“取消”" in said) is not cancels
    assert (scene.stored(one).state is BookingState.CANCELLED) is cancels


def test_a_stranger_s_reply_cancels_nothing(scene: Scene) -> None:
    one = scene.booked()
    scene.answers("+8613899999999", "2")
    assert scene.stored(one).state is BookingState.BOOKED


def test_while_the_hospital_has_not_said_so_nobody_is_told_cancelled(scene: Scene) -> None:
    one = scene.booked()
    scene.his.how = ["down"] * 3
    said = scene.answers(PHONE, "2")
    assert said
    assert "正在为您取消" in said
    assert scene.db.run_sync(store.told_of, one.id).word is Word.NONE
    scene.his.how = []
    scene.fake.advance(3600)
    scene.settle()
    scene.settle_all()
    assert scene.stored(one).state is BookingState.CANCELLED
    assert "visit-cancelled" in [name for name, _ in scene.said()]


def test_what_is_refused_is_said_with_its_reason(scene: Scene) -> None:
    one = scene.booked()
    scene.fake.advance(7.2 * 3600 + 16 * 3600)  # less than two hours before
    assert scene.answers(PHONE, "2")
    assert scene.stored(one).state is BookingState.BOOKED
