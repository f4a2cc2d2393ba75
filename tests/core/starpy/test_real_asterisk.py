"""The same programs, and the actions a program uses most, against a real Asterisk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.core.starpy.played import program
from twisted.internet.defer import Deferred

from careline.asterisk.layout import Tree
from careline.starpy import error, manager
from careline.testing import Spinner, on_reactor
from careline.testing.asterisk import Network, RealAsterisk, default_files, start_asterisk
from careline.testing.ports import free_port

pytestmark = pytest.mark.integration

DIALPLAN = """
[out]
exten => 1,1,Answer()
 same => n,Wait(60)
[in]
exten => s,1,Wait(0.5)
 same => n,Hangup()
[ivr]
exten => 4001,1,Set(AGIEXITONHANGUP=yes)
 same => n,AGI(agi://127.0.0.1:{agi}/menu)
 same => n,UserEvent(After,Department: ${{DEPARTMENT}},Status: ${{AGISTATUS}})
 same => n,Hangup()
"""


@pytest.fixture(scope="module")
def asterisk(
    asterisk_tree: Tree, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealAsterisk]:
    network, agi = Network(), free_port()
    files = default_files(network, agi, DIALPLAN.format(agi=agi))
    folder = tmp_path_factory.mktemp("starpy") / "instance"
    running = start_asterisk(asterisk_tree, folder, files, network=network, agi_port=agi)
    try:
        yield running
    finally:
        running.stop()


def _login(asterisk: RealAsterisk, spin: Spinner, **how: Any) -> Deferred[Any]:
    factory = manager.AMIFactory(
        asterisk.files.ami_user, asterisk.files.ami_secret, reactor=spin.reactor, **how
    )
    return factory.login("127.0.0.1", asterisk.files.ports.ami)


def test_a_program_that_calls_out(asterisk: RealAsterisk) -> None:
    files = asterisk.files
    arguments = (files.ports.ami, files.ami_user, files.ami_secret, "Local/1@out", "in", "s")
    with program("callout", *arguments) as running:
        running.says_in_any_order(
            "originated: Originate successfully queued", "new: Local/1@out", "patient: 0001",
            "outcome: Success", "hangup: 16",
        )  # fmt: skip
        assert running.line().startswith("left: ")
        running.ends()


@on_reactor()
async def test_an_ivr_program(asterisk: RealAsterisk, spin: Spinner) -> None:
    with program("ivr", asterisk.agi_port) as running:
        running.line()
        ami = await _login(asterisk, spin)
        after: Deferred[Any] = Deferred()
        ami.registerEvent("UserEvent", lambda _ami, event: after.callback(event))
        await ami.originate("Local/4001@ivr", "out", "1", 1)
        event = await after
        assert (event["department"], event["status"]) == ("operator", "SUCCESS")
        running.says("call: 4001 menu", 'prepared: 0 Li "Xiao" Ming 0', "chosen: '' True")
        running.says("end: [1, '0', 0]", "closed")
        await ami.logoff()


@on_reactor()
async def test_actions_that_programs_use(asterisk: RealAsterisk, spin: Spinner) -> None:
    ami = await _login(asterisk, spin, plaintext_login=False)
    assert (await ami.ping())["ping"] == "Pong"
    assert "originate" in await ami.listCommands()
    await ami.queueAdd("support", "Local/1@out", 3, True, "王医生")
    await ami.queuePenalty("Local/1@out", 7, "support")
    await ami.queuePause("support", "Local/1@out", False)
    status = await ami.queueStatus("support")
    (member,) = [one for one in status if one.get("event") == "QueueMember"]
    assert (member["name"], member["penalty"], member["paused"]) == ("王医生", "7", "0")
    await ami.queueRemove("support", "Local/1@out")
    await ami.setVar(None, "STARPY", 'a "b" 王')
    assert await ami.getVar(None, "STARPY") == 'a "b" 王'
    assert (await ami.mailboxCount("1"))["newmessages"] == "0"
    assert (await ami.extensionState("1", "nowhere"))["status"] == "-1"
    assert len(await ami.status()) == 2
    for refused in (ami.hangup("Local/nobody"), ami.command("core stop now"), ami.action("Nope")):
        with pytest.raises(error.AMICommandFailure):
            await refused
    assert (await ami.logoff())["response"] == "Goodbye"


@on_reactor()
async def test_a_wrong_secret(asterisk: RealAsterisk, spin: Spinner) -> None:
    factory = manager.AMIFactory(asterisk.files.ami_user, "wrong", reactor=spin.reactor)
    with pytest.raises(error.AMICommandFailure):
        await factory.login("127.0.0.1", asterisk.files.ports.ami)
    factory.stopTrying()
