"""Messages for the rest of the plugin. Verbs with ``tx`` run in the caller's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve
from sqlalchemy import update

from careline.errors import CarelineError, Conflict, Invalid
from careline.hooks import Delivery, OutboundMessage
from careline.i18n import DEFAULT, error_text
from careline.numbers.phone import Phone, PhoneKind, parse_phone
from careline.plugins import Core
from careline.storage import Tx
from careline_sms import search, store
from careline_sms.config import SmsConfig
from careline_sms.links import hidden, is_hidden
from careline_sms.model import (
    LONGEST_TEXT,
    RESENDABLE,
    Figure,
    Message,
    New,
    Reply,
    State,
    Step,
    Wanted,
    may,
)
from careline_sms.replies import store as replies
from careline_sms.sending.endings import Endings, contact_of
from careline_sms.sending.lines import Lines
from careline_sms.store import m
from careline_sms.tables import LONGEST_KEY, message_table
from careline_sms.templating.service import Templates
from careline_sms.text import clean, signed

CHANNEL = "sms"
AS_GIVEN = (
    *("key", "template", "language", "patient", "campus", "purpose", "urgency"),
    *("by", "group", "call", "settles", "answer", "shares"),
)
ODD = "odd"
"""Code of messages that their asker should not have put."""
UNSENDABLE = frozenset(
    {"phone.number", "phone.empty", "number", "abroad", "empty", "long", "wrong_number", "erased"}
    | {ODD}
)
"""Codes of messages that sending again would not help."""
LONGEST = dict.fromkeys(("template", "purpose", "by", "group", "call"), 64)
LONGEST |= {"language": 8, "campus": 32}
"""Characters that the tables hold of what askers give; what is longer is a fault of theirs."""
CALLABLE_BACK = (State.HELD, State.QUEUED)


class Messages:
    """Putting, calling back, looking up. Whoever asks checks first who may."""

    def __init__(
        self,
        core: Core,
        config: SmsConfig,
        templates: Templates,
        lines: Lines,
        endings: Endings,
        poke: Callable[[], None],
    ) -> None:
        self._core = core
        self._config = config
        self._templates = templates
        self._lines = lines
        self._endings = endings
        self._poke = poke

    def put(self, tx: Tx, new: New) -> int:
        """Store a message and give its id; that of the one with the same key, if there is one.

        One that cannot be sent (see :meth:`problems`) is stored as REJECTED, so that it is seen.
        The governor knows of one for later that may share, so that others can travel in it.
        """
        now = self._core.clock.now()
        values = self._values(new, now)
        id = store.put(tx, values)
        if id is None:
            there = store.by_key(tx, values["key"])
            return there.id if there else 0
        state: State = values["state"]
        code, detail = values["code"], values["detail"]
        store.tell(tx, [id], state, now, new.by, code=code, detail=detail)
        if state is State.REJECTED:
            self._endings.ended(tx, store.get(tx, id), state, code, 0, now)
        elif new.shares and state is State.QUEUED and values["not_before"] > now:
            self._core.outreach.decide(tx, contact_of(store.get(tx, id)), now)
        self._endings.show(tx, [id])
        tx.after_commit(self._poke)
        return id

    def problems(self, new: New) -> list[CarelineError]:
        """Why a message could not be sent; for people who are just writing it."""
        found: list[CarelineError] = []
        checks: tuple[Callable[[], object], ...] = (
            lambda: _fits(new),
            lambda: self._phone(new.to),
            lambda: self._text(new),
        )
        for check in checks:
            try:
                check()
            except CarelineError as fault:
                found.append(fault)
        return found

    def withdraw(self, tx: Tx, key: str, why: str, by: str = "") -> bool:
        """Call back what was not sent yet (HELD, QUEUED); ``why`` is a msgid. False otherwise."""
        message = store.by_key(tx, key)
        return message is not None and bool(self._withdraw(tx, [message], why, by))

    def withdraw_group(self, tx: Tx, group: str, why: str, by: str) -> int:
        """Call back all of a group that were not sent yet; gives how many."""
        return self._withdraw(tx, store.of_group(tx, group, CALLABLE_BACK), why, by)

    def reword(self, tx: Tx, key: str, values: Mapping[str, str]) -> bool:
        """Fill a message's template anew, while it waits and no gateway has had it; else False."""
        message = store.by_key(tx, key)
        if message is None or message.state not in CALLABLE_BACK or message.bound:
            return False
        filled = _kept(values)
        if dict(message.values) == filled:
            return False
        new = New(to=message.to, key=key, template=message.template, language=message.language)
        try:
            text, version = self._text(evolve(new, values=values))
        except CarelineError:
            return False  # what stands there can be sent
        parts = self._parts(text, message.campus, message.purpose)
        changed = {"text": text, "version": version, "values": filled, "parts": parts}
        still = (m.id == message.id, m.state.in_(CALLABLE_BACK), m.bound == "")
        done = tx.execute(update(message_table).where(*still).values(changed)).rowcount
        self._endings.show(tx, [message.id])
        return bool(done)

    def _withdraw(self, tx: Tx, messages: Sequence[Message], why: str, by: str) -> int:
        """One that is bound may be on its way already, and stays."""
        now = self._core.clock.now()
        ids = [one.id for one in messages if one.state in CALLABLE_BACK and not one.bound]
        done = set(store.move(tx, ids, State.WITHDRAWN, now, code="withdrawn", detail=why, by=by))
        for one in messages:
            if one.id in done:
                self._endings.ended(tx, one, State.WITHDRAWN, "withdrawn", one.round, now)
        self._endings.show(tx, sorted(done))
        return len(done)

    def release_group(self, tx: Tx, group: str, by: str) -> int:
        """Somebody approved a group: its HELD messages are QUEUED; gives how many."""
        held = store.of_group(tx, group, (State.HELD,))
        return self._queue(tx, [one.id for one in held], by)

    async def release(self, id: int, by: str) -> None:
        """Somebody approved a single message; Conflict when it is not HELD."""
        await self._core.db.run(self._release, id, by)

    def _release(self, tx: Tx, id: int, by: str) -> None:
        message = store.get(tx, id)
        if message.state is not State.HELD or not self._queue(tx, [id], by):
            raise Conflict("sms.not_held", "this message waits for no approval")

    def _queue(self, tx: Tx, ids: Sequence[int], by: str, **values: Any) -> int:
        now = self._core.clock.now()
        done = store.move(tx, ids, State.QUEUED, now, by=by, code="", detail="", **values)
        self._endings.show(tx, done)
        tx.after_commit(self._poke)
        return len(done)

    async def resend(self, id: int, by: str) -> None:
        """A person has it sent again (UNCERTAIN, FAILED, REJECTED); Conflict when it cannot be.

        It is a new contact for the governor, and one for which every gateway may be tried.
        """
        await self._core.db.run(self.resend_in, id, by)

    def resend_in(self, tx: Tx, id: int, by: str) -> None:
        """The same in a transaction."""
        message = store.get(tx, id)
        now = self._core.clock.now()
        if message.state not in RESENDABLE or not may(message.state, State.QUEUED):
            raise Conflict("sms.not_resendable", "this message cannot be sent again")
        if message.code in UNSENDABLE or not message.to:
            raise Conflict("sms.unsendable", "there is nothing to send, or nobody to send it to")
        if is_hidden(message.text):
            raise Conflict("sms.link", "its link is not kept: have whoever asked for it ask anew")
        again = {"not_before": now, "not_after": now + self._age, "tries": 0, "refused": []}
        store.put_in(tx, id, ())  # what travelled in it is looked after by itself
        if not self._queue(tx, [id], by, bound="", gateway="", carrier=0, told=False, **again):
            raise Conflict("sms.not_resendable", "this message cannot be sent again")
        tx.execute(update(message_table).where(m.id == id).values(round=m.round + 1))

    async def deliver(self, message: OutboundMessage) -> Delivery | None:
        """The core's hook: take over a message of channel ``sms``, once for each id."""
        if message.channel != CHANNEL:
            return None
        new = New(
            key=message.id,
            to=message.to,
            text=message.text,
            template=message.template,
            values=message.values,
            language=message.language,
            patient=message.patient,
            campus=message.campus,
            purpose=message.purpose,
            urgency=message.urgency,
            not_after=message.not_after,
            settles=True,
            shares=True,
        )
        return Delivery(reference=str(await self._core.db.run(self.put, new)))

    # Looking up

    async def get(self, id: int) -> Message:
        """One message, its links hidden; NotFound."""
        return _shown(await self._core.db.run(store.get, id))

    async def by_key(self, key: str) -> Message | None:
        """One by its asker's key, its links hidden."""
        found = await self._core.db.run(store.by_key, key)
        return _shown(found) if found else None

    async def history(self, id: int) -> Sequence[Step]:
        """What happened to a message, the oldest first."""
        return await self._core.db.run(store.history, id)

    async def listed(
        self, wanted: Wanted, offset: int = 0, most: int = 50, as_sent: bool = False
    ) -> tuple[Sequence[Message], int]:
        """Messages, the newest first, and how many there are in all.

        Links are hidden but with ``as_sent``, for a telephone's screen.
        """
        found, count = await self._core.db.run(search.listed, wanted, offset, most)
        return (found if as_sent else [_shown(one) for one in found]), count

    async def counts(self, wanted: Wanted) -> dict[State, int]:
        """How many there are in each state."""
        return await self._core.db.run(search.counts, wanted)

    async def figures(self, since: datetime, until: datetime) -> Sequence[Figure]:
        """What was put within a time, by day, state, purpose and gateway, for reports."""
        zone = self._core.campuses.zone()
        return await self._core.db.run(search.figures, since, until, zone)

    async def replies(
        self, patient: int = 0, number: str = "", unknown: bool = False, most: int = 50
    ) -> Sequence[Reply]:
        """What was written to us, the newest first; ``unknown``: only what nobody understood."""
        return await self._core.db.run(replies.listed, patient, number, unknown, most)

    async def replies_to(self, id: int) -> Sequence[Reply]:
        """Replies to one message, the oldest first."""
        return await self._core.db.run(replies.of_message, id)

    async def carried(self, id: int) -> Sequence[Message]:
        """What travels or travelled in the text of a message."""
        return await self._core.db.run(store.carried_in, id)

    # Parts

    @property
    def _age(self) -> timedelta:
        return timedelta(hours=self._config.max_age_hours)

    def _values(self, new: New, now: datetime) -> dict[str, Any]:
        """The row of a new message; what is wrong with it makes it REJECTED."""
        if not new.key or len(new.key) > LONGEST_KEY:
            raise Invalid("sms.key", "a message needs a key of at most {most} characters",
                          most=LONGEST_KEY)  # fmt: skip
        start = new.not_before or now
        to, text, version, code, detail = store.kept(new.to, 32), "", 0, "", ""
        try:
            _fits(new)
            to = self._phone(new.to).e164
            text, version = self._text(new)
        except CarelineError as fault:
            code = fault.code.removeprefix("sms.")
            words = error_text(fault, self._core.settings.language)
            detail = store.kept(words, store.LONGEST_DETAIL)
        state = State.REJECTED if code else State.HELD if new.held else State.QUEUED
        return {
            **{name: getattr(new, name) for name in AS_GIVEN},
            **{name: store.kept(getattr(new, name), most) for name, most in LONGEST.items()},
            "language": store.kept(new.language, LONGEST["language"]) or DEFAULT,
            "to": to,
            "text": text,
            "version": version,
            "values": _kept(new.values),
            "not_before": start,
            "not_after": new.not_after or start + self._age,
            "state": state,
            "created": now,
            "changed": now,
            "parts": self._parts(text, new.campus, new.purpose),
            "code": code,
            "detail": detail,
        }

    def _parts(self, text: str, campus: str, purpose: str) -> int:
        line = self._lines.first(campus, purpose)
        return line.parts(signed(text, self._config.signature_of(campus))) if line and text else 0

    def _phone(self, to: str) -> Phone:
        """A number that messages can be sent to; Invalid otherwise."""
        phone = parse_phone(to)
        if not phone.e164.startswith("+") or phone.extension:
            raise Invalid("sms.number", "no messages can be sent to this number")
        if not phone.e164.startswith("+86"):
            if not self._config.abroad:
                raise Invalid("sms.abroad", "messages to other countries are not allowed")
            return phone
        if phone.kind is not PhoneKind.MOBILE:
            raise Invalid("sms.number", "no messages can be sent to this number")
        return phone

    def _text(self, new: New) -> tuple[str, int]:
        """The words of a message, and the version of the template that they were made of."""
        version = 0
        text = new.text
        if new.template and (self._templates.known(new.template) or not text):
            template = self._templates.get(new.template)
            text = self._templates.words(template, new.values, new.language)
            version = template.version
        text = clean(text)
        if not text:
            raise Invalid("sms.empty", "a message needs a text")
        if len(text) > LONGEST_TEXT:
            raise Invalid("sms.long", "at most {most} characters", most=LONGEST_TEXT)
        return text, version


def _shown(message: Message) -> Message:
    return evolve(message, text=hidden(message.text))


def _kept(values: Mapping[str, object]) -> dict[str, str]:
    """Values of a template as the table holds them."""
    return {name: store.kept(str(one), LONGEST_TEXT) for name, one in values.items()}


def _fits(new: New) -> None:
    """Invalid for what the tables could not hold as it is."""
    for name, most in LONGEST.items():
        given = getattr(new, name)
        if store.kept(given, most) != given:
            raise Invalid(ODD, "{field}: at most {most} characters", field=name, most=most)
