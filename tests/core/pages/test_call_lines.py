"""A call's timeline: how it began and how it ended, whoever has called."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.core.calls.support import CALL, at, caller_up, outside_up, phone_up

from careline.calls import facts as f
from careline.calls.fold import apply, begin
from careline.calls.rung import new_call_id
from careline.calls.store import Numbered, StoredCall
from careline.pages.calls.lines import lines_of

OURS = new_call_id("hq", at(0))


def told(call_id: str, *facts: f.ChannelUp | f.ChannelGone) -> list[str]:
    """The titles of the timeline."""
    first, *others = facts
    assert isinstance(first, f.ChannelUp)
    call = begin(first, call_id)
    for fact in others:
        call = apply(call, fact)
    numbered = tuple(Numbered(seq, fact) for seq, fact in enumerate(facts, 1))
    visit: Any = SimpleNamespace(language="en")
    return [line.title for line in lines_of(StoredCall(call, numbered), visit, {}, {})]


def gone(channel: str) -> f.ChannelGone:
    return f.ChannelGone(at=at(9), channel=channel, cause=16)


def test_a_call_that_comes_in() -> None:
    assert told(CALL, caller_up(), gone(CALL)) == ["The call comes in", "The caller is gone"]


@pytest.mark.parametrize("call_id", ["hq-2.7", OURS], ids=["of Asterisk", "of ours"])
def test_a_call_that_a_task_has_made(call_id: str) -> None:
    lines = told(call_id, outside_up("hq-2.7", 0), gone("hq-2.7"))
    assert lines == ["The call is made", "The person called has hung up"]


def test_a_call_that_an_agent_has_made() -> None:
    facts = [phone_up("hq-2.7", 0), outside_up("hq-2.8", 2), gone("hq-2.8"), gone("hq-2.7")]
    assert told(OURS, *facts) == ["The call is made", "The person called has hung up"]
