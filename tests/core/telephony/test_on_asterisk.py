"""The same promises against a real Asterisk: what it does is the judge of our fakes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint

from careline.errors import NotFound, Refused
from careline.tasks import Tasks
from careline.telephony.agi import AgiServer, CallerGone
from careline.telephony.ami import AmiLink
from careline.telephony.ami.codec import MAX_LINE, MAX_LINES
from careline.telephony.switch import Switch
from careline.testing.asterisk import Network, RealAsterisk, default_files, start_asterisk
from careline.testing.ports import free_port

pytestmark = pytest.mark.integration

DIALPLAN = """
[careline-test]
exten => wait,1,Answer()
 same => n,Wait(60)
exten => step,1,Set(AGIEXITONHANGUP=yes)
 same => n,AGI(agi://127.0.0.1:{port}/step?x=1)
 same => n,Set(GLOBAL(CARELINE_OUTCOME)=${{AGISTATUS}}-${{CARELINE_STEP}})
 same => n,Wait(60)
"""


@pytest.fixture(scope="module")
def switchboard(asterisk_tree, tmp_path_factory) -> Iterator[RealAsterisk]:
    network, port = Network(), free_port()
    files = default_files(network, port, DIALPLAN.format(port=port))
    root = tmp_path_factory.mktemp("asterisk") / "instance"
    asterisk = start_asterisk(asterisk_tree, root, files, network=network, agi_port=port)
    yield asterisk
    asterisk.stop()


def connect(spin, asterisk: RealAsterisk) -> AmiLink:
    endpoint = TCP4ClientEndpoint(spin.reactor, *asterisk.ami)
    user, secret = asterisk.files.ami_user, asterisk.files.ami_secret
    return AmiLink(spin.clock, Tasks(), lambda: endpoint, user, secret)


async def is_up(link: AmiLink) -> None:
    up: Deferred[None] = Deferred()

    async def callback() -> None:
        if not up.called:
            up.callback(None)

    link.on_up(callback)
    link.start()
    await up


def on_the_line(spin, asterisk: RealAsterisk, talk) -> None:
    """Run ``talk(session, switch)`` in an AGI session of a call that Asterisk makes."""
    done: Deferred[None] = Deferred()
    link = connect(spin, asterisk)
    switch = Switch(link)

    async def serve(session) -> None:
        await Deferred.fromCoroutine(talk(session, switch)).addBoth(done.callback)

    tasks = Tasks()
    server = AgiServer(spin.reactor, spin.clock, tasks, serve)

    async def run() -> None:
        server.listen(asterisk.agi_port)
        await is_up(link)
        await switch.originate("Local/wait@careline-test/n", "careline-test", "step")
        try:
            await done
        finally:
            for channel in await switch.channels():
                try:
                    await switch.hangup(channel.name)
                except Refused:  # the other half took it along
                    continue
            await server.stop()
            await tasks.stop()
            await link.stop()

    spin(run())


def test_verbs_of_a_session(spin, switchboard):
    async def talk(session, switch):
        assert session.path == "/step"
        await session.answer()
        assert await session.channel_status() == 6
        assert await session.stream_file("beep", "#") == ""
        with pytest.raises(NotFound):
            await session.stream_file("no-such-file")
        assert await session.get_data("beep", 100, 3) == ("", True)
        assert await session.get_data("beep&beep", 100, 3) == ("", True)
        with pytest.raises(NotFound):
            await session.get_data("no-such-file", 100, 3)
        with pytest.raises(NotFound):
            await session.get_data(["beep", "no-such-file"], 100, 3)
        assert await session.wait_for_digit(100) == ""
        assert await session.exec("Playback", ["beep", "beep"]) == 0
        with pytest.raises(NotFound):
            await session.exec("NoSuchApplication")
        await session.verbose('张 "x" \\ \n')

    on_the_line(spin, switchboard, talk)


def test_values_come_back_as_they_went(spin, switchboard):
    async def talk(session, switch):
        for value in ["", "a b", "张三 (x)", "x" * 1022, "x" * 1023, "x" * 5000, "' ; # ` %20"]:
            await session.set_variable("CARELINE_STATE", value)
            assert await session.get_variable("CARELINE_STATE") == value
        assert await session.get_variable("NO_SUCH_VARIABLE") is None
        await session.set_variable("CALLERID(name)", "张")
        assert await session.get_variable("CALLERID(name)") == "张"

    on_the_line(spin, switchboard, talk)


def test_fact_11_a_quoted_word_arrives_whole(spin, switchboard):
    async def talk(session, switch):
        said = 'a" "b\\ SET VARIABLE Y "1'
        await session.command("SET", "VARIABLE", "X", said)
        assert (await session.command("GET", "VARIABLE", "X")).value == said
        assert await session.get_variable("Y") is None
        longest = "x" * (8191 - len("SET VARIABLE X \n"))
        await session.command("SET", "VARIABLE", "X", longest)
        assert await session.get_variable("X") == longest

    on_the_line(spin, switchboard, talk)


def test_a_hang_up_ends_the_wait(spin, switchboard):
    async def talk(session, switch):
        spin.clock.call_later(
            0.2, lambda: Deferred.fromCoroutine(switch.hangup(session.env["channel"]))
        )
        with pytest.raises(CallerGone):
            await session.wait_for_digit(60_000)

    on_the_line(spin, switchboard, talk)


def test_fact_1_a_server_that_dies_leaves_success_so_only_our_variable_counts(spin, switchboard):
    async def talk(session, switch):
        channel = session.env["channel"]
        asked = Deferred.fromCoroutine(session.wait_for_digit(60_000))
        asked.addErrback(lambda failure: failure.trap(CallerGone))
        session._abort()
        await asked
        while not (outcome := await switch.get_global("CARELINE_OUTCOME")):
            await spin.clock.sleep(0.05)
        assert outcome == "SUCCESS-"
        assert channel in [each.name for each in await switch.channels()]

    on_the_line(spin, switchboard, talk)


def test_fact_6_what_is_just_short_enough_is_taken(spin, switchboard):
    link = connect(spin, switchboard)

    async def run() -> None:
        await is_up(link)
        try:
            longest = [("X", "y" * (MAX_LINE - len("X: \r\n")))]
            most = [("X", "y")] * (MAX_LINES - 2)
            for fields in (longest, most):
                assert (await link.action("Ping", fields)).get("Ping") == "Pong"
        finally:
            await link.stop()

    spin(run())


def test_members_and_states(spin, switchboard):
    link = connect(spin, switchboard)
    switch, told = Switch(link), []

    async def run() -> None:
        link.subscribe(["QueueMemberAdded", "QueueMemberPause"], lambda m: told.append(m.name))
        await is_up(link)
        try:
            await switch.queue_add("support", "PJSIP/2001", "张护士", 3)
            with pytest.raises(Refused):
                await switch.queue_add("support", "PJSIP/2001", "张护士", 3)
            await switch.queue_pause("PJSIP/2001", True, "会诊", "support")
            queues = {queue.name: queue for queue in await switch.queue_status()}
            (member,) = queues["support"].members
            assert (member.name, member.penalty, member.paused) == ("张护士", 3, True)
            assert (member.pause_reason, member.dynamic) == ("会诊", True)
            await switch.queue_remove("support", "PJSIP/2001")
            devices = {device.name: device.state for device in await switch.devices()}
            assert devices["PJSIP/2001"] == "UNAVAILABLE"
            assert await switch.contacts(["2001"]) == []
            await switch.set_global("CARELINE_AGENT_2001", "张")
            assert await switch.get_global("CARELINE_AGENT_2001") == "张"
            with pytest.raises(Refused):
                await link.action("Command", [("Command", "core show version")])
            with pytest.raises(Refused):
                await switch.hangup("PJSIP/none-00000000")
            await switch.queue_reload()
        finally:
            await link.stop()

    spin(run())
    assert "QueueMemberAdded" in told


def test_fact_4_asterisk_is_killed_and_comes_back(spin, asterisk_tree, tmp_path):
    network, port = Network(), free_port()
    files = default_files(network, port)
    first = start_asterisk(asterisk_tree, tmp_path / "1", files, network=network, agi_port=port)
    link, ups, downs = connect(spin, first), [], []
    again: Deferred[None] = Deferred()

    async def up() -> None:
        ups.append(len(await Switch(link).queue_status()))
        if len(ups) == 2:
            again.callback(None)

    link.on_up(up)
    link.on_down(lambda: downs.append(link.up))
    spin(is_up(link))
    first.kill()
    second = start_asterisk(asterisk_tree, tmp_path / "2", files, network=network, agi_port=port)

    async def back() -> None:
        await again
        await link.stop()

    try:
        spin(back())
    finally:
        second.stop()
        first.stop()
    assert ups == [3, 3]
    assert downs == [False, False]
