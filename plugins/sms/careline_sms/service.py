"""Messages for the rest of the plugin. Verbs with ``tx`` run in the caller's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from careline.hooks import Delivery, OutboundMessage
from careline.storage import Tx
from careline_sms.model import Figure, Message, New, Reply, State, Step, Wanted


class Messages:
    """Putting, calling back, looking up. Whoever asks checks first who may."""

    def put(self, tx: Tx, new: New) -> int:
        """Store a message and give its id; that of the one with the same key, if there is one.

        Invalid for a number, a text or a template that cannot be sent.
        """
        raise NotImplementedError

    def withdraw(self, tx: Tx, key: str, why: str, by: str = "") -> bool:
        """Call back what was not sent yet (HELD, QUEUED); ``why`` is a msgid. False otherwise."""
        raise NotImplementedError

    def withdraw_group(self, tx: Tx, group: str, why: str, by: str) -> int:
        """Call back all of a group that were not sent yet; gives how many."""
        raise NotImplementedError

    def release_group(self, tx: Tx, group: str, by: str) -> int:
        """Somebody approved a group: its HELD messages are QUEUED; gives how many."""
        raise NotImplementedError

    async def release(self, id: int, by: str) -> None:
        """Somebody approved a single message; Conflict when it is not HELD."""
        raise NotImplementedError

    async def resend(self, id: int, by: str) -> None:
        """A person has it sent again (UNCERTAIN, FAILED, REJECTED); Conflict when it cannot be."""
        raise NotImplementedError

    async def deliver(self, message: OutboundMessage) -> Delivery | None:
        """The core's hook: take over a message of channel ``sms``, once for each id."""
        raise NotImplementedError

    # Looking up

    async def get(self, id: int) -> Message:
        """One message; NotFound."""
        raise NotImplementedError

    async def by_key(self, key: str) -> Message | None:
        """One by its asker's key."""
        raise NotImplementedError

    async def history(self, id: int) -> Sequence[Step]:
        """What happened to a message, the oldest first."""
        raise NotImplementedError

    async def listed(
        self, wanted: Wanted, offset: int = 0, most: int = 50
    ) -> tuple[Sequence[Message], int]:
        """Messages, the newest first, and how many there are in all."""
        raise NotImplementedError

    async def counts(self, wanted: Wanted) -> dict[State, int]:
        """How many there are in each state."""
        raise NotImplementedError

    async def figures(self, since: datetime, until: datetime) -> Sequence[Figure]:
        """What was put within a time, by day, state, purpose and gateway, for reports."""
        raise NotImplementedError

    async def replies(
        self, patient: int = 0, number: str = "", unknown: bool = False, most: int = 50
    ) -> Sequence[Reply]:
        """What was written to us, the newest first; ``unknown``: only what nobody understood."""
        raise NotImplementedError

    async def replies_to(self, id: int) -> Sequence[Reply]:
        """Replies to one message, the oldest first."""
        raise NotImplementedError
