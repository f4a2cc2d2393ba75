"""Questions with one answer: plugins are asked one after the other, in the order of careline.toml.

The first answer that is not None counts. The time-out is for each plugin. A guard declares with
``@on_failure(Refusal(...))`` that its own silence means no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careline.hooks.kinds import asks
from careline.hooks.values import Delivery, InboundMessage, OutboundMessage, Refusal

if TYPE_CHECKING:
    from careline.agents.model import AgentStatus, Reason, State
    from careline.calls.model import CallRecord
    from careline.ivr.exits import Exit
    from careline.ivr.model import Enter
    from careline.patients.model import Patient


@asks(timeout=1.0)
def route_call(call: CallRecord) -> Enter | Exit | None:
    """Where this new call goes, if not to the flow of its number and calendar.

    When: an inbound call has its record; the caller hears ringing meanwhile.
    Return: Enter (a flow), an Exit such as ToQueue, or None for the usual way.
    On failure: counts as None.
    """


@asks(timeout=1.0)
def overflow(call: CallRecord, queue: str, waited_s: int) -> Exit | None:
    """Where this caller may go, who has waited so long in ``queue``.

    When: the queue's waiting limit is over, or nobody is signed in, before the flow's own choice.
    Return: an Exit such as ToQueue of another campus, or None to go on by the flow.
    On failure: counts as None.
    """


@asks(timeout=1.0)
def after_call(call: CallRecord) -> Enter | None:
    """Whether the caller goes on in a flow (satisfaction) now that the agent has hung up.

    When: the agent has hung up and the caller has not.
    Return: Enter (the flow), or None to end the call.
    On failure: counts as None; the call ends.
    """


@asks(timeout=1.0)
def record_call(call: CallRecord, agent: str) -> bool | None:
    """Whether talks of this call are recorded.

    When: before the caller is led to a queue or agent, or an agent dials: then ``agent`` is empty,
        and True has each talk from then on written while both sides are connected. And again as an
        agent's phone rings, by number: False lets this agent's talk off, before its first word.
    Return: True or False, or None to leave it to others; without any True nothing is recorded.
    On failure: counts as None.
    """


@asks(timeout=3.0)
def load_patient(campus: str, number: str) -> Patient | None:
    """Who is calling, asked of the hospital's systems when the core does not know the number.

    When: a call starts, beside the call, which does not wait; ``number`` is E.164.
    Return: the patient when exactly one is meant, else None.
    On failure: counts as None; the agent is offered a new record.
    """


@asks(timeout=30.0)
def deliver(message: OutboundMessage) -> Delivery | None:
    """Take this message over: from now on it is yours to send, once.

    When: a plugin or the core wants to tell a patient something; the same ``message.id`` again is
        the same message, and changes nothing.
    Return: Delivery once it is stored or sent, None when the channel is not yours.
    On failure: counts as None; whoever asked tries again later, or another way.
    """


@asks(timeout=10.0)
def message_replied(reply: InboundMessage) -> str | None:
    """A patient has answered a message that was sent.

    When: the answer is stored; ``reply.about`` is the id that the message's asker gave it.
    Return: the words to say back, "" to say nothing, or None when the message was not yours.
    On failure: counts as None; the answer stays where people read it.
    """


@asks(timeout=2.0)
def may_dial(agent: str, number: str) -> Refusal | None:
    """Whether this number may be dialled now (do-not-call, hours, caps).

    When: before every outbound call, by an agent's number or, when that is empty, by a job.
    Return: Refusal to forbid it, None for no objection.
    On failure: counts as None, unless the plugin declares a Refusal with ``@on_failure``.
    """


@asks(timeout=2.0)
def number_behind(shown: str, visit: Any) -> str | None:
    """The number that a page of yours shows masked, for an agent who clicks to call it.

    When: somebody clicks ``ui.dial("yours:7")``: ``shown`` is that text, ``visit`` who it is.
    Return: the number (E.164) for who may call it; None for anybody else, or when it is not yours.
    On failure: counts as None; nothing is dialled.
    """


@asks(timeout=1.0)
def may_change_state(now: AgentStatus, state: State, reason: Reason) -> Refusal | None:
    """Whether this agent may change to ``state`` now (too many on a break).

    When: an agent or shift leader asks for a change from ``now``, before it is made.
    Return: Refusal to forbid it, None for no objection.
    On failure: counts as None, unless the plugin declares a Refusal with ``@on_failure``.
    """
