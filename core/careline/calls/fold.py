"""The one place where facts become a call record.

``apply`` gives back the same object when a fact says nothing new. Facts reach us twice (live
events, and Asterisk's own journal after a gap), so everything here is set and closed once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from careline.calls import aside, queueing
from careline.calls import facts as f
from careline.calls.model import (
    INBOUND_CONTEXT,
    PHONES_CONTEXT,
    CallRecord,
    Direction,
    Leg,
    LegKind,
    Span,
    WrapUp,
)
from careline.calls.parts import SAME, change_leg, ended
from careline.calls.rung import ADDED


def begin(fact: f.ChannelUp, call_id: str = "") -> CallRecord:
    """The record of a call whose first leg is ``fact``'s."""
    inbound = fact.context == INBOUND_CONTEXT and fact.extension != ""
    direction = Direction.INBOUND if inbound else Direction.OUTBOUND
    call = CallRecord(
        id=call_id or fact.channel,
        direction=direction,
        started=fact.at,
        dnis=fact.extension if inbound else "",
        caller=fact.number if inbound else "",
    )
    return apply(call, fact)


def apply(call: CallRecord, fact: f.Fact) -> CallRecord:
    """``call`` with ``fact`` taken in; the same object when it changes nothing."""
    rule = _RULES.get(type(fact))
    return call if rule is None else rule(call, fact)


def _kind(fact: f.ChannelUp) -> LegKind:
    if fact.joins or ADDED in fact.channel:  # the latter as older cores wrote it down
        return LegKind.SUPERVISOR
    if fact.name.startswith("Local/"):
        return LegKind.VIRTUAL
    if fact.context == PHONES_CONTEXT:
        return LegKind.AGENT
    return LegKind.CALLER if fact.extension else LegKind.OUTSIDE


def _up(call: CallRecord, fact: f.ChannelUp) -> CallRecord:
    if call.leg(fact.channel):
        return _earlier(call, fact)
    leg = Leg(
        channel=fact.channel,
        kind=_kind(fact),
        endpoint=fact.endpoint,
        number=fact.number,
        agent=fact.agent,
        started=fact.at,
        name=fact.name,
    )
    return evolve(call, legs=(*call.legs, leg), ended=None, direction=_direction(call, leg))


def _direction(call: CallRecord, new: Leg) -> Direction:
    """What one phone of the house dials is known when a colleague's, or one outside, rings."""
    dialled = bool(call.legs) and call.legs[0].kind is LegKind.AGENT
    if dialled and new.kind is LegKind.OUTSIDE:
        return Direction.OUTBOUND
    if dialled and new.kind is LegKind.AGENT and len(call.legs) == 1:
        return Direction.INTERNAL
    return call.direction


def _earlier(call: CallRecord, fact: f.ChannelUp) -> CallRecord:
    """A begin that was noted when it was noticed, told again with its true time."""
    changed = change_leg(
        call,
        fact.channel,
        lambda leg: evolve(leg, started=fact.at) if leg.started - fact.at > SAME else leg,
    )
    return call if changed is call else evolve(changed, started=min(call.started, fact.at))


def _answered(call: CallRecord, fact: f.ChannelAnswered) -> CallRecord:
    return change_leg(
        call, fact.channel, lambda leg: leg if leg.answered else evolve(leg, answered=fact.at)
    )


def _close_talk(leg: Leg, fact: f.Fact) -> Leg:
    if not leg.talks or leg.talks[-1].end:
        return leg
    talks = (*leg.talks[:-1], evolve(leg.talks[-1], end=fact.at))
    return evolve(leg, talks=talks, bridge="", held=False, moved=fact.at)


def _gone(call: CallRecord, fact: f.ChannelGone) -> CallRecord:
    def end(leg: Leg) -> Leg:
        if leg.ended:
            return leg
        return evolve(_close_talk(leg, fact), ended=fact.at, cause=fact.cause)

    changed = change_leg(call, fact.channel, end)
    if changed is call:
        return call
    changed = aside.no_more(queueing.ring_over(changed, fact, "caller_gone"), fact.channel)
    if changed.live_channels:
        return changed
    return evolve(
        changed,
        ended=fact.at,
        waiting=(),
        stays=tuple(ended(stay, fact.at, reason="abandoned") for stay in changed.stays),
        rings=tuple(ended(ring, fact.at, result="caller_gone") for ring in changed.rings),
    )


def _past(leg: Leg, fact: f.Fact) -> bool:
    """True for what the journal tells again of a leg that has moved on meanwhile."""
    return leg.moved is not None and fact.at < leg.moved


def _bridged(call: CallRecord, fact: f.Bridged) -> CallRecord:
    def enter(leg: Leg) -> Leg:
        if leg.ended or leg.bridge == fact.bridge or _past(leg, fact):
            return leg
        if leg.kind is LegKind.SUPERVISOR:  # who listened takes the call over
            leg = evolve(leg, kind=LegKind.AGENT)
        if leg.bridge or (leg.talks and leg.talks[-1].end is None):
            # Moved to another bridge by a transfer, or back from a consultation: the talk goes on.
            return evolve(leg, bridge=fact.bridge, moved=fact.at)
        if leg.talks and leg.talks[-1].end and fact.at <= leg.talks[-1].end:
            return leg  # told again by the journal
        talks = (*leg.talks, Span(start=fact.at))
        return evolve(leg, bridge=fact.bridge, talks=talks, moved=fact.at)

    changed = change_leg(call, fact.channel, enter)
    return call if changed is call else aside.together(_took_part(changed, fact.channel), fact)


def _took_part(call: CallRecord, channel: str) -> CallRecord:
    """An agent who is put through without a queue (transfer, consultation) takes part too."""
    leg = call.leg(channel)
    if leg is None or leg.kind is not LegKind.AGENT or leg.agent in ("", *call.agents):
        return call
    return evolve(call, agents=(*call.agents, leg.agent))


def _unbridged(call: CallRecord, fact: f.Unbridged) -> CallRecord:
    busy = any(one.leg == fact.channel for one in call.waiting)

    def leave(leg: Leg) -> Leg:
        if leg.bridge not in ("", fact.bridge) or _past(leg, fact):
            return leg
        if busy:  # the agent's work for the call goes on while the party waits
            left = evolve(leg, bridge="", held=False, moved=fact.at)
            return left if leg.bridge or leg.held else leg
        return _close_talk(leg, fact)

    return change_leg(call, fact.channel, leave)


def _held(call: CallRecord, fact: f.Held) -> CallRecord:
    leg = call.leg(fact.channel)
    if leg is None or not fact.party:
        held = change_leg(call, fact.channel, lambda leg: evolve(leg, held=True))
        return evolve(held)
    return aside.hold(call, fact, leg)


def _resumed(call: CallRecord, fact: f.Resumed) -> CallRecord:
    changed = change_leg(call, fact.channel, lambda leg: evolve(leg, held=False))
    return evolve(aside.resume(changed, fact))


def _transferred(call: CallRecord, fact: f.Transferred) -> CallRecord:
    known = fact.channel in call.passed_on
    return evolve(call) if known else evolve(call, passed_on=(*call.passed_on, fact.channel))


def _departed(call: CallRecord, fact: f.Departed) -> CallRecord:
    return _gone(call, f.ChannelGone(at=fact.at, channel=fact.channel))


def _identified(call: CallRecord, fact: f.Identified) -> CallRecord:
    return evolve(
        _from_inside(call),
        campus=fact.campus,
        trunk=fact.trunk,
        dnis=fact.dnis or call.dnis,
        number=fact.number,
        patients=fact.patients,
        vip=fact.vip,
        blocked=fact.blocked,
    )


def _from_inside(call: CallRecord) -> CallRecord:
    """A phone of the house that dialled one of our own numbers is a caller like any other."""
    if call.direction is not Direction.OUTBOUND or not call.legs:
        return call
    caller = evolve(call.legs[0], kind=LegKind.CALLER)
    return evolve(call, direction=Direction.INTERNAL, legs=(caller, *call.legs[1:]))


def _dialled(call: CallRecord, fact: f.Dialled) -> CallRecord:
    if (call.number, call.trunk, call.campus) == (fact.number, fact.trunk, fact.campus):
        return call
    return evolve(call, number=fact.number, trunk=fact.trunk, campus=fact.campus)


def _linked(call: CallRecord, fact: f.Linked) -> CallRecord:
    known, vip = (fact.patient,), call.vip or fact.vip
    if (call.patients, call.vip) == (known, vip):
        return call
    return evolve(call, patients=known, vip=vip)


def _unlinked(call: CallRecord, fact: f.Unlinked) -> CallRecord:
    left = tuple(one for one in call.patients if one != fact.patient)
    return call if left == call.patients else evolve(call, patients=left)


def _wrap_started(call: CallRecord, fact: f.WrapUpStarted) -> CallRecord:
    if any(work.agent == fact.agent and work.span.end is None for work in call.wrap_ups):
        return call
    return evolve(
        call, wrap_ups=(*call.wrap_ups, WrapUp(agent=fact.agent, span=Span(start=fact.at)))
    )


def _wrap_ended(call: CallRecord, fact: f.WrapUpEnded) -> CallRecord:
    works = tuple(
        ended(work, fact.at) if work.agent == fact.agent else work for work in call.wrap_ups
    )
    changed = evolve(
        call,
        wrap_ups=works,
        disposition=fact.disposition or call.disposition,
        note=fact.note or call.note,
    )
    return call if changed == call else changed


def _amended(call: CallRecord, fact: f.Amended) -> CallRecord:
    changed = evolve(call, disposition=fact.disposition, note=fact.note)
    return call if changed == call else changed


def _settled(call: CallRecord, fact: f.Settled) -> CallRecord:
    return call if call.settled == fact.outcome else evolve(call, settled=fact.outcome)


def _noted(call: CallRecord, fact: f.Noted) -> CallRecord:
    return evolve(call, box=fact.detail.get("box", call.box))


def _line(call: CallRecord, fact: f.Fact) -> CallRecord:
    """Only a line of the timeline: a copy, so that it counts as news and is stored."""
    return evolve(call)


_RULES: dict[type[f.Fact], Callable[[CallRecord, Any], CallRecord]] = {
    f.ChannelUp: _up,
    f.ChannelAnswered: _answered,
    f.ChannelGone: _gone,
    f.Bridged: _bridged,
    f.Unbridged: _unbridged,
    f.Queued: queueing.queued,
    f.Dequeued: queueing.dequeued,
    f.Rang: queueing.rang,
    f.RingEnded: queueing.ring_ended,
    f.Connected: queueing.connected,
    f.Identified: _identified,
    f.Dialled: _dialled,
    f.Linked: _linked,
    f.Unlinked: _unlinked,
    f.WrapUpStarted: _wrap_started,
    f.WrapUpEnded: _wrap_ended,
    f.Amended: _amended,
    f.Settled: _settled,
    f.Called: queueing.called,
    f.Held: _held,
    f.Resumed: _resumed,
    f.Consulted: aside.consult,
    f.PhoneLost: aside.lost,
    f.Transferred: _transferred,
    f.Departed: _departed,
    f.Stepped: _line,
    f.Noted: _noted,
}
