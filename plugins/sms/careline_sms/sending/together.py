"""Two messages to one patient in one text: which may travel together, and what is sent then.

The governor says which waits for which; here it is seen to that a gateway can send both in one,
and that what was sent once is repeated word for word.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import evolve

from careline.outreach.model import Verdict
from careline.plugins import Core
from careline.storage import Tx
from careline_sms import store
from careline_sms.model import Message, State
from careline_sms.sending.endings import PREFIX, contact_of
from careline_sms.sending.lines import Offer

LONGEST = 500
"""Characters of a text for several; more is no message that anybody reads."""
BETWEEN = "\n"


def joint(messages: Sequence[Message]) -> str:
    """Their texts in one."""
    return BETWEEN.join(one.text for one in messages)


def fits(carrier: Message, inside: Sequence[Message], offers: Collection[Offer]) -> bool:
    """Whether every gateway that may take the carrier can send the texts of all in one.

    One that sends approved texts only cannot; and a text that one of several gateways would not
    take might be refused by it after the others failed.
    """
    if len(joint([carrier, *inside])) > LONGEST:
        return False
    if any(one.language != carrier.language or one.refused for one in inside):
        return False
    ways = [one for one in offers if one.fits(carrier) and one.name not in carrier.refused]
    return all(way.any_text and all(map(way.fits, inside)) for way in ways)


class Together:
    """Puts messages into others."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def may_join(self, tx: Tx, message: Message, key: str, offers: Collection[Offer]) -> bool:
        """Whether a message may wait for the one that the governor knows by ``key``."""
        carrier = store.by_round_key(tx, key.removeprefix(PREFIX))
        if carrier is None or carrier.state is not State.QUEUED or carrier.bound:
            return False
        return fits(carrier, [message], offers)

    def filled(
        self, tx: Tx, carrier: Message, offers: Collection[Offer], now: datetime
    ) -> tuple[Message, Sequence[int]]:
        """The carrier as it is sent now, and the ids of what is in it.

        What is repeated under its key has in it what it had. Who waited for it and does not fit
        is asked for by itself.
        """
        if carrier.bound:
            there = store.carried_in(tx, carrier.id)
            inside = [one for one in there if one.state is State.QUEUED]
        else:
            inside = self._chosen(tx, carrier, offers, now)
            store.put_in(tx, carrier.id, [one.id for one in inside])
        if not inside:
            return carrier, ()
        whole = evolve(carrier, text=joint([carrier, *inside]), template="", values={})
        return whole, [one.id for one in inside]

    def _chosen(
        self, tx: Tx, carrier: Message, offers: Collection[Offer], now: datetime
    ) -> list[Message]:
        inside: list[Message] = []
        for key in self._core.outreach.carried(tx, contact_of(carrier).key):
            one = store.by_round_key(tx, key.removeprefix(PREFIX))
            if one is None or one.state is not State.QUEUED or one.bound:
                continue
            if one.not_after > now and fits(carrier, [*inside, one], offers):
                inside.append(one)
            else:
                self.alone(tx, one, now)
        return inside

    def alone(self, tx: Tx, message: Message, now: datetime) -> None:
        """Ask for it by itself, and try it when the governor says."""
        contact = evolve(contact_of(message), not_before=None, shares=False)
        decision = self._core.outreach.decide(tx, contact, now)
        if decision.verdict is Verdict.LATER and decision.until is not None:
            now = decision.until
        store.ask_now(tx, message.round_key, now)
