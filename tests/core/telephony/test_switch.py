"""The typed verbs: what they send, what they make of recorded answers, what they refuse."""

from __future__ import annotations

import pytest
from tests.core.telephony.fake import DATA, Outcome

from careline.errors import Refused
from careline.telephony.ami.codec import Decoder, Message, encode
from careline.telephony.switch import (
    KNOWS_BEGIN,
    Channel,
    Contact,
    Device,
    OldDialplan,
    Switch,
)


class Recorded:
    """A link that answers with what a real Asterisk said."""

    def __init__(self, stream: str = "", values: dict[str, str] | None = None) -> None:
        data = (DATA / f"{stream}.ami").read_bytes() if stream else b""
        self.messages = [m for m in Decoder().feed(data) if m.kind == "event"]
        self.values = values or {}
        self.asked: list[tuple[str, list[tuple[str, str]]]] = []

    async def action(self, name, fields=(), timeout=5.0):
        fields = list(fields)
        encode(name, fields, "1")
        self.asked.append((name, fields))
        return Message.of([("Response", "Success"), ("Value", self.values.get(fields[-1][1], ""))])

    async def collect(self, name, fields=(), timeout=10.0):
        kinds = {
            "CoreShowChannels": ("CoreShowChannel",),
            "BridgeList": ("BridgeListItem",),
            "DeviceStateList": ("DeviceStateChange",),
            "QueueStatus": ("QueueParams", "QueueMember", "QueueEntry"),
        }[name]
        return [m for m in self.messages if m.name in kinds and m.action_id]


def asked(link, coro):
    outcome = Outcome(coro)
    assert outcome.error is None
    return outcome.value


def test_channels_of_a_real_call():
    link = Recorded("queue_call_everything")
    agent, caller = asked(link, Switch(link).channels())
    assert caller.name == "PJSIP/trunk-00000000"
    assert caller.unique_id == caller.linked_id == agent.linked_id
    assert (caller.caller_number, caller.caller_name) == ("13800001111", "张三丰")
    assert (agent.state, agent.seconds, agent.application) == (6, 4, "AppQueue")
    assert agent.bridge_id == caller.bridge_id != ""


def test_bridges_of_a_real_call():
    link = Recorded("queue_call_everything")
    (bridge,) = asked(link, Switch(link).bridges())
    assert (bridge.kind, bridge.technology, bridge.channels) == ("basic", "simple_bridge", 2)


def test_queues_with_members_and_callers():
    link = Recorded("abandoned_call_filtered")
    fallback, support = asked(link, Switch(link).queue_status())
    assert (fallback.name, fallback.calls, fallback.members) == ("careline-fallback", 1, ())
    (caller,) = fallback.callers
    assert (caller.position, caller.wait_s, caller.number) == (1, 3, "13800001111")
    assert (support.completed, support.talk_s, support.callers) == (1, 6, ())
    (member,) = support.members
    assert (member.interface, member.name, member.status) == ("PJSIP/2001", "张护士", 1)
    assert (member.dynamic, member.paused, member.in_call) == (False, False, False)
    assert member.last_call == 1795363991


def test_devices():
    link = Recorded("gbk_caller")
    assert Device(name="PJSIP/2002", state="UNAVAILABLE") in asked(link, Switch(link).devices())


def test_contacts_are_read_without_the_right_to_run_programs():
    link = Recorded(
        values={
            "PJSIP_AOR(2001,contact)": "2001@@1c93,2001;@ab",
            "PJSIP_CONTACT(2001@@1c93,uri)": "sip:2001@127.0.0.3:26001",
            "PJSIP_CONTACT(2001@@1c93,status)": "Reachable",
        }
    )
    first, second = asked(link, Switch(link).contacts(["2001", "2002"]))
    assert first == Contact(aor="2001", uri="sip:2001@127.0.0.3:26001", status="Reachable")
    assert second.aor == "2001"


def test_originate():
    link = Recorded()
    unique = asked(
        link,
        Switch(link).originate(
            "PJSIP/1001",
            "careline-phones",
            "8001",
            caller_id="+8613800001111",
            variables={"__CARELINE_CALL": "hq-1.0", "X": "张"},
            timeout_s=12.5,
            at_once=True,
        ),
    )
    name, fields = link.asked[-1]
    assert name == "Originate"
    assert ("Channel", "Local/s@careline-begin/n") in fields
    assert ("ChannelId", unique) in fields
    assert [v for k, v in fields if k == "Variable"] == [
        "__CARELINE_CALL=hq-1.0",
        "_X=张",
        "CARELINE_CALLS=PJSIP/1001",
        "CARELINE_CALLS_S=12",
        "_CARELINE_AT=careline-phones",
        "_CARELINE_ENTRY=8001",
        "_CARELINE_SHOWS=+8613800001111",
        "_CARELINE_AT_ONCE=1",
    ]
    assert ("Timeout", "17500") in fields
    assert ("Async", "true") in fields


@pytest.mark.parametrize("channel", ["PJSIP/1001", "PJSIP/13900002222@trunk"])
def test_nobody_is_rung_by_originate_itself(channel):
    """Asterisk would follow a diversion (302) of whoever is rung, to a dial string even."""
    link = Recorded()
    asked(link, Switch(link).originate(channel, "careline-do", "s"))
    assert dict(link.asked[-1][1])["Channel"] == "Local/s@careline-begin/n"


def test_fact_12_originate_knows_no_application():
    link = Recorded()
    asked(link, Switch(link).originate("PJSIP/1001", "careline-do", "s"))
    assert not {"Application", "Data"} & {key for key, _ in link.asked[-1][1]}


def test_where_the_dialplan_is_older_nobody_is_rung_and_it_is_said():
    """Originate would say nothing: Asterisk only finds later that there is no such place."""
    link = Recorded(values={KNOWS_BEGIN: "0"})
    error = Outcome(Switch(link).originate("PJSIP/1001", "careline-do", "s")).error
    assert isinstance(error, OldDialplan)
    assert [name for name, _ in link.asked] == ["Getvar"]
    asked(link, Switch(link).originate("Local/s@careline-callback", "careline-callback", "out"))
    assert link.asked[-1][0] == "Originate"


VERBS = [
    ("redirect", ("PJSIP/1-1", "careline-do", "s"), "Redirect"),
    ("hangup", ("PJSIP/1-1", 17), "Hangup"),
    ("bridge", ("PJSIP/1-1", "PJSIP/2-1"), "Bridge"),
    ("blind_transfer", ("PJSIP/1-1", "careline-phones", "2001"), "BlindTransfer"),
    ("attended_transfer", ("PJSIP/1-1", "careline-phones", "2001"), "Atxfer"),
    ("spy", ("PJSIP/1", "PJSIP/2-1", "whisper"), "Originate"),
    ("set_variable", ("Local/1@careline-x-1;2", "X", "v"), "Setvar"),
    ("set_global", ("X", "v"), "Setvar"),
    ("get_variable", ("PJSIP/1-1", "CHANNEL(language)"), "Getvar"),
    ("queue_add", ("q", "PJSIP/1", "张"), "QueueAdd"),
    ("queue_add", ("q", "Local/1@careline-agents/n", "a", 3, False, "PJSIP/1"), "QueueAdd"),
    ("queue_remove", ("q", "PJSIP/1"), "QueueRemove"),
    ("queue_pause", ("PJSIP/1", True, "会诊", "q"), "QueuePause"),
    ("queue_penalty", ("q", "PJSIP/1", 2), "QueuePenalty"),
    ("withdraw_caller", ("q", "PJSIP/1-1", "closed"), "QueueWithdrawCaller"),
    ("queue_reload", (), "QueueReload"),
    ("mixmonitor_start", ("PJSIP/1-1", "a.wav"), "MixMonitor"),
    ("mixmonitor_stop", ("PJSIP/1-1",), "StopMixMonitor"),
    ("mixmonitor_mute", ("PJSIP/1-1", True), "MixMonitorMute"),
]


@pytest.mark.parametrize(("verb", "args", "action"), VERBS)
def test_verbs(verb, args, action):
    link = Recorded()
    asked(link, getattr(Switch(link), verb)(*args))
    name, fields = link.asked[-1]
    assert name == action
    values = {value.lower() for _, value in fields}
    for arg in args:
        if not isinstance(arg, (bool, int)) and verb != "spy":
            assert str(arg).lower() in values


def test_a_new_member_is_paused_unless_said_otherwise():
    """asterisk#1007: one that is added and then paused may ring in between."""
    link = Recorded()
    asked(link, Switch(link).queue_add("q", "PJSIP/1", "a"))
    assert ("Paused", "true") in link.asked[0][1]


@pytest.mark.parametrize(
    "bad",
    [
        "${SHELL(id)}",
        "a,b",
        "a&b",
        "a|b",
        "x\r\nAction: Originate",
        "x\nY: z",
        "a\0",
        '"',
        "\\",
        "$[",
    ],
)
@pytest.mark.parametrize(("verb", "args", "_action"), VERBS)
def test_no_text_of_any_verb_can_inject(verb, args, _action, bad):
    texts = [at for at, arg in enumerate(args) if isinstance(arg, str)]
    for at in texts:
        link = Recorded()
        spoilt = [*args[:at], bad, *args[at + 1 :]]
        assert isinstance(Outcome(getattr(Switch(link), verb)(*spoilt)).error, Refused)
        assert link.asked == []


@pytest.mark.parametrize("channel", ["/^.*/", "/PJSIP/", "", "PJSIP", "PJSIP/1 ", "PJSIP/"])
def test_a_channel_is_not_a_pattern(channel):
    """Hangup takes a name that begins with / for a pattern: it could end every call."""
    link = Recorded()
    assert isinstance(Outcome(Switch(link).hangup(channel)).error, Refused)


@pytest.mark.parametrize(
    ("channel", "context"),
    [
        ("PJSIP/1", "default"),
        ("PJSIP/1", "from-internal"),
        ("Local/s@default", "careline-do"),
        ("Local/s@default/n", "careline-do"),
        ("Local/careline-x", "careline-do"),
        ("DAHDI/1", "careline-do"),
        ("Dial/1", "careline-do"),
    ],
)
def test_fact_12_calls_go_to_our_own_contexts_only(channel, context):
    link = Recorded()
    switch = Switch(link)
    assert isinstance(Outcome(switch.originate(channel, context, "s")).error, Refused)
    assert link.asked == []


@pytest.mark.parametrize("name", ["SHELL(id)", "DB(a/b)", "FILE(x)", "a b", "", "X=1", "ENV(PATH)"])
def test_variables_are_variables_or_harmless_functions(name):
    link = Recorded()
    switch = Switch(link)
    for verb in (switch.set_global(name, "1"), switch.get_global(name)):
        assert isinstance(Outcome(verb).error, Refused)
    outcome = Outcome(switch.originate("PJSIP/1", "careline-do", "s", variables={name: "1"}))
    assert isinstance(outcome.error, Refused)


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("spy", ("PJSIP/1", "PJSIP/2-1", "record")),
        ("mixmonitor_start", ("PJSIP/1-1", "a.wav", "i(x)")),
        ("mixmonitor_start", ("PJSIP/1-1", "../a.wav")),
        ("mixmonitor_mute", ("PJSIP/1-1", True, "sideways")),
        ("originate", ("PJSIP/1", "careline-do", "s", '"x" <1>')),
    ],
)
def test_choices_are_checked(verb, args):
    assert isinstance(Outcome(getattr(Switch(Recorded()), verb)(*args)).error, Refused)


def test_odd_numbers_spoil_no_list():
    link = Recorded()
    link.messages = [
        Message.of([("Event", "QueueParams"), ("ActionID", "1"), ("Queue", "q"), ("Calls", "?")])
    ]
    (queue,) = asked(link, Switch(link).queue_status())
    assert queue.calls == 0


def test_a_channel_that_says_little():
    headers = [("Event", "CoreShowChannel"), ("CallerIDNum", "<unknown>"), ("Duration", "01:02:03")]
    channel = Channel.of(Message.of(headers))
    assert (channel.caller_number, channel.seconds, channel.state) == ("", 3723, 0)
