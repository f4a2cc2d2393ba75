"""What Asterisk does with calls, on careline's own dialplan and configuration."""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from tests.integration.support.plain import PlainAmi
from twisted.internet.defer import Deferred

from careline.agents.model import Reason, State
from careline.asterisk.dialplan import dialplan
from careline.asterisk.layout import Tree
from careline.asterisk.model import Announcements, QueueConf, Trunk
from careline.calls import facts as f
from careline.demo.phone import Answer, Phone, Ring, Tone
from careline.setup.switch_files import TO_CALLER
from careline.testing.asterisk import (
    Network,
    RealAsterisk,
    default_files,
    phone_secret,
    restart,
    start_asterisk,
)
from careline.testing.hospital import Hospital
from careline.testing.ports import free_port
from careline.testing.runner import Spinner

pytestmark = pytest.mark.integration

AGENT_TONE = Tone(700)
#: What the announcement of each agent sounds like here, by the agent's phone.
ANNOUNCED = {"2001": 1000, "2002": 1300}
ENTRANCE = """
[careline-inbound](+)
exten => 4000,1,Answer()
 same => n,Set(CHANNEL(language)=en)
 same => n,Set(CARELINE_QUEUE=support)
 same => n,Set(CARELINE_LIMIT=60)
 same => n,Goto(careline-do,queue,1)
exten => 4001,1,Wait(60)
[careline-phones](+)
exten => 4000,1,Busy(5)
"""


class Starter:
    """Starts one Asterisk; nothing listens where its dialplan looks for the core."""

    def __init__(self, tree: Tree, root: Path) -> None:
        self._tree, self._root = tree, root
        self._running: RealAsterisk | None = None

    def __call__(self, network: Network | None = None, **changes: Any) -> RealAsterisk:
        network, port = network or Network(), free_port()
        files = default_files(network, port, dialplan(port, "en") + ENTRANCE)
        self._running = start_asterisk(
            self._tree,
            self._root / "instance",
            evolve(files, **changes),
            network=network,
            agi_port=port,
            prompts=self._root / "prompts",
        )
        return self._running

    def again(self) -> None:
        assert self._running is not None
        self._running = restart(self._running)

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()


@pytest.fixture
def start(asterisk_tree: Tree, tmp_path: Path) -> Iterator[Starter]:
    made = Starter(asterisk_tree, tmp_path)
    yield made
    made.stop()


def desk(spin: Spinner, asterisk: RealAsterisk, name: str, host: int, **more: object) -> Phone:
    secret = phone_secret(name)
    where = asterisk.network.host(host)
    return Phone(spin.reactor, asterisk.sip, name, secret, host=where, **more)  # type: ignore[arg-type]  # behaviour, voice


def caller(spin: Spinner, asterisk: RealAsterisk, number: str = "13800001111") -> Phone:
    return Phone(spin.reactor, asterisk.sip, number, host=asterisk.network.trunk)


def own_user(asterisk: RealAsterisk) -> PlainAmi:
    return PlainAmi(asterisk).log_in(asterisk.files.ami_user, asterisk.files.ami_secret)


def test_fact_10_calls_are_distributed_without_core_and_without_any_ami_client(
    spin: Spinner, start: Starter
) -> None:
    asterisk = start()
    agent = desk(spin, asterisk, "2004", 11, behaviour=Answer(), voice=AGENT_TONE)

    async def story() -> None:
        async with agent, caller(spin, asterisk) as outside:
            assert await agent.register() == 200
            call = await outside.call("4001234567")
            assert await call.hears(AGENT_TONE.frequency)
            await call.hang_up()

    spin(story())
    assert "0 users connected." in asterisk.rx("manager show connected")


def test_fact_15_a_trunk_by_the_address_of_the_house_takes_its_phones_for_itself(
    spin: Spinner, start: Starter
) -> None:
    """By address first, the phone is taken for the trunk; careline then asks for the name first."""
    network = Network()
    here = (network.server, network.trunk)
    asterisk = start(network, trunks=(Trunk("trunk", match=here, qualify_s=0),))

    async def answers() -> tuple[int, int]:
        phone = Phone(
            *(spin.reactor, asterisk.sip, "2001", phone_secret("2001")),
            host=asterisk.network.server,
        )
        async with phone, caller(spin, asterisk) as outside:
            registered = await phone.register()
            inside = (await phone.call("4000")).status
            call = await outside.call("4000")
            await call.hang_up()
            assert call.status == 200
            return registered, inside

    assert spin(answers(), timeout=60) == (200, 486)
    pjsip = asterisk.instance.folders.etc / "pjsip.conf"
    text = pjsip.read_text()
    assert "username,ip" in text
    pjsip.write_text(text.replace("username,ip", "ip,username"))
    start.again()
    registered, inside = spin(answers())
    assert registered != 200
    assert inside == 200  # the phone's call came in by the trunk


def tone_file(path: Path, frequency: int) -> None:
    """Three seconds of a tone, as Asterisk plays it."""
    path.parent.mkdir(parents=True)
    step = 2 * math.pi * frequency / 8000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(
            array("h", (int(8000 * math.sin(step * n)) for n in range(24_000))).tobytes()
        )


def test_fact_16_the_caller_hears_who_answers_by_a_variant_of_the_language(
    spin: Spinner, start: Starter, tmp_path: Path
) -> None:
    for phone, frequency in ANNOUNCED.items():
        tone_file(tmp_path / f"prompts/en_8{phone}/{TO_CALLER}.wav", frequency)
    announced = QueueConf("support", announcements=Announcements(to_caller=TO_CALLER))
    asterisk = start(queues=(announced,))
    ami = own_user(asterisk)

    async def story() -> None:
        for host, (phone, frequency) in enumerate(ANNOUNCED.items(), 11):
            ami.ask("Setvar", ("Variable", f"CARELINE_AGENT_{phone}"), ("Value", f"8{phone}"))
            agent = desk(spin, asterisk, phone, host, behaviour=Answer(), voice=AGENT_TONE)
            async with agent, caller(spin, asterisk) as outside:
                assert await agent.register() == 200
                ami.ask("QueueAdd", ("Queue", "support"), ("Interface", f"PJSIP/{phone}"))
                call = await outside.call("4000")
                assert await call.hears(frequency), phone
                assert await call.hears(AGENT_TONE.frequency)
                await call.hang_up()
                ami.ask("QueueRemove", ("Queue", "support"), ("Interface", f"PJSIP/{phone}"))

    spin(story())
    ami.close()


def test_fact_8_members_and_pauses_are_put_in_place_again_whatever_asterisk_forgot(
    spin: Spinner, hospital: Hospital
) -> None:
    """Its database is written once a second at most: here all of it is lost."""

    async def members() -> dict[tuple[str, str], bool]:
        return {
            (queue.name, member.interface): member.paused
            for queue in await hospital.app.switch.queue_status()
            for member in queue.members
            if member.dynamic
        }

    async def begin() -> dict[tuple[str, str], bool]:
        await hospital.ready("8001", Ring())
        await hospital.ready("8002", Ring())
        hospital.app.agents.not_ready("8002", Reason.MEAL)
        await hospital.app.queues.settled()
        return await members()

    before = spin(begin())
    assert set(before.values()) == {True, False}
    in_step: Deferred[None] = Deferred()
    hospital.app.resynced.append(lambda: None if in_step.called else in_step.callback(None))
    hospital.asterisk.kill()
    for path in hospital.settings.home.asterisk.rglob("astdb*"):
        path.unlink()
    hospital.asterisk = restart(hospital.asterisk)

    async def after() -> dict[tuple[str, str], bool]:
        await in_step
        return await members()

    assert spin(after()) == before


def test_fact_14_who_has_just_talked_is_paused_before_the_next_call_can_come(
    spin: Spinner, hospital: Hospital
) -> None:
    """Asterisk's own wrap-up ends early for members of several queues; ours does not."""

    async def story() -> None:
        agent = await hospital.ready("8001", Answer())
        first = await hospital.dial(hospital.caller())
        await hospital.press(first, "0")
        await hospital.agent_is("8001", State.TALKING)
        second = await hospital.dial(hospital.caller("13800002222"))
        queued = hospital.happens(f.Queued)
        await hospital.press(second, "0")
        await queued
        await agent.event("answered", 1)
        states = await hospital.app.switch.queue_status()
        mine = [one for queue in states for one in queue.members if one.interface == "PJSIP/1001"]
        assert {one.paused for one in mine if one.dynamic} == {True}
        await first.hang_up()
        await hospital.agent_is("8001", State.WRAP_UP)
        await hospital.clock.sleep(3)  # longer than Asterisk's own wrap-up
        rung = [one for one in agent.events.history if one.name == "ringing"]
        assert len(rung) == 1
        hospital.app.agents.ready("8001")
        await agent.event("ringing", 1)
        await agent.event("ringing")
        await second.hang_up()
        await hospital.calls_over()

    spin(story())
