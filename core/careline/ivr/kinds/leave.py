"""Nodes that end a step: the switch takes over and comes back with an outcome, or never."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from careline.i18n import Text
from careline.ivr.exits import Hangup, ToAgent, ToCallback, ToNumber, ToQueue, ToVoicemail
from careline.ivr.model import (
    END,
    OPERATOR,
    Answer,
    Enter,
    Field,
    FieldType,
    FlowFault,
    Node,
    NodeKind,
    Place,
    Problems,
)

if TYPE_CHECKING:
    from careline.ivr.step import Step

NUMBER = re.compile(r"\+?[0-9]{1,20}")


async def run_queue(step: Step) -> Answer:
    """Wait in a queue."""
    return await step.after_prompts(
        ToQueue(
            queue=step["queue"],
            priority=step["priority"] + (step["vip_priority"] if step.caller.vip else 0),
            limit_s=step["limit_s"],
            next=step.ways(),
        )
    )


async def run_transfer(step: Step) -> Answer:
    """Go to a number, an agent, a queue or another flow."""
    to, target = step["to"], step.text(step["target"])
    if to == "flow":
        return Enter(target, "answered" if step["answered"] else "")
    if to == "queue":
        failed = step.ways().get("failed", OPERATOR)
        ways = step.ways() | dict.fromkeys(("timeout", "full", "closed"), failed)
        return ToQueue(queue=target, limit_s=step["limit_s"], next=ways)
    if to == "agent":
        return (
            ToAgent(agent=target, ring_s=step["ring_s"], next=step.ways()) if target else "failed"
        )
    if not NUMBER.fullmatch(target):
        return "failed"
    return ToNumber(number=target, ring_s=step["ring_s"], next=step.ways())


def check_transfer(node: Node, place: Place) -> Problems:
    """A fixed number must be one."""
    target = str(node["target"] or "")
    if node["to"] == "number" and "{" not in target and not NUMBER.fullmatch(target):
        return [
            FlowFault(
                "number",
                "{where}: {number} is not a number",
                place.at(field="target"),
                number=target,
            )
        ]
    return []


async def run_voicemail(step: Step) -> Answer:
    """Leave a message."""
    return await step.after_prompts(
        ToVoicemail(box=step["box"], limit_s=step["limit_s"], next=step.ways())
    )


async def run_callback(step: Step) -> Answer:
    """Ask to be called back at the caller's or another number."""
    number = step.text(step["number"])
    if not NUMBER.fullmatch(number):
        return "failed"
    return await step.after_prompts(
        ToCallback(queue=step["queue"], number=number, next=step.ways())
    )


async def run_hang_up(step: Step) -> Answer:
    """Say good-bye and end the call."""
    return await step.after_prompts(Hangup(cause=step["cause"]))


PROMPTS = Field(name="prompts", type=FieldType.PROMPTS, title=Text("Said before"))


def way(name: str, title: Text, default: str = "", *, by_caller: bool = False) -> Field:
    """A way out after the switch's part; without a default it must be written."""
    return Field(
        name=name,
        type=FieldType.TARGET,
        title=title,
        required=not default,
        default=default or None,
        by_caller=by_caller,
    )


QUEUE = NodeKind(
    name="queue",
    title=Text("Queue"),
    fields=(
        Field(name="queue", type=FieldType.QUEUE, title=Text("Queue"), required=True),
        PROMPTS,
        Field(name="priority", type=FieldType.NUMBER, title=Text("Priority"), default=0, high=100),
        Field(
            name="vip_priority",
            type=FieldType.NUMBER,
            title=Text("More for a VIP"),
            default=10,
            high=100,
        ),
        Field(
            name="limit_s",
            type=FieldType.NUMBER,
            title=Text("Seconds to wait"),
            default=120,
            low=10,
            high=7200,
        ),
        way("answered", Text("After the talk"), END, by_caller=True),
        way("timeout", Text("After the limit"), by_caller=True),
        way("full", Text("If full")),
        way("closed", Text("If closed")),
        way("key", Text("If left by a key"), OPERATOR, by_caller=True),
        way("withdrawn", Text("If taken out"), OPERATOR, by_caller=True),
    ),
    run=run_queue,
    serves=True,
)
TRANSFER = NodeKind(
    name="transfer",
    title=Text("Transfer"),
    fields=(
        Field(
            name="to",
            type=FieldType.TEXT,
            title=Text("To"),
            required=True,
            one_of=("number", "agent", "queue", "flow"),
        ),
        Field(name="target", type=FieldType.TEMPLATE, title=Text("Target"), required=True),
        Field(
            name="ring_s",
            type=FieldType.NUMBER,
            title=Text("Seconds to ring"),
            default=45,
            low=5,
            high=180,
        ),
        Field(
            name="limit_s",
            type=FieldType.NUMBER,
            title=Text("Seconds to wait"),
            default=120,
            low=10,
            high=7200,
        ),
        Field(name="answered", type=FieldType.TARGET, title=Text("Afterwards")),
        way("failed", Text("If it fails"), OPERATOR),
    ),
    run=run_transfer,
    check=check_transfer,
    serves=True,
)
VOICEMAIL = NodeKind(
    name="voicemail",
    title=Text("Voicemail"),
    fields=(
        Field(name="box", type=FieldType.TEXT, title=Text("Box"), required=True),
        PROMPTS,
        Field(
            name="limit_s",
            type=FieldType.NUMBER,
            title=Text("Longest message"),
            default=120,
            low=5,
            high=600,
        ),
        way("done", Text("Afterwards")),
        way("failed", Text("If it fails"), END),
    ),
    run=run_voicemail,
    serves=True,
)
CALLBACK = NodeKind(
    name="callback",
    title=Text("Callback"),
    fields=(
        Field(name="queue", type=FieldType.QUEUE, title=Text("Queue"), required=True),
        Field(name="number", type=FieldType.TEMPLATE, title=Text("Number"), default="{caller}"),
        PROMPTS,
        way("done", Text("Afterwards")),
        way("failed", Text("If it fails"), OPERATOR),
    ),
    run=run_callback,
    serves=True,
)
HANG_UP = NodeKind(
    name="hang_up",
    title=Text("Hang up"),
    fields=(
        PROMPTS,
        Field(
            name="cause", type=FieldType.NUMBER, title=Text("Cause"), default=16, low=1, high=127
        ),
    ),
    run=run_hang_up,
)
