"""Calls people back when an agent is free and nobody waits in the queue.

A caller's half enters the queue in the patient's stead; when an agent answers, the other half dials
the patient. So no patient is rung without an agent, and those who wait in person go first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from attrs import evolve
from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from careline.agents.model import State
from careline.agents.service import AgentChange, Agents
from careline.callbacks.model import Callback, CallbackState, Why, finished, next_due, started
from careline.calls import facts as f
from careline.calls.model import CallRecord, Direction, Outcome
from careline.calls.service import Calls, Change
from careline.clock import Clock
from careline.errors import CarelineError, NotFound, Refused, Unavailable
from careline.numbers.unasked import may_ring_unasked
from careline.outbound.through import QUEUE_S, Through, ThroughQueue
from careline.queues.model import PERSONAL
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks

log = Logger()


class Callbacks:
    """What is owed, by the id of the call that owes it."""

    def __init__(
        self,
        clock: Clock,
        tasks: Tasks,
        calls: Calls,
        agents: Agents,
        through: ThroughQueue,
        log_: WriteBehind[Callback],
        node: str,
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._calls = calls
        self._through = through
        self._log = log_
        self._node = node
        self._open: dict[str, Callback] = {}
        self._listeners: list[Callable[[Callback], object]] = []
        self._guard = log.failureHandler("a listener to callbacks failed")
        calls.listen(self._call_changed)
        agents.listen(self._agent_changed)

    @property
    def open(self) -> tuple[Callback, ...]:
        """What is still owed."""
        return tuple(self._open.values())

    def resume(self, callbacks: Iterable[Callback]) -> None:
        """Take up what an earlier core left."""
        self._open.update({callback.call: callback for callback in callbacks})
        self.reconcile()

    def reconcile(self) -> None:
        """A try whose call is not there, after a gap, counts as one that failed."""
        for callback in self.open:
            if callback.state is not CallbackState.CALLING:
                continue
            if self._calls.get(callback.last_call) is None:
                self._put(finished(callback, False, self._clock.now()))
            elif not callback.agent:
                self._through.found(callback.last_call, callback.queue)

    def may_ring(self, number: str, trunk: str) -> bool:
        """Whether a number may be called back at all: people and firms, by the allow-list."""
        return bool(self._through.ways.cleared(number, trunk))

    def ask(self, call: CallRecord, queue: str, number: str, why: Why = Why.ASKED) -> Callback:
        """Owe the caller of ``call`` a call to ``number`` (E.164); one call owes one at most."""
        now = self._clock.now()
        callback = Callback(
            call=call.id, queue=queue, number=number, trunk=call.trunk, why=why, asked=now, due=now
        )
        if why is Why.ASKED:
            self._calls.note(call.id, f.Settled(at=now, channel=call.id, outcome="callback"))
        return self._open.get(call.id) or self._put(callback)

    def promise(
        self, call: CallRecord, number: str, agent: str, due: datetime, note: str = ""
    ) -> Callback:
        """Owe ``number`` a call by ``agent`` not before ``due``; a later one replaces it."""
        queue = _queue_of(call) if call.stays else ""
        return self._put(
            Callback(
                call=call.id,
                queue=queue,
                number=number,
                trunk=call.trunk,
                why=Why.PROMISED,
                asked=self._clock.now(),
                due=due,
                agent=agent,
                note=note,
            )
        )

    def get(self, call_id: str) -> Callback:
        """What the call with that id still owes; NotFound."""
        found = self._open.get(call_id)
        if found is None:
            raise NotFound("callback.unknown", "call {call} owes no callback", call=call_id)
        return found

    def assign(self, call_id: str, agent: str) -> Callback:
        """Give it to an agent to make, or with "" back to its queue; Refused while it is made."""
        found = self._waiting(call_id)
        if not agent and not found.queue:
            raise Refused("callback.queue", "this callback belongs to no queue")
        return self._put(evolve(found, agent=agent))

    def done(self, call_id: str) -> Callback:
        """It needs no call any more; Refused while it is made."""
        return self._put(evolve(self._waiting(call_id), state=CallbackState.DONE))

    def begun(self, call_id: str, agent: str, try_id: str) -> Callback:
        """``agent`` makes it by hand as call ``try_id``."""
        return self._put(started(evolve(self._waiting(call_id), agent=agent), try_id))

    def _waiting(self, call_id: str) -> Callback:
        found = self.get(call_id)
        if found.state is CallbackState.CALLING:
            raise Refused("callback.calling", "this callback is being made just now")
        return found

    def listen(self, listener: Callable[[Callback], object]) -> None:
        """Have ``listener`` called with each callback that changes."""
        self._listeners.append(listener)

    def _put(self, callback: Callback) -> Callback:
        if callback.state in (CallbackState.DONE, CallbackState.FAILED):
            self._open.pop(callback.call, None)
        else:
            self._open[callback.call] = callback
        self._log.put(callback)
        for listener in self._listeners:
            with self._guard:
                listener(callback)
        return callback

    def _call_changed(self, change: Change) -> None:
        call = change.after
        if not isinstance(change.fact, f.ChannelGone) or call.ended is None:
            return
        mine = next((one for one in self._open.values() if one.last_call == call.id), None)
        reached = call.outcome is Outcome.ANSWERED
        if mine and (reached or mine.state is CallbackState.CALLING):
            self._put(finished(mine, reached, self._clock.now()))
        elif call.direction is Direction.INBOUND and _is_missed(call):
            self.ask(call, _queue_of(call), call.number, Why.MISSED)

    def _agent_changed(self, change: AgentChange) -> None:
        if change.after.state is State.READY:
            for queue in self._through.ways.skills(change.after.agent):
                self.serve(queue)

    def serve_all(self) -> None:
        """Begin what has become due."""
        for queue in {callback.queue for callback in self.open}:
            self.serve(queue)

    def serve(self, queue: str) -> None:
        """Begin callbacks of ``queue``, as many as agents are free beside those who wait."""
        while due := next_due(list(self._open.values()), queue, self._clock.now()):
            if not self.may_ring(due.number, due.trunk):
                log.warn("callback of {call}: its number may not be dialled", call=due.call)
                self._put(evolve(due, state=CallbackState.FAILED))
            elif not self._begin(due):
                return

    def _begin(self, callback: Callback) -> bool:
        """Begin a try; False while no agent is left for it."""
        call_id = f"{self._node}-cb{callback.call.rpartition('-')[2]}.{callback.tries + 1}"
        if not self._through.reserve(call_id, callback.queue):
            return False
        trying = self._put(started(callback, call_id))
        self._tasks.spawn(self._originate(trying, call_id), "callback")
        return True

    async def _originate(self, callback: Callback, call_id: str) -> None:
        wanted = Through(
            call=call_id, queue=callback.queue, number=callback.number, trunk=callback.trunk
        )
        try:
            await self._through.begin(wanted)
        except Unavailable as error:
            # Nobody knows whether Asterisk has heard of it: if it has, the patient is rung.
            log.warn("callback of {call}: {error}", call=callback.call, error=error)
            if not await self._appears(callback, call_id):
                self._not_made(callback)
        except CarelineError as error:
            log.warn("callback of {call}: {error}", call=callback.call, error=error)
            self._not_made(callback)
        except CancelledError:  # the core ends: the next one takes the try up
            raise
        except Exception:  # noqa: BLE001 - whatever it is, it must not stay as if it were made
            log.failure("callback of {call}", call=callback.call)
            self._through.release(call_id)
            self._not_made(callback)
        else:
            await self._appears(callback, call_id)

    async def _appears(self, callback: Callback, call_id: str) -> bool:
        """Say in the record of the try whom it is for, once there is one; False without."""
        if await self._calls.appears(call_id, self._clock, QUEUE_S) is None:
            return False
        self._calls.note(
            call_id,
            f.Dialled(
                at=self._clock.now(),
                channel=call_id,
                number=callback.number,
                trunk=callback.trunk,
            ),
        )
        return True

    def _not_made(self, callback: Callback) -> None:
        if self._open.get(callback.call) == callback:  # nobody has judged it meanwhile
            self._put(finished(callback, False, self._clock.now()))


def _queue_of(call: CallRecord) -> str:
    """The queue that owes the call: the last one, but not for one agent's own (familiar agent)."""
    queues = [stay.queue for stay in reversed(call.stays)]
    return next((queue for queue in queues if not queue.startswith(PERSONAL)), queues[0])


def _is_missed(call: CallRecord) -> bool:
    lost = call.outcome is Outcome.ABANDONED and bool(call.stays)
    return lost and may_ring_unasked(call.number)
