"""Targets as words, and what is nobody a call can be passed to."""

from __future__ import annotations

import pytest

from careline.callcontrol.model import (
    AgentTarget,
    FlowTarget,
    Outside,
    QueueTarget,
    Target,
    parse_target,
    shown,
)
from careline.errors import Invalid


@pytest.mark.parametrize(
    "target",
    [AgentTarget("8002"), QueueTarget("service"), Outside("13800001111"), FlowTarget("rate")],
)
def test_a_target_is_a_word(target: Target) -> None:
    assert parse_target(shown(target)) == target


@pytest.mark.parametrize(
    "text",
    [
        *("", "agent", "agent:", "agent: ", "8002", "nobody:8002", ":8002", "AGENT:8002"),
        *("agent:8002&PJSIP/1", "agent:../x", "agent:８００２", "queue:", "agent:1", "\x00"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_target(text)
