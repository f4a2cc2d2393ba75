"""Replies: taken from gateways, then brought to whoever asked, and answered."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from careline.errors import Invalid
from careline.hooks import InboundMessage, JobHandler
from careline.i18n import Text
from careline.jobs import Job
from careline.numbers.phone import parse_phone
from careline.outreach.model import Means, Scope
from careline.plugins import Core
from careline.storage import Tx
from careline_sms.config import SmsConfig
from careline_sms.model import LONGEST_TEXT, Heard, Message, New, Reply
from careline_sms.replies import store
from careline_sms.replies.words import wish
from careline_sms.service import CHANNEL, Messages
from careline_sms.text import clean

JOB = "sms.reply"
TELEPHONE = re.compile(r"\+\d{6,20}")
MOST_ANSWERS = 10
"""So many answers go to one number within a day; a machine at the other end may answer for ever."""
CHANGED = "sms_reply"
VIEW = "sms.view"
BY = "sms"
WHY = Text("asked so by a message").msgid
GOODBYE = Text("You will get no more messages from us. Reply HF to get them again.")
WELCOME = Text("You will get our messages again.")

Asked = Callable[[InboundMessage], Awaitable[str | None]]
"""Who is asked what a reply means: gives the words to say back, or None."""


class Replies:
    """Takes replies and has them understood; ``own`` is the plugin's own part that asks things."""

    def __init__(
        self, core: Core, config: SmsConfig, messages: Messages, own: Asked | None = None
    ) -> None:
        self._core = core
        self._config = config
        self._messages = messages
        self.own = own

    def job_handlers(self) -> list[JobHandler]:
        """Understanding takes its time, and is done again when it fails."""
        return [JobHandler(kind=JOB, do=self._understand, timeout=60.0, max_tries=10)]

    async def reply(
        self,
        gateway: str,
        number: str,
        text: str,
        at: datetime | None = None,
        to: str = "",
        reference: str = "",
    ) -> None:
        """Take a reply; returns when it is stored. The same one again changes nothing."""
        await self._core.db.run(self._take, gateway, number, text, at, to, reference)

    def _take(
        self,
        tx: Tx,
        gateway: str,
        number: str,
        text: str,
        at: datetime | None,
        to: str,
        reference: str,
    ) -> None:
        now = self._core.clock.now()
        said = clean(text)[:LONGEST_TEXT]
        moment = reference or (at.isoformat() if at else "")
        same = "\0".join((gateway, number, said, moment))
        id = store.add(
            tx,
            {
                "same": hashlib.sha256(same.encode("utf-8", "replace")).hexdigest()
                if moment
                else _unlike(now, same),
                "gateway": gateway,
                "number": _e164(number),
                "to": to[:32],
                "text": said,
                "at": min(at or now, now),
                "received": now,
            },
        )
        if id is not None:
            self._core.outbox.put(tx, Job(JOB, {"id": id}, dedupe_key=f"{JOB}:{id}"))
            tx.after_commit(lambda: self._show(id))

    async def _understand(self, args: Mapping[str, Any], job: object) -> None:
        reply = await self._core.db.run(store.get, int(args["id"]))
        if reply is None or reply.heard is not Heard.NEW:
            return
        if not TELEPHONE.fullmatch(reply.number):
            await self._core.db.run(self._answer, reply, Heard.UNKNOWN, None, "")
            return  # nobody's telephone: there is nobody to obey or to answer
        asked = await self._core.db.run(self._asked, reply)
        wanted = wish(reply.text, self._config.refuse, self._config.allow)
        if wanted is not None:
            await self._core.db.run(self._obey, reply, wanted, asked[0] if asked else None)
            return
        for message in asked:
            words = await self._ask(reply, message)
            if words is not None:
                await self._core.db.run(self._answer, reply, Heard.ANSWERED, message, words)
                return
        newest = asked[0] if asked else None
        await self._core.db.run(self._answer, reply, Heard.UNKNOWN, newest, "")

    def _asked(self, tx: Tx, reply: Reply) -> list[Message]:
        since = self._core.clock.now() - timedelta(days=self._config.reply_days)
        return store.asked(tx, reply.number, since)

    async def _ask(self, reply: Reply, message: Message) -> str | None:
        """Whether that message's asker understands it; the newest message is asked first."""
        inbound = InboundMessage(
            about=message.key,
            channel=CHANNEL,
            number=reply.number,
            text=reply.text,
            patient=message.patient,
            at=reply.at,
        )
        words = await self.own(inbound) if self.own else None
        if words is None:
            words = await self._core.hub.message_replied(reply=inbound)
        return words

    def _obey(self, tx: Tx, reply: Reply, wanted: Heard, about: Message | None) -> None:
        """Who said so before gets no second answer: two machines might talk for ever."""
        now, outreach = self._core.clock.now(), self._core.outreach
        language = (about.language if about else "") or "zh"
        if wanted is Heard.ALLOWED:
            words = WELCOME if outreach.allow(tx, reply.number, Means.MESSAGE) else None
        else:
            by = {"by": BY, "why": WHY}
            new = outreach.refuse(tx, reply.number, Means.MESSAGE, Scope.ALL, **by, now=now)
            words = GOODBYE if new else None
        self._answer(tx, reply, wanted, about, words.to(language) if words else "")

    def _answer(
        self, tx: Tx, reply: Reply, heard: Heard, about: Message | None, words: str
    ) -> None:
        day = self._core.clock.now() - timedelta(days=1)
        if words and store.answered(tx, reply.number, day) >= MOST_ANSWERS:
            words = ""
        store.hear(tx, reply.id, heard, about, words)
        tx.after_commit(lambda: self._show(reply.id))
        if words:
            self._messages.put(
                tx,
                New(
                    key=f"reply:{reply.id}",
                    to=reply.number,
                    text=words,
                    language=about.language if about else "",
                    patient=about.patient if about else 0,
                    campus=about.campus if about else "",
                    purpose="reply",
                    answer=True,
                ),
            )

    def _show(self, id: int) -> None:
        self._core.events.tell(CHANGED, str(id), permission=VIEW)


def _e164(number: str) -> str:
    """A number in the form in which messages are sent to it; an odd one as it came."""
    try:
        return parse_phone(number).e164[:32]
    except Invalid:
        return clean(number)[:32]


def _unlike(now: datetime, same: str) -> str:
    """A reply without id and time: the same words within a minute are the same reply."""
    minute = now.replace(second=0, microsecond=0).isoformat()
    return hashlib.sha256(f"{same}\0{minute}".encode("utf-8", "replace")).hexdigest()
