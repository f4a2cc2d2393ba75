"""Parties who hear music in mid-call: who put them aside, and what ends it; pure rules."""

from __future__ import annotations

from attrs import evolve

from careline.calls import facts as f
from careline.calls.model import CallRecord, Leg, Waiting, Why


def no_more(call: CallRecord, channel: str) -> CallRecord:
    """A party that has gone, or whose agent has, waits for nobody; a lost phone may come back."""
    still = tuple(
        one
        for one in call.waiting
        if one.party != channel and (one.leg != channel or one.why is Why.LOST)
    )
    return call if len(still) == len(call.waiting) else evolve(call, waiting=still)


def _put(call: CallRecord, waiting: Waiting) -> CallRecord:
    if waiting in call.waiting:
        return call
    others = tuple(one for one in call.waiting if one.party != waiting.party)
    return evolve(call, waiting=(*others, waiting))


def hold(call: CallRecord, fact: f.Held, leg: Leg) -> CallRecord:
    """The switch holds ``fact.party`` for the agent on ``leg``."""
    return _put(
        call,
        Waiting(agent=leg.agent, leg=leg.channel, party=fact.party, why=Why.HOLD, since=fact.at),
    )


def resume(call: CallRecord, fact: f.Resumed) -> CallRecord:
    """The agent's leg holds nobody any more."""
    still = tuple(one for one in call.waiting if one.leg != fact.channel)
    return call if len(still) == len(call.waiting) else evolve(call, waiting=still)


def consult(call: CallRecord, fact: f.Consulted) -> CallRecord:
    """The party waits while somebody is asked."""
    return _put(
        call,
        Waiting(
            agent=fact.agent,
            leg=fact.channel,
            party=fact.party,
            why=Why.CONSULT,
            since=fact.at,
            target=fact.target,
        ),
    )


def lost(call: CallRecord, fact: f.PhoneLost) -> CallRecord:
    """The party waits for the agent's phone."""
    return _put(
        call,
        Waiting(agent=fact.agent, leg=fact.channel, party=fact.party, why=Why.LOST, since=fact.at),
    )


def together(call: CallRecord, fact: f.Bridged) -> CallRecord:
    """Who waited does so no more when in a talk that began after the waiting."""
    still = tuple(
        one
        for one in call.waiting
        if fact.at <= one.since or not (leg := call.leg(one.party)) or not leg.bridge
    )
    return call if len(still) == len(call.waiting) else evolve(call, waiting=still)
