"""StarPy 1.1.1's eight defects, each not repeated."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from tests.core.starpy.peer import AmiPeer, outcome
from tests.core.starpy.test_manager import Connector
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from careline.starpy import error, manager


def test_1_a_refused_reconnect_is_tried_again_for_ever() -> None:
    clock = MemoryReactorClock()
    told: list[Any] = []
    factory = manager.AMIFactory("u", "s", on_reconnect=told.append, reactor=clock)
    AmiPeer(factory)
    connector: Any = Connector()
    factory.clientConnectionLost(connector, Failure(ConnectionDone()))
    for tries in range(1, 200):
        clock.advance(20)
        assert connector.tries == tries
        factory.clientConnectionFailed(connector, Failure(ConnectionRefusedError()))
    fired = outcome(told[0])
    assert len(told) == 1
    assert fired == [AmiPeer(factory).ami]


def test_2_a_gbk_byte_in_a_name_is_read_and_the_link_lives() -> None:
    peer = AmiPeer()
    names: list[str] = []
    peer.ami.registerEvent("Newchannel", lambda _ami, event: names.append(event["calleridname"]))
    for name in ("王医生".encode("gb18030"), "王医生".encode(), b"Ren\xe9 \xff"):
        peer.ami.dataReceived(b"Event: Newchannel\r\nCallerIDName: " + name + b"\r\n\r\n")
    assert names[:2] == ["王医生", "王医生"]
    assert names[2].startswith("Ren")
    assert not peer.transport.disconnecting


@pytest.mark.parametrize("bad", ["x\r\nAction: Hangup", "x\nAction: Hangup", "x\0"])
def test_3_an_action_cannot_be_injected(bad: str) -> None:
    peer = AmiPeer()
    for fired in (
        outcome(peer.ami.setVar("c", "NAME", bad)),
        outcome(peer.ami.sendDeferred([("action", "SetVar"), (bad, "v")])),
        outcome(peer.ami.sendDeferred({"action": bad})),
        outcome(peer.ami.collectDeferred({"action": "Status", "actionid": bad}, "End")),
    ):
        assert isinstance(fired[0], error.AMICommandFailure)
    with pytest.raises(error.AMICommandFailure):
        peer.ami.userEvent("Note", text=bad)
    assert peer.transport.value() == b""


def test_5_a_line_of_any_length_is_read() -> None:
    peer = AmiPeer()
    got: list[int] = []
    peer.ami.registerEvent("VarSet", lambda _ami, event: got.append(len(event["value"])))
    peer.say("Event: VarSet", "Value: " + "x" * 200_000)
    assert got == [200_000]
    assert not peer.transport.disconnecting


def test_6_repeated_headers_are_all_kept() -> None:
    peer = AmiPeer()
    got: list[Any] = []
    peer.ami.registerEvent("Status", lambda _ami, event: got.append(event))
    peer.say("Event: Status", "ChanVariable: A=1", "ChanVariable: B=2")
    assert got[0]["chanvariable"] == "B=2"
    assert got[0].getall("ChanVariable") == ["A=1", "B=2"]
    fired = outcome(peer.ami.command("core show channels"))
    peer.answer("Output: one", "Output: two")
    assert fired == [["one", "two"]]


def test_7_every_action_has_a_time_out_beyond_its_own_wait() -> None:
    peer = AmiPeer()
    short = [
        outcome(peer.ami.ping()),
        outcome(peer.ami.status()),
        outcome(peer.ami.dbGet("f", "k")),
    ]
    dial = outcome(peer.ami.originate("PJSIP/1", timeout=60))
    wait = outcome(peer.ami.waitEvent(100))
    ever = outcome(peer.ami.waitEvent(-1))
    peer.clock.advance(peer.ami.actionTimeout)
    assert all(isinstance(fired[0], error.AMITimeout) for fired in short)
    assert (dial, wait) == ([], [])
    peer.clock.advance(60)
    assert isinstance(dial[0], error.AMITimeout)
    assert wait == []
    peer.clock.advance(1000)
    assert isinstance(wait[0], error.AMITimeout)
    assert ever == []
    assert len(peer.ami.actionIDCallbacks) == 1
    late = peer.actions()[0]["actionid"][0]
    peer.say("Response: Success", f"ActionID: {late}")


def test_8_a_callback_that_raises_is_logged_and_the_next_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    peer = AmiPeer()
    got: list[Any] = []

    def broken(*_args: Any) -> None:
        raise ValueError("the program's own mistake")

    peer.ami.registerEvent("Hangup", broken)
    peer.ami.registerEvent("Hangup", lambda _ami, event: got.append(event))
    peer.ami.sendMessage({"action": "Ping"}, broken)
    with caplog.at_level(logging.ERROR, "AMI"):
        peer.say("Event: Hangup")
        peer.answer()
    assert len(got) == 1
    assert [record.name for record in caplog.records] == ["AMI", "AMI"]
    assert all(record.exc_info for record in caplog.records)
