"""The made-up calls of the demonstration: who said what, and what happened meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from careline.calls import facts as f
from careline.calls.model import INBOUND_CONTEXT, PHONES_CONTEXT
from careline.i18n import Lang
from careline_recording.config import COMPLAINT, NORMAL

AGENT, CALLER = "agent", "caller"
#: Seconds in which the caller hears music between two stretches of a talk.
HELD_S = 12.0
#: Seconds from the call to the first word of the agent.
ANSWERED_S = 22.0
Lines = tuple[tuple[str, str], ...]


@frozen(kw_only=True)
class Talk:
    """A call ``days`` ago; its ``parts`` are what was said before and after each hold."""

    days: int
    number: str
    agent: str
    phone: str
    queue: str
    parts: tuple[Lines, ...]
    disposition: str
    note: str
    language: Lang = "zh"
    klass: str = NORMAL
    mark: str = ""


TALKS = (
    Talk(
        days=4,
        number="+8613800138001",
        agent="8001",
        phone="1001",
        queue="appointments",
        disposition="book",
        note="心内科，下周一上午。",
        parts=(
            (
                (CALLER, "您好，我想挂下周一心内科的号。"),
                (AGENT, "好的，刘阿姨，上午还是下午方便？"),
                (CALLER, "上午，越早越好。"),
                (AGENT, "请稍等，我帮您查一下号源。"),
            ),
            (
                (AGENT, "让您久等了。八点半还有一个号，给您约上了。"),
                (CALLER, "好的，谢谢你。"),
                (AGENT, "就诊当天请带身份证和医保卡，再见。"),
            ),
        ),
    ),
    Talk(
        days=3,
        number="+8613800138002",
        agent="8002",
        phone="1002",
        queue="complaints",
        disposition="complain",
        note="取药等候超过一小时，已转门诊办。",
        klass=COMPLAINT,
        mark="患者说明了等候时间",
        parts=(
            (
                (CALLER, "我要投诉，昨天取药等了一个多小时。"),
                (AGENT, "非常抱歉，陈先生。请问是哪个药房，大约几点？"),
                (CALLER, "门诊一楼药房，十点左右。"),
                (AGENT, "我已经记录下来，门诊办公室今天会给您回电话。"),
                (CALLER, "好，我等你们的电话。"),
            ),
        ),
    ),
    Talk(
        days=2,
        number="+8613900007777",
        agent="8001",
        phone="1001",
        queue="service",
        disposition="route",
        note="Asked in English for the way to the east campus.",
        language="en",
        parts=(
            (
                (CALLER, "Hello, how do I get to the east campus?"),
                (AGENT, "Good morning. Please take the underground, line two, to the last stop."),
                (CALLER, "And is there parking for visitors?"),
                (AGENT, "Yes, beside the main gate. The first half hour is free."),
                (CALLER, "Thank you very much."),
            ),
        ),
    ),
)


def facts_of(
    id: str, talk: Talk, begun: datetime, lengths: Sequence[float], patients: tuple[int, ...]
) -> tuple[f.ChannelUp, *tuple[f.Fact, ...]]:
    """What the switch would have told of it; ``lengths`` are the seconds of each part."""
    up = f.ChannelUp(
        at=begun,
        channel=id,
        name="PJSIP/demo-1",
        context=INBOUND_CONTEXT,
        extension="4001234567",
        number=talk.number,
    )
    asked = f.Identified(
        at=begun, channel=id, campus="main", trunk="demo", number=talk.number, patients=patients
    )
    answered = begun + timedelta(seconds=ANSWERED_S)
    spoken, ended = _spoken(id, answered, lengths)
    rest = [asked, *_reached(id, talk, begun), *spoken, *_over(id, talk, ended)]
    return (up, *rest)


def _phone_of(id: str) -> str:
    """The agent's channel in the call ``id``."""
    return f"{id}1"


def _reached(id: str, talk: Talk, begun: datetime) -> list[f.Fact]:
    """The caller waits, the agent's phone rings and is answered."""
    channel = _phone_of(id)

    def after(seconds: float) -> datetime:
        return begun + timedelta(seconds=seconds)

    return [
        f.ChannelAnswered(at=after(1), channel=id),
        f.Queued(at=after(12), channel=id, queue=talk.queue, position=1),
        f.ChannelUp(
            at=after(16),
            channel=channel,
            name=f"PJSIP/{talk.phone}-1",
            context=PHONES_CONTEXT,
            agent=talk.agent,
        ),
        f.Rang(at=after(16), channel=channel, agent=talk.agent, queue=talk.queue),
        f.ChannelAnswered(at=after(19), channel=channel),
        f.RingEnded(at=after(19), channel=channel, result="answered"),
        f.Connected(at=after(ANSWERED_S), channel=channel, agent=talk.agent, queue=talk.queue),
    ]


def _spoken(id: str, begun: datetime, lengths: Sequence[float]) -> tuple[list[f.Fact], datetime]:
    """The parts of the talk with a hold between each two, and when it ends."""
    channel, moment = _phone_of(id), begun
    facts: list[f.Fact] = []
    for number, length in enumerate(lengths):
        if number:
            facts.append(f.Held(at=moment, channel=channel, party=id))
            moment += timedelta(seconds=HELD_S)
            facts.append(f.Resumed(at=moment, channel=channel))
        bridge, both = f"{id}-{number}", (id, channel)
        facts += [f.Bridged(at=moment, channel=one, bridge=bridge) for one in both]
        moment += timedelta(seconds=length)
        facts += [f.Unbridged(at=moment, channel=one, bridge=bridge) for one in both]
    return facts, moment


def _over(id: str, talk: Talk, ended: datetime) -> list[f.Fact]:
    """The agent hangs up, the caller is gone too, and the agent writes what it was about."""
    channel = _phone_of(id)
    gone = ended + timedelta(seconds=0.2)
    return [
        f.ChannelGone(at=ended, channel=channel, cause=16),
        f.ChannelGone(at=gone, channel=id, cause=16),
        f.WrapUpStarted(at=gone, channel=channel, agent=talk.agent),
        f.WrapUpEnded(
            at=gone + timedelta(seconds=14),
            channel=channel,
            agent=talk.agent,
            disposition=talk.disposition,
            note=talk.note,
        ),
    ]
