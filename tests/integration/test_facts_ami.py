"""What Asterisk does to AMI clients: slow ones, careless ones, too many of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.integration.support.plain import PlainAmi, let_in
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint

from careline.asterisk.layout import Tree
from careline.demo.phone import Answer, Phone
from careline.tasks import Tasks
from careline.telephony.ami import AmiLink
from careline.telephony.ami.codec import MAX_LINE, MAX_LINES
from careline.testing.asterisk import (
    Network,
    RealAsterisk,
    default_files,
    phone_secret,
    start_asterisk,
)
from careline.testing.ports import free_port
from careline.testing.runner import Spinner

pytestmark = pytest.mark.integration

DIALPLAN = """
[careline-inbound]
exten => 4000,1,Answer()
 same => n,Queue(support,,,,30)
[careline-phones]
exten => none,1,Hangup()
"""
#: One event of 100 kB, and so many of them that they fill every buffer on the way.
BIG = [(f"Filler-{n}", "x" * 1000) for n in range(100)]
MANY = 120
PATIENT = "writetimeout = 10000"


@pytest.fixture
def switchboard(
    asterisk_tree: Tree, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealAsterisk]:
    network, port = Network(), free_port()
    files = default_files(network, port, DIALPLAN)
    root = tmp_path_factory.mktemp("asterisk") / "instance"
    asterisk = start_asterisk(asterisk_tree, root, files, network=network, agi_port=port)
    yield asterisk
    asterisk.stop()


def test_fact_4_who_stops_reading_is_dropped_and_careline_is_given_ten_seconds(
    switchboard: RealAsterisk,
) -> None:
    let_in(switchboard)
    let_in(switchboard, "patient", PATIENT)
    with ExitStack() as stack:
        usual, patient = (PlainAmi(switchboard, small_window=True) for _ in range(2))
        talker = PlainAmi(switchboard).log_in()
        for one in (usual, patient, talker):
            stack.callback(one.close)
        usual.log_in()
        patient.log_in("patient")
        for _ in range(MANY):
            talker.ask("UserEvent", ("UserEvent", "Big"), *BIG)
        time.sleep(1)  # ten times the usual patience of Asterisk, a tenth of that with careline
        assert not patient.is_closed()
        assert sum(one.get("UserEvent") == "Big" for one in patient.taken) == MANY
        assert usual.is_closed()
        assert sum(one.get("UserEvent") == "Big" for one in usual.taken) < MANY


def test_fact_5_our_filter_spares_both_sides_most_of_a_calls_events(
    spin: Spinner, switchboard: RealAsterisk
) -> None:
    let_in(switchboard)
    own = switchboard.files
    everything = PlainAmi(switchboard).log_in()
    ours = PlainAmi(switchboard).log_in(own.ami_user, own.ami_secret)
    network = switchboard.network

    async def call() -> None:
        caller = Phone(spin.reactor, switchboard.sip, "13800001111", host=network.trunk)
        agent = Phone(
            *(spin.reactor, switchboard.sip, "2001", phone_secret("2001")),
            host=network.host(11),
            behaviour=Answer(after=0.5),
        )
        async with caller, agent:
            assert await agent.register() == 200
            ours.ask("QueueAdd", ("Queue", "support"), ("Interface", "PJSIP/2001"))
            for one in (everything, ours):
                one.ask("Ping")
                one.taken.clear()
                one.read_bytes = 0
            talk = await caller.call("4000")
            await (await agent.event("ringing")).call.answered()  # type: ignore[union-attr]  # a ringing has one
            # The phone has answered; the queue joins the two only then.
            for one in (everything, ours):
                one.until("Event", "AgentConnect")
                one.until("Event", "BridgeEnter")
            await talk.hang_up()

    try:
        spin(call())
        for one in (everything, ours):
            one.until("Event", "Hangup", ChannelStateDesc="Up")
            one.ask("Ping")
        seen = {one["Event"] for one in everything.taken if "Event" in one}
        assert {"VarSet", "Newexten"} <= seen
        told = [one["Event"] for one in ours.taken if "Event" in one]
        assert set(told) <= set(own.events)
        assert {"Newchannel", "QueueCallerJoin", "AgentConnect", "BridgeEnter"} <= set(told)
        assert len(told) < len([one for one in everything.taken if "Event" in one]) / 2
        assert ours.read_bytes < everything.read_bytes / 2
    finally:
        everything.close()
        ours.close()


@pytest.fixture
def ami(real_asterisk: RealAsterisk) -> Iterator[PlainAmi]:
    own = real_asterisk.files
    made = PlainAmi(real_asterisk).log_in(own.ami_user, own.ami_secret)
    yield made
    made.close()


def test_fact_6_a_bare_lf_ends_a_line(ami: PlainAmi) -> None:
    """So a value with one in it would be the next header, or the next action."""
    ami.send(b"Action: Ping\nActionID: sneaked-in\r\n\r\n")
    assert ami.until("Response", ActionID="sneaked-in")["Ping"] == "Pong"


@pytest.mark.parametrize(
    "action",
    [
        b"Action: Ping\r\nActionID: lost\r\nX: " + b"y" * MAX_LINE + b"\r\n\r\n",
        b"Action: Ping\r\nActionID: lost\r\n" + b"X: y\r\n" * MAX_LINES + b"\r\n",
    ],
    ids=["long line", "many lines"],
)
def test_fact_6_too_much_and_the_whole_action_is_thrown_away(ami: PlainAmi, action: bytes) -> None:
    ami.send(action)
    assert ami.until("Response", ActionID="lost")["Response"] == "Error"
    assert ami.ask("Ping")["Ping"] == "Pong"


def test_fact_7_strangers_take_up_the_log_ins_and_the_link_comes_through_in_the_end(
    spin: Spinner, switchboard: RealAsterisk
) -> None:
    own, up = switchboard.files, Deferred[None]()
    strangers = [PlainAmi(switchboard) for _ in range(50)]
    for one in strangers:
        assert one.line()
    one_too_many = PlainAmi(switchboard)
    with pytest.raises((EOFError, ConnectionError)):
        one_too_many.line()
    one_too_many.close()
    tries = []

    def endpoint() -> TCP4ClientEndpoint:
        tries.append(len(tries))
        if len(tries) == 3:
            for one in strangers:
                one.close()
        return TCP4ClientEndpoint(spin.reactor, *switchboard.ami)

    link = AmiLink(spin.clock, Tasks(), endpoint, own.ami_user, own.ami_secret)

    async def told() -> None:
        spin.clock.call_later(0, lambda: up.callback(None))

    async def run() -> None:
        link.on_up(told)
        link.start()
        await up
        await link.stop()

    spin(run())
    assert len(tries) >= 3
