"""One real consultation that became a conference, as manager events and as Asterisk's journal.

The core's own notes of that call stand beside them: they are in neither of both.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.core.calls.support import Kept

from careline.calls import facts as f
from careline.calls import from_ami, journal
from careline.calls.model import CallRecord, LegKind, Outcome, durations
from careline.calls.service import Calls
from careline.telephony.ami import Decoder

DATA = Path(__file__).parent / "data"
CALL, AGENT, EXPERT = (f"hq-1795382309.{number}" for number in range(3))
PHONES = {"PJSIP/1001": "8001", "PJSIP/1002": "8002"}
ASKED = datetime.fromtimestamp(1795382309.359479, UTC)
CONSULTED = f.Consulted(at=ASKED, channel=AGENT, agent="8001", target="agent:8002", party=CALL)


def agent_of(endpoint: str) -> str:
    return PHONES.get(endpoint, "")


def live() -> list[f.Fact]:
    messages = Decoder(None).feed((DATA / "consulted_call.ami").read_bytes())
    told = [fact for message in messages for fact in from_ami.facts_of(message)]
    return sorted([*told, CONSULTED], key=lambda fact: fact.at)


def told() -> list[f.Fact]:
    lines = journal.parse((DATA / "consulted_call.csv").read_text().splitlines())
    return [fact for line in lines for fact in journal.facts_of(line, agent_of)]


def folded(*streams: list[f.Fact]) -> CallRecord:
    calls = Calls(Kept(), agent_of)
    for stream in streams:
        for fact in stream:
            calls.fact(CALL, fact)
    [call] = calls.open
    return call


def talk_ms(call: CallRecord, agent: str) -> int:
    [leg] = [leg for leg in call.legs if leg.agent == agent]
    return round(sum(span.length(span.start).total_seconds() * 1000 for span in leg.talks))


def test_both_agents_took_part_in_one_call() -> None:
    call = folded(live())
    assert call.ended
    assert call.outcome is Outcome.ANSWERED
    assert call.agents == ("8001", "8002")
    assert [leg.kind for leg in call.legs] == [LegKind.CALLER, LegKind.AGENT, LegKind.AGENT]
    assert [(ring.agent, ring.queue, ring.result) for ring in call.rings] == [
        ("8001", "service", "answered"),
        ("8002", "", "answered"),
    ]
    assert len(call.stays) == 1
    assert call.waiting == ()
    # From the first talk to the hang-up, the time in which the caller waited with it.
    assert (talk_ms(call, "8001"), talk_ms(call, "8002")) == (2175, 3023)
    assert durations(call, call.ended).talk_ms == 5199


def test_the_caller_waits_until_the_conference() -> None:
    waited = [bool(folded(live()[:count]).waiting) for count in range(1, len(live()) + 1)]
    first = waited.index(True)
    assert isinstance(live()[first], f.Consulted)
    after = live()[first + waited[first:].index(False)]
    assert isinstance(after, f.Bridged)
    assert after.channel == CALL


@pytest.mark.parametrize("seen", range(17, 32, 2))
def test_the_journal_completes_what_a_killed_core_had_seen(seen: int) -> None:
    whole, pieced = folded(live()), folded(live()[:seen], told())
    assert pieced.agents == whole.agents
    assert pieced.waiting == ()
    assert pieced.live_channels == ()
    assert [len(leg.talks) for leg in pieced.legs] == [len(leg.talks) for leg in whole.legs]
    for agent in whole.agents:
        assert abs(talk_ms(pieced, agent) - talk_ms(whole, agent)) <= 20


def test_told_twice_it_is_the_same_call() -> None:
    assert folded(live(), told()) == folded(live())
