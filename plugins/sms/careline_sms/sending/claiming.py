"""Taking messages out of the queue: each into the hands of one sender, with its gateway.

Runs as one transaction: what stands in the table as LEASED is what a sender may be sending.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from attrs import evolve, field, frozen, mutable
from sqlalchemy import ColumnElement, String, and_, cast, false, func, not_, or_, select, update

from careline.errors import Invalid
from careline.hooks import Urgency
from careline.i18n import error_text
from careline.outreach.model import Contact, Decision, Means, Verdict
from careline.plugins import Core
from careline.storage import Tx, UTCDateTime
from careline_sms import store
from careline_sms.model import Message, State
from careline_sms.sending import beats
from careline_sms.sending.endings import Endings, contact_of
from careline_sms.sending.lines import Offer
from careline_sms.sending.together import Together
from careline_sms.sending.turns import wait_for_turn
from careline_sms.store import m
from careline_sms.tables import message_table

MOST = 20
"""So many are claimed at once: then others have their turn, and a killed sender has lost little."""
PAGE = 100
PAGES = 5
"""So many are looked through for some that a free gateway takes."""
ASK_AGAIN = timedelta(minutes=10)
AFTER_CARRIER = timedelta(minutes=2)
"""So long after its carrier was due a message is looked at by itself."""
FRESH = timedelta(minutes=15)
"""So long an answer is one: later it is a contact like any other, with its hours."""
_RANKS = sorted(set(store.RANKS.values()))
ANSWERS = "reply"
"""The purpose of what is said back to a message; also "you will get no more messages"."""


@frozen(kw_only=True)
class Claimed:
    """Messages now in this sender's hands, and when the next one falls due (None: unknown)."""

    messages: Sequence[Message] = ()
    next_at: datetime | None = None
    alive: bool = True


@mutable
class _Room:
    """What is left of the offers during one claim."""

    offers: Sequence[Offer]
    left: dict[str, int] = field(factory=dict)
    inside: set[int] = field(factory=set)
    """Messages that travel in others which were claimed."""

    def __attrs_post_init__(self) -> None:
        self.left = {one.name: one.room for one in self.offers}

    @property
    def any(self) -> bool:
        return bool(self.open)

    @property
    def open(self) -> list[Offer]:
        """Those that have room still; none once enough are claimed."""
        if sum(one.room for one in self.offers) - sum(self.left.values()) >= MOST:
            return []
        return [one for one in self.offers if self.left[one.name] > 0]

    def chosen(self, message: Message, fitting: Sequence[str]) -> str:
        """The first with room; nothing urgent tries one that is down while another one is up."""
        free = [one for one in self.open if one.name in fitting]
        up = [one for one in free if not one.probes]
        first = up if up and message.urgency is Urgency.URGENT else free
        return first[0].name if first else ""

    def fitting(self, message: Message) -> list[str]:
        """Gateways that may take it at all, whether they have room now or not."""
        bound = message.bound
        return [
            one.name
            for one in self.offers
            if (one.name == bound if bound else one.fits(message))
            and one.name not in message.refused
        ]


class Claiming:
    """Claims for one sender."""

    def __init__(self, core: Core, endings: Endings) -> None:
        self._core = core
        self._endings = endings
        self._together = Together(core)
        self.at = 0
        """The message that is being looked at, or was when the claim failed; 0 for none."""

    def claim(
        self,
        tx: Tx,
        owner: str,
        offers: Sequence[Offer],
        now: datetime,
        but: Collection[int] = (),
    ) -> Claimed:
        """Lease due messages as far as the offers have room; ``alive`` is false for a dead owner.

        What came too late, or what the governor forbids, ends here; what it puts off waits. ``but``
        are messages that are passed over.
        """
        self.at = 0
        wait_for_turn(tx)
        if not beats.alive(tx, owner):
            return Claimed(alive=False)
        room = _Room(offers)
        claimed: list[Message] = []
        seen: list[int] = list(but)
        for _ in range(PAGES):
            if not room.any:
                break
            page = _due(tx, now, seen, room)
            for message in page:
                seen.append(message.id)
                self.at = message.id
                if message.id in room.inside:
                    continue
                if taken := self._take(tx, message, room, now):
                    claimed.append(self._filled(tx, evolve(message, gateway=taken), room, now))
            self.at = 0
            if len(page) < PAGE:
                break
        return Claimed(messages=_lease(tx, owner, claimed, now), next_at=_next_at(tx, now))

    def _take(self, tx: Tx, message: Message, room: _Room, now: datetime) -> str:
        """The gateway that takes it; empty when it ended or waits, or when none has room."""
        if message.not_after <= now:
            self._end(tx, message, "expired", "", now)
            return ""
        fitting = room.fitting(message)
        if not fitting and room.offers:
            self._end(tx, message, message.code or "no_gateway", message.detail, now)
            return ""
        name = room.chosen(message, fitting)
        if not name:
            return ""
        if not self._asked(tx, message, room, now):
            return ""
        room.left[name] -= 1
        return name

    def _filled(self, tx: Tx, message: Message, room: _Room, now: datetime) -> Message:
        """With what travels in it."""
        if not message.shares:
            return message
        whole, inside = self._together.filled(tx, message, room.offers, now)
        room.inside.update(inside)
        return whole

    def _asked(self, tx: Tx, message: Message, room: _Room, now: datetime) -> bool:
        """True when the governor lets it go now; otherwise it waits or has ended.

        What is to be repeated under its key is asked for again too: it may be night by now.
        """
        try:
            contact = contact_of(message)
        except Invalid as fault:
            self._end(tx, message, "odd", error_text(fault, self._core.settings.language), now)
            return False
        decision: Decision
        if self._is_answer(tx, message, now):
            by = message.by or "sms"
            awaited = not message.by
            decision = self._core.outreach.count(tx, contact, by, now, awaited=awaited)
        else:
            decision = self._decision(tx, message, contact, room, now)
        if decision.verdict is Verdict.GO:
            return True
        if decision.verdict is Verdict.NEVER:
            self._end(tx, message, decision.code, self._words(decision), now)
            return False
        self._put_off(tx, message, decision, now)
        return False

    def _decision(
        self, tx: Tx, message: Message, contact: Contact, room: _Room, now: datetime
    ) -> Decision:
        """What the governor says; by itself where it cannot travel with the one that waits."""
        decide = self._core.outreach.decide
        decision = decide(tx, contact, now)
        if decision.verdict is not Verdict.JOIN:
            return decision
        if self._together.may_join(tx, message, decision.joined, room.offers):
            return decision
        return decide(tx, evolve(contact, shares=False), now)

    def _is_answer(self, tx: Tx, message: Message, now: datetime) -> bool:
        """True for what the patient waits for just now, at whatever hour; who refused does not."""
        if not (message.answer or message.call) or now - message.created >= FRESH:
            return False
        if message.purpose == ANSWERS:
            return True
        outreach = self._core.outreach
        return not outreach.is_refused(tx, message.to, Means.MESSAGE, message.urgency)

    def _words(self, decision: Decision) -> str:
        """The reason in the house's language, since it is stored."""
        return decision.text.to(self._core.settings.language)

    def _put_off(self, tx: Tx, message: Message, decision: Decision, now: datetime) -> None:
        until = decision.until or now + ASK_AGAIN
        if decision.verdict is Verdict.JOIN:
            until += AFTER_CARRIER
        detail = self._words(decision)[: store.LONGEST_DETAIL]
        told = {"code": decision.code, "detail": detail}
        tx.execute(
            update(message_table)
            .where(m.id == message.id)
            .values(not_before=max(until, now), changed=now, **told)
        )
        if message.code != decision.code:
            store.tell(tx, [message.id], State.QUEUED, now, **told)
            self._endings.show(tx, [message.id])

    def _end(self, tx: Tx, message: Message, code: str, detail: str, now: datetime) -> None:
        """It will not be sent; what was to be repeated under its key may have been already."""
        state = State.UNCERTAIN if message.bound else State.REJECTED
        store.move(tx, [message.id], state, now, code=code, detail=detail)
        self._endings.ended(tx, message, state, code, message.round, now)
        self._endings.show(tx, [message.id])


def _due(tx: Tx, now: datetime, seen: Collection[int], room: _Room) -> list[Message]:
    """What a gateway with room takes, or none at all: those of one that is away stand in no way."""
    taken = or_(false(), *(_takes(one) for one in room.open))
    for_nobody = not_(or_(false(), *(_takes(one) for one in room.offers)))
    query = (
        select(message_table)
        .where(m.state == State.QUEUED, m.not_before <= now, m.carrier == 0)
        .where(m.id.not_in(seen))
        .where(or_(taken, for_nobody, m.not_after <= now))
        .order_by(m.rank, m.not_before, m.id)
        .limit(PAGE)
        .with_for_update(skip_locked=True)
    )
    return [store.message_of(row) for row in tx.all(query)]


def _takes(offer: Offer) -> ColumnElement[bool]:
    """What :meth:`_Room.fitting` says of one gateway, for the database."""
    meant = [m.bound == ""]
    if offer.campuses:
        meant.append(m.campus.in_(offer.campuses))
    if offer.purposes:
        meant.append(m.purpose.in_(offer.purposes))
    refused = cast(m.refused, String).contains(json.dumps(offer.name), autoescape=True)
    return and_(or_(m.bound == offer.name, and_(*meant)), not_(refused))


def _lease(tx: Tx, owner: str, claimed: Sequence[Message], now: datetime) -> list[Message]:
    by_gateway: dict[str, list[int]] = {}
    for message in claimed:
        by_gateway.setdefault(message.gateway, []).append(message.id)
    leased: set[int] = set()
    for gateway, ids in by_gateway.items():
        told = {"gateway": gateway, "owner": owner, "code": "", "detail": ""}
        leased.update(store.move(tx, ids, State.LEASED, now, tries=m.tries + 1, **told))
    return [
        evolve(message, state=State.LEASED, tries=message.tries + 1, changed=now, code="")
        for message in claimed
        if message.id in leased
    ]


def _next_at(tx: Tx, now: datetime) -> datetime | None:
    """When the next one falls due: a step in the index for each rank, however many wait."""
    first = select(func.min(m.not_before, type_=UTCDateTime()))
    first = first.where(m.state == State.QUEUED, m.not_before > now)
    found: list[datetime | None] = [tx.scalar(first.where(m.rank == one)) for one in _RANKS]
    return min((one for one in found if one is not None), default=None)
