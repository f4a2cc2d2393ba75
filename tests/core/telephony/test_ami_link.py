"""The link that never gives up, on a clock without time."""

from __future__ import annotations

import pytest
from tests.core.telephony.fake import (
    DATA,
    FakeAsterisk,
    Outcome,
    block,
    error,
    silent,
    success,
)
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.logger import capturedLogs

from careline.errors import Invalid, Refused, Unavailable
from careline.telephony.ami import LinkState


def logged(events):
    return [event["log_format"] for event in events]


def test_it_logs_in_waits_for_fully_booted_and_says_so(asterisk):
    asterisk.answers["Login"] = success
    link, ups = asterisk.link("careline", "geheim"), []

    async def up():
        ups.append(link.up)

    link.on_up(up)
    link.start()
    asterisk.advance(1)
    assert asterisk.said("Login")[0]["Secret"] == "geheim"
    assert (link.state, link.up, ups) == (LinkState.BOOTING, False, [])
    asterisk.wire.say(block("Event: FullyBooted"))
    assert (link.state, ups) == (LinkState.UP, [True])


def test_the_secret_goes_to_asterisk_only(asterisk):
    """Nothing is sent before the greeting."""
    asterisk.mute = True
    asterisk.link().start()
    asterisk.advance(15)
    assert asterisk.heard == []
    assert len(asterisk.wires) == 2
    assert asterisk.wires[0].closed


def test_fact_7_one_connection_and_slow_returns_for_ever(asterisk):
    asterisk.refusing = True
    asterisk.link().start()
    asterisk.advance(3600)
    gaps = [b - a for a, b in zip(asterisk.tries, asterisk.tries[1:], strict=False)]
    assert gaps[:5] == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert set(gaps[5:]) == {10.0}
    assert len(gaps) > 350
    asterisk.refusing = False
    asterisk.advance(10)
    assert len(asterisk.wires) == 1


def test_jitter_halves_a_wait_at_most(asterisk):
    asterisk.refusing = True
    link = asterisk.link()
    link._jitter = lambda: 0.0
    link.start()
    asterisk.advance(30)
    gaps = [b - a for a, b in zip(asterisk.tries, asterisk.tries[1:], strict=False)]
    assert gaps[:3] == [0.25, 0.5, 1.0]


def test_a_port_that_swallows_connections_is_tried_again(asterisk):
    asterisk.silent_port = True
    asterisk.link().start()
    with capturedLogs() as events:
        asterisk.advance(20)
    assert set(logged(events)) == {"no AMI connection: {error}"}
    asterisk.silent_port = False
    asterisk.advance(20)
    assert len(asterisk.wires) == 1


def test_an_error_nobody_foresaw_does_not_end_the_link(asterisk):
    link = asterisk.link()
    link._connect = lambda: 1 / 0
    with capturedLogs() as events:
        link.start()
        asterisk.advance(5)
    assert "task failed: {what}" in logged(events)
    link._connect = lambda: asterisk
    asterisk.advance(10)
    assert link.up


def test_fact_4_each_return_is_a_gap(asterisk):
    link, ups, downs = asterisk.link(), [], []

    async def up():
        ups.append(await link.collect("QueueStatus"))

    asterisk.answers["QueueStatus"] = lambda a: (
        success(a, "EventList: start")
        + block("Event: QueueParams", f"ActionID: {a['ActionID']}", "Queue: q")
        + block("Event: QueueStatusComplete", f"ActionID: {a['ActionID']}", "EventList: Complete")
    )
    link.on_up(up)
    link.on_down(lambda: downs.append(link.up))
    link.start()
    asterisk.advance(1)
    assert [len(each) for each in ups] == [1]
    asterisk.wire.drop(ConnectionLost())
    assert downs == [False]
    assert link.state is LinkState.DOWN
    asterisk.advance(1)
    assert [len(each) for each in ups] == [1, 1]
    assert len(asterisk.wires) == 2


def test_what_is_under_way_fails_when_the_link_is_lost(asterisk):
    link = asterisk.up()
    asterisk.answers["Status"] = silent
    waiting = [Outcome(link.action("Status")), Outcome(link.collect("Status"))]
    asterisk.wire.drop()
    assert all(isinstance(each.error, Unavailable) for each in waiting)
    assert isinstance(Outcome(link.action("Status")).error, Unavailable)


def test_a_callback_that_still_works_when_the_link_is_lost_is_cancelled(asterisk):
    link, begun, others = asterisk.link(), [], []

    async def hangs():
        begun.append(Deferred())
        await begun[-1]

    async def other():
        others.append(1)

    link.on_up(hangs)
    link.on_up(other)
    link.start()
    asterisk.advance(0)
    asterisk.wire.drop()
    assert begun[0].called
    assert others == []
    asterisk.advance(5)
    assert len(begun) == 2


def test_a_wrong_secret_is_said_clearly_and_tried_slowly(asterisk):
    asterisk.answers["Login"] = lambda a: error(a, "Authentication failed")
    link = asterisk.link(secret="geheim")
    with capturedLogs() as events:
        link.start()
        asterisk.advance(59)
    assert link.state is LinkState.REFUSED
    assert len(asterisk.tries) == 2
    said = [event for event in events if event["log_level"].name == "error"]
    assert "refused the AMI user" in said[0]["log_format"]
    assert "geheim" not in str(events)
    asterisk.answers["Login"] = FakeAsterisk().answers["Login"]
    asterisk.advance(31)
    assert link.up


def test_a_dead_asterisk_is_noticed_by_ping(asterisk):
    link = asterisk.up()
    asterisk.advance(25)
    assert len(asterisk.said("Ping")) == 2
    asterisk.answers["Ping"] = silent
    asterisk.advance(10 + 5 + 1)
    assert asterisk.wires[0].closed
    assert len(asterisk.wires) == 2
    assert link.up


def test_stop_closes_and_stays_down(asterisk):
    link = asterisk.up()
    stopped = Outcome(link.stop())
    asterisk.advance(60)
    assert stopped.done
    assert stopped.error is None
    assert asterisk.wire.closed
    assert link.state is LinkState.STOPPED
    assert len(asterisk.tries) == 1
    assert asterisk.clock.getDelayedCalls() == []


def test_stop_while_it_connects(asterisk):
    asterisk.silent_port = True
    link = asterisk.link()
    link.start()
    stopped = Outcome(link.stop())
    asterisk.advance(60)
    assert stopped.done
    assert len(asterisk.tries) == 1
    assert asterisk.clock.getDelayedCalls() == []


# Actions


def test_an_error_response_is_refused_and_kept(asterisk):
    link = asterisk.up()
    asterisk.answers["QueueRemove"] = lambda a: error(a, "Not there")
    asked = Outcome(link.action("QueueRemove", [("Queue", "q")]))
    asterisk.advance(0)
    assert isinstance(asked.error, Refused)
    assert asked.error.params["response"].get("Message") == "Not there"
    assert "Not there" in str(asked.error)


def test_answers_find_their_actions_in_any_order(asterisk):
    link = asterisk.up()
    asterisk.answers["Getvar"] = silent
    asked = [Outcome(link.action("Getvar", [("Variable", str(n))])) for n in range(3)]
    for action in reversed(asterisk.said("Getvar")):
        asterisk.wire.say(success(action, f"Value: {action['Variable']}"))
    assert [each.value.get("Value") for each in asked] == ["0", "1", "2"]


def test_a_list_is_not_told_to_subscribers(asterisk):
    link, told = asterisk.up(), []
    link.subscribe(["DeviceStateChange"], told.append)
    asterisk.answers["DeviceStateList"] = lambda a: (
        success(a)
        + block("Event: DeviceStateChange", f"ActionID: {a['ActionID']}", "Device: listed")
        + block("Event: DeviceStateChange", "Device: live")
        + block("Event: DeviceStateListComplete", f"ActionID: {a['ActionID']}")
    )
    asked = Outcome(link.collect("DeviceStateList"))
    asterisk.advance(0)
    assert [each.get("Device") for each in asked.value] == ["listed"]
    assert [each.get("Device") for each in told] == ["live"]
    assert link._connection._pending.collecting == 0


def test_a_list_that_asterisk_gives_up(asterisk):
    link = asterisk.up()
    asterisk.answers["X"] = lambda a: (
        success(a) + block("Event: XDone", f"ActionID: {a['ActionID']}", "EventList: Cancelled")
    )
    asked = Outcome(link.collect("X"))
    asterisk.advance(0)
    assert isinstance(asked.error, Unavailable)


def test_a_cancelled_action_leaves_no_trace(asterisk):
    link = asterisk.up()
    asterisk.answers["Getvar"] = silent
    asked = Outcome(link.action("Getvar"))
    asked.deferred.cancel()
    asterisk.wire.say(success(asterisk.said("Getvar")[0]))
    assert len(link._connection._pending) == 0


def test_when_asterisk_stops_reading_output_is_bounded(asterisk):
    link = asterisk.up()
    connection = link._connection
    before = len(asterisk.wire.value())
    connection.pauseProducing()
    asked = [Outcome(link.action("Getvar", [("Variable", "x" * 900)])) for _ in range(1200)]
    assert len(asterisk.wire.value()) == before
    assert sum(isinstance(each.error, Unavailable) for each in asked) == 200
    connection.resumeProducing()
    assert len(asterisk.wire.value()) - before < 64 * 1024
    asterisk.advance(1)
    assert sum(each.value is not None for each in asked) == 1000


def test_a_paused_link_times_its_actions_out(asterisk):
    link = asterisk.up()
    link._connection.pauseProducing()
    asked = Outcome(link.action("Getvar", timeout=3))
    asterisk.advance(3)
    assert isinstance(asked.error, Unavailable)
    link._connection.resumeProducing()
    assert asterisk.said("Getvar") == []


def test_ping_does_not_wait_behind_others(asterisk):
    link = asterisk.up()
    asterisk.answers["Getvar"] = silent
    for _ in range(200):
        Outcome(link.action("Getvar", timeout=100))
    asterisk.advance(16)
    assert link.up
    assert asterisk.said("Ping")


# Subscriptions


def test_events_are_told_to_who_wants_them(asterisk):
    link, told = asterisk.up(), []
    end = link.subscribe(["Hangup", "Newchannel"], lambda m: told.append(m.name))
    again = link.subscribe(["Hangup"], lambda m: told.append("2"))
    data = (DATA / "queue_call_everything.ami").read_bytes().split(b"\r\n", 1)[1]
    asterisk.wire.say(data)
    assert told == ["Newchannel", "Newchannel", "Hangup", "2", "Hangup", "2"]
    end()
    end()
    again()
    assert link._subscriptions.names == set()
    asterisk.wire.say(data)
    assert len(told) == 6


def test_an_event_name_is_a_name(asterisk):
    with pytest.raises(Invalid):
        asterisk.link().subscribe(["New*"], print)


def test_a_subscription_outlives_a_connection(asterisk):
    link, told = asterisk.up(), []
    link.subscribe(["Hangup"], told.append)
    asterisk.wire.drop()
    asterisk.advance(2)
    asterisk.wire.say(block("Event: Hangup"))
    assert len(told) == 1
