from __future__ import annotations

import pytest

from careline.asterisk.dialplan import dialplan
from careline.clock import Clock
from careline.testing.memory import MemoryReactor
from careline.testing.switch.channel import Channel, Identity, Place
from careline.testing.switch.core import Core
from careline.testing.switch.dialplan import Dialplan, breadth, matches, read
from careline.testing.switch.expressions import (
    UnknownToSwitch,
    assign,
    expression,
    substitute,
)


@pytest.fixture
def channel() -> Channel:
    reactor = MemoryReactor()
    core = Core(reactor, Clock(reactor), "hq", Dialplan(globals={"SITE": "north"}))
    return Channel(core, "PJSIP/trunk", Place("in", "8001"), Identity("138", "Li"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A}", "one"),
        ("${A:1}", "ne"),
        ("${A:0:2}", "on"),
        ("${A:-2}", "ne"),
        ("${NONE}", ""),
        ("${SITE}", "north"),
        ("${EXTEN}@${CONTEXT}", "8001@in"),
        ("${FILTER(0-9,${EXTEN}x)}", "8001"),
        ("${CALLERID(num)}", "138"),
        ("${CHANNEL(endpoint)}", "trunk"),
        ("${CHANNEL(language):0:1}", "z"),
        ("${${INDIRECT}}", "one"),
        ('$["${A}" = "one"]', "1"),
        ('$["${A}" = ""]', "0"),
        ("$[0${NONE} + 1]", "1"),
        ("$[3 > 3]", "0"),
        ("$[1 & (0 | 2)]", "1"),
        ("a $[2-1] b", "a 1 b"),
    ],
)
def test_substitution(channel: Channel, text: str, value: str) -> None:
    channel.set("A", "one")
    channel.set("INDIRECT", "A")
    assert substitute(channel, text) == value


def test_inheritance(channel: Channel) -> None:
    for name in ("__EVER", "_ONCE", "NEVER"):
        assign(channel, name, "1")
    child = Channel(channel.core, "PJSIP/2001", Place("p", "s"), Identity(), channel)
    child.inherit(channel)
    grandchild = Channel(channel.core, "PJSIP/2002", Place("p", "s"), Identity(), child)
    grandchild.inherit(child)
    assert [child.has(name) for name in ("EVER", "ONCE", "NEVER")] == [True, True, False]
    assert [grandchild.has(name) for name in ("EVER", "ONCE")] == [True, False]
    assert grandchild.linked_id == channel.unique_id


def test_writing_through_functions(channel: Channel) -> None:
    leg = Channel(channel.core, "PJSIP/2001", Place("p", "s"), Identity(), channel)
    leg.master = channel
    assign(leg, "MASTER_CHANNEL(CHANNEL(language))", "zh_1001")
    assign(leg, "GLOBAL(X)", "1")
    assert (channel.language, substitute(channel, "${X}")) == ("zh_1001", "1")


@pytest.mark.parametrize("text", ["${SHELL(ls)}", "${CHANNEL(rtp,x)}", "${A"])
def test_what_it_does_not_know_it_says(channel: Channel, text: str) -> None:
    with pytest.raises(UnknownToSwitch):
        substitute(channel, text)
    with pytest.raises(UnknownToSwitch):
        expression("1 2")


@pytest.mark.parametrize(
    ("pattern", "takes", "not_"),
    [
        ("_X.", "12", "1"),
        ("_X!", "1", "a"),
        ("_*X!", "*1", "11"),
        ("_[0-9A-Za-z+]!", "+86138", "*1"),
        ("_2XXX", "2001", "20011"),
        ("_NZX", "210", "110"),
    ],
)
def test_patterns(pattern: str, takes: str, not_: str) -> None:
    assert matches(pattern, takes)
    assert not matches(pattern, not_)


def test_the_closest_pattern_wins() -> None:
    assert min(["_X.", "_2XXX", "_2XX[1-3]"], key=breadth) == "_2XX[1-3]"
    plan = read(
        "[c]\nexten => _X!,1,NoOp(any)\nexten => 12,1,NoOp(exact)\nexten => _1X,1,NoOp(two)\n"
    )
    found = {number: plan.find("c", number) for number in ("12", "13", "99")}
    assert {n: one.steps[1].data for n, one in found.items() if one} == {
        "12": "exact",
        "13": "two",
        "99": "any",
    }


def test_reading() -> None:
    plan = read(
        "[general]\nstatic=yes\n[globals]\nAGI=agi://h:1\n; a comment\n[a]\n"
        "exten => s,1(begin),Set(X=1\\;2) ; and one here\n same => n,GotoIf($[1]?begin:end)\n"
        " same => n(end),Hangup()\ninclude => b\n[b]\nexten => t,1,NoOp()\n"
    )
    assert plan.globals == {"AGI": "agi://h:1"}
    extension = plan.find("a", "s")
    assert extension is not None
    assert extension.labels == {"begin": 1, "end": 3}
    assert extension.steps[1].data == "X=1;2"
    assert plan.find("a", "t") is plan.find("b", "t")
    assert plan.priority("a", "s", "end") == 3


def test_it_reads_carelines_own_dialplan() -> None:
    plan = read(dialplan(4573))
    assert plan.find("careline-inbound", "8001") is not None
    assert plan.find("careline-do", "queue") is not None
    assert plan.find("careline-phones", "*51") is not plan.find("careline-phones", "2001")
    assert plan.globals["CARELINE_AGI"].endswith(":4573")
