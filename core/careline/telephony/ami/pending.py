"""The actions under way on one AMI connection: who waits for which answer, how many, how long."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from attrs import define, field
from twisted.internet.defer import Deferred

from careline.errors import CarelineError, Refused, Unavailable
from careline.telephony.ami.codec import encode
from careline.telephony.ami.message import Message

MAX_OPEN = 64
"""Actions written and not yet answered; more wait, so that output stays far below 128 kB."""
MAX_WAITING = 1000
"""Actions that wait to be written; more are refused."""
MAX_ITEMS = 100_000
"""Messages of one list; more mean that something is wrong."""


@define(eq=False)
class _Asked:
    """One action; ``items`` is a list when a list of events is collected."""

    name: str
    data: bytes
    answer: Deferred[list[Message]]
    items: list[Message] | None
    open: bool = field(default=False)


class Pending:
    """Writes actions through ``write`` and gives each its answer.

    Asterisk works on the actions of a connection one after another. While it reads nothing
    (:meth:`pause`) nothing is written.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        *,
        max_open: int = MAX_OPEN,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._write = write
        self._max_open = max_open
        self._max_waiting = max_waiting
        self._asked: dict[str, _Asked] = {}
        self._waiting: deque[str] = deque()
        self._open = 0
        self._paused = False
        self._lost = False
        self._serial = 0
        self.collecting = 0

    def __len__(self) -> int:
        return len(self._asked)

    def ask(
        self,
        name: str,
        fields: Iterable[tuple[str, str]],
        *,
        collect: bool = False,
        urgent: bool = False,
    ) -> Deferred[list[Message]]:
        """Send an action; fires with [response], or with the events of the list it asks for.

        An urgent one does not wait for its turn. Fails with Refused on an error response,
        Unavailable when the connection is lost or too many actions wait. Cancelling it forgets the
        action; a late answer is dropped.
        """
        if self._lost:
            raise _lost()
        if len(self._waiting) >= self._max_waiting and not urgent:
            raise Unavailable(
                "ami.busy", "Asterisk is too slow: {count} actions wait", count=len(self._waiting)
            )
        self._serial += 1
        action_id = f"careline-{self._serial}"
        data = encode(name, fields, action_id)
        answer: Deferred[list[Message]] = Deferred(lambda _: self._drop(action_id))
        self._asked[action_id] = _Asked(name, data, answer, [] if collect else None)
        self.collecting += collect
        if urgent:
            self._waiting.appendleft(action_id)
        else:
            self._waiting.append(action_id)
        self._pump(spare=int(urgent))
        return answer

    def take(self, message: Message) -> bool:
        """Give a message to the action it belongs to; False when it belongs to none."""
        action_id = message.action_id
        asked = self._asked.get(action_id)
        if asked is None or not asked.open:
            return message.kind == "response"
        if message.kind == "response":
            self._respond(action_id, asked, message)
            return True
        if asked.items is None:
            return False
        self._collect(action_id, asked, asked.items, message)
        return True

    def pause(self) -> None:
        """Asterisk does not read: write nothing more."""
        self._paused = True

    def resume(self) -> None:
        """Asterisk reads again."""
        self._paused = False
        self._pump()

    def lose(self) -> None:
        """The connection is lost: fail everything under way and to come."""
        self._lost = True
        self._waiting.clear()
        for action_id in list(self._asked):
            if action_id in self._asked:  # the failure of one may cancel another
                self._fail(action_id, _lost())

    def _pump(self, spare: int = 0) -> None:
        while self._waiting and self._open < self._max_open + spare and not self._paused:
            asked = self._asked.get(self._waiting.popleft())
            if asked is not None:
                asked.open = True
                self._open += 1
                self._write(asked.data)

    def _respond(self, action_id: str, asked: _Asked, message: Message) -> None:
        if message.truncated:
            self._fail(action_id, Unavailable("ami.too_long", "the answer was too long to keep"))
        elif message.name == "Error":
            text = message.get("Message")
            self._fail(
                action_id,
                Refused(
                    "ami.error",
                    "Asterisk refused {action}: {reason}",
                    action=asked.name,
                    reason=text,
                    response=message,
                ),
            )
        elif asked.items is None:
            self._forget(action_id).callback([message])

    def _collect(
        self, action_id: str, asked: _Asked, items: list[Message], message: Message
    ) -> None:
        if message.get("EventList") == "Cancelled" or len(items) >= MAX_ITEMS:
            error = Unavailable(
                "ami.list_broken", "Asterisk did not finish the list {action}", action=asked.name
            )
            self._fail(action_id, error)
        elif message.get("EventList") == "Complete" or message.name.endswith("Complete"):
            self._forget(action_id).callback(items)
        else:
            items.append(message)

    def _forget(self, action_id: str) -> Deferred[list[Message]]:
        asked = self._asked.pop(action_id)
        self._open -= asked.open
        self.collecting -= asked.items is not None
        self._pump()
        return asked.answer

    def _drop(self, action_id: str) -> None:
        self._forget(action_id)

    def _fail(self, action_id: str, why: CarelineError) -> None:
        self._forget(action_id).errback(why)


def _lost() -> Unavailable:
    return Unavailable("ami.lost", "the connection to Asterisk was lost")
