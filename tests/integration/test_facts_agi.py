"""What Asterisk does when the FastAGI server fails it: the dialplan is built on exactly this."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.support.plain import PlainAgi, PlainAmi, let_in

from careline.asterisk.layout import Tree
from careline.testing.asterisk import Network, RealAsterisk, default_files, start_asterisk
from careline.testing.ports import free_port

pytestmark = pytest.mark.integration

DIALPLAN = """
[careline-test]
exten => wait,1,Answer()
 same => n,Wait(60)
exten => freed,1,Set(AGIEXITONHANGUP=yes)
 same => n,Goto(kept,1)
exten => kept,1,Set(BEGAN=${{STRFTIME(,,%s%3q)}})
 same => n,AGI(agi://127.0.0.1:{port}/step)
 same => n,UserEvent(After,Status: ${{AGISTATUS}},Step: ${{CARELINE_STEP}},Began: ${{BEGAN}},"""
DIALPLAN += """Ended: ${{STRFTIME(,,%s%3q)}})
 same => n,Wait(60)
"""
#: Asterisk waits so long for a host that does not answer, seconds.
DEAD_HOST = 2.0


@pytest.fixture(scope="module")
def switchboard(
    asterisk_tree: Tree, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealAsterisk]:
    network, port = Network(), free_port()
    files = default_files(network, port, DIALPLAN.format(port=port))
    root = tmp_path_factory.mktemp("asterisk") / "instance"
    asterisk = start_asterisk(asterisk_tree, root, files, network=network, agi_port=port)
    let_in(asterisk)
    yield asterisk
    asterisk.stop()


@pytest.fixture
def ami(switchboard: RealAsterisk) -> Iterator[PlainAmi]:
    made = PlainAmi(switchboard).log_in()
    yield made
    made.ask("Hangup", ("Channel", "/^Local/"))
    made.close()


@pytest.fixture
def agi(switchboard: RealAsterisk) -> Iterator[PlainAgi]:
    made = PlainAgi(switchboard.agi_port)
    yield made
    made.stop()


def begin(ami: PlainAmi, extension: str) -> str:
    """A call into the dialplan; the channel that runs ``extension``."""
    ami.ask(
        "Originate",
        *(("Channel", "Local/wait@careline-test/n"), ("Context", "careline-test")),
        *(("Exten", extension), ("Priority", "1"), ("Async", "true")),
    )
    return ami.until("Event", "Newexten", Extension=extension)["Channel"]


def channels(ami: PlainAmi) -> set[str]:
    ami.ask("CoreShowChannels")
    names = set()
    while (message := ami.until("Event"))["Event"] != "CoreShowChannelsComplete":
        if message["Event"] == "CoreShowChannel":
            names.add(message["Channel"])
    return names


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
@pytest.mark.parametrize("command", ["", "WAIT FOR DIGIT 60000", "STREAM FILE beep "])
def test_fact_1_after_the_death_of_the_server_the_call_goes_on_with_success(
    ami: PlainAmi, agi: PlainAgi, command: str, reset: bool
) -> None:
    """So AGISTATUS says nothing, and only a variable that the core sets at the very end counts."""
    channel = begin(ami, "freed")
    agi.accept()
    if command:
        agi.send(command)
    agi.close(reset=reset)
    after = ami.until("UserEvent", "After")
    assert (after["Status"], after["Step"]) == ("SUCCESS", "")
    assert channel in channels(ami)


def test_fact_1_what_the_core_set_before_it_died_is_kept(ami: PlainAmi, agi: PlainAgi) -> None:
    begin(ami, "freed")
    agi.accept()
    agi.send('SET VARIABLE CARELINE_STEP "queue"')
    assert agi.lines([b"200 result=1"])
    agi.close(reset=True)
    assert ami.until("UserEvent", "After")["Step"] == "queue"


def test_fact_2_a_closed_port_fails_at_once(ami: PlainAmi) -> None:
    begin(ami, "freed")
    after = ami.until("UserEvent", "After")
    assert after["Status"] == "FAILURE"
    assert int(after["Ended"]) - int(after["Began"]) < DEAD_HOST * 1000


def test_fact_3_a_server_that_hangs_keeps_the_channel_unless_told_otherwise(
    ami: PlainAmi, agi: PlainAgi
) -> None:
    for extension, freed in (("freed", True), ("kept", False)):
        channel = begin(ami, extension)
        agi.accept()
        agi.send("WAIT FOR DIGIT 60000")
        ami.ask("Hangup", ("Channel", channel))
        assert agi.lines([b"HANGUP"])
        if freed:
            ami.until("Event", "Hangup", Channel=channel)
        assert (channel in channels(ami)) is not freed
        agi.close()
        if not freed:  # only now, because the server let go
            ami.until("Event", "Hangup", Channel=channel)
