"""Any valid flow, any caller, a core killed at any await: the caller is served or has hung up."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from careline.ivr.book import FlowBook
from careline.ivr.check import Known, check_all
from careline.ivr.engine import MAX_IDLE
from careline.ivr.exits import OUTCOMES, Hangup, ToQueue
from careline.ivr.line import CallerGone
from careline.ivr.model import Caller
from careline.testing.line import HANG_UP, KILL, KILL_AFTER, Killed, ScriptedLine, book, go

Document = dict[str, Any]
ENDS = {
    "agent": {"kind": "queue", "queue": "q", "timeout": "agent", "full": "box", "closed": "box"},
    "box": {"kind": "voicemail", "box": "b", "done": "bye"},
    "bye": {"kind": "hang_up", "prompts": ["goodbye"]},
}
KEYS = st.sampled_from([*"123456789*#"])
VALUES = st.sampled_from(["", "1", "{a}", "{caller}"])


@st.composite
def nodes(draw: st.DrawFn, count: int, sub: bool) -> dict[str, Document]:
    """``count`` nodes; ways that need no caller lead only onwards, the others anywhere."""
    names = [f"n{index}" for index in range(count)]
    ends = ["@return"] if sub else ["agent", "box", "bye", "@operator", "@end"]
    every = st.sampled_from(names + ends)
    return {
        name: draw(node(st.sampled_from(names[index + 1 :] + ends), every, sub))
        for index, name in enumerate(names)
    }


@st.composite
def node(draw: st.DrawFn, onward: Any, every: Any, sub: bool) -> Document:
    """One node of any kind with targets drawn from ``onward`` and, by the caller, ``every``."""
    kinds = ["menu", "play", "say", "collect", "condition", "set", "look_up", "language"]
    leave = ["queue", "callback", "number", *([] if sub else ["sub"])]
    kind = draw(st.sampled_from(kinds + leave))
    go_on = {"next": draw(onward)}
    made: dict[str, Document] = {
        "menu": {
            "prompts": ["ask"],
            "choices": draw(st.dictionaries(KEYS, every, min_size=1, max_size=4)),
            "tries": draw(st.integers(1, 3)),
        },
        "play": {"prompts": ["hello", "{a:number}"]} | go_on,
        "say": {"text": "{caller:digits}"} | go_on,
        "collect": {
            "prompts": "id",
            "variable": "a",
            "max": draw(st.integers(1, 12)),
            "confirm": draw(st.booleans()),
            "next": draw(every),
            "failed": draw(onward),
        },
        "condition": {
            "test": draw(st.sampled_from(["hours", "vip", "known"])),
            "yes": draw(onward),
            "no": draw(onward),
        },
        "set": {"values": {"a": draw(VALUES), "b": draw(VALUES)}} | go_on,
        "look_up": {
            "ask": draw(st.sampled_from(["found", "none", "raises"])),
            "into": "c",
            "found": draw(onward),
            "missing": draw(onward),
            "failed": draw(onward),
        },
        "language": {"language": "en"} | go_on,
        "queue": {
            "queue": "q",
            "timeout": draw(every),
            "full": draw(onward),
            "closed": draw(onward),
        },
        "callback": {"queue": "q", "done": draw(onward), "failed": draw(onward)},
        "number": {"kind": "transfer", "to": "number", "target": "120", "failed": draw(onward)},
        "sub": {"kind": "transfer", "to": "flow", "target": "sub", "answered": draw(onward)},
    }
    return {"kind": kind} | made[kind]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A main flow and a sub-flow, both valid but for nodes that no way leads to."""
    main = draw(nodes(draw(st.integers(1, 8)), sub=False))
    sub = draw(nodes(draw(st.integers(1, 4)), sub=True))
    return {
        "flows": {
            "main": {"start": "n0", "operator": "agent", "nodes": main | ENDS},
            "sub": {"start": "n0", "sub": True, "nodes": sub},
        }
    }


def pruned(data: Document, known: Known) -> FlowBook | None:
    """The book of the flows without unreachable nodes; None when anything else is wrong."""
    from careline.errors import Invalid

    for _round in range(10):
        try:
            return book(*check_all(data, known), look_ups=LOOK_UPS)
        except Invalid as error:
            for problem in error.problems:
                if problem.code != "flow.unreachable":
                    raise
                flow = data["flows"][problem.params["flow"]]
                del flow["nodes"][problem.params["node"]]
    return None


async def _found(_caller: Caller, _args: object) -> dict[str, str]:
    return {"x": "1"}


async def _none(_caller: Caller, _args: object) -> None:
    return None


async def _raises(_caller: Caller, _args: object) -> None:
    raise ValueError("plugin bug")


LOOK_UPS = {"found": _found, "none": _none, "raises": _raises}
KNOWN = Known(look_ups=set(LOOK_UPS), queues={"q"}, flows=set())
ACTS = st.lists(
    st.one_of(
        KEYS,
        st.sampled_from(["", "0", "0", "12345", "1#", HANG_UP, KILL, KILL, KILL_AFTER]),
    ),
    max_size=25,
)


@settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    data=documents(),
    acts=ACTS,
    outcomes=st.lists(st.sampled_from(OUTCOMES), max_size=12),
    facts=st.builds(Caller, number=st.sampled_from(["", "13800"]), vip=st.booleans()),
)
def test_every_call_ends_served_or_hung_up(
    data: Document, acts: list[str], outcomes: list[str], facts: Caller
) -> None:
    flow_book = pruned(data, KNOWN)
    assume(flow_book is not None)
    assert flow_book is not None
    line = ScriptedLine(acts, kills_keep=True)
    for _session in range(200):
        before = len(line.nodes)
        spoken = len(line.heard)
        try:
            left = go(flow_book, line, caller=facts, outcome=line.result)
        except CallerGone:
            return
        except Killed:
            continue
        assert left != ToQueue(queue="careline-fallback"), "a valid flow needs no last resort"
        assert line.position.idle < MAX_IDLE, "a valid flow never runs in circles"
        assert len(line.nodes) - before < 40 + 10 * len(acts)
        assert len(line.heard) - spoken < 200
        if isinstance(left, Hangup):
            return
        assert line.position.waiting
        line.result = outcomes.pop(0) if outcomes else "answered"
    raise AssertionError("the call never ended")


@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=documents(), sessions=st.integers(1, 6))
def test_a_silent_caller_always_comes_to_the_end_of_a_run(data: Document, sessions: int) -> None:
    flow_book = pruned(data, KNOWN)
    assume(flow_book is not None)
    assert flow_book is not None
    line = ScriptedLine()
    nodes_in_all = sum(len(flow["nodes"]) for flow in data["flows"].values())
    for _session in range(sessions):
        before = len(line.nodes)
        left = go(flow_book, line, outcome=line.result)
        # Each node at most once, each menu with its tries, the sub-flow once for each node.
        assert len(line.nodes) - before <= 4 * nodes_in_all * nodes_in_all
        if isinstance(left, Hangup):
            return
        line.result = "timeout"
