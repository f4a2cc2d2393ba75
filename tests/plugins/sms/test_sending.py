"""From the queue into the gateways: each ending leads where it must, and nothing is sent twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.sms.site import NOW, Site
from twisted.internet.defer import Deferred

from careline.errors import Conflict
from careline.hooks import OutboundMessage, Urgency
from careline.messaging.gateway import (
    NOT_TAKEN,
    WRONG_NUMBER,
    Busy,
    Fate,
    Rejected,
    Sent,
    Uncertain,
)
from careline.storage import Database
from careline_sms.model import NEXT, Message, State
from careline_sms.sending import claiming
from careline_sms.sending import sender as sender_module
from careline_sms.sending.allowance import Wish, draw
from careline_sms.sending.beats import Watch
from careline_sms.sending.outcomes import MOST_TRIES, after_loss, after_send

A_DAY = timedelta(days=1)


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db, "a", "b")


def test_a_message_is_signed_sent_and_delivered(site: Site) -> None:
    site.start()
    site.put(settles=True)
    [sent] = site.gateways["a"].sent
    assert (sent.text, sent.body, sent.key) == ("【市一院】您好", "您好", "k")
    message = site.message()
    assert (message.state, message.gateway, message.parts) == (State.SENT, "a", 1)
    assert message.cost == 45
    assert site.gateways["a"].sink is not None
    site.run(site.gateways["a"].sink.receipt("a", f"a{message.id}-1", Fate.DELIVERED))
    assert site.state() is State.DELIVERED
    assert site.told == [("k", True)]
    states = [one.state for one in site.history()]
    assert states == [State.QUEUED, State.LEASED, State.SENT, State.DELIVERED]


def test_the_same_key_is_one_message(site: Site) -> None:
    site.start()
    assert site.put() == site.put()
    again = OutboundMessage(id="f:1", channel="sms", to="+8613800002222", text="x")
    for _ in range(2):
        site.run(site.plugin.deliver(again))
    assert len(site.gateways["a"].sent) == 2
    assert (
        site.run(site.plugin.deliver(OutboundMessage(**{**_plain(again), "channel": "x"}))) is None
    )


def _plain(message: OutboundMessage) -> dict[str, object]:
    return {"id": "g", "channel": "sms", "to": message.to, "text": message.text}


def test_an_unknown_outcome_is_never_sent_again_by_itself(site: Site) -> None:
    site.gateways["a"].script = [Uncertain("cut off")]
    site.start()
    site.put(settles=True)
    site.pass_(1200, step=60)
    assert (site.state(), site.message().detail) == (State.UNCERTAIN, "cut off")
    assert len(site.gateways["a"].sent) == 1
    assert site.gateways["b"].sent == []
    assert site.told == []


def test_it_is_repeated_where_the_gateway_takes_a_key_and_only_there(site: Site) -> None:
    site.gateways["a"].takes_key = True
    site.gateways["a"].script = [Uncertain("no answer"), Busy(20.0), Uncertain("again")]
    site.start()
    site.put()
    site.pass_(120)
    assert site.state() is State.SENT
    assert [one.key for one in site.gateways["a"].sent] == ["k"] * 4
    assert site.gateways["b"].sent == []


def test_a_person_has_it_sent_again(site: Site) -> None:
    site.gateways["a"].script = [Uncertain("cut off")]
    site.start()
    id = site.put()
    site.run(site.plugin.messages.resend(id, "leader"))
    site.wall = timedelta(hours=2)  # another contact with the same patient: the gap is kept
    site.pass_(60)
    assert site.state() is State.SENT
    assert len(site.gateways["a"].sent) == 2
    with pytest.raises(Conflict):
        site.run(site.plugin.messages.resend(id, "leader"))


def test_what_surely_was_not_sent_goes_to_the_next_gateway(site: Site) -> None:
    site.gateways["a"].script = [Rejected("no_money", "余额不足")]
    site.start()
    site.put()
    assert (site.state(), site.message().gateway) == (State.SENT, "b")
    assert [one.code for one in site.history()] == ["", "", "no_money", "", ""]


def test_what_a_gateway_says_at_length_is_cut(site: Site) -> None:
    site.gateways["a"].script = [Rejected("x" * 500, "y" * 5000), Sent(reference=("r" * 500,))]
    site.gateways["b"].script = [Rejected("x" * 500)]
    site.start()
    site.put()
    site.put("other", to="+8613800002222")
    assert (site.state(), site.state("other")) == (State.REJECTED, State.SENT)


@pytest.mark.parametrize("code", [NOT_TAKEN, WRONG_NUMBER])
def test_a_gateway_that_refuses_a_number_makes_no_wrong_number_of_it(site: Site, code: str) -> None:
    """A setting may be wrong, and then it refuses all numbers."""
    site.gateways["a"].script = [Rejected(code, "ESME_RINVDSTADR")]
    site.gateways["b"].script = [Rejected(code, "ESME_RINVDSTADR")]
    site.start()
    site.put()
    assert site.state() is State.REJECTED
    site.pass_(3700)
    site.put("second", purpose="alert")
    assert site.state("second") is State.SENT


def test_a_number_that_one_gateway_does_not_take_goes_by_the_other(site: Site) -> None:
    site.gateways["a"].script = [Rejected(NOT_TAKEN)]
    site.start()
    site.put()
    assert (site.state(), site.message().gateway) == (State.SENT, "b")


def test_all_gateways_refuse(site: Site) -> None:
    site.gateways["a"].script = [Rejected("x")]
    site.gateways["b"].script = [Rejected("template", "模板不存在")]
    site.start()
    site.put()
    site.pass_(60)
    assert (site.state(), site.message().code) == (State.REJECTED, "template")


def test_a_busy_gateway_is_left_alone_and_the_other_one_used(site: Site) -> None:
    site.gateways["a"].script = [Busy(30.0, "throttled")]
    site.start()
    site.put()
    site.put("other", to="+8613800002222")
    assert [one.key for one in site.gateways["b"].sent] == ["k", "other"]
    site.pass_(31)
    site.put("later", to="+8613800003333")
    assert [one.key for one in site.gateways["a"].sent] == ["k", "later"]


def test_a_fault_of_a_gateway_counts_as_uncertain(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(sender_module.log, "failure", lambda text, **_: logged.append(text))
    site.gateways["a"].script = [KeyError("bug")]
    site.start()
    site.put()
    assert (site.state(), site.message().detail) == (State.UNCERTAIN, "KeyError")
    assert len(logged) == 1


def test_one_that_never_ends_is_given_up(site: Site) -> None:
    site.gateways["a"].script = [Deferred()]
    site.start()
    site.put()
    assert site.state() is State.LEASED
    site.pass_(130, step=5)
    assert site.state() is State.UNCERTAIN


def test_what_is_in_the_air_when_the_core_stops_is_uncertain(site: Site) -> None:
    site.gateways["a"].script = [Deferred()]
    site.start()
    site.put()
    site.stop()
    assert site.state() is State.UNCERTAIN


# Time


def test_quiet_hours_wait_and_urgent_ones_do_not(site: Site) -> None:
    site.wall = timedelta(hours=13)  # 23:00
    site.start()
    site.put()
    site.put("urgent", to="+8613800002222", urgency=Urgency.URGENT)
    assert [one.key for one in site.gateways["a"].sent] == ["urgent"]
    assert (site.state(), site.message().code) == (State.QUEUED, "outreach.quiet")
    site.wall += timedelta(hours=9, minutes=10)
    site.pass_(60)
    assert site.state() is State.SENT


def test_what_is_too_late_is_not_sent(site: Site) -> None:
    site.put(settles=True, not_after=NOW + timedelta(minutes=5))
    site.pass_(600, step=60)
    site.start()
    site.pass_(10)
    assert (site.state(), site.message().code) == (State.REJECTED, "expired")
    assert (site.gateways["a"].sent, site.told) == ([], [("k", False)])


@pytest.mark.parametrize(
    "steps",
    [
        {60: timedelta(hours=1)},
        {60: timedelta(hours=-1), 200: timedelta()},
        {60: timedelta(days=1)},
        {60: timedelta(days=-1), 200: timedelta()},
        {30: timedelta(hours=1), 100: timedelta(hours=-1), 200: timedelta(), 220: -A_DAY},
    ],
)
def test_steps_of_the_clock_neither_double_nor_lose_a_reminder(
    site: Site, steps: dict[int, timedelta]
) -> None:
    """One hangs in a gateway meanwhile: no step of the clock makes it look lost."""
    hanging: Deferred[None] = Deferred()
    site.gateways["a"].script = [hanging]
    site.start()
    site.put("hangs", to="+8613800009999")
    for number in range(5):
        times = {"not_before": NOW + timedelta(seconds=40 * number), "not_after": NOW + 3 * A_DAY}
        site.put(f"r{number}", to=f"+861380000{number:04}", **times)
    for second in range(0, 300, 10):
        site.wall = steps.get(second, site.wall)
        site.pass_(10, step=10)
        if second == 90:
            assert site.state("hangs") is State.LEASED
            hanging.callback(None)
    keys = sorted(one.key for one in site.gateways["a"].sent)
    assert keys == sorted(["hangs", *(f"r{number}" for number in range(5))])
    assert {site.state(key) for key in keys} == {State.SENT}


@pytest.mark.parametrize("few", ["PAGE", "MOST"])
def test_claims_in_handfuls_take_each_message_once(
    db: Database, monkeypatch: pytest.MonkeyPatch, few: str
) -> None:
    monkeypatch.setattr(claiming, few, 3)
    site = Site(db)
    for number in range(10):
        site.put(f"k{number}", to=f"+861380000{number:04}")
    site.start()
    assert [one.key for one in site.gateways["a"].sent] == [f"k{number}" for number in range(10)]


def test_a_pace_is_kept(db: Database) -> None:
    site = Site(db, "a", gateway={"a": {"per_second": 2.0}}).start()
    for number in range(20):
        site.put(f"k{number}", to=f"+861380000{number:04}")
    assert len(site.gateways["a"].sent) == 2
    site.pass_(5, step=0.1)
    assert 11 <= len(site.gateways["a"].sent) <= 13
    site.pass_(10, step=0.1)
    assert len(site.gateways["a"].sent) == 20


def test_a_pace_is_kept_by_all_processes_together(db: Database) -> None:
    site = Site(db, "a", gateway={"a": {"per_second": 2.0}}).start()
    one = site.plugin
    site.plugin = site.built("a", gateway={"a": {"per_second": 2.0}})
    site.start()
    for number in range(20):
        site.put(f"k{number}", to=f"+861380000{number:04}")
    for _ in range(50):
        one.sender.poke()
        site.plugin.sender.poke()
        site.pass_(0.1)
    assert 9 <= len(site.gateways["a"].sent) <= 13
    site.pass_(10, step=0.1)
    assert len(site.gateways["a"].sent) == 20
    site.run(one.sender.stop())
    site.stop()


def test_an_account_of_before_a_step_of_the_clock_stops_nobody(db: Database) -> None:
    site = Site(db, "a")
    wish = {"a": Wish(5, 2.0)}
    drawn = [db.run_sync(draw, wish, site.now() + timedelta(seconds=at)) for at in (0, 1, -3600)]
    assert [one["a"] for one in drawn] == [2, 2, 0]
    later = [timedelta(seconds=at - 3600) for at in (1, 0.5, 1.5)]
    assert [db.run_sync(draw, wish, site.now() + one)["a"] for one in later] == [2, 0, 1]


def test_a_gateway_that_is_down_is_passed_over_and_tried_now_and_then(site: Site) -> None:
    site.gateways["a"].up = False
    site.start()
    site.put()
    assert [one.key for one in site.gateways["a"].sent] == ["k"]  # the probe
    site.put("more", to="+8613800002222")
    assert [one.key for one in site.gateways["b"].sent] == ["more"]


def test_nothing_urgent_tries_a_gateway_that_is_down_while_another_is_up(site: Site) -> None:
    site.gateways["a"].up = False
    site.start()
    site.put("alarm", urgency=Urgency.URGENT)
    site.put("k", to="+8613800002222")
    assert [one.key for one in site.gateways["b"].sent] == ["alarm"]
    assert [one.key for one in site.gateways["a"].sent] == ["k"]


def test_what_is_urgent_tries_the_only_gateway_though_it_is_down(db: Database) -> None:
    site = Site(db, "a").start()
    site.gateways["a"].up = False
    site.put("alarm", urgency=Urgency.URGENT)
    assert [one.key for one in site.gateways["a"].sent] == ["alarm"]
    site.stop()


# Senders that die


def test_what_a_dead_sender_held_is_settled_by_another(site: Site) -> None:
    site.gateways["a"].script = [Deferred()]
    site.gateways["b"].takes_key = True
    site.start()
    site.put()
    _dies(site)
    site.plugin = site.built("a", "b")
    site.start()
    site.pass_(29)
    assert site.state() is State.LEASED
    site.pass_(40)
    assert (site.state(), site.message().code) == (State.UNCERTAIN, "lost")


def test_with_a_key_the_other_one_repeats_it(site: Site) -> None:
    site.gateways["a"].takes_key = True
    site.gateways["a"].script = [Deferred()]
    site.start()
    site.put()
    _dies(site)
    site.plugin = site.built("a", "b")
    site.start()
    site.pass_(70)
    assert site.state() is State.SENT
    assert [one.key for one in site.gateways["a"].sent] == ["k", "k"]


def _dies(site: Site) -> None:
    """Its timers never fire again, and what it sends has no end."""
    for call in list(site.fake.getDelayedCalls()):
        call.cancel()


def test_a_living_sender_with_a_slow_gateway_is_not_taken_for_dead(site: Site) -> None:
    slow: Deferred[Sent] = Deferred()
    site.gateways["a"].script = [slow]
    site.start()
    site.put()
    first = site.plugin
    site.plugin = site.built("a", "b")
    site.start()
    site.pass_(100)
    assert site.state() is State.LEASED
    slow.callback(Sent(reference=("late",)))
    site.plugin = first
    assert site.state() is State.SENT
    assert len(site.gateways["a"].sent) == 1


def test_who_could_not_look_itself_takes_nobody_for_dead() -> None:
    watch = Watch(30.0)
    for second in range(0, 20, 5):
        assert watch.still({"other": 7}, second) == []
    assert watch.still({"other": 7}, 1000.0) == []  # the database was away for all
    assert watch.still({"other": 8}, 1005.0) == []
    assert watch.still({"other": 8}, 1010.0) == []
    dead = [second for second in range(1015, 1100, 5) if watch.still({"other": 8}, second)]
    assert dead[0] == 1035


# The rule itself


def message(state: State = State.LEASED, **values: object) -> Message:
    at = NOW
    plain = dict.fromkeys(("to", "text", "template", "language", "campus", "purpose"), "")
    plain |= dict.fromkeys(("by", "group", "call"), "")
    return Message(
        **{
            **plain,
            "id": 1,
            "key": "k",
            "version": 0,
            "values": {},
            "patient": 0,
            "gateway": "a",
            "urgency": Urgency.ROUTINE,
            "not_before": at,
            "not_after": at,
            "settles": False,
            "answer": False,
            "state": state,
            "created": at,
            "changed": at,
            "tries": 1,
            **values,
        }  # type: ignore[arg-type]  # built of parts
    )


ENDINGS = st.one_of(
    st.builds(Rejected, st.sampled_from(["x", WRONG_NUMBER]), st.just(""), st.booleans()),
    st.builds(Busy, st.floats(0, 100)),
    st.builds(Uncertain, st.just("")),
    st.just(Sent(reference=("r",))),
)


@given(
    ending=ENDINGS,
    bound=st.sampled_from(["", "a"]),
    tries=st.integers(1, 20),
    keys=st.booleans(),
    others=st.sampled_from([[], ["b"]]),
)
def test_where_a_send_may_lead(
    ending: object, bound: str, tries: int, keys: bool, others: list[str]
) -> None:
    """What may have been sent never goes to another gateway, nor anywhere without a key."""
    next = after_send(ending, message(bound=bound, tries=tries), keys, others, NOW)  # type: ignore[arg-type]  # one of four
    assert next.state in NEXT[State.LEASED]
    maybe_sent = bool(bound) or isinstance(ending, Uncertain)
    if maybe_sent and next.state is State.QUEUED:
        assert next.bound == "a"
        assert keys or bound
        assert not next.refused
    if maybe_sent:
        assert next.state is not State.REJECTED
    if isinstance(ending, Uncertain) and tries >= MOST_TRIES:
        assert next.state is State.UNCERTAIN
    assert isinstance(ending, Sent) == (next.state is State.SENT)


def test_what_a_dead_sender_held_is_repeated_with_a_key_only() -> None:
    assert after_loss(False, "a", NOW).state is State.UNCERTAIN
    again = after_loss(True, "a", NOW)
    assert (again.state, again.bound) == (State.QUEUED, "a")
