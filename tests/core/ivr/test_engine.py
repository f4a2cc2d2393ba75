from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import evolve
from twisted.internet.defer import Deferred

from careline.errors import Invalid, Refused
from careline.i18n import Text
from careline.ivr.book import FlowBook
from careline.ivr.check import Known
from careline.ivr.exits import Hangup, ToAgent, ToCallback, ToNumber, ToQueue, ToVoicemail
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.line import CallerGone
from careline.ivr.model import Answer, Caller, Field, FieldType, NodeKind, Position, kinds_by_name
from careline.ivr.prompt import Prompt, Speech
from careline.ivr.step import Step
from careline.testing.line import HANG_UP, KILL, KILL_AFTER, Killed, ScriptedLine, book, flows, go

TAIL = """
[nodes.agent]
kind = "queue"
queue = "service"
timeout = "choice"
full = "bye"
closed = "box"
[nodes.choice]
kind = "menu"
prompts = ["wait_longer"]
choices = { 1 = "agent", 2 = "box", 3 = "call_back" }
[nodes.box]
kind = "voicemail"
box = "service"
done = "bye"
[nodes.call_back]
kind = "callback"
queue = "service"
done = "bye"
[nodes.bye]
kind = "hang_up"
prompts = ["goodbye"]
"""
HEAD = 'name = "main"\nstart = "first"\noperator = "agent"\nlanguages = ["zh", "en"]\n'


def one(node: str, known: Known | None = None, **parts: Any) -> FlowBook:
    """A book with one flow that begins with the given nodes, and further parts of a book."""
    return book(*flows(HEAD + node + TAIL, known), **parts)


MENU = """
[nodes.first]
kind = "menu"
prompts = ["main_menu"]
choices = { 1 = "agent", 5 = "bye", "#" = "first", 9 = "english" }
[nodes.english]
kind = "language"
language = "en"
next = "first"
"""


def test_a_key_of_the_menu_leads_on() -> None:
    line = ScriptedLine("5")
    assert go(one(MENU), line) == Hangup()
    assert line.names == ["main_menu", "goodbye"]


def test_silent_and_wrong_input_is_said_so_and_then_goes_to_an_agent() -> None:
    line = ScriptedLine(["", "7", "8"])
    left = go(one(MENU), line)
    assert isinstance(left, ToQueue)
    assert left.queue == "service"
    assert line.names == ["main_menu", "no-input", "main_menu", "invalid-key", "main_menu"]


def test_the_language_chosen_holds_from_then_on() -> None:
    line = ScriptedLine(["9", "5"])
    go(one(MENU), line)
    assert [prompt.language for prompt in line.heard] == ["zh", "en", "en"]


def test_who_keeps_pressing_keys_is_led_on_however_long() -> None:
    line = ScriptedLine(["9"] * 500 + ["5"])
    assert go(one(MENU), line) == Hangup()


PLACES_FOR_ZERO = {
    "menu": MENU,
    "play": '[nodes.first]\nkind = "play"\nprompts = "hello"\nnext = "bye"\n',
    "say": '[nodes.first]\nkind = "say"\ntext = { zh = "你好", en = "hello" }\nnext = "bye"\n',
    "collect": '[nodes.first]\nkind = "collect"\nprompts="id"\nvariable="x"\nnext = "bye"\n',
    "hang_up": '[nodes.first]\nkind = "hang_up"\nprompts="goodbye"\n',
    "voicemail": '[nodes.first]\nkind = "voicemail"\nbox="b"\nprompts="vm"\ndone="bye"\n',
}


@pytest.mark.parametrize("kind", PLACES_FOR_ZERO)
def test_zero_reaches_an_agent_from_anywhere(kind: str) -> None:
    line = ScriptedLine("0")
    assert isinstance(go(one(PLACES_FOR_ZERO[kind]), line), ToQueue)
    assert line.nodes == ["first", "agent", "agent"], "at once, without another try"
    assert "invalid-key" not in line.names


def test_zero_in_a_sub_flow_reaches_the_caller_flows_agent() -> None:
    text = """
    [flows.main]
    start = "first"
    operator = "agent"
    [flows.main.nodes.first]
    kind = "transfer"
    to = "flow"
    target = "hours"
    answered = "bye"
    [flows.main.nodes.agent]
    kind = "queue"
    queue = "service"
    timeout = "bye"
    full = "bye"
    closed = "bye"
    [flows.main.nodes.bye]
    kind = "hang_up"
    [flows.hours]
    sub = true
    start = "say"
    [flows.hours.nodes.say]
    kind = "play"
    prompts = "opening_hours"
    next = "@return"
    """
    both = book(*flows(text, Known(flows=set())))
    left = go(both, ScriptedLine("0"))
    assert isinstance(left, ToQueue)
    assert left.queue == "service"
    line = ScriptedLine()
    assert go(both, line) == Hangup()
    assert line.names == ["opening_hours"]
    assert line.nodes == ["first", "say", "bye", "bye"]


def test_collected_digits_are_read_back_until_confirmed() -> None:
    node = """
    [nodes.first]
    kind = "collect"
    prompts = "enter_id"
    variable = "number"
    min = 4
    max = 6
    confirm = true
    next = "tell"
    [nodes.tell]
    kind = "say"
    text = { zh = "号码{number:digits}，费用{fee:money}。", en = "{number:digits}" }
    next = "bye"
    """
    line = ScriptedLine(["12345#", "2", "4321#", "1"])
    assert go(one(node), line) == Hangup()
    read_back = [prompt.value for prompt in line.heard if prompt.speech is Speech.DIGITS]
    assert read_back == ["12345", "4321", "4321"]
    assert Prompt(Speech.TEXT, "号码", "zh") in line.heard
    assert line.position.vars == {"number": "4321"}


@pytest.mark.parametrize("keys", ["", "12#", "1*34"])
def test_digits_that_do_not_fit_are_asked_again_then_an_agent_helps(keys: str) -> None:
    node = '[nodes.first]\nkind="collect"\nprompts="id"\nvariable="n"\nmin=3\nmax=9\nnext="bye"\n'
    line = ScriptedLine([keys] * 3)
    assert isinstance(go(one(node), line), ToQueue)
    assert line.names.count("id") == 3


@pytest.mark.parametrize(
    ("test", "caller", "yes"),
    [
        ("hours", Caller(hours="open"), True),
        ("hours", Caller(hours="holiday"), False),
        ("holiday", Caller(hours="holiday"), True),
        ("holiday", Caller(hours="after_hours"), False),
        ("known", Caller(known=True), True),
        ("vip", Caller(vip=True), True),
        ("blocklisted", Caller(blocklisted=True), True),
        ("blocklisted", Caller(), False),
        ("withheld", Caller(), True),
        ("withheld", Caller(number="+8613811112222"), False),
    ],
)
def test_conditions(test: str, caller: Caller, yes: bool) -> None:
    node = f'[nodes.first]\nkind="condition"\ntest="{test}"\nyes="bye"\nno="box"\n'
    left = go(one(node), ScriptedLine(), caller=caller)
    assert isinstance(left, Hangup if yes else ToVoicemail)


@pytest.mark.parametrize(
    ("value", "comparison", "other", "yes"),
    [
        ("9", "<", "10", True),
        ("b", "<", "a", False),
        ("12", "<", "x", True),
        ("abc", "starts", "ab", True),
        ("", "empty", "", True),
        ("5", "!=", "5", False),
        ("5", ">=", "5", True),
    ],
)
def test_comparisons(value: str, comparison: str, other: str, yes: bool) -> None:
    node = f"""
    [nodes.first]
    kind = "set"
    values = {{ x = "{value}" }}
    next = "compare"
    [nodes.compare]
    kind = "condition"
    test = "variable"
    variable = "x"
    is = "{comparison}"
    value = "{other}"
    yes = "bye"
    no = "box"
    """
    assert isinstance(go(one(node), ScriptedLine()), Hangup if yes else ToVoicemail)


LOOK_UP = """
[nodes.first]
kind = "look_up"
ask = "bill"
args = { who = "{caller}" }
into = "bill"
timeout_s = 3
found = "tell"
missing = "box"
[nodes.tell]
kind = "say"
text = { zh = "{bill_sum:money}", en = "{bill_sum:money}" }
next = "bye"
"""


async def _found(caller: Caller, args: Mapping[str, str]) -> Mapping[str, str]:
    assert args == {"who": caller.number}
    return {"sum": "12.50", "Odd Name": "x", "long": "x" * 5000}


async def _none(_caller: Caller, _args: Mapping[str, str]) -> None:
    return None


async def _raises(_caller: Caller, _args: Mapping[str, str]) -> None:
    raise ValueError("plugin bug")


async def _hangs(_caller: Caller, _args: Mapping[str, str]) -> None:
    await Deferred()


@pytest.mark.parametrize(
    ("look_up", "exit_type"),
    [(_found, Hangup), (_none, ToVoicemail), (_raises, ToQueue), (_hangs, ToQueue)],
)
def test_look_ups_and_their_failures(look_up: object, exit_type: type) -> None:
    flow_book = one(LOOK_UP, look_ups={"bill": look_up})
    line = ScriptedLine()
    left = go(flow_book, line, caller=Caller(number="+8613811112222"))
    assert isinstance(left, exit_type)
    if look_up is _found:
        assert line.heard[0] == Prompt(Speech.MONEY, "12.50", "zh")
        assert set(line.position.vars) == {"bill_sum", "bill_long"}


def test_too_many_variables_lead_to_an_agent_not_off_the_channel() -> None:
    async def flood(_caller: Caller, _args: Mapping[str, str]) -> Mapping[str, str]:
        return {f"v{i}": "x" * 400 for i in range(50)}

    flow_book = one(LOOK_UP, look_ups={"bill": flood})
    line = ScriptedLine()
    assert isinstance(go(flow_book, line), ToQueue)
    assert len(line.state) <= 4000


def test_after_the_limit_the_caller_chooses_to_wait_to_leave_a_message_or_to_be_called() -> None:
    flow_book, line = one(MENU), ScriptedLine("1")
    caller = Caller(number="+8613811112222", vip=True)
    left = go(flow_book, line, caller=caller)
    assert isinstance(left, ToQueue)
    assert (left.queue, left.limit_s, left.priority) == ("service", 120, 10)
    assert left.next["timeout"] == "choice"
    line.acts = ["1"]
    assert isinstance(go(flow_book, line, caller=caller, outcome="timeout"), ToQueue)
    line.acts = ["3"]
    left = go(flow_book, line, caller=caller, outcome="timeout")
    assert left == ToCallback(
        queue="service", number=caller.number, next={"done": "bye", "failed": "@operator"}
    )
    assert go(flow_book, line, caller=caller, outcome="done") == Hangup()


@pytest.mark.parametrize(
    ("outcome", "exit_type"),
    [
        ("answered", Hangup),
        ("done", Hangup),  # a plugin's overflow has taken a message or a callback instead
        ("full", Hangup),
        ("closed", ToVoicemail),
        ("key", ToQueue),
        ("withdrawn", ToQueue),
        ("never heard of", ToQueue),
    ],
)
def test_queue_outcomes(outcome: str, exit_type: type) -> None:
    flow_book, line = one(MENU), ScriptedLine("1")
    go(flow_book, line)
    assert isinstance(go(flow_book, line, outcome=outcome), exit_type)


@pytest.mark.parametrize(
    ("to", "target", "exit_type"),
    [
        ("number", "02112345678", ToNumber),
        ("number", "{typed}", ToQueue),
        ("agent", "1001", ToAgent),
        ("queue", "other", ToQueue),
        ("flow", "unknown", ToQueue),
    ],
)
def test_transfers(to: str, target: str, exit_type: type) -> None:
    node = f'[nodes.first]\nkind="transfer"\nto="{to}"\ntarget="{target}"\n'
    flow_book, line = one(node), ScriptedLine()
    left = go(flow_book, line)
    assert isinstance(left, exit_type)
    if to in ("number", "agent"):
        assert isinstance(go(flow_book, line, outcome="failed"), ToQueue)
    if to == "queue":
        assert left == go(flow_book, line), "a run without outcome repeats the exit"
        left = go(flow_book, line, outcome="full")
        assert isinstance(left, ToQueue)
        assert left.queue == "service"


def test_hang_up_comes_out_of_the_run() -> None:
    with pytest.raises(CallerGone):
        go(one(MENU), ScriptedLine([HANG_UP]))


def test_a_killed_core_goes_on_at_the_node_with_the_tries_and_variables_left() -> None:
    node = """
    [nodes.first]
    kind = "set"
    values = { x = "kept" }
    next = "menu"
    [nodes.menu]
    kind = "menu"
    prompts = ["ask"]
    tries = 2
    choices = { 1 = "bye" }
    """
    flow_book, line = one(node), ScriptedLine(["7", KILL])
    with pytest.raises(Killed):
        go(flow_book, line)
    assert (line.position.node, line.position.tries) == ("menu", 1)
    assert line.position.vars == {"x": "kept"}
    line.acts = ["7"]
    assert isinstance(go(flow_book, line), ToQueue)


def test_an_old_outcome_is_not_taken_for_a_new_one() -> None:
    flow_book = one(MENU)
    line = ScriptedLine(["1"])
    go(flow_book, line)
    line.acts = ["3", KILL_AFTER]
    line.kills_keep = True
    line.result = "timeout"
    with pytest.raises(Killed):  # died when the call-back was kept, before the switch did it
        go(flow_book, line, caller=Caller(number="1380"), outcome=line.result)
    assert line.position.node == "call_back"
    left = go(flow_book, line, caller=Caller(number="1380"), outcome=line.result)
    assert isinstance(left, ToCallback)


def test_a_running_call_keeps_its_version() -> None:
    old = flows(HEAD + MENU + TAIL)[0]
    new = evolve(old, version=2, start="bye", operator="", nodes={"bye": old.nodes["bye"]})
    flow_book, line = book(evolve(old, version=1)), ScriptedLine([KILL])
    with pytest.raises(Killed):
        go(flow_book, line)
    flow_book.put([new])
    line.acts = ["1"]
    left = go(flow_book, line)
    assert isinstance(left, ToQueue)
    assert (line.position.version, line.position.by) == (1, "1")
    assert go(flow_book, ScriptedLine()) == Hangup(), "new calls get the new version"


def test_without_its_plugin_a_flow_gives_way_to_the_version_before_it() -> None:
    old = flows(HEAD + MENU + TAIL)[0]
    first = evolve(old.nodes["first"], kind="sms_menu")
    new = evolve(old, version=2, nodes={**old.nodes, "first": first})
    flow_book = book(evolve(old, version=1), new)
    assert flow_book.get("main").version == 1
    flow_book.kinds = {**flow_book.kinds, "sms_menu": flow_book.kinds["menu"]}
    assert flow_book.get("main").version == 2, "it is there again"


def test_a_flow_whose_plugin_is_gone_leads_to_the_operator() -> None:
    old = flows(HEAD + MENU + TAIL)[0]
    nodes = {name: node for name, node in old.nodes.items() if name != "first"}
    for left in (nodes, {**nodes, "first": evolve(old.nodes["first"], kind="sms_menu")}):
        assert isinstance(go(book(evolve(old, version=1, nodes=left)), ScriptedLine()), ToQueue)


def test_a_flow_that_is_gone_ends_in_the_last_resort() -> None:
    line = ScriptedLine()
    left = go(book(), line, position=Position("gone", 3, "first"))
    assert left == ToQueue(queue="careline-fallback")
    assert go(book(), line) == left
    assert go(book(), line, outcome="answered") == Hangup()


async def _plugin(step: Step) -> Answer:
    what = step.text("{do}") or step["do"]
    if what == "raise":
        raise RuntimeError("plugin bug")
    if what == "hang":
        await Deferred()
    if what == "ask":
        return "good" if await step.line.collect([], 1, 5, "") == "1" else "bad"
    return str(what)


RATE = NodeKind(
    name="rate",
    title=Text("Rate"),
    fields=(
        Field(name="do", type=FieldType.TEXT, title=Text("Do"), required=True),
        Field(name="good", type=FieldType.TARGET, title=Text("Good"), required=True),
        Field(name="bad", type=FieldType.TARGET, title=Text("Bad"), default="@end"),
    ),
    run=_plugin,
    timeout_s=7,
)


@pytest.mark.parametrize(
    ("do", "exit_type"),
    [("ask", ToVoicemail), ("raise", ToQueue), ("hang", ToQueue), ("no such way", ToQueue)],
)
def test_a_plugins_node_and_its_failures(do: str, exit_type: type) -> None:
    kinds = kinds_by_name([*CORE_KINDS, RATE])
    node = f'[nodes.first]\nkind="rate"\ndo="{do}"\ngood="box"\n'
    found = flows(HEAD + node + TAIL, Known(kinds=kinds))
    flow_book = book(*found, kinds=kinds)
    assert isinstance(go(flow_book, ScriptedLine("1")), exit_type)
    assert flow_book.clock.seconds() == (7 if do == "hang" else 0)


def test_an_operator_that_breaks_down_ends_in_the_last_resort() -> None:
    kinds = kinds_by_name([*CORE_KINDS, RATE])
    text = """
    name = "main"
    start = "broken"
    operator = "broken"
    [nodes.broken]
    kind = "rate"
    do = "raise"
    good = "box"
    [nodes.box]
    kind = "voicemail"
    box = "x"
    done = "@end"
    """
    left = go(book(*flows(text, Known(kinds=kinds)), kinds=kinds), ScriptedLine())
    assert left == ToQueue(queue="careline-fallback")


def test_positions_travel_as_short_safe_text() -> None:
    position = Position("main", 3, "menu").with_var("name", "王小明，您好")
    encoded = position.push("sub", 1, "x", "menu").encode()
    assert encoded.replace("-", "").replace("_", "").rstrip("=").isalnum()
    back = Position.decode(encoded).pop()
    assert back == position
    with pytest.raises(Refused):
        position.with_var("x", "y" * 401)


def test_a_position_that_is_full_still_reaches_every_node() -> None:
    position = Position("f" * 48, 999, "n")
    for index in range(4000):
        try:
            position = position.with_var(f"v{index}", "值" * 5)
        except Refused:
            break
    assert 3500 < len(position.encode()) <= 3600
    there = evolve(position.at("n" * 48), by="b" * 48, idle=200, tries=9, waiting=True)
    assert len(there.encode()) <= 4000
    with pytest.raises(Refused):
        position.push("s" * 48, 1, "start", "back")


@pytest.mark.parametrize("text", ["", "!!", "e30=", "bm90IGpzb24=", "eyJ2YXJzIjogMX0=", "W10="])
def test_unreadable_positions_are_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        Position.decode(text)
