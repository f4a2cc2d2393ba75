"""What has happened. Nobody waits for a plugin; each gets its events in order.

Plain events are lost when the process ends, or when a plugin is a thousand behind. Durable ones are
written with the change they tell of and given to each plugin at least once, so an implementation
must do no harm when it is told twice; they carry ids, and the plugin reads what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careline.hooks.kinds import event

if TYPE_CHECKING:
    from careline.agents.model import AgentStatus
    from careline.calls.model import CallRecord


@event()
def call_started(call: CallRecord) -> None:
    """A call has come in or was dialled, and has its record.

    When: caller, called number, campus and known patients are set; no flow has begun.
    Return: nothing.
    On failure: logged and counted; the call goes on.
    """


@event()
def call_queued(call: CallRecord, queue: str) -> None:
    """The caller waits in ``queue``.

    When: each time Asterisk has put the caller into a queue, after an overflow again.
    Return: nothing.
    On failure: logged and counted; the call goes on.
    """


@event()
def call_answered(call: CallRecord, agent: str) -> None:
    """An agent, by number, talks with the caller.

    When: the agent has answered and the two are connected; again for each further agent.
    Return: nothing.
    On failure: logged and counted; the call goes on.
    """


@event()
def call_transferred(call: CallRecord, agent: str, target: str) -> None:
    """An agent, by number, has passed the caller on to ``target``.

    When: the transfer has happened; ``target`` is the number or queue dialled.
    Return: nothing.
    On failure: logged and counted; the call goes on.
    """


@event()
def agent_changed(before: AgentStatus, after: AgentStatus) -> None:
    """An agent's state is another one: signed in, ready, ringing, talking, wrap-up ...

    When: the state has changed; each change is told, in order.
    Return: nothing.
    On failure: logged and counted; the state stands.
    """


@event()
def patient_linked(call: CallRecord, patient_id: int) -> None:
    """It is known who is on the phone.

    When: one patient was found by number, or an agent chose or made the record.
    Return: nothing.
    On failure: logged and counted; the link stands.
    """


@event(durable=True)
def call_ended(call_id: str) -> None:
    """A call is over and its record complete.

    When: written with the final record; given to the plugin within a second or so.
    Return: nothing.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def recording_ready(call_id: str, recording_id: str) -> None:
    """A recording of a call is complete and can be read.

    When: written with the recording's record, after the file is whole.
    Return: nothing.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def message_settled(message_id: str, delivered: bool) -> None:
    """An outbound message was delivered, or has failed for good.

    When: written with the message's last state, or when no word of it will come any more: then
        ``delivered`` says whether a gateway has surely taken it. It is told again should a late
        word say otherwise. ``message_id`` is the id that its asker gave it.
    Return: nothing.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def message_unwanted(message_id: str) -> None:
    """An outbound message that has not gone yet is not to be sent any more.

    When: written by whoever had it delivered, with what makes it needless; ``message_id`` is the
        id that its asker gave it. It may have gone already, or never have been taken.
    Return: nothing; whoever delivers such messages keeps it back if that is still possible.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def outbound_settled(key: str, outcome: str) -> None:
    """A task to call somebody is over: who was called was reached, or will not be called again.

    When: written with the task's last state; ``key`` is the one its asker gave it, ``outcome`` a
        value of :class:`careline.outbound.model.Outcome`.
    Return: nothing.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def outbound_released(key: str) -> None:
    """A task to call somebody that was kept for one agent is offered to all of its queue now.

    When: written once the agent was away for a day after it was due, or serves that queue no more;
        ``key`` is the one its asker gave it.
    Return: nothing.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def patients_merged(kept: int, gone: int) -> None:
    """Two records are of one person: ``gone`` is now part of ``kept``, both by patient id.

    When: written with the merge; asked for ``gone`` the core answers with ``kept`` from now on.
    Return: nothing, once what the plugin holds of ``gone`` is held of ``kept``, and can be told
        apart again in case the merge is undone.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def patients_unmerged(kept: int, gone: int) -> None:
    """A merge was undone: ``gone`` is a record of its own again.

    When: written with the undoing of a merge that ``patients_merged`` told of.
    Return: nothing, once what belonged to ``gone`` does so again.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def erase_patient(patient_id: int) -> None:
    """A patient's data is to be erased, or its retention time is over.

    When: written with the erasure of the core's own record.
    Return: nothing, once the plugin holds nothing of that patient any more.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """
