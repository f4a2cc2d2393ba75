"""Taking messages out of the queue: each into the hands of one sender, with its gateway.

Runs as one transaction: what stands in the table as LEASED is what a sender may be sending.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve, field, frozen, mutable
from sqlalchemy import func, select, update

from careline.outreach.model import Decision, Verdict
from careline.plugins import Core
from careline.storage import Tx, UTCDateTime
from careline_sms import store
from careline_sms.model import Message, State
from careline_sms.sending import beats
from careline_sms.sending.endings import Endings, contact_of
from careline_sms.sending.lines import Offer
from careline_sms.store import m
from careline_sms.tables import message_table

PAGE = 100
PAGES = 5
"""So many are looked through for some that a free gateway takes."""
ASK_AGAIN = timedelta(minutes=10)


@frozen(kw_only=True)
class Claimed:
    """Messages now in this sender's hands, and when the next one falls due (None: unknown)."""

    messages: Sequence[Message] = ()
    next_at: datetime | None = None
    alive: bool = True


@frozen(kw_only=True)
class Due:
    """A message that is due, and what is known of its tries."""

    message: Message
    refused: tuple[str, ...]
    round: int


@mutable
class _Room:
    """What is left of the offers during one claim."""

    offers: Sequence[Offer]
    left: dict[str, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.left = {one.name: one.room for one in self.offers}

    @property
    def any(self) -> bool:
        return any(self.left.values())

    def fitting(self, due: Due) -> list[str]:
        """Gateways that may take it at all, whether they have room now or not."""
        bound = due.message.bound
        return [
            one.name
            for one in self.offers
            if (one.name == bound if bound else one.fits(due.message))
            and one.name not in due.refused
        ]


class Claiming:
    """Claims for one sender."""

    def __init__(self, core: Core, endings: Endings) -> None:
        self._core = core
        self._endings = endings

    def claim(self, tx: Tx, owner: str, offers: Sequence[Offer], now: datetime) -> Claimed:
        """Lease due messages as far as the offers have room; ``alive`` is false for a dead owner.

        What came too late, or what the governor forbids, ends here; what it puts off waits.
        """
        if not beats.alive(tx, owner):
            return Claimed(alive=False)
        room = _Room(offers)
        claimed: list[Message] = []
        seen: list[int] = []
        for _ in range(PAGES):
            if not room.any:
                break
            page = _due(tx, now, seen)
            for due in page:
                seen.append(due.message.id)
                if taken := self._take(tx, due, room, now):
                    claimed.append(evolve(due.message, gateway=taken))
            if len(page) < PAGE:
                break
        return Claimed(messages=_lease(tx, owner, claimed, now), next_at=_next_at(tx, now))

    def _take(self, tx: Tx, due: Due, room: _Room, now: datetime) -> str:
        """The gateway that takes it; empty when it ended or waits, or when none has room."""
        message = due.message
        if message.not_after <= now:
            self._end(tx, due, "expired", "", now)
            return ""
        fitting = room.fitting(due)
        if not fitting and room.offers:
            self._end(tx, due, message.code or "no_gateway", message.detail, now)
            return ""
        name = next((one for one in fitting if room.left[one] > 0), None)
        if name is None:
            return ""
        if not message.bound and not self._asked(tx, due, now):
            return ""
        room.left[name] -= 1
        return name

    def _asked(self, tx: Tx, due: Due, now: datetime) -> bool:
        """True when the governor lets it go now; otherwise it waits or has ended."""
        message = due.message
        contact = contact_of(message, due.round)
        decision: Decision
        if message.answer or message.call:
            by = message.by or "sms"
            decision = self._core.outreach.count(tx, contact, by, now)
        else:
            decision = self._core.outreach.decide(tx, contact, now)
        if decision.verdict is Verdict.GO:
            return True
        if decision.verdict is Verdict.NEVER:
            self._end(tx, due, decision.code, self._words(decision), now)
            return False
        self._put_off(tx, message, decision, now)
        return False

    def _words(self, decision: Decision) -> str:
        """The reason in the house's language, since it is stored."""
        return decision.text.to(self._core.settings.language)

    def _put_off(self, tx: Tx, message: Message, decision: Decision, now: datetime) -> None:
        until = decision.until or now + ASK_AGAIN
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

    def _end(self, tx: Tx, due: Due, code: str, detail: str, now: datetime) -> None:
        """It will not be sent; what was to be repeated under its key may have been already."""
        message = due.message
        state = State.UNCERTAIN if message.bound else State.REJECTED
        store.move(tx, [message.id], state, now, code=code, detail=detail)
        self._endings.ended(tx, message, state, code, due.round, now)
        self._endings.show(tx, [message.id])


def _due(tx: Tx, now: datetime, seen: Sequence[int]) -> list[Due]:
    query = (
        select(message_table)
        .where(m.state == State.QUEUED, m.not_before <= now, m.id.not_in(seen))
        .order_by(m.rank, m.not_before, m.id)
        .limit(PAGE)
        .with_for_update(skip_locked=True)
    )
    return [
        Due(message=store.message_of(row), refused=tuple(row.refused), round=row.round)
        for row in tx.all(query)
    ]


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
    first = select(func.min(m.not_before, type_=UTCDateTime()))
    found: datetime | None = tx.scalar(first.where(m.state == State.QUEUED, m.not_before > now))
    return found
