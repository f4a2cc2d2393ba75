"""The members the switch has are brought in line with the agents' states, whatever was there."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from careline.agents.model import Agent, AgentStatus, Reason, Skill, State
from careline.queues.model import MemberChange, Membership, changes, desired

T0 = datetime(2026, 11, 22, tzinfo=UTC)
LI = Agent(id="8001", name="李敏", phone="1001", skills=(Skill(queue="booking", level=2),))


def status(state: State, reason: Reason = Reason.NONE) -> dict[str, AgentStatus]:
    phone = "" if state is State.SIGNED_OUT else "1001"
    return {"8001": AgentStatus(agent="8001", state=state, reason=reason, since=T0, phone=phone)}


def test_a_ready_agent_is_in_its_queues_and_its_own() -> None:
    members = desired([LI], status(State.READY))
    assert {key[0] for key in members} == {"booking", "agent-8001"}
    assert members["booking", "PJSIP/1001"].penalty == 1
    assert not members["booking", "PJSIP/1001"].paused


def test_everyone_but_the_ready_is_paused_with_a_reason() -> None:
    for state in set(State) - {State.READY, State.RINGING, State.SIGNED_OUT}:
        member = desired([LI], status(state, Reason.MEAL))["booking", "PJSIP/1001"]
        assert member.paused
        assert member.reason == "meal"


def test_while_it_rings_a_phone_is_as_it_will_be_afterwards() -> None:
    rings = status(State.RINGING)
    assert not desired([LI], rings)["booking", "PJSIP/1001"].paused
    for wish in (State.NOT_READY, State.SIGNED_OUT):
        then = {"8001": evolve(rings["8001"], afterwards=wish)}
        assert {member.paused for member in desired([LI], then).values()} == {True}


def test_the_signed_out_are_in_no_queue() -> None:
    assert desired([LI], status(State.SIGNED_OUT)) == {}


members = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["PJSIP/1", "PJSIP/2"])),
    st.tuples(st.sampled_from(["8001", "8002"]), st.integers(0, 2), st.booleans()),
)


def built(raw: dict[tuple[str, str], tuple[str, int, bool]]) -> dict[tuple[str, str], Membership]:
    return {
        (queue, interface): Membership(
            queue=queue, interface=interface, agent=agent, penalty=penalty, paused=paused
        )
        for (queue, interface), (agent, penalty, paused) in raw.items()
    }


@given(members, members)
def test_the_changes_lead_from_what_is_to_what_should_be(wanted, actual) -> None:
    target, there = built(wanted), built(actual)
    for change in changes(target, there):
        apply(there, change)
    assert there == target
    assert changes(target, there) == []


def apply(there: dict[tuple[str, str], Membership], change: MemberChange) -> None:
    key = change.member.queue, change.member.interface
    if change.verb == "add":
        assert key not in there
        there[key] = change.member
    elif change.verb == "remove":
        del there[key]
    else:
        assert there[key].penalty == change.member.penalty
        there[key] = change.member
