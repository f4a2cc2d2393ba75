"""The scripted switch sends what the real one sends: event for event, header for header."""

from __future__ import annotations

import pytest
from tests.contract.mini import Mini

from careline.demo.phone import PATIENCE_S, Answer, Refuse
from careline.testing import Spinner
from careline.testing.asterisk import RealAsterisk
from careline.testing.real_stage import RealStage
from careline.testing.stage import ScriptedStage, Stage, until

pytestmark = pytest.mark.integration

# Two threads of Asterisk send these, in an order of the moment.
RACING = ("BridgeLeave", "Hangup", "SoftHangupRequest", "BridgeDestroy", "AgentComplete")
FAREWELL = "AgentComplete"
OF_QUEUE = {
    *("Event", "Privilege", "Timestamp", "SystemName", "Queue", "Interface", "MemberName"),
    *("HoldTime", "TalkTime", "Reason"),
}


async def scene(stage: Stage) -> Mini:
    """Most of what happens to calls, one after the other; all events."""
    mini = Mini(stage)
    await mini.start()
    agent = await stage.phone("2001", Answer(0.1))
    other = await stage.phone("2002", Answer(0.1))
    await mini.member("2001", Paused="true", Reason="in", StateInterface="PJSIP/2001")
    pause = {"Interface": "PJSIP/2001", "Paused": "false", "Reason": "ready"}
    await mini.link.action("QueuePause", pause.items())
    penalty = {"Queue": "support", "Interface": "PJSIP/2001", "Penalty": "1"}
    await mini.link.action("QueuePenalty", penalty.items())
    caller = await stage.incoming("13800001111", "8004", "Zhang")
    await mini.event("BridgeEnter", count=2)
    assert await agent.talks_with(caller)
    await agent.hold()
    await agent.resume()
    await mini.event("Unhold")
    await lists(mini)
    await caller.hang_up()
    await agent.quiet()
    await mini.event("Hangup", count=2)
    agent.behaviour = Refuse()
    caller = await stage.incoming("13800001111", "8004", "Zhang")
    await mini.event("AgentRingNoAnswer")
    await caller.hang_up()
    await mini.event("QueueCallerAbandon")
    caller = await stage.incoming("13800001111", "8003", "Zhang")
    await mini.event("BridgeEnter", count=4)
    await other.hang_up()
    await caller.ended()
    call = {"Channel": "PJSIP/2002", "Context": "careline-flow", "Exten": "s", "Priority": "1"}
    call |= {"Async": "true", "Variable": "CARELINE_RESULT=x", "CallerID": '"me" <123>'}
    await mini.link.action("Originate", call.items())
    await mini.event("OriginateResponse")
    await other.quiet()
    gone = {"Queue": "support", "Interface": "PJSIP/2001"}
    await mini.link.action("QueueRemove", gone.items())
    await mini.event("QueueMemberRemoved")
    await mini.event(FAREWELL)
    await until(stage.clock, lambda: over(mini), PATIENCE_S, "the end of every channel")
    await mini.stop()
    return mini


def over(mini: Mini) -> bool:
    """True when each channel that began has ended."""
    names = [one.name for one in mini.messages]
    return names.count("Newchannel") == names.count("Hangup")


async def lists(mini: Mini) -> None:
    """The lists, kept with the events under their own names."""
    for action in ("CoreShowChannels", "BridgeList", "QueueStatus", "DeviceStateList"):
        for message in await mini.link.collect(action):
            if message.name != "DeviceStateChange":
                mini.messages.append(message)


@pytest.fixture
def both(spin: Spinner, real_asterisk: RealAsterisk) -> tuple[Mini, Mini]:
    """The scene on the scripted switch and on the real one."""
    played = []
    for stage in (ScriptedStage(spin.reactor), RealStage(spin.reactor, real_asterisk)):
        played.append(spin(scene(stage)))
        spin(stage.close())
    return played[0], played[1]


def shapes(mini: Mini) -> dict[str, set[tuple[str, ...]]]:
    """Header names of each event, as often as they differ."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for message in mini.messages:
        keys = (key.partition("(")[0] for key, _ in message.headers)
        names = tuple(key for key in keys if key != "ActionID" and not _gone(message.name, key))
        found.setdefault(message.name, set()).add(names)
    return found


def _gone(event: str, key: str) -> bool:
    """Both channels may be gone already when the agent's farewell is told."""
    return event == FAREWELL and key not in OF_QUEUE


def story(mini: Mini, unique_id: str) -> list[str]:
    """What one channel went through, up to where threads race."""
    return [name for name in mini.names(unique_id) if name not in RACING]


def test_shapes(both: tuple[Mini, Mini]) -> None:
    scripted, real = both
    ours, theirs = shapes(scripted), shapes(real)
    assert sorted(ours) == sorted(theirs)
    for name, shape in sorted(theirs.items()):
        assert sorted(ours[name]) == sorted(shape), name


def test_stories(both: tuple[Mini, Mini]) -> None:
    scripted, real = both
    for index in range(3):
        ours, theirs = (story(one, one.caller(index)) for one in both)
        assert ours == theirs, f"caller {index}"
    legs = [[story(one, one.leg(index)) for index in range(3)] for one in both]
    assert legs[0] == legs[1]
    racing = [[told(one, one.caller(n)) for n in range(3)] for one in (scripted, real)]
    assert racing[0] == racing[1]


def told(mini: Mini, unique_id: str) -> list[str]:
    """All that was told of a channel; a farewell that came too late names none."""
    return sorted(name for name in mini.names(unique_id) if name != FAREWELL)
