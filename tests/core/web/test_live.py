"""What happens is told to those whom it concerns, by name and id alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from attrs import define, field

from careline.agents.model import AgentStatus, State
from careline.agents.service import AgentChange
from careline.app.live import Live
from careline.calls import facts as f
from careline.calls.fold import apply, begin
from careline.calls.service import Change

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@define
class Told:
    """Stands in for Events: keeps what was told to whom."""

    listening: int = 1
    told: list[tuple[str, str, str]] = field(factory=list)

    def tell(
        self, name: str, id: str = "", *, agent: str = "", user: int = 0, permission: str = ""
    ) -> None:
        for whom in (agent, permission):
            if whom:
                self.told.append((name, id, whom))

    def to(self, whom: str) -> set[str]:
        return {name for name, _, told in self.told if told == whom}


def play(told: Told, *facts: f.Fact) -> None:
    """Tell of a call that these facts make, one after the other."""
    live: Any = Live(told)  # type: ignore[arg-type]
    first = f.ChannelUp(
        at=AT, channel="1.1", name="PJSIP/demo-1", number="13800001111", context="careline-inbound"
    )
    call = begin(first)
    live.call_changed(Change(None, call, first))
    for fact in facts:
        told.told.clear()
        before, call = call, apply(call, fact)
        live.call_changed(Change(before, call, fact))


AGENT = f.ChannelUp(at=AT, channel="1.2", name="PJSIP/1001-1")
RANG = f.Rang(at=AT, channel="1.2", agent="8001", queue="service")
QUEUED = f.Queued(at=AT, channel="1.1", queue="service", position=1)


def test_an_agent_is_told_of_the_calls_that_ring_and_nobody_elses() -> None:
    told = Told()
    play(told, QUEUED, AGENT, RANG)
    assert "call_changed" in told.to("8001")
    assert told.to("8002") == set()
    assert "call_changed" in told.to("board.view")


def test_who_has_just_left_a_call_is_told_so() -> None:
    told = Told()
    answered = f.ChannelAnswered(at=AT, channel="1.2")
    play(told, QUEUED, AGENT, RANG, answered, f.ChannelGone(at=AT, channel="1.2", cause=16))
    assert "call_changed" in told.to("8001")


def test_who_did_not_answer_is_told_of_the_desk_and_not_of_a_call_that_is_not_theirs() -> None:
    told = Told()
    ended = f.RingEnded(at=AT, channel="1.2", result="no_answer")
    play(told, QUEUED, AGENT, RANG, ended)
    assert told.to("8001") == {"desk"}
    play(told, QUEUED, AGENT, RANG, ended, f.ChannelGone(at=AT, channel="1.2", cause=19))
    assert told.to("8001") == {"desk"}


def test_a_queue_is_told_of_who_comes_and_goes() -> None:
    told = Told()
    play(told, QUEUED)
    assert ("queue_changed", "service", "board.view") in told.told
    play(told, QUEUED, f.Dequeued(at=AT, channel="1.1", queue="service", reason="abandoned"))
    assert ("queue_changed", "service", "board.view") in told.told


def test_steps_of_a_flow_are_nobodys_news() -> None:
    told = Told()
    play(told, f.Stepped(at=AT, channel="1.1", flow="main", node="menu", result="1"))
    assert told.told == []


def test_nothing_is_reckoned_while_nobody_listens() -> None:
    told = Told(listening=0)
    play(told, QUEUED)
    assert told.told == []


def test_an_agents_state_is_told_to_the_agent_and_the_board() -> None:
    told = Told()
    live = Live(told)  # type: ignore[arg-type]
    before = AgentStatus(agent="8001", since=AT)
    live.agent_changed(AgentChange(before, AgentStatus(agent="8001", state=State.READY, since=AT)))
    assert ("agent_changed", "8001", "8001") in told.told
    assert ("agent_changed", "8001", "board.view") in told.told


def test_no_number_or_name_leaves_in_an_event() -> None:
    told = Told()
    play(told, QUEUED, AGENT, RANG)
    assert not any("13800001111" in part for one in told.told for part in one)
