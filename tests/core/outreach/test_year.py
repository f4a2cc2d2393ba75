"""Promises that hold whatever the plugins want in a year, told by rules of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.core.outreach.ward import ABROAD, EAST, HOLIDAY, governor
from tests.core.outreach.year import KINDS, Deed, Went, Wish, Year
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.hooks import Urgency
from careline.outreach import store
from careline.outreach.model import Means, Result
from careline.outreach.rules import Rules
from careline.storage import metadata, open_database
from careline.tasks import Tasks

RULES = Rules()
#: Half of all wishes fall into one month, so that they meet.
MINUTES = st.one_of(st.integers(0, 365 * 1440), st.integers(300 * 1440, 310 * 1440))
WISHES = st.builds(
    Wish,
    minute=MINUTES,
    kind=st.integers(0, len(KINDS) - 1),
    patient=st.integers(1, 2),
    number=st.integers(0, 1),
    result=st.sampled_from([Result.REACHED] * 5 + list(Result)),
    late_min=st.integers(0, 15),
    alone=st.booleans(),
)
DEEDS = st.builds(
    Deed,
    minute=MINUTES,
    number=st.integers(0, 1),
    means=st.sampled_from([None, *Means]),
    allow=st.booleans(),
)


def played(wishes: list[Wish], deeds: list[Deed]) -> Year:
    """A year on a database of its own."""
    database = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    tables = (store.contact_table, store.refusal_table, store.wrong_table)
    database.run_sync(lambda tx: metadata.create_all(tx.connection, tables))
    year = Year(database, governor(RULES, EAST, ABROAD))
    try:
        year.play(wishes, deeds)
    finally:
        database.engine.dispose()
    return year


def local(went: Went) -> datetime:
    """The patient's own clock."""
    zone = "America/New_York" if went.contact.campus == "abroad" else "Asia/Shanghai"
    return went.at.astimezone(ZoneInfo(zone))


def at_night(went: Went) -> bool:
    """Whether somebody was disturbed."""
    clock = local(went)
    end = time(9) if clock.date() == HOLIDAY else time(8)
    return clock.time() >= time(21) or clock.time() < end


def routine(year: Year) -> Iterator[tuple[Went, list[Went]]]:
    """Each routine contact that went, and all before it that had reached its patient."""
    for at, one in enumerate(year.went):
        if one.contact.urgency is Urgency.ROUTINE:
            yield (
                one,
                [
                    other
                    for other in year.went[:at]
                    if other.contact.patient == one.contact.patient
                    and other.contact.urgency is not Urgency.GREETING
                    and other.result is Result.REACHED
                ],
            )


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(WISHES, min_size=10, max_size=60), st.lists(DEEDS, max_size=4))
def test_in_a_year_of_all_plugins_nobody_is_disturbed_and_nothing_is_lost(
    wishes: list[Wish], deeds: list[Deed]
) -> None:
    year = played(wishes, deeds)
    assert year.broken == []
    hours_are_kept(year)
    room_is_kept(year)
    greetings_are_alone(year)
    each_ends_once(year)
    if not any(deed.allow for deed in deeds):
        wrong_numbers_are_skipped(year)


def hours_are_kept(year: Year) -> None:
    """Nights are quiet but for what is urgent; nothing goes too early or too late."""
    for one in year.went:
        assert not at_night(one) or one.contact.urgency is Urgency.URGENT
        assert one.contact.not_before is None or one.at >= one.contact.not_before
        assert one.contact.not_after is None or one.at <= one.contact.not_after


def room_is_kept(year: Year) -> None:
    """Two a day, an hour apart."""
    for one, before in routine(year):
        same_day = [other for other in before if local(other).date() == local(one).date()]
        assert len(same_day) < RULES.most_a_day
        assert all(one.at - other.at >= RULES.gap for other in before)


def greetings_are_alone(year: Year) -> None:
    """Nobody has a greeting on a day on which something else came before it."""
    for first, second in combinations(year.went, 2):
        if second.contact.urgency is Urgency.GREETING and first.result is Result.REACHED:
            same = first.contact.patient == second.contact.patient
            assert not same or local(first).date() != local(second).date()


def each_ends_once(year: Year) -> None:
    """Each contact reaches its patient at most once, by itself or carried along, in its time."""
    reached = [one.contact.key for one in year.went if one.result is Result.REACHED]
    carried = [(key, one.at) for one in year.went for key in one.with_]
    reached += [key for key, _ in carried]
    assert len(reached) == len(set(reached))
    for key, moment in carried:
        contact = year.wishes[key].contact(key)
        assert contact.not_before is None or moment >= contact.not_before
        assert contact.not_after is None or moment <= contact.not_after
    ended = {one.contact.key for one in year.went} | set(reached) | set(year.given_up)
    assert ended == set(year.wishes)
    done = {key for key, one in year.given_up.items() if one.code == "outreach.done"}
    gone = {one.contact.key for one in year.went}  # alone after all, and asked about once more
    assert done <= gone | {key for key, _ in carried}


def wrong_numbers_are_skipped(year: Year) -> None:
    """Somebody else is rung once; where no message arrived a call may still try."""
    wrong = [one.contact for one in year.went if one.result is Result.WRONG_NUMBER]
    rung = [(one.patient, one.number) for one in wrong if one.means is Means.CALL]
    assert len(rung) == len(set(rung))
    texted = [(one.patient, one.number) for one in wrong if one.means is Means.MESSAGE]
    assert len(texted) == len(set(texted))
    for first, second in combinations(wrong, 2):
        same = (first.patient, first.number) == (second.patient, second.number)
        assert not same or first.means is Means.MESSAGE


def test_a_crowded_week_is_worked_off() -> None:
    wishes = [
        Wish(300 * 1440 + at * 60, at % len(KINDS), 1, 0, Result.REACHED, 0) for at in range(60)
    ]
    year = played(wishes, [])
    room_is_kept(year)
    each_ends_once(year)
    lost = [key for key, one in year.given_up.items() if one.code != "outreach.done"]
    assert all(year.wishes[key].contact(key).not_after for key in lost)
    assert any(one.with_ for one in year.went)
    assert max(one.at for one in year.went) - min(one.at for one in year.went) < timedelta(30)
