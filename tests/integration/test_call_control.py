"""What agents and leaders do with calls, on a real Asterisk: who hears whom, what is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from twisted.internet.defer import Deferred

from careline.agents.model import Reason, State
from careline.asterisk.layout import Tree
from careline.asterisk.model import Announcements
from careline.callcontrol import service, steps
from careline.callcontrol.model import AgentTarget, FlowTarget, Outside, QueueTarget
from careline.calls import facts as f
from careline.calls.model import CallRecord, LegKind, Outcome, durations
from careline.demo.phone import (
    PATIENCE_S,
    Answer,
    Call,
    Phone,
    Refuse,
    Ring,
    Tone,
    attended_transfer,
    blind_transfer,
)
from careline.errors import Refused
from careline.ivr import exits
from careline.setup.demo import PEOPLE
from careline.storage import Tx
from careline.testing.hospital import Hospital
from careline.testing.runner import Spinner
from careline.testing.stage import until

pytestmark = pytest.mark.integration

TONES = {"caller": 440, "8001": 700, "8002": 900, "8003": 1150, "outside": 1400}
RECALL = "13900002222"


class Floor(Hospital):
    """A hospital whose callers get to the queue at once, and whose people have their own tones."""

    def _files(self, tx: Tx) -> Any:
        files = super()._files(tx)
        quiet = (evolve(queue, announcements=Announcements()) for queue in files.queues)
        lines = (evolve(trunk, qualify_s=0) for trunk in files.trunks)
        return evolve(files, queues=tuple(quiet), trunks=tuple(lines))

    async def start_core(self) -> None:
        await super().start_core()

        async def straight(call: CallRecord) -> exits.Exit | None:
            return exits.ToQueue(queue="service", limit_s=60)

        vars(self.app.hub)["route_call"] = straight
        self.app.callbacks.serve = lambda queue: None  # type: ignore[method-assign]

    async def agent(self, number: str, behaviour: Any = None, *, ready: bool = False) -> Phone:
        """An agent signed in at its own phone, busy with something else unless ``ready``."""
        phone = await self.desk({one: phone for one, _, phone, _ in PEOPLE}[number], behaviour)
        phone.voice = Tone(TONES[number])
        self.app.agents.sign_in(number)
        if ready:
            self.app.agents.ready(number)
        else:
            self.app.agents.not_ready(number, Reason.MEETING)
        await self.app.queues.settled()
        return phone

    def will_be(self, agent: str, state: State) -> Deferred[None]:
        """Fires when an agent is in a state, which is looked for from now on: none is too short."""
        return Deferred.fromCoroutine(self.agent_is(agent, state))

    async def talk(self, number: str = "8001") -> tuple[Call, Call]:
        """A caller who talks with an agent: both ends."""
        phone = await self.agent(number, Answer(), ready=True)
        caller = await self.dial(self.caller())
        await self.agent_is(number, State.TALKING)
        await self.hear({"caller": caller, number: phone.calls[-1]})
        return caller, phone.calls[-1]

    async def hear(self, people: dict[str, Call], *, alone: dict[str, Call] | None = None) -> None:
        """Wait until all these hear all the others and nobody else, and the ``alone`` nobody."""
        apart = dict(alone or {})

        def as_wanted() -> bool:
            listeners = {
                **{one: set(people) - {one} for one in people},
                **{o: set() for o in apart},
            }
            ends = {**people, **apart}
            return all(heard(ends[one]) == wanted for one, wanted in listeners.items())

        def told() -> str:
            ends = {**people, **apart}
            return str({one: (heard(call), call.rtp.ear.rms(0.3)) for one, call in ends.items()})

        try:
            await until(self.clock, as_wanted, PATIENCE_S, "hearing")
        except Exception as error:
            raise AssertionError(f"who hears whom: {told()}") from error

    async def music(self, call: Call) -> None:
        """Wait until a phone hears something, however softly it begins, but none of the agents."""
        ear = call.rtp.ear

        def plays() -> bool:
            return ear.rms(0.5) > 2 and not heard(call) - {"caller"}

        await until(self.clock, plays, PATIENCE_S, "music")

    async def clear(self) -> None:
        """Everybody hangs up and goes home."""
        for phone in self.phones:
            await phone.close()
        self.phones.clear()
        self.asterisk.rx("channel request hangup all")
        for status in list(self.app.agents.states.values()):
            if status.state is not State.SIGNED_OUT:
                self.app.agents.sign_out(status.agent)
        await self.calls_over()
        for status in list(self.app.agents.states.values()):
            if status.state is not State.SIGNED_OUT:
                self.app.agents.sign_out(status.agent)
        await self.app.queues.settled()


def heard(call: Call) -> set[str]:
    """Whose tones are in what a phone heard last."""
    ear = call.rtp.ear
    return {who for who, tone in TONES.items() if ear.hears(tone, 0.3)}


@pytest.fixture(scope="module")
def house(
    asterisk_tree: Tree, spoken_prompts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Spinner, Floor]]:
    """One hospital for all tests of this file."""
    spin = Spinner()
    made = Floor(
        spin.reactor, asterisk_tree, tmp_path_factory.mktemp("floor") / "home", spoken_prompts
    )
    spin(made.open())
    yield spin, made
    spin(made.close())
    spin.close()
    assert made.asterisk.errors() == []


@pytest.fixture
def floor(house: tuple[Spinner, Floor]) -> Iterator[Floor]:
    spin, made = house
    yield made
    spin(made.clear())


@pytest.fixture
def spin(house: tuple[Spinner, Floor]) -> Spinner:
    return house[0]


def state(floor: Floor, agent: str) -> State:
    return floor.app.agents.states[agent].state


async def paused(floor: Floor, agent: str) -> bool:
    """True when the switch offers an agent no caller of the service queue."""
    queue = {one.name: one for one in await floor.app.switch.queue_status()}["service"]
    [member] = [one for one in queue.members if one.name == agent]
    return member.paused


def test_hold_consult_cancel_conference(spin: Spinner, floor: Floor) -> None:
    async def story() -> None:
        control = floor.app.callcontrol
        caller, agent = await floor.talk()
        await control.hold("8001")
        assert state(floor, "8001") is State.HOLDING
        await floor.hear({}, alone={"caller": caller, "8001": agent})
        await floor.music(caller)
        with pytest.raises(Refused):
            await control.hold("8001")
        await control.resume("8001")
        await floor.hear({"caller": caller, "8001": agent})
        await floor.agent_is("8001", State.TALKING)
        await control.dtmf("8001", "19#")
        await until(floor.clock, lambda: caller.digits == "19#", PATIENCE_S, "keys")
        expert_phone = await floor.agent("8002", Ring())
        await control.consult("8001", AgentTarget("8002"))
        await expert_phone.event("ringing")
        await floor.agent_is("8002", State.RINGING)
        call_id = floor.app.agents.states["8001"].call
        assert floor.app.agents.states["8002"].call == call_id
        assert state(floor, "8001") is State.CONSULTING
        expert = expert_phone.calls[-1]
        assert expert.number == "8001"
        expert.answer()
        await floor.hear({"8001": agent, "8002": expert}, alone={"caller": caller})
        assert state(floor, "8001") is State.CONSULTING
        await control.cancel_consult("8001")
        await floor.hear({"caller": caller, "8001": agent})
        await floor.agent_is("8001", State.TALKING)
        await floor.agent_is("8002", State.WRAP_UP)
        await control.consult("8001", AgentTarget("8002"))
        await floor.agent_is("8002", State.RINGING)
        await control.cancel_consult("8001")  # nobody has answered yet
        await floor.hear({"caller": caller, "8001": agent})
        await floor.agent_is("8001", State.TALKING)
        expert_phone.behaviour = Answer()
        await control.consult("8001", AgentTarget("8002"))
        await floor.agent_is("8002", State.TALKING)
        expert = expert_phone.calls[-1]
        await control.conference("8001")
        await floor.hear({"caller": caller, "8001": agent, "8002": expert})
        await floor.agent_is("8001", State.TALKING)
        await control.hang_up("8001")
        await floor.hear({"caller": caller, "8002": expert})
        await floor.agent_is("8001", State.WRAP_UP)
        await expert.hang_up()
        await caller.ended()
        await floor.calls_over()
        record = (await floor.record(call_id)).record
        assert record.agents == ("8001", "8002")
        assert {work.agent for work in record.wrap_ups} == {"8001", "8002"}
        assert record.outcome is Outcome.ANSWERED
        [leg] = [leg for leg in record.legs if leg.agent == "8001"]
        assert len(leg.talks) == 1, "hold and consultation are the agent's work too"

    spin(story())


def test_the_one_who_was_asked_takes_over(spin: Spinner, floor: Floor) -> None:
    async def story() -> None:
        control = floor.app.callcontrol
        caller, agent = await floor.talk()
        call_id = floor.app.agents.states["8001"].call
        phone = await floor.agent("8002", Answer())
        await control.consult("8001", AgentTarget("8002"))
        await floor.agent_is("8002", State.TALKING)
        expert = phone.calls[-1]
        await control.complete("8001")
        await floor.hear({"caller": caller, "8002": expert})
        await agent.ended()
        await floor.agent_is("8001", State.WRAP_UP)
        assert floor.app.agents.states["8002"].call == call_id
        # The second agent asks a third one, and hangs up as on any desk phone.
        third_phone = await floor.agent("8003", Answer())
        await control.consult("8002", AgentTarget("8003"))
        await floor.agent_is("8003", State.TALKING)
        third = third_phone.calls[-1]
        await floor.hear({"8002": expert, "8003": third}, alone={"caller": caller})
        await expert.hang_up()
        await floor.hear({"caller": caller, "8003": third})
        await floor.agent_is("8002", State.WRAP_UP)
        # The caller is not done: the third one's flow for callers who stay goes on.
        entered = floor.happens(f.Stepped, flow="main")
        await control.blind_transfer("8003", FlowTarget("main"))
        await third.ended()
        await entered
        await caller.hang_up()
        await floor.calls_over()
        stored = await floor.record(call_id)
        assert stored.record.agents == ("8001", "8002", "8003")
        told = [one.fact for one in stored.facts if isinstance(one.fact, f.Transferred)]
        assert [(fact.how, fact.target) for fact in told] == [
            ("attended", "agent:8002"),
            ("blind", "flow:main"),
        ]

    spin(story())


async def rings_in_vain(floor: Floor, agent: Call, *, on_break: bool = False) -> None:
    """8001 passes its caller to 8002, who does not answer; then 8001's phone rings again.

    A phone that a colleague rings is not offered to those who wait, or it would ring for them as
    soon as it falls quiet; looked at where agents are ``on_break``, as no ring's end changes that.
    """
    rung = [floor.will_be(one, State.RINGING) for one in ("8002", "8001")]
    await floor.app.callcontrol.blind_transfer("8001", AgentTarget("8002"))
    await agent.ended()
    for one, ring in zip(("8002", "8001"), rung, strict=True):
        await ring
        if on_break:
            await floor.app.queues.settled()
            assert await paused(floor, one)


async def is_next(floor: Floor, call_id: str, number: str) -> None:
    """The call waits in the queue, before the one of ``number``, for whom no phone has rung."""

    def waits() -> bool:
        call = floor.app.calls.get(call_id)
        return call is not None and call.waiting_in == "service"

    await until(floor.clock, waits, PATIENCE_S, "the caller is in the queue")
    [other] = [one for one in floor.app.calls.open if one.number == number]
    assert not other.rings
    queue = {one.name: one for one in await floor.app.switch.queue_status()}["service"]
    assert [one.unique_id for one in queue.callers][:1] == [call_id]


def test_a_caller_whom_nobody_takes_comes_back(
    spin: Spinner, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (service, steps):
        monkeypatch.setattr(module, "RING_S", 1)

    async def story() -> None:
        control = floor.app.callcontrol
        caller, agent = await floor.talk()
        back = agent.phone
        call_id = floor.app.agents.states["8001"].call
        deaf = await floor.agent("8002", Ring())
        await rings_in_vain(floor, agent)  # nobody took it: back to the agent
        await floor.agent_is("8001", State.TALKING)
        await floor.hear({"caller": caller, "8001": back.calls[-1]})
        # Nor does the agent now: the head of the queue, before those who wait there.
        back.behaviour = Ring()
        for busy in ("8001", "8002"):  # the queue rings nobody meanwhile
            floor.app.agents.not_ready(busy, Reason.BREAK)
        await floor.app.queues.settled()
        waiting = await floor.dial(floor.caller("13811112222"))
        await rings_in_vain(floor, back.calls[-1], on_break=True)
        await is_next(floor, call_id, "+8613811112222")
        deaf.behaviour = Answer()
        floor.app.agents.ready("8002")
        await floor.agent_is("8002", State.TALKING)
        await floor.hear({"caller": caller, "8002": deaf.calls[-1]})
        # An agent who hangs up while nobody has answered: head of the queue again.
        monkeypatch.undo()  # so long that it is the agent who ends it, not the time
        await waiting.hang_up()
        third = await floor.agent("8003", Ring())
        talk = deaf.calls[-1]
        await control.consult("8002", AgentTarget("8003"))
        await floor.agent_is("8003", State.RINGING)
        queued_again = floor.happens(f.Queued)
        await talk.hang_up()
        await queued_again
        await until(floor.clock, lambda: not third.calls, PATIENCE_S, "the third phone is quiet")
        await caller.hang_up()
        await floor.calls_over()

    spin(story())


def test_outside_and_queue(spin: Spinner, floor: Floor) -> None:
    async def story() -> None:
        control = floor.app.callcontrol
        outside = floor.caller("13900002222", callable_=True)
        outside.voice, outside.behaviour = Tone(TONES["outside"]), Answer()
        caller, agent = await floor.talk()
        await control.consult("8001", Outside("13900002222"))
        expert = (await outside.event("answered")).call
        assert expert is not None
        await floor.hear({"8001": agent, "outside": expert}, alone={"caller": caller})
        await control.conference("8001")
        await floor.hear({"caller": caller, "8001": agent, "outside": expert})
        await control.hang_up("8001")
        await floor.hear({"caller": caller, "outside": expert})
        await expert.hang_up()
        await caller.ended()
        await floor.calls_over()

    spin(story())


def test_a_click_dials_and_the_callee_is_passed_to_a_queue(spin: Spinner, floor: Floor) -> None:
    async def story() -> None:
        control = floor.app.callcontrol
        outside = floor.caller("13900002222", callable_=True)
        outside.voice = Tone(TONES["outside"])
        outside.behaviour = Answer()
        phone = await floor.agent("8001", Answer())
        shown = floor.app.routing.shown_numbers()[0]
        with pytest.raises(Refused):
            await control.dial("8001", "13900002222", shown="110")
        call_id = await control.dial("8001", "13900002222", shown=shown)
        answered = await outside.event("answered")
        callee, agent = answered.call, phone.calls[-1]
        assert callee is not None
        assert callee.number == shown
        await floor.hear({"8001": agent, "outside": callee})
        await floor.agent_is("8001", State.TALKING)
        await control.hold("8001")
        await floor.hear({}, alone={"8001": agent, "outside": callee})
        await control.resume("8001")
        await floor.hear({"8001": agent, "outside": callee})
        other = await floor.agent("8002", Answer(), ready=True)
        await control.blind_transfer("8001", QueueTarget("service"))
        await floor.agent_is("8002", State.TALKING)
        await floor.hear({"8002": other.calls[-1], "outside": callee})
        await control.hang_up("8002")
        await callee.ended()
        await floor.calls_over()
        record = (await floor.record(call_id)).record
        assert record.direction.value == "outbound"
        assert record.outcome is Outcome.ANSWERED
        assert record.agents == ("8001", "8002")

    spin(story())


def test_what_a_desk_phone_does_by_itself(spin: Spinner, floor: Floor) -> None:
    async def story() -> None:
        caller, first = await floor.talk()
        call_id = floor.app.agents.states["8001"].call
        phone, other = first.phone, await floor.agent("8002", Answer())
        await first.hold()
        await floor.agent_is("8001", State.HOLDING)
        second = await phone.call("8002")
        await floor.agent_is("8002", State.TALKING)
        await floor.agent_is("8001", State.CONSULTING)
        assert await attended_transfer(first, second) == 200
        expert = other.calls[-1]
        await floor.hear({"caller": caller, "8002": expert})
        await floor.agent_is("8001", State.WRAP_UP)
        assert floor.app.agents.states["8002"].call == call_id
        assert state(floor, "8002") is State.TALKING
        # Blindly to somebody who is not there: the caller comes back.
        third = await floor.agent("8003", Refuse())
        other.busy_in_call = False  # until the switch has told it what came of the transfer
        await blind_transfer(expert, "8003")
        await until(
            floor.clock, lambda: len(other.calls) == 1 and expert.ended_by != "", PATIENCE_S, "back"
        )
        await floor.hear({"caller": caller, "8002": other.calls[-1]})
        third.behaviour = Answer()
        await blind_transfer(other.calls[-1], "8003")
        await floor.agent_is("8003", State.TALKING)
        await floor.hear({"caller": caller, "8003": third.calls[-1]})
        await caller.hang_up()
        await floor.agent_is("8003", State.WRAP_UP)
        await floor.calls_over()
        record = (await floor.record(call_id)).record
        assert record.agents == ("8001", "8002", "8003")
        assert {work.agent for work in record.wrap_ups} == {"8001", "8002", "8003"}

    spin(story())


def test_who_hangs_up_on_hold(spin: Spinner, floor: Floor) -> None:
    async def story() -> None:
        caller, agent = await floor.talk()
        await floor.app.callcontrol.hold("8001")
        await caller.hang_up()
        await agent.ended()  # the leg looks after its party each 5 s
        await floor.agent_is("8001", State.WRAP_UP)
        floor.app.agents.ready("8001")
        caller = await floor.dial(floor.caller())
        await floor.agent_is("8001", State.TALKING)
        await until(floor.clock, lambda: heard(caller) == {"8001"}, PATIENCE_S, "talk")
        await floor.app.callcontrol.hold("8001")
        await until(floor.clock, lambda: heard(caller) == set(), PATIENCE_S, "music")
        await agent.phone.calls[-1].hang_up()
        await caller.ended()  # as when an agent hangs up in the talk: the flow is at its end
        await floor.calls_over()
        assert (await floor.record()).record.waiting == ()

    spin(story())


def test_a_colleague_picks_up(spin: Spinner, floor: Floor) -> None:
    async def story() -> None:
        rings = await floor.agent("8001", Ring(), ready=True)
        phone = await floor.agent("8002", Answer())
        caller = await floor.dial(floor.caller())
        await floor.agent_is("8001", State.RINGING)
        await floor.app.callcontrol.pick_up("8002", "8001")
        await floor.agent_is("8002", State.TALKING)
        await floor.hear({"caller": caller, "8002": phone.calls[-1]})
        assert not rings.calls
        await floor.agent_is("8001", State.READY)
        await caller.hang_up()
        await floor.calls_over()
        record = (await floor.record()).record
        assert record.agents == ("8002",)

    spin(story())


def test_a_leader_listens_whispers_barges_and_takes_over(spin: Spinner, floor: Floor) -> None:
    async def story() -> None:
        control = floor.app.callcontrol
        caller, agent = await floor.talk()
        call_id = floor.app.agents.states["8001"].call
        phone = await floor.agent("8003", Answer())
        await control.listen("8003", "8001")
        await phone.event("answered")
        leader = phone.calls[-1]
        await until(
            floor.clock, lambda: heard(leader) == {"caller", "8001"}, PATIENCE_S, "listening"
        )
        await floor.hear({"caller": caller, "8001": agent})
        await control.whisper("8003", "8001")
        await until(
            floor.clock, lambda: heard(agent) == {"caller", "8003"}, PATIENCE_S, "whispering"
        )
        await floor.clock.sleep(0.5)
        assert "8003" not in heard(caller), "the caller hears what is whispered"
        await control.barge("8003", "8001")
        await floor.hear({"caller": caller, "8001": agent, "8003": leader})
        await control.listen("8003", "8001")
        await until(floor.clock, lambda: heard(caller) == {"8001"}, PATIENCE_S, "listening again")
        await control.stop_listening("8003")
        await leader.ended()
        await floor.hear({"caller": caller, "8001": agent})
        await control.intercept("8003", "8001")
        await agent.ended()
        await floor.hear({"caller": caller, "8003": phone.calls[-1]})
        await floor.agent_is("8003", State.TALKING)
        await floor.agent_is("8001", State.WRAP_UP)
        await control.release("8003", by="8002")
        await caller.ended()
        await floor.calls_over()
        stored = await floor.record(call_id)
        assert stored.record.agents == ("8001", "8003")
        kinds = [leg.kind for leg in stored.record.legs]
        assert kinds == [LegKind.CALLER, LegKind.AGENT, LegKind.SUPERVISOR, LegKind.AGENT]
        acts = ("listen", "whisper", "barge", "stop_listening", "intercept", "release")
        told = [one.fact.what for one in stored.facts if isinstance(one.fact, f.Noted)]
        assert [what for what in told if what in acts] == [
            *("listen", "whisper", "barge", "listen", "stop_listening", "intercept", "release")
        ]
        ended = stored.record.ended
        assert ended
        assert durations(stored.record, ended).talk_ms > 0

    spin(story())


@pytest.mark.parametrize("restarted", [False, True], ids=["", "core-restarted"])
def test_a_lost_phone_takes_its_caller_back(spin: Spinner, floor: Floor, restarted: bool) -> None:
    async def story() -> None:
        caller, agent = await floor.talk()
        call_id = floor.app.agents.states["8001"].call
        control = floor.app.callcontrol
        await control.lost_if_silent("8001")
        assert state(floor, "8001") is State.TALKING, "its voice still comes"
        agent.rtp.muted = True  # as a browser whose page was closed: no packet, and no BYE
        await agent.phone.unregister()
        await control.lost_if_silent("8001")
        assert state(floor, "8001") is State.HOLDING
        await floor.music(caller)
        if restarted:
            await floor.app.stop()
        else:
            await floor.clock.sleep(2.5)
        again = await floor.desk("1001", Answer())
        again.voice = Tone(TONES["8001"])
        await again.event("answered")
        if restarted:
            await floor.start_core()
        await floor.hear({"caller": caller, "8001": again.calls[-1]})
        await floor.agent_is("8001", State.TALKING)
        await caller.hang_up()
        await floor.agent_is("8001", State.WRAP_UP)
        await floor.calls_over()
        assert (await floor.record(call_id)).record.agents == ("8001",)

    spin(story())


def test_a_caller_whose_agent_stays_away_is_next(spin: Spinner, floor: Floor) -> None:
    async def story() -> None:
        caller, _ = await floor.talk()
        call_id = floor.app.agents.states["8001"].call
        await floor.app.callcontrol.lost("8001")
        await floor.app.stop()
        other = await floor.desk("1002", Ring())
        await floor.clock.sleep(5.5)
        await floor.start_core()
        call = floor.app.calls.get(call_id)
        assert call is not None
        assert call.waiting_in == "service"
        await floor.agent_is("8001", State.WRAP_UP)
        other.voice, other.behaviour = Tone(TONES["8002"]), Answer()
        floor.app.agents.sign_in("8002")
        floor.app.agents.ready("8002")
        await floor.agent_is("8002", State.TALKING)
        await floor.hear({"caller": caller, "8002": other.calls[-1]})

    spin(story())


def test_a_core_killed_in_mid_consult_knows_it_again(spin: Spinner, floor: Floor) -> None:
    async def story() -> None:
        caller, agent = await floor.talk()
        call_id = floor.app.agents.states["8001"].call
        phone = await floor.agent("8002", Answer())
        await floor.app.callcontrol.consult("8001", AgentTarget("8002"))
        await floor.agent_is("8002", State.TALKING)
        await floor.app.stop()
        await floor.start_core()
        assert state(floor, "8001") is State.CONSULTING
        assert state(floor, "8002") is State.TALKING
        # What was not written down in time stands on the channels.
        known = floor.app.calls.get(call_id)
        assert known is not None
        leg = known.leg_of("8001")
        assert leg is not None
        floor.app.calls.note(call_id, f.Resumed(at=floor.clock.now(), channel=leg.channel))
        await floor.app.callcontrol.reconcile(await floor.app.switch.channels())
        assert state(floor, "8001") is State.CONSULTING
        await floor.app.callcontrol.cancel_consult("8001")
        await floor.hear({"caller": caller, "8001": agent})
        await floor.app.callcontrol.consult("8001", AgentTarget("8002"))
        await floor.agent_is("8002", State.TALKING)
        expert = phone.calls[-1]
        await floor.app.stop()
        await expert.hang_up()  # while the core is away the switch gives the caller back
        await floor.hear({"caller": caller, "8001": agent})
        await floor.start_core()
        assert state(floor, "8001") is State.TALKING
        await agent.hang_up()
        await caller.ended()
        await floor.calls_over()
        record = (await floor.record(call_id)).record
        assert record.agents == ("8001", "8002")
        assert record.waiting == ()

    spin(story())
