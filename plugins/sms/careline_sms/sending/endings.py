"""What others are told when a message has ended: the governor, whoever asked, open pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from attrs import evolve

from careline.hooks import Urgency
from careline.messaging.gateway import WRONG_NUMBER
from careline.outreach.model import Contact, Means, Result
from careline.plugins import Core
from careline.storage import Tx
from careline_sms import store
from careline_sms.model import Message, State

CHANGED = "sms_changed"
VIEW = "sms.view"
MANY = 20
"""More changes than this at once are told as one."""
PREFIX = "sms:"
"""Before the keys of messages that the governor knows."""
ENDS = frozenset({State.DELIVERED, State.FAILED, State.REJECTED, State.WITHDRAWN})


def contact_of(message: Message) -> Contact:
    """A message as the governor knows it; Invalid for one that cannot be a contact."""
    return Contact(
        key=f"{PREFIX}{message.round_key}",
        number=message.to,
        means=Means.MESSAGE,
        purpose=message.purpose,
        patient=message.patient,
        urgency=message.urgency,
        campus=message.campus,
        plugin="sms",
        not_before=message.not_before,
        not_after=message.not_after,
        shares=may_share(message),
    )


def may_share(message: Message) -> bool:
    """True while it may travel with another: what was sent before is repeated as it was."""
    alone = message.answer or message.call or message.bound
    return message.shares and not alone and message.urgency is Urgency.ROUTINE


class Endings:
    """Tells of messages, in the transaction that changed them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def ended(
        self, tx: Tx, message: Message, state: State, code: str, round: int, now: datetime
    ) -> None:
        """A message has come to ``state``: settle its contact, and tell whoever asked for it."""
        if state not in ENDS:
            return
        carried = store.carried_in(tx, message.id) if message.shares else []
        for one in (evolve(message, round=round), *carried):
            self._settle(tx, one, result_of(state, code), now)
            self.tell(tx, one, state is State.DELIVERED)

    def silent(self, tx: Tx, message: Message, now: datetime) -> None:
        """No receipt came: what a gateway has taken counts as delivered, what is unsure does not.

        A receipt that comes later all the same is told once more.
        """
        if message.state is State.SENT:
            self._settle(tx, message, Result.REACHED, now)
        self.tell(tx, message, message.state is State.SENT)

    def _settle(self, tx: Tx, message: Message, result: Result, now: datetime) -> None:
        """Tell the governor; what waited to be carried along is asked for anew."""
        key = f"{PREFIX}{message.round_key}"
        for left in self._core.outreach.settle(tx, key, result, now):
            store.ask_now(tx, left.removeprefix(PREFIX), now)

    def tell(self, tx: Tx, message: Message, delivered: bool) -> None:
        """Tell whoever asked for it how it ended."""
        if message.settles:
            store.set_told(tx, message.id)
            self._core.hub.message_settled(tx, message_id=message.key, delivered=delivered)

    def show(self, tx: Tx, ids: Collection[int]) -> None:
        """Pages that show these messages load anew, once it is committed."""
        tx.after_commit(lambda: self._show(ids))

    def _show(self, ids: Collection[int]) -> None:
        told: Iterable[str] = map(str, ids) if len(ids) <= MANY else ("",)
        for one in told:
            self._core.events.tell(CHANGED, one, permission=VIEW)


def result_of(state: State, code: str) -> Result:
    """How the governor counts an end; what certainly did not go out gives its room back.

    Only the network's receipt makes a number a wrong one: what a gateway refuses at once may be
    the fault of a setting, and then it refuses all numbers.
    """
    if state is State.DELIVERED:
        return Result.REACHED
    if state is State.FAILED:
        return Result.WRONG_NUMBER if code == WRONG_NUMBER else Result.FAILED
    return Result.DROPPED
