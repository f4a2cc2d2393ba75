"""Live events reach those whom they concern, and a browser that does not read harms nobody."""

from __future__ import annotations

import json
import re

import pytest
from attrs import evolve
from tests.core.web.conftest import Bench

from careline.testing import run_async
from careline.testing.web import SOMEBODY, Browser, Wire
from careline.web.events import OF_SESSION, PING_S, SOON_S, WAITING

EVENT = re.compile(rb"event: (\w+)\ndata: (.*)\n")


def listen(browser: Browser) -> Wire:
    return browser.send("GET", "/events")


def heard(wire: Wire) -> list[tuple[str, str]]:
    """Names and ids of what came, without the greeting."""
    found = [(name.decode(), json.loads(data)["id"]) for name, data in EVENT.findall(wire.got)]
    return [one for one in found if one[0] != "hello"]


def soon(bench: Bench) -> None:
    bench.house.reactor.advance(SOON_S)


def test_a_stream_begins_with_who_serves_it(bench: Bench) -> None:
    wire = listen(bench.browser)
    assert b"text/event-stream" in wire.got
    assert b'event: hello\ndata: {"id": "", "server": "test"}' in wire.got
    assert bench.house.events.listening == 1


def test_only_those_whom_it_concerns_are_told(bench: Bench) -> None:
    wires = {
        "own": listen(bench.browser),
        "agent": listen(bench.house.browser(evolve(SOMEBODY, id=2, agent="8002"))),
        "leader": listen(bench.house.browser(evolve(SOMEBODY, id=3, agent=""), ["board.view"])),
    }
    tell = bench.house.events.tell
    tell("call_changed", "hq-1", agent="8001", permission="board.view")
    tell("desk", "x", user=2)
    tell("notice")
    tell("agent_changed", "", agent="")
    soon(bench)
    everybody = [("notice", ""), ("agent_changed", "")]
    assert heard(wires["own"]) == [("call_changed", "hq-1"), *everybody]
    assert heard(wires["agent"]) == [("desk", "x"), *everybody]
    assert heard(wires["leader"]) == [("call_changed", "hq-1"), *everybody]


def test_what_is_told_at_once_comes_once(bench: Bench) -> None:
    wire = listen(bench.browser)
    for _ in range(50):
        bench.house.events.tell("queue_changed", "service")
    bench.house.events.tell("queue_changed", "complaints")
    soon(bench)
    assert heard(wire) == [("queue_changed", "service"), ("queue_changed", "complaints")]


def test_an_id_cannot_make_an_event(bench: Bench) -> None:
    wire = listen(bench.browser)
    bench.house.events.tell("call_changed", "1\n\nevent: evil\ndata: {}\n\n")
    soon(bench)
    assert [name for name, _ in heard(wire)] == ["call_changed"]


def test_a_stream_lives_by_pings(bench: Bench) -> None:
    wire = listen(bench.browser)
    bench.house.reactor.pump([PING_S] * 3)
    assert wire.got.count(b": ping\n\n") == 3


def test_a_stream_ends_with_its_session(bench: Bench) -> None:
    other = listen(bench.house.browser())
    wire = listen(bench.browser)
    bench.house.door.end(bench.browser.cookies["careline"])
    assert heard(wire) == [("session", "ended")]
    assert wire.closed.called
    assert not other.closed.called
    bench.house.events.tell("notice")
    soon(bench)
    assert heard(wire) == [("session", "ended")]


def test_a_session_that_ended_unseen_is_noticed(bench: Bench) -> None:
    wire = listen(bench.browser)
    bench.house.door.sessions.clear()
    bench.house.reactor.advance(PING_S)
    assert wire.closed.called


def test_strangers_hear_nothing(bench: Bench) -> None:
    wire = listen(bench.house.browser(signed_in=False))
    assert wire.got.startswith(b"HTTP/1.1 401")
    assert bench.house.events.listening == 0


def test_a_browser_that_has_gone_is_forgotten(bench: Bench) -> None:
    wire = listen(bench.browser)
    wire.abortConnection()
    assert bench.house.events.listening == 0
    bench.house.events.tell("notice")
    soon(bench)


def stall(wire: Wire) -> None:
    """The browser does not read: Twisted's buffer is full."""
    wire.producer.pauseProducing()


def test_a_browser_that_does_not_read_is_cut_off_and_the_others_hear_all(bench: Bench) -> None:
    slow, other = listen(bench.browser), listen(bench.house.browser())
    stall(slow)
    before = len(slow.got)
    for number in range(WAITING + 1):
        bench.house.events.tell("call_changed", f"hq-{number}")
        soon(bench)
    assert len(slow.got) == before, "nothing more is put into its buffer"
    assert slow.closed.called
    assert len(heard(other)) == WAITING + 1
    assert bench.house.events.slow == 1
    assert bench.house.events.listening == 1


def test_a_browser_that_reads_again_hears_what_it_missed(bench: Bench) -> None:
    wire = listen(bench.browser)
    stall(wire)
    bench.house.events.tell("call_changed", "hq-1")
    soon(bench)
    assert heard(wire) == []
    wire.producer.resumeProducing()
    assert heard(wire) == [("call_changed", "hq-1")]


def test_a_browser_that_reads_nothing_for_long_is_cut_off(bench: Bench) -> None:
    wire = listen(bench.browser)
    stall(wire)
    bench.house.reactor.pump([PING_S] * 2)
    assert wire.closed.called


def test_forgotten_tabs_make_room_for_new_ones(bench: Bench) -> None:
    wires = [listen(bench.browser) for _ in range(OF_SESSION + 2)]
    assert [wire.closed.called for wire in wires] == [True] * 2 + [False] * OF_SESSION


def test_a_burst_for_one_that_reads_is_sent_and_not_cut(bench: Bench) -> None:
    wire = listen(bench.browser)
    for number in range(WAITING * 3):
        bench.house.events.tell("call_changed", f"hq-{number}")
    soon(bench)
    assert len(heard(wire)) == WAITING * 3
    assert not wire.closed.called


def test_all_connections_are_closed_when_the_core_stops(bench: Bench) -> None:
    wires = [listen(bench.browser), bench.browser.send("GET", "/sample/hangs")]
    run_async(bench.house.site.stop())
    assert [wire.closed.called for wire in wires] == [True, True]
    run_async(bench.house.tasks.stop())


@pytest.mark.parametrize("stalled", [False, True])
def test_all_end_when_the_core_stops(bench: Bench, stalled: bool) -> None:
    wire = listen(bench.browser)
    if stalled:
        stall(wire)
    bench.house.events.stop()
    assert wire.closed.called
    assert bench.house.events.listening == 0
