"""What patients answer to messages about a visit: 1 confirms it, 2 cancels it."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from enum import Enum

from attrs import evolve
from twisted.logger import Logger

from careline.clinic import Appointment
from careline.hooks import InboundMessage, Refusal
from careline.i18n import Text, translate
from careline.storage import Tx
from careline_sms.occasions import store
from careline_sms.occasions.others import ABOUT, LATELY, Known
from careline_sms.occasions.store import Word
from careline_sms.occasions.visits import Visits
from careline_sms.occasions.words import COMES
from careline_sms.replies.store import asked
from careline_sms.services import Services

EDGES = " .,!。，！、?？;；\"'“”‘’()（）[]【】"
YES = frozenset({"1", "y", "yes", "ok", "是", "好", "好的", "确认", "收到", "qr"})
NO = frozenset({"2", "n", "no", "取消", "退号", "取消预约", "不去了", "qx"})
BARE = frozenset({"2", "n", "no"})
"""What other messages are answered by as well: alone it cancels only what was asked last."""
STILL_ANSWERED = timedelta(days=1)
"""So long a message may well be what a bare digit answers, though others came after it."""
SILENT = frozenset({"greeting", "reply"})
"""Purposes of messages that nobody answers by a digit."""
MOST = 50
REASON = Text("cancelled by the patient's reply")

SEVERAL = Text("Several visits are booked with this number. Please call us to cancel one of them.")
GONE = Text("This visit is cancelled already, or past. Please call us if you have questions.")
SAY_SO = Text("To cancel your visit on {when}, please reply with the word 取消.")
SURE = Text("Thank you. Your visit is confirmed: {when}.")
DONE = Text("Your visit is cancelled: {when}. Please book again if you need one.")
UNDER_WAY = Text("Your visit is being cancelled; we will send you a message once it is done.")
NOT_NOW = Text("Your visit cannot be cancelled right now. Please try again later or call us.")
REFUSED = Text("Your visit cannot be cancelled: {why} Please call us.")

log = Logger()


class Wanted(Enum):
    """What an answer means."""

    CONFIRM = "confirm"
    CANCEL = "cancel"
    UNCLEAR = "unclear"


def wanted(text: str) -> Wanted:
    """What somebody means; only whole words count, so that nothing is cancelled by chance."""
    word = _word(text)
    if word in YES:
        return Wanted.CONFIRM
    return Wanted.CANCEL if word in NO else Wanted.UNCLEAR


def _word(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip(EDGES).casefold()


class Answers:
    """Does what the answer asks for, and says what became of it."""

    def __init__(self, services: Services, visits: Visits) -> None:
        self._core = services.core
        self._messages = services.messages
        self._visits = visits
        self._language = services.config.occasions.language

    async def replied(self, reply: InboundMessage) -> str | None:
        """The words to say back; None for a message about no visit, and words not understood.

        Those may be meant for another asker; else somebody of the house reads them.
        """
        about, meant = ABOUT.match(reply.about), wanted(reply.text)
        if about is None or meant is Wanted.UNCLEAR:
            return None
        booking = int(about[1])
        bare = meant is Wanted.CANCEL and _word(reply.text) in BARE
        sure, newest = await self._is_sure(reply) if bare else (True, True)
        if not newest:
            return None
        known = await self._visits.known(booking)
        told = await self._core.db.run(store.told_of, booking)
        if known is None or known.visit.state not in COMES or told.moved_to:
            others = await self._visits.others.any(reply.number, {booking})
            return self._say(SEVERAL if others else GONE, known)
        if meant is Wanted.CONFIRM:
            await self._keep(booking, Word.CONFIRMED)
            return self._say(SURE, known, when=self._visits.when(known))
        if await self._visits.others.any(reply.number, {booking}):
            return self._say(SEVERAL, known)
        if not sure:
            return self._say(SAY_SO, known, when=self._visits.when(known))
        return await self._cancel(known)

    async def _is_sure(self, reply: InboundMessage) -> tuple[bool, bool]:
        """Whether a bare digit can only mean visits, and whether they were asked about last.

        Whatever else went to that number may expect an answer too: a survey, a free text.
        """
        since = self._core.clock.now() - LATELY
        sent = await self._core.db.run(asked, reply.number, since, MOST)
        sent = [one for one in sent if one.purpose not in SILENT]
        last = [one for one in sent if (one.carrier or one.id) == (sent[0].carrier or sent[0].id)]
        newest = not sent or any(ABOUT.match(one.key) for one in last)
        lately = self._core.clock.now() - STILL_ANSWERED
        others = [one for one in sent if not ABOUT.match(one.key)]
        return not any((one.sent or one.changed) >= lately for one in others), newest

    async def _cancel(self, known: Known) -> str:
        booking = known.visit.id
        await self._keep(booking, Word.CANCELLED)  # first: who answers is not told once more
        found = await self._core.hub.cancel_appointment(booking_id=booking, reason=REASON.msgid)
        if isinstance(found, Appointment) and found.state == "cancelled":
            log.info("visit {booking} cancelled by a reply", booking=booking)
            return self._say(DONE, known, when=self._visits.when(known))
        await self._keep(booking, Word.NONE)
        if isinstance(found, Refusal):
            why = translate(found.message, known.language, **found.params)
            return self._say(REFUSED, known, why=why)
        return self._say(UNDER_WAY if isinstance(found, Appointment) else NOT_NOW, known)

    async def _keep(self, booking: int, word: Word) -> None:
        now = self._core.clock.now()

        def work(tx: Tx) -> None:
            told = store.told_of(tx, booking)
            store.put_told(tx, evolve(told, word=word, answered=now if word.value else None))

        await self._core.db.run(work)
        self._core.events.tell("sms_changed", "", permission="sms.view")

    def _say(self, text: Text, known: Known | None, **params: str) -> str:
        """In the patient's language."""
        return translate(text.msgid, known.language if known else self._language, **params)
