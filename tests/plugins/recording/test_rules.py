"""Which talks are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plugins.recording.scene import Scene

from careline_recording.rules import (
    NO_RULE,
    NOT_IN_SAMPLE,
    USUAL,
    Kept,
    Rule,
    Talk,
    decide,
    may_be_kept,
)


def talk(call: str = "hq-1.1", **values: str) -> Talk:
    wanted = {"direction": "inbound", "queue": "service", "agent": "8001", **values}
    return Talk(call=call, **wanted)


def test_what_is_said_to_the_outside_is_kept_and_colleagues_are_not() -> None:
    assert decide(USUAL, talk()).kept is Kept.ALWAYS
    assert decide(USUAL, talk(direction="outbound")).kept is Kept.ALWAYS
    decision = decide(USUAL, talk(direction="internal"))
    assert (decision.kept, decision.why) == (Kept.NEVER, NO_RULE)


def test_the_first_rule_that_fits_decides() -> None:
    rules = (
        Rule(keep="never", agents=("8001",)),
        Rule(keep="on_demand", queues=("expert",)),
        Rule(campuses=("main",)),
    )
    assert decide(rules, talk(campus="main")).kept is Kept.NEVER
    assert decide(rules, talk(agent="8002", queue="expert")).kept is Kept.ON_DEMAND
    assert decide(rules, talk(agent="8002", campus="main")).kept is Kept.ALWAYS
    assert decide(rules, talk(agent="8002", campus="east")).kept is Kept.NEVER


def test_a_percentage_is_of_calls_and_always_the_same_ones() -> None:
    rules = (Rule(percent=30),)
    calls = [f"hq-{number}.7" for number in range(1000)]
    kept = [one for one in calls if decide(rules, talk(one)).kept is Kept.ALWAYS]
    assert 250 < len(kept) < 350
    assert kept == [one for one in calls if may_be_kept(rules, talk(one, agent="", queue=""))]
    other = next(one for one in calls if one not in kept)
    assert decide(rules, talk(other)).why == NOT_IN_SAMPLE


@pytest.mark.parametrize("agent", ["8001", "8002"])
@pytest.mark.parametrize("queue", ["service", "expert"])
@pytest.mark.parametrize(
    "rules",
    [
        (Rule(agents=("8001",)),),
        (Rule(keep="never", queues=("expert",)), Rule()),
        (Rule(keep="never", agents=("8001",)), Rule(keep="on_demand", queues=("service",))),
        (Rule(keep="never"), Rule(agents=("8001",))),
    ],
)
def test_nothing_that_is_to_be_kept_is_ruled_out_before_the_agent_is_known(
    rules: tuple[Rule, ...], agent: str, queue: str
) -> None:
    if decide(rules, talk(agent=agent, queue=queue)).kept is not Kept.NEVER:
        assert may_be_kept(rules, talk(agent="", queue=""))


def test_who_refused_is_asked_by_no_rule_and_after_a_restart_neither(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    call = scene.call(over=False)
    assert scene.run(scene.plugin.record_call(call, "")) is True
    assert scene.run(scene.plugin.record_call(call, "8001")) is True
    scene.run(scene.plugin.consent.refuse(call.id))
    assert scene.run(scene.plugin.record_call(call, "")) is False
    again = type(scene.plugin)(scene.core, scene.plugin.config)
    assert scene.run(again.record_call(call, "8001")) is False
    assert not again.recordings.state(call.id, "8001").recorded


def test_what_is_kept_on_demand_begins_as_silence(tmp_path: Path) -> None:
    scene = Scene(tmp_path, rules=(Rule(keep="on_demand"),))
    call = scene.call(over=False)
    scene.run(scene.plugin.call_answered(call, "8001"))
    assert scene.paused == [("hq-1.18001", True)]
    assert scene.plugin.recordings.state(call.id, "8001").paused
    scene.run(scene.plugin.recordings.pause(call.id, "8001", False))
    assert not scene.plugin.recordings.state(call.id, "8001").paused
    assert scene.told == [("recording_changed", call.id)] * 2
