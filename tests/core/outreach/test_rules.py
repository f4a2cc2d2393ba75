"""Each rule by itself: when a contact goes, waits, is given up, or travels with another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.core.outreach.ward import ABROAD, at, call, governor, message
from tests.support.databases import put_tables

from careline.clock import Clock
from careline.hooks import Urgency
from careline.outreach.model import Decision, Means, Result, Scope, Verdict
from careline.outreach.rules import Rules
from careline.storage import Database, open_database
from careline.tasks import Tasks

MORNING = at("24 10:00")
EVENING = at("24 21:30")


@pytest.fixture
def db(db_clock: Clock) -> Iterator[Database]:
    """SQLite alone: rules are the same on both."""
    database = open_database("sqlite://", clock=db_clock, tasks=Tasks())
    put_tables(database)
    yield database
    database.engine.dispose()


def said(decision: Decision) -> tuple[Verdict, str]:
    """Verdict and code."""
    return decision.verdict, decision.code


def test_by_day_a_contact_goes(db: Database) -> None:
    assert said(db.run_sync(governor().decide, message("a"), MORNING)) == (
        Verdict.GO,
        "outreach.go",
    )


@pytest.mark.parametrize(
    ("asked", "quiet"),
    [
        ("24 20:59", False),
        ("24 21:00", True),
        ("24 23:59", True),
        ("24 00:00", True),
        ("24 07:59", True),
        ("24 08:00", False),
        ("25 08:30", True),  # a holiday's morning
        ("25 09:00", False),
    ],
)
def test_nights_are_quiet_and_longer_on_holidays(db: Database, asked: str, quiet: bool) -> None:
    decision = db.run_sync(governor().decide, message("a"), at(asked))
    assert (decision.code == "outreach.quiet") is quiet
    assert decision.goes is not quiet


def test_what_waits_for_the_morning_comes_spread_over_half_an_hour(db: Database) -> None:
    door, found = governor(), set()
    for one in range(40):
        contact = message(f"a{one}", patient=one + 1)
        until = db.run_sync(door.decide, contact, EVENING).until
        assert until == db.run_sync(door.look, contact, at("24 22:45")).until
        found.add(until)
    assert max(found) - min(found) > timedelta(minutes=20)
    # The 25th is a holiday: its morning begins at 9.
    assert at("25 09:00") <= min(found) <= max(found) <= at("25 09:30")


def test_what_is_of_use_only_at_once_goes_without_a_lag_or_not_at_all(db: Database) -> None:
    door = governor()
    soon = db.run_sync(door.decide, message("a", not_after=at("25 09:00")), EVENING)
    assert (soon.verdict, soon.until) == (Verdict.LATER, at("25 09:00"))
    never = db.run_sync(door.decide, message("b", not_after=at("25 08:59")), EVENING)
    assert said(never) == (Verdict.NEVER, "outreach.no_room")
    assert "not disturbed at this hour" in str(never.text)
    over = db.run_sync(door.decide, message("c", not_after=at("24 21:29")), EVENING)
    assert said(over) == (Verdict.NEVER, "outreach.expired")


def test_urgent_ones_go_at_night_and_say_so(db: Database) -> None:
    decision = db.run_sync(governor().decide, message("a", urgency=Urgency.URGENT), EVENING)
    assert said(decision) == (Verdict.GO, "outreach.urgent")
    assert str(decision.text) == (
        "It is urgent. Otherwise: The patient is not disturbed at this hour."
    )


def test_urgent_ones_wait_for_their_time_only(db: Database) -> None:
    due = at("25 03:00")
    contact = message("a", urgency=Urgency.URGENT, not_before=due)
    assert db.run_sync(governor().decide, contact, EVENING).until == due
    assert db.run_sync(governor().decide, contact, due).goes


def test_early_ones_wait_for_their_time_and_for_the_morning(db: Database) -> None:
    day = db.run_sync(governor().decide, message("a", not_before=at("24 15:00")), MORNING)
    assert (day.verdict, day.code, day.until) == (
        Verdict.LATER,
        "outreach.early",
        at("24 15:00"),
    )
    night = db.run_sync(governor().decide, message("b", not_before=at("26 03:00")), MORNING)
    assert night.until is not None
    assert at("26 08:00") <= night.until <= at("26 08:30")


def test_two_contacts_a_day_an_hour_apart_whatever_their_means(db: Database) -> None:
    door = governor()
    assert db.run_sync(door.decide, message("a", plugin="sms"), MORNING).goes
    soon = db.run_sync(door.decide, call("b", plugin="followup"), at("24 10:59"))
    assert (soon.verdict, soon.code, soon.until) == (
        Verdict.LATER,
        "outreach.gap",
        at("24 11:00"),
    )
    assert db.run_sync(door.decide, call("b", plugin="followup"), at("24 11:00")).goes
    third = db.run_sync(door.decide, message("c"), at("24 15:00"))
    assert said(third) == (Verdict.LATER, "outreach.cap")
    assert third.until is not None
    assert at("25 09:00") <= third.until <= at("25 09:30")
    assert str(third.text) == "The patient was contacted 2 times today; 2 are the most."
    assert db.run_sync(door.decide, message("d", patient=8), at("24 15:00")).goes
    assert db.run_sync(door.decide, message("c"), third.until).goes


def test_what_the_patient_waits_for_takes_no_room(db: Database) -> None:
    door = governor()
    for one in range(3):
        known = db.run_sync(door.count, message(f"w{one}"), "sms", MORNING, awaited=True)
        assert said(known) == (Verdict.GO, "outreach.awaited")
    assert db.run_sync(door.decide, message("a"), at("24 15:00")).goes
    db.run_sync(door.refuse, message("b").number, by="patient", now=MORNING)
    refused = db.run_sync(door.count, message("b"), "sms", MORNING, awaited=True)
    assert refused.verdict is Verdict.NEVER


def test_urgent_ones_take_room_but_need_none(db: Database) -> None:
    door = governor()
    for one in range(3):
        key, moment = f"u{one}", MORNING + timedelta(minutes=one)
        assert db.run_sync(door.decide, message(key, urgency=Urgency.URGENT), moment).goes
    late = db.run_sync(door.decide, message("a"), at("24 15:00"))
    assert late.code == "outreach.cap"


@pytest.mark.parametrize(
    ("means", "result", "room"),
    [
        (Means.MESSAGE, Result.REACHED, False),
        (Means.MESSAGE, Result.FAILED, True),
        (Means.MESSAGE, Result.DROPPED, True),
        (Means.CALL, Result.FAILED, True),
        (Means.CALL, Result.WRONG_NUMBER, True),
    ],
)
def test_what_reached_nobody_gives_its_room_back(
    db: Database, means: Means, result: Result, room: bool
) -> None:
    door = governor(Rules(most_a_day=1, gap=timedelta(0)))
    assert db.run_sync(door.decide, message("a", means=means), MORNING).goes
    other = message("b", number="+8613900000000")
    assert db.run_sync(door.decide, other, at("24 12:00")).code == "outreach.cap"
    db.run_sync(door.settle, "a", result, at("24 12:00"))
    assert db.run_sync(door.decide, other, at("24 12:00")).goes is room


def test_a_phone_rings_in_vain_four_times_a_day(db: Database) -> None:
    door = governor()
    for one in range(4):
        assert db.run_sync(door.decide, call(f"t#{one}"), MORNING).goes
        db.run_sync(door.settle, f"t#{one}", Result.FAILED, MORNING)
    assert db.run_sync(door.decide, call("t#4"), MORNING).code == "outreach.tries"
    assert db.run_sync(door.decide, message("m"), MORNING).goes


@pytest.mark.parametrize(
    ("means", "scope", "message_code", "call_code", "greeting_code"),
    [
        (None, Scope.ALL, "do_not_call", "do_not_call", "do_not_call"),
        (Means.MESSAGE, Scope.ALL, "refused", "go", "refused"),
        (Means.CALL, Scope.ALL, "go", "refused", "go"),
        (None, Scope.GREETINGS, "go", "go", "no_greetings"),
    ],
)
def test_who_refused_is_left_alone_even_when_it_is_urgent(
    db: Database,
    means: Means | None,
    scope: Scope,
    message_code: str,
    call_code: str,
    greeting_code: str,
) -> None:
    door = governor()
    number = "+8613811112222"
    assert db.run_sync(door.refuse, number, means, scope, by="anna", why="TD", now=MORNING)
    assert not db.run_sync(door.refuse, number, means, scope, by="bert", now=MORNING)
    found = [
        db.run_sync(door.look, contact, MORNING).code.removeprefix("outreach.")
        for contact in (
            message("a", urgency=Urgency.URGENT),
            call("b", urgency=Urgency.URGENT),
            message("c", urgency=Urgency.GREETING),
        )
    ]
    assert found == [message_code, call_code, greeting_code]
    assert db.run_sync(door.allow, number) == 1
    assert db.run_sync(door.look, message("a"), MORNING).goes


def test_a_wrong_number_is_skipped_for_that_patient_alone(db: Database) -> None:
    door = governor()
    assert db.run_sync(door.decide, call("a"), MORNING).goes
    db.run_sync(door.settle, "a", Result.WRONG_NUMBER, MORNING)
    noon = at("24 12:00")
    urgent = call("b", urgency=Urgency.URGENT)
    assert db.run_sync(door.decide, urgent, noon).code == "outreach.wrong_number"
    assert db.run_sync(door.is_wrong, "+8613811112222", 7)
    assert db.run_sync(door.look, call("c", patient=8), noon).goes
    assert db.run_sync(door.look, call("d", number="+8613900000000"), noon).goes
    db.run_sync(door.allow, "+8613811112222")
    assert db.run_sync(door.look, call("e"), noon).goes


def test_where_no_message_arrives_the_telephone_may_still_ring(db: Database) -> None:
    door = governor()
    assert db.run_sync(door.decide, message("m"), MORNING).goes
    db.run_sync(door.settle, "m", Result.WRONG_NUMBER, MORNING)
    noon = at("24 12:00")
    assert db.run_sync(door.look, message("n"), noon).code == "outreach.wrong_number"
    assert db.run_sync(door.decide, call("a"), noon).goes
    db.run_sync(door.settle, "a", Result.WRONG_NUMBER, noon)
    for one in (message("n"), call("b")):
        assert db.run_sync(door.look, one, at("24 14:00")).code == "outreach.wrong_number"
    db.run_sync(door.wrong, "+8613811112222", "sms", noon, 7, Means.MESSAGE)
    assert db.run_sync(door.look, call("b"), noon).code == "outreach.wrong_number"


def test_a_greeting_gives_way_to_all_and_nothing_to_a_greeting(db: Database) -> None:
    door = governor()
    birthday = message("g", urgency=Urgency.GREETING, not_after=at("24 23:59"))
    waits = message("w", not_before=at("24 18:00"))
    assert db.run_sync(door.look, birthday, MORNING).goes
    assert db.run_sync(door.decide, waits, MORNING).verdict is Verdict.LATER
    gone = db.run_sync(door.decide, birthday, MORNING)
    assert said(gone) == (Verdict.NEVER, "outreach.no_room")
    db.run_sync(door.settle, "w", Result.DROPPED, MORNING)
    assert db.run_sync(door.decide, birthday, MORNING).goes
    assert db.run_sync(door.decide, message("a"), MORNING).goes


def test_a_contact_joins_one_that_waits(db: Database) -> None:
    door = governor()
    first = message("a", shares=True, plugin="sms")
    second = message("b", shares=True, plugin="sms")
    until = db.run_sync(door.decide, first, EVENING).until
    joined = db.run_sync(door.decide, second, EVENING)
    assert (joined.verdict, joined.joined, joined.until) == (Verdict.JOIN, "a", until)
    assert until is not None
    assert db.run_sync(door.decide, first, until).goes
    assert db.run_sync(door.carried, "a") == ("b",)
    assert db.run_sync(door.decide, second, until).verdict is Verdict.JOIN
    assert db.run_sync(door.settle, "a", Result.REACHED, until) == ()
    assert said(db.run_sync(door.decide, second, until)) == (Verdict.NEVER, "outreach.done")


def test_what_was_carried_by_a_contact_that_failed_is_asked_for_anew(db: Database) -> None:
    door = governor()
    db.run_sync(door.decide, message("a", shares=True), EVENING)
    assert db.run_sync(door.decide, message("b", shares=True), EVENING).joined == "a"
    assert db.run_sync(door.settle, "a", Result.DROPPED, EVENING) == ("b",)
    assert db.run_sync(door.decide, message("b", shares=True), EVENING).code == "outreach.quiet"
    assert db.run_sync(door.carried, "a") == ()


@pytest.mark.parametrize(
    "values",
    [
        {"shares": False},
        {"number": "+8613900000000"},
        {"patient": 8},
        {"campus": "west"},
        {"means": Means.CALL},
        {"plugin": "other"},
        {"urgency": Urgency.GREETING},
        {"not_after": at("25 08:59")},
        {"not_before": at("25 17:00")},
    ],
)
def test_only_the_same_kind_in_time_joins(db: Database, values: dict[str, object]) -> None:
    door = governor()
    db.run_sync(door.decide, message("a", shares=True), EVENING)
    other = message("b", **{"shares": True, **values})
    assert db.run_sync(door.decide, other, EVENING).verdict is not Verdict.JOIN


def test_who_joined_travels_only_in_its_own_time(db: Database) -> None:
    door = governor()
    db.run_sync(door.decide, call("x"), at("24 10:00"))
    waits = message("a", shares=True)
    assert db.run_sync(door.decide, waits, at("24 10:30")).until == at("24 11:00")
    over, early = (
        message("b", shares=True, not_after=at("24 11:05")),
        message("c", shares=True, not_before=at("24 10:55")),
    )
    for one in (over, early):
        assert db.run_sync(door.decide, one, at("24 10:30")).joined == "a"
    assert db.run_sync(door.carried, "a") == ("b", "c")
    db.run_sync(door.settle, "x", Result.FAILED, at("24 10:40"))
    assert db.run_sync(door.decide, waits, at("24 10:50")).goes
    assert db.run_sync(door.carried, "a") == ("b",)
    assert db.run_sync(door.decide, early, at("24 10:50")).code == "outreach.early"
    assert db.run_sync(door.decide, waits, at("24 11:06")).goes
    assert db.run_sync(door.carried, "a") == ()


def test_who_joined_what_is_put_off_too_long_is_weighed_alone(db: Database) -> None:
    door = governor()
    db.run_sync(door.decide, message("a", shares=True, not_before=at("24 15:00")), MORNING)
    second = message("b", shares=True, not_after=at("24 16:00"))
    assert db.run_sync(door.decide, second, MORNING).joined == "a"
    db.run_sync(door.decide, message("a", shares=True, not_before=at("24 17:00")), MORNING)
    assert db.run_sync(door.decide, second, MORNING).goes


def test_what_has_waited_and_may_go_is_not_put_off_again(db: Database) -> None:
    door = governor()
    until = db.run_sync(door.decide, message("a", shares=True), EVENING).until
    assert until is not None
    later = message("b", shares=True, not_before=at("25 15:00"))
    assert db.run_sync(door.decide, later, until - timedelta(minutes=1)).verdict is Verdict.LATER
    assert db.run_sync(door.decide, message("a", shares=True), until).goes


def test_asking_again_keeps_what_was_booked_but_not_into_the_night(db: Database) -> None:
    door = governor(Rules(most_a_day=1))
    assert db.run_sync(door.decide, message("a"), MORNING).goes
    assert db.run_sync(door.decide, message("a"), MORNING).goes
    booked = db.run_sync(door.booked, "a")
    assert booked is not None
    assert booked.asks == 2
    assert db.run_sync(door.decide, message("a"), EVENING).code == "outreach.quiet"


def test_what_is_done_is_never_done_again(db: Database) -> None:
    door = governor()
    db.run_sync(door.decide, message("a"), MORNING)
    db.run_sync(door.settle, "a", Result.REACHED, MORNING)
    assert said(db.run_sync(door.decide, message("a"), MORNING)) == (
        Verdict.NEVER,
        "outreach.done",
    )
    assert db.run_sync(door.settle, "a", Result.DROPPED, MORNING) == ()
    booked = db.run_sync(door.booked, "a")
    assert booked is not None
    assert booked.result is Result.REACHED


def test_by_hand_is_counted_and_warned_of_but_never_held_up(db: Database) -> None:
    door = governor(Rules(most_a_day=1))
    night = db.run_sync(door.count, call("h"), "anna", EVENING)
    assert said(night) == (Verdict.GO, "outreach.quiet")
    db.run_sync(door.refuse, "+8613811112222", Means.CALL, by="anna", now=EVENING)
    assert said(db.run_sync(door.count, call("i"), "anna", EVENING)) == (
        Verdict.GO,
        "outreach.refused",
    )
    db.run_sync(door.refuse, "+8613811112222", by="anna", now=EVENING)
    assert said(db.run_sync(door.count, call("j"), "anna", EVENING)) == (
        Verdict.NEVER,
        "outreach.do_not_call",
    )
    other = message("a", number="+8613900000000")
    assert db.run_sync(door.decide, other, at("24 20:00")).code == "outreach.cap"


def test_without_a_number_nobody_is_reached(db: Database) -> None:
    decision = db.run_sync(governor().decide, message("a", number=""), MORNING)
    assert said(decision) == (Verdict.NEVER, "outreach.no_number")


def test_strangers_are_told_by_their_number(db: Database) -> None:
    door = governor(Rules(most_a_day=1))
    assert db.run_sync(door.decide, message("a", patient=0), MORNING).goes
    noon = at("24 12:00")
    assert db.run_sync(door.decide, message("b", patient=0), noon).code == "outreach.cap"
    assert db.run_sync(door.decide, message("c"), noon).code == "outreach.cap"


def test_quiet_hours_follow_the_clock_of_the_campus(db: Database) -> None:
    door = governor(None, ABROAD)
    there = message("a", campus="abroad")
    zone = ZoneInfo("America/New_York")
    assert db.run_sync(door.look, there, at("2026-11-24 20:30", zone)).goes
    for day in ("2026-03-07", "2026-10-31"):  # the nights in which the clocks change
        until = db.run_sync(door.look, there, at(f"{day} 22:00", zone)).until
        assert until is not None
        assert until.astimezone(zone).time() >= time(8)
        assert until.astimezone(zone).time() <= time(8, 30)


def test_a_clock_set_back_sends_nothing_twice(db: Database) -> None:
    door = governor(Rules(most_a_day=1))
    assert db.run_sync(door.decide, message("a"), MORNING).goes
    back = MORNING - timedelta(minutes=30)
    assert db.run_sync(door.decide, message("b"), back).verdict is Verdict.LATER


def test_quiet_hours_within_a_day_and_none_at_all(db: Database) -> None:
    nap = governor(Rules(quiet_from=time(12), quiet_to=time(14), holiday_quiet_to=time(14)))
    assert db.run_sync(nap.look, message("a"), at("24 11:59")).goes
    until = db.run_sync(nap.look, message("a"), at("24 12:00")).until
    assert until is not None
    assert at("24 14:00") <= until <= at("24 14:30")
    none = governor(Rules(quiet_from=time(), quiet_to=time(), holiday_quiet_to=time()))
    assert db.run_sync(none.look, message("a"), at("24 03:00")).goes
