"""The machinery of the contract: each scenario on the scripted switch and on a real Asterisk."""

from __future__ import annotations

import pytest
from tests.contract.mini import Mini

from careline.demo.phone import PATIENCE_S, Answer, Refuse
from careline.testing import on_reactor
from careline.testing.stage import Stage, until

TALK = [
    "Newchannel",
    "Newstate",
    "QueueCallerJoin",
    "AgentCalled",
    "DialBegin",
    "DialState",
    "DialEnd",
    "QueueCallerLeave",
    "AgentConnect",
    "BridgeEnter",
]


@on_reactor()
async def test_key_queue_talk_and_the_caller_hangs_up(stage: Stage, mini: Mini) -> None:
    agent = await stage.phone("2001")
    await mini.member("2001")
    caller = await stage.incoming("13800001111", "8001", "Zhang")
    await caller.answered()
    await caller.press("1")
    await agent.ringing()
    await agent.answer()
    assert await agent.talks_with(caller)
    await caller.hang_up()
    await agent.quiet()
    await mini.event("Hangup", count=2)
    complete = await mini.event("AgentComplete")
    names = mini.names(mini.caller())
    assert names[:10] == TALK
    # Asterisk tells the end from two threads: the queue's word may come last of all.
    assert names.count("AgentComplete") == 1
    end = [one for one in names[10:] if one != "AgentComplete"]
    assert end == ["HangupRequest", "BridgeLeave", "Hangup"]
    assert (complete.get("Reason"), complete.get("Queue")) == ("caller", "support")
    assert mini.results == []


@on_reactor()
async def test_the_key_chooses_the_queue(stage: Stage, mini: Mini) -> None:
    agent = await stage.phone("2002", Answer())
    await mini.member("2002", "sales")
    caller = await stage.incoming("13800001111", "8001")
    await caller.answered()
    await caller.press("2")
    assert (await mini.event("AgentConnect")).get("Queue") == "sales"
    assert await agent.talks_with(caller)


@on_reactor()
async def test_the_agent_hangs_up_and_the_flow_goes_on(stage: Stage, mini: Mini) -> None:
    agent = await stage.phone("2001", Answer())
    await mini.member("2001")
    caller = await stage.incoming("13800001111", "8004")
    await mini.event("BridgeEnter", count=2)
    await agent.hang_up()
    await caller.ended()
    await mini.event("Hangup", count=2)
    assert mini.results == ["CONTINUE"]
    assert (await mini.event("AgentComplete")).get("Reason") == "agent"
    assert mini.names(mini.leg())[-3:] == ["HangupRequest", "BridgeLeave", "Hangup"]


@on_reactor()
async def test_the_caller_gives_up_while_it_rings(stage: Stage, mini: Mini) -> None:
    agent = await stage.phone("2001")
    await mini.member("2001")
    caller = await stage.incoming("13800001111", "8004")
    await agent.ringing()
    await mini.event("DialState")
    await caller.hang_up()
    await agent.quiet()
    await mini.event("Hangup", count=2)
    assert (await mini.event("DialEnd")).get("DialStatus") == "CANCEL"
    names = mini.names(mini.caller())
    assert "QueueCallerAbandon" in names
    assert names.index("QueueCallerAbandon") < names.index("QueueCallerLeave")
    assert names[-1] == "Hangup"


@on_reactor()
async def test_nobody_answers_until_the_limit(stage: Stage, mini: Mini) -> None:
    agent = await stage.phone("2001")
    await mini.member("2001")
    caller = await stage.incoming("13800001111", "8002")
    await caller.ended()
    assert mini.results == ["TIMEOUT"]
    missed = await mini.event("AgentRingNoAnswer")
    assert int(missed.get("RingTime")) >= 1000
    await mini.event("QueueCallerAbandon")
    await agent.quiet()


@on_reactor()
async def test_an_agent_who_refuses_is_rung_again(stage: Stage, mini: Mini) -> None:
    agent = await stage.phone("2001", Refuse())
    await mini.member("2001")
    caller = await stage.incoming("13800001111", "8004")
    missed = await mini.event("AgentRingNoAnswer")
    # Counted by the clock's whole seconds, of which one may turn just then; ringing on were 5.
    assert missed.get("RingTime") in ("0", "1000")
    agent.behaviour = Answer()
    await mini.event("AgentConnect")
    assert await agent.talks_with(caller)


@on_reactor()
async def test_a_paused_agent_gets_no_call_until_ready(stage: Stage, mini: Mini) -> None:
    agent = await stage.phone("2001", Answer())
    await mini.member("2001", Paused="true", Reason="in")
    caller = await stage.incoming("13800001111", "8004")
    await mini.event("QueueCallerJoin")
    await stage.clock.sleep(0.3)
    assert "AgentCalled" not in [one.name for one in mini.messages]
    fields = {"Interface": "PJSIP/2001", "Paused": "false", "Reason": "ready"}
    await mini.link.action("QueuePause", fields.items())
    await mini.event("AgentConnect")
    assert await agent.talks_with(caller)
    assert (await mini.event("QueueMemberPause")).get("PausedReason") == "ready"


@on_reactor()
@pytest.mark.parametrize(("dnis", "position"), [("8004", "2"), ("8005", "1")])
async def test_callers_go_by_priority_and_then_by_time(
    stage: Stage, mini: Mini, dnis: str, position: str
) -> None:
    agent = await stage.phone("2001")
    callers = [await stage.incoming("13800001111", "8004")]
    await mini.event("QueueCallerJoin")
    callers.append(await stage.incoming("13900002222", dnis))
    joined = await mini.event("QueueCallerJoin", count=2)
    assert joined.get("Position") == position
    await mini.member("2001")
    for caller in callers if position == "2" else reversed(callers):
        await agent.ringing()
        await agent.answer()
        assert await agent.talks_with(caller)
        await caller.hang_up()


@on_reactor()
async def test_hold_and_resume(stage: Stage, mini: Mini) -> None:
    agent = await stage.phone("2001", Answer())
    await mini.member("2001")
    caller = await stage.incoming("13800001111", "8004")
    await mini.event("BridgeEnter", count=2)
    assert await agent.talks_with(caller)
    await agent.hold()
    assert (await mini.event("Hold")).get("Uniqueid") == mini.leg()
    await agent.resume()
    assert (await mini.event("Unhold")).get("Uniqueid") == mini.leg()
    assert await agent.talks_with(caller)


@on_reactor()
async def test_dial_a_phone(stage: Stage, mini: Mini) -> None:
    agent = await stage.phone("2002", Answer())
    caller = await stage.incoming("13800001111", "8003")
    assert (await mini.event("DialEnd")).get("DialStatus") == "ANSWER"
    assert await agent.talks_with(caller)
    await agent.hang_up()
    await caller.ended()
    assert mini.results == ["ANSWER"]


@on_reactor()
async def test_dial_a_phone_that_does_not_answer(stage: Stage, mini: Mini) -> None:
    await stage.phone("2002")
    caller = await stage.incoming("13800001111", "8003")
    await caller.ended()
    assert mini.results == ["NOANSWER"]


@on_reactor()
async def test_dial_a_phone_that_is_busy_or_off_line(stage: Stage, mini: Mini) -> None:
    caller = await stage.incoming("13800001111", "8003")
    await caller.ended()
    await stage.phone("2002", Refuse())
    caller = await stage.incoming("13800001111", "8003")
    await caller.ended()
    assert mini.results == ["CHANUNAVAIL", "BUSY"]


@on_reactor()
async def test_hang_up_inside_the_flow(stage: Stage, mini: Mini) -> None:
    caller = await stage.incoming("13800001111", "8009")
    await caller.answered()
    await stage.clock.sleep(0.3)
    await caller.hang_up()
    await mini.event("Hangup")
    # Asterisk tells it by AMI and by AGI: two connections, of which either is read first.
    await until(stage.clock, lambda: bool(mini.gone), PATIENCE_S, "the flow's end")
    assert mini.gone == [mini.caller()]


@on_reactor()
async def test_without_a_core_the_fallback_queue_takes_the_call(stage: Stage, mini: Mini) -> None:
    await mini.agi.stop()
    agent = await stage.phone("2004", Answer())
    caller = await stage.incoming("13800001111", "8001")
    assert (await mini.event("AgentConnect")).get("Queue") == "careline-fallback"
    assert await agent.talks_with(caller)


@on_reactor()
async def test_the_switch_hangs_up(stage: Stage, mini: Mini) -> None:
    caller = await stage.incoming("13800001111", "8004")
    joined = await mini.event("QueueCallerJoin")
    await mini.link.action("Hangup", {"Channel": joined.get("Channel"), "Cause": "16"}.items())
    await caller.ended()
    assert (await mini.event("Hangup")).get("Cause") == "16"


@on_reactor()
async def test_variables_and_lists(stage: Stage, mini: Mini) -> None:
    agent = await stage.phone("2001", Answer())
    await mini.member("2001")
    caller = await stage.incoming("13800001111", "8004", "Zhang")
    await mini.event("BridgeEnter", count=2)
    channel = (await mini.event("QueueCallerJoin")).get("Channel")
    fields = {"Channel": channel, "Variable": "CARELINE_CALL"}
    assert (await mini.link.action("Getvar", fields.items())).get("Value") == mini.caller()
    await mini.link.action("Setvar", {"Channel": channel, "Variable": "X", "Value": "7"}.items())
    fields = {"Channel": channel, "Variable": "X"}
    assert (await mini.link.action("Getvar", fields.items())).get("Value") == "7"
    channels = await mini.link.collect("CoreShowChannels")
    assert {one.get("Uniqueid") for one in channels} == {mini.caller(), mini.leg()}
    assert len({one.get("BridgeId") for one in channels}) == 1
    status = await mini.link.collect("QueueStatus", {"Queue": "support"}.items())
    [member] = [one for one in status if one.name == "QueueMember"]
    assert (member.get("Name"), member.get("InCall")) == ("agent:2001", "1")
    assert await agent.talks_with(caller)


@on_reactor()
async def test_originate_into_the_dialplan(stage: Stage, mini: Mini) -> None:
    await stage.phone("2001", Answer())
    fields = {"Channel": "PJSIP/2001", "Context": "careline-flow", "Exten": "s", "Priority": "1"}
    fields |= {"Async": "true", "Variable": "CARELINE_RESULT=called"}
    await mini.link.action("Originate", fields.items())
    answer = await mini.event("OriginateResponse")
    assert (answer.get("Response"), answer.get("Reason")) == ("Success", "4")
    await mini.event("Hangup")
    assert mini.results == ["called"]


@on_reactor()
async def test_originate_to_a_phone_that_is_off_line(stage: Stage, mini: Mini) -> None:
    fields = {"Channel": "PJSIP/2003", "Context": "careline-flow", "Exten": "s", "Async": "true"}
    await mini.link.action("Originate", {**fields, "Priority": "1"}.items())
    assert (await mini.event("OriginateResponse")).get("Response") == "Failure"


@on_reactor()
async def test_a_caller_is_withdrawn_from_the_queue(stage: Stage, mini: Mini) -> None:
    caller = await stage.incoming("13800001111", "8004")
    joined = await mini.event("QueueCallerJoin")
    fields = {"Queue": "support", "Caller": joined.get("Channel"), "WithdrawInfo": "callback"}
    await mini.link.action("QueueWithdrawCaller", fields.items())
    await caller.ended()
    assert mini.results == ["WITHDRAW"]


@on_reactor()
async def test_redirect(stage: Stage, mini: Mini) -> None:
    caller = await stage.incoming("13800001111", "8004")
    joined = await mini.event("QueueCallerJoin")
    fields = {"Channel": joined.get("Channel"), "Context": "careline-fallback", "Exten": "s"}
    await mini.link.action("Redirect", {**fields, "Priority": "1"}.items())
    again = await mini.event("QueueCallerJoin", count=2)
    assert again.get("Queue") == "careline-fallback"
    assert caller.up


@on_reactor()
async def test_call_somebody_back_when_an_agent_has_answered(stage: Stage, mini: Mini) -> None:
    """The two halves of a Local channel: one waits in the queue, the other dials out."""
    agent = await stage.phone("2001", Answer())
    patient = await stage.outside("138", Answer(after=0.3))
    await mini.member("2001")
    call = {"Channel": "Local/s@careline-callback/n", "Context": "careline-callback"}
    call |= {"Exten": "out", "Priority": "1", "Async": "true", "ChannelId": "hq-cb1"}
    variables = {"CARELINE_QUEUE": "support", "CARELINE_LIMIT": "20"}
    variables |= {"CARELINE_DIAL": "PJSIP/138@trunk"}
    settings = [("Variable", f"{name}={value}") for name, value in variables.items()]
    await mini.link.action("Originate", [*call.items(), ("CallerID", "138"), *settings])
    await mini.event("BridgeEnter", count=4)
    assert (await mini.event("OriginateResponse")).get("Uniqueid") == "hq-cb1"
    assert {one.get("Linkedid") for one in mini.messages if one.name == "Newchannel"} == {"hq-cb1"}
    await patient.hang_up()
    await agent.quiet()
    await mini.event("Hangup", count=4)
    names = mini.names("hq-cb1")
    # Asterisk answers Originate from another thread than the one that goes on with the call.
    assert names.count("OriginateResponse") == 1
    assert [one for one in names if one != "OriginateResponse"] == [
        *("Newchannel", "Newstate"),
        *("DialBegin", "DialState", "DialEnd", "BridgeEnter", "BridgeLeave", "Hangup"),
    ]
