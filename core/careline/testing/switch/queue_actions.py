"""AMI actions of the scripted switch about queues, answered as Asterisk 22 does."""

from __future__ import annotations

from collections.abc import Callable

from careline.testing.switch.ami import Action, Reply
from careline.testing.switch.core import Core
from careline.testing.switch.queues import Member, Queue

Item = list[tuple[str, object]]
Act = Callable[[Core, Action, Reply], None]


def _queues(core: Core, action: Action) -> list[Queue]:
    wanted = action.get("Queue")
    return [one for one in core.queues.values() if wanted in ("", one.name)]


def queue_status(core: Core, action: Action, reply: Reply) -> None:
    """QueueStatus: parameters, members and waiting callers of each queue."""
    items = [item for queue in _queues(core, action) for item in _status(core, queue)]
    reply.listing("Queue status will follow", items, "QueueStatusComplete", id_last=True)


def _status(core: Core, queue: Queue) -> list[Item]:
    conf = queue.conf
    items: list[Item] = [
        [
            *(("Event", "QueueParams"), ("Queue", queue.name), ("Max", conf.max_callers)),
            *(("Strategy", conf.strategy.value), ("Calls", len(queue.entries))),
            *(("Holdtime", 0), ("TalkTime", 0)),
            *(("Completed", queue.completed), ("Abandoned", queue.abandoned)),
            *(("ServiceLevel", conf.service_level_s), ("ServicelevelPerf", "0.0")),
            *(("ServicelevelPerf2", "0.0"), ("Weight", conf.weight)),
        ]
    ]
    for member in queue.members.values():
        named: Item = [("Event", "QueueMember"), ("Queue", queue.name), ("Name", member.name)]
        items.append([*named, ("Location", member.interface), *member.figures(), ("Wrapuptime", 0)])
    for position, entry in enumerate(queue.entries, 1):
        channel = entry.channel
        items.append(
            [
                *(("Event", "QueueEntry"), ("Queue", queue.name), ("Position", position)),
                *(("Channel", channel.name), ("Uniqueid", channel.unique_id)),
                ("CallerIDNum", channel.caller.number or "unknown"),
                ("CallerIDName", channel.caller.name or "unknown"),
                ("ConnectedLineNum", channel.connected.number or "unknown"),
                ("ConnectedLineName", channel.connected.name or "unknown"),
                ("Wait", int(core.clock.seconds() - entry.since)),
                ("Priority", entry.priority),
            ]
        )
    return items


def _yes(text: str) -> bool:
    return text.lower() in ("1", "true", "yes", "on")


def queue_add(core: Core, action: Action, reply: Reply) -> None:
    """QueueAdd."""
    queue = core.queues.get(action.get("Queue"))
    interface = action.get("Interface")
    if queue is None:
        reply.error("Unable to add interface to queue: No such queue")
    elif interface in queue.members:
        reply.error("Unable to add interface: Already there")
    else:
        now = int(core.clock.now().timestamp())
        member = Member(core, queue.name, interface, action.get("MemberName") or interface)
        member.penalty = int(action.get("Penalty") or 0)
        member.paused, member.login_time = _yes(action.get("Paused")), now
        member.reason = action.get("Reason") if member.paused else ""
        member.last_pause = now if member.paused else 0
        queue.members[interface] = member
        reply.success("Added interface to queue")
        queue.tell("QueueMemberAdded", member)


def queue_remove(core: Core, action: Action, reply: Reply) -> None:
    """QueueRemove."""
    queue = core.queues.get(action.get("Queue"))
    if queue is None:
        reply.error("Unable to remove interface from queue: No such queue")
    elif action.get("Interface") not in queue.members:
        reply.error("Unable to remove interface: Not there")
    else:
        member = queue.members.pop(action.get("Interface"))
        reply.success("Removed interface from queue")
        queue.tell("QueueMemberRemoved", member)


def queue_pause(core: Core, action: Action, reply: Reply) -> None:
    """QueuePause, in one queue or in all."""
    members = [
        (queue, queue.members[action.get("Interface")])
        for queue in _queues(core, action)
        if action.get("Interface") in queue.members
    ]
    if not members:
        reply.error("Interface not found")
        return
    paused = _yes(action.get("Paused"))
    reply.success(f"Interface {'' if paused else 'un'}paused successfully")
    for queue, member in members:
        member.paused, member.reason = paused, action.get("Reason")
        if paused:
            member.last_pause = int(core.clock.now().timestamp())
        queue.tell("QueueMemberPause", member)


def queue_penalty(core: Core, action: Action, reply: Reply) -> None:
    """QueuePenalty, in one queue or in all."""
    interface = action.get("Interface")
    found = [queue for queue in _queues(core, action) if interface in queue.members]
    if not found:
        reply.error("Invalid interface, queuename or penalty")
        return
    reply.success("Interface penalty set successfully")
    for queue in found:
        queue.members[interface].penalty = int(action.get("Penalty"))
        queue.tell("QueueMemberPenalty", queue.members[interface])


def withdraw(core: Core, action: Action, reply: Reply) -> None:
    """QueueWithdrawCaller."""
    queue = core.queues.get(action.get("Queue"))
    if queue is None:
        reply.error("Queue not found")
        return
    for entry in queue.entries:
        if entry.channel.name == action.get("Caller"):
            reply.success("Withdraw requested successfully")
            entry.withdrawn.give(action.get("WithdrawInfo"))
            return
    reply.error("Caller not found")


def reload(core: Core, action: Action, reply: Reply) -> None:
    """QueueReload: the queues are what they were made."""
    reply.success("Queue reloaded successfully")


QUEUE_ACTIONS: dict[str, Act] = {
    "queueadd": queue_add,
    "queuepause": queue_pause,
    "queuepenalty": queue_penalty,
    "queuereload": reload,
    "queueremove": queue_remove,
    "queuestatus": queue_status,
    "queuewithdrawcaller": withdraw,
}
