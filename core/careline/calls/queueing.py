"""How a call waits in queues, and which phones ring for it; pure rules."""

from __future__ import annotations

from attrs import evolve

from careline.calls import aside
from careline.calls import facts as f
from careline.calls.model import CallRecord, Leg, LegKind, Outcome, Ring, Span, Stay
from careline.calls.parts import SAME, change_leg, ended

#: Why a caller left a queue, as only the dialplan knows it; AMI calls a time-out abandoned too.
LATER = ("timeout", "full", "closed", "withdrawn")
#: Why nobody may even wait: the queue is full, or has no agent.
TURNED_AWAY = ("full", "closed")


def queued(call: CallRecord, fact: f.Queued) -> CallRecord:
    """A caller begins to wait; a queue that an agent asks in is no waiting."""
    leg = call.leg(fact.channel)
    if leg is not None and leg.kind is LegKind.AGENT and len(call.legs) > 1:
        return call  # an agent who asks in a queue: the caller does not wait there
    if call.waiting_in or any(stay.span.start >= fact.at - SAME for stay in call.stays):
        return call
    call = aside.no_more(call, fact.channel)
    stay = Stay(queue=fact.queue, span=Span(start=fact.at), position=fact.position)
    return evolve(call, stays=(*call.stays, stay))


def dequeued(call: CallRecord, fact: f.Dequeued) -> CallRecord:
    """The end of a stay; a reason told later (a time-out, not an abandoned call) corrects it."""
    leg = call.leg(fact.channel)
    if leg is not None and leg.kind is LegKind.AGENT:
        return call  # an agent who asked in a queue
    if call.waiting_in and fact.at < call.stays[-1].span.start:
        return call  # of an earlier stay, told again by the journal
    if call.waiting_in:
        last = ended(call.stays[-1], fact.at, reason=fact.reason)
    elif fact.reason in LATER and call.stays and call.stays[-1].reason in ("left", "abandoned"):
        last = evolve(call.stays[-1], reason=fact.reason)
    elif fact.reason in TURNED_AWAY and not call.settled:
        return evolve(call, settled=Outcome.TURNED_AWAY.value)
    else:
        return call
    return evolve(call, stays=(*call.stays[:-1], last))


def rang(call: CallRecord, fact: f.Rang) -> CallRecord:
    """An agent's phone rings for a queue; a second telling without its name is the same ring."""
    queue = fact.queue or call.waiting_in
    if any(ring.channel == fact.channel and (ring.queue or not queue) for ring in call.rings):
        return call
    if not queue:
        return call  # the journal names no queue; this phone rings for a transfer
    if not fact.queue and call.stays and fact.at < call.stays[-1].span.start:
        return call  # told again by the journal: it rang before the caller waited here
    ring = Ring(agent=fact.agent, channel=fact.channel, queue=queue, span=Span(start=fact.at))
    named = change_leg(call, fact.channel, lambda leg: evolve(leg, agent=fact.agent))
    others = tuple(one for one in named.rings if one.channel != fact.channel)
    return evolve(named, rings=(*others, ring))


def called(call: CallRecord, fact: f.Called) -> CallRecord:
    """An agent's phone rings because somebody dialled or passed the call on."""
    leg = call.leg(fact.channel)
    if not fact.agent or leg is None or leg.kind is not LegKind.AGENT or call.waiting_in:
        return call  # a phone that rings for a queue is told by the queue
    if any(ring.channel == fact.channel for ring in call.rings):
        return call
    ring = Ring(agent=fact.agent, channel=fact.channel, queue="", span=Span(start=fact.at))
    named = change_leg(call, fact.channel, lambda leg: _named(fact.agent, leg))
    return evolve(named, rings=(*named.rings, ring))


def ring_ended(call: CallRecord, fact: f.RingEnded) -> CallRecord:
    """A ring is over, by whatever result is told."""
    return ring_over(call, fact, fact.result)


def ring_over(call: CallRecord, fact: f.Fact, result: str) -> CallRecord:
    """The ring at the channel of ``fact`` is over, if it was not."""
    rings = tuple(
        ended(ring, fact.at, result=result) if ring.channel == fact.channel else ring
        for ring in call.rings
    )
    return call if rings == call.rings else evolve(call, rings=rings)


def _named(agent: str, leg: Leg) -> Leg:
    return leg if leg.agent == agent else evolve(leg, agent=agent)


def connected(call: CallRecord, fact: f.Connected) -> CallRecord:
    """A queue has put the caller through: the stay was answered, and by whom."""
    if not (fact.queue or call.stays):
        return call  # the journal names no queue; this is a call that somebody dialled
    changed = change_leg(call, fact.channel, lambda leg: _named(fact.agent, leg))
    if fact.agent not in changed.agents:
        changed = evolve(changed, agents=(*changed.agents, fact.agent))
    last = changed.stays[-1] if changed.stays else None
    if last and last.reason in ("", "left") and last.span.start <= fact.at:
        answered = evolve(ended(last, fact.at), reason="answered")
        changed = evolve(changed, stays=(*changed.stays[:-1], answered))
    return changed
