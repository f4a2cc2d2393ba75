"""The sender: claims what is due, sends side by side, settles in handfuls, until it is stopped."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Collection, Sequence
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, DeferredList, TimeoutError
from twisted.logger import Logger
from twisted.python.failure import Failure

from careline.errors import Unavailable
from careline.messaging.gateway import Busy, Outgoing, Rejected, Sent, Uncertain
from careline.plugins import Core
from careline_sms.config import SmsConfig
from careline_sms.model import Message
from careline_sms.sending import beats
from careline_sms.sending.allowance import Allowance
from careline_sms.sending.claiming import Claimed, Claiming
from careline_sms.sending.lines import Line, Lines
from careline_sms.sending.outcomes import Ending
from careline_sms.sending.settling import HANDFUL, Done, Settling
from careline_sms.text import signed

log = Logger()
GRACE = 30.0
"""Seconds without a beat after which a sender is dead."""
IDLE = 5.0
BUSY = 0.05
AWAY = 2.0
ASIDE = 3600.0
"""Seconds for which a message is passed over of which the claim has failed."""
STOPPING = 10.0
LONGEST_SEND = 120.0
"""Gateways end their sends by themselves; one that does not is given up after this."""


def owner_name() -> str:
    """A name that no other sender has, readable in the table."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


class Sender:
    """One in each process; several share a database and never a message."""

    def __init__(
        self,
        core: Core,
        config: SmsConfig,
        lines: Lines,
        claiming: Claiming,
        settling: Settling,
        grace: float = GRACE,
    ) -> None:
        self._core = core
        self._config = config
        self._lines = lines
        self._claiming = claiming
        self._settling = settling
        self._allowance = Allowance(core, lines.per_second)
        self._grace = grace
        self._watch = beats.Watch(grace)
        self.owner = ""
        self._sending: set[Deferred[None]] = set()
        self._done: list[Done] = []
        self._held: set[int] = set()
        self._aside: dict[int, float] = {}
        self._wake: Deferred[None] | None = None
        self._poked = False
        self._stopping = False
        self._settles: Deferred[None] | None = None
        self._loops: list[Deferred[None]] = []

    async def start(self) -> None:
        """Begin to live, then to send."""
        self._stopping = False
        self._loops = [
            self._core.tasks.spawn(self._live(), "sms: sender"),
        ]

    async def stop(self) -> None:
        """Claim no more; wait for what is being sent, a while, and write down how it ended."""
        self._stopping = True
        self.poke()
        await self._ended(self._sending, STOPPING)
        for sending in list(self._sending):
            sending.cancel()
        await self._ended(self._sending, STOPPING)
        await self._ended([] if self._settles is None else [self._settles], STOPPING)
        for loop in self._loops:
            loop.cancel()
        if self.owner and not self._done:
            await self._bow_out()

    async def _bow_out(self) -> None:
        try:
            await self._core.db.run(beats.end, self.owner)
        except Unavailable as error:
            log.warn("sms: {error}", error=error)

    def poke(self) -> None:
        """There may be something to send; called after a commit that put some."""
        self._poked = True
        if self._wake is not None and not self._wake.called:
            self._wake.callback(None)

    # Living

    async def _live(self) -> None:
        await self._be_born()
        self._loops += [
            self._core.tasks.spawn(self._beat_forever(), "sms: beats"),
            self._core.tasks.spawn(self._claim_forever(), "sms: claims"),
        ]

    async def _be_born(self) -> None:
        while True:
            owner = owner_name()
            try:
                await self._core.db.run(beats.begin, owner)
            except Unavailable:
                await self._core.clock.sleep(AWAY)
            else:
                self.owner = owner
                return

    async def _beat_forever(self) -> None:
        while True:
            try:
                await self._beat()
            except Unavailable as error:
                log.warn("sms: no beat: {error}", error=error)
            except CancelledError:
                raise
            except Exception:  # noqa: BLE001 - whatever it is, without beats all is taken for lost
                log.failure("sms: no beat")
            await self._core.clock.sleep(self._grace / 6)

    async def _beat(self) -> None:
        found = await self._core.db.run(beats.beat, self.owner)
        if found is None:
            await self._be_born()
            return
        found.pop(self.owner, None)
        for owner, count in self._watch.still(found, self._core.clock.seconds()):
            if await self._core.db.run(self._settling.bury, owner, count):
                log.warn("sms: sender {owner} is dead", owner=owner)
        for owner in await self._core.db.run(beats.held_by_nobody):
            await self._take_over(owner)

    async def _take_over(self, owner: str) -> None:
        """What nobody holds any more is settled; what this process itself still sends is not."""
        now = self._core.clock.now
        while await self._core.db.run(self._settling.lost, owner, now(), set(self._held)):
            self.poke()

    # Claiming

    async def _claim_forever(self) -> None:
        while not self._stopping:
            self._poked = False
            pause = IDLE
            try:
                pause = await self._claim()
            except Unavailable as error:
                log.warn("sms: {error}", error=error)
                pause = AWAY
            except CancelledError:
                raise
            except Exception:  # noqa: BLE001 - one odd message must not stop all others
                self._pass_over(self._claiming.at)
                pause = AWAY
            await self._rest(pause)

    def _pass_over(self, id: int) -> None:
        """Leave a message alone for a while, since the claim has failed when it looked at it."""
        log.failure("sms: cannot claim; message {id} is passed over", id=id)
        if id:
            self._aside[id] = self._core.clock.seconds() + ASIDE

    async def _claim(self) -> float:
        """Claim and begin to send; gives after how many seconds to look again."""
        offers = self._lines.offers()
        if not any(one.room for one in offers):
            return min(self._lines.pause or IDLE, IDLE)
        offers = await self._allowance.cut(offers)
        if not any(one.room for one in offers):
            return min(self._allowance.pause, IDLE)
        now, owner = self._core.clock.now(), self.owner
        passed = self._core.clock.seconds()
        self._aside = {id: until for id, until in self._aside.items() if until > passed}
        aside = list(self._aside)
        claimed: Claimed = await self._core.db.run(self._claiming.claim, owner, offers, now, aside)
        if not claimed.alive:
            return BUSY
        for message in claimed.messages:
            self._allowance.take(message.gateway)
            self._begin(message, owner)
        if claimed.messages:
            self._poked = True
        return self._until(claimed)

    def _until(self, claimed: Claimed) -> float:
        pauses = [IDLE]
        if claimed.next_at is not None:
            left = (claimed.next_at - self._core.clock.now()).total_seconds()
            pauses.append(max(left, BUSY))
        if (limited := self._lines.pause) is not None:
            pauses.append(limited)
        return min(pauses)

    async def _rest(self, pause: float) -> None:
        if self._poked or self._stopping:
            return
        self._wake = Deferred()
        timer = self._core.clock.call_later(pause, self.poke)
        try:
            await self._wake
        finally:
            self._wake = None
            if timer.active():
                timer.cancel()

    # Sending

    def _begin(self, message: Message, owner: str) -> None:
        line = self._lines.get(message.gateway)
        if line is None:
            return  # not configured any more: found as lost when this sender has ended
        line.begin()
        self._held.add(message.id)
        sending = self._core.tasks.spawn(self._send(line, message, owner), "sms: send")
        self._sending.add(sending)
        sending.addBoth(lambda _: self._sending.discard(sending))

    async def _send(self, line: Line, message: Message, owner: str) -> None:
        signature = self._config.signature_of(message.campus)
        text = signed(message.text, signature)
        outgoing = Outgoing(
            id=message.id,
            key=message.round_key,
            to=message.to,
            text=text,
            body=message.text,
            signature=signature,
            template=message.template,
            values=message.values,
            language=message.language,
        )
        ending = await self._ending_of(line, outgoing)
        line.ended(ending)
        parts = line.parts(text) if isinstance(ending, Sent) else 0
        price = line.settings.price
        self._settle(Done(message=message, owner=owner, ending=ending, parts=parts, price=price))

    async def _ending_of(self, line: Line, outgoing: Outgoing) -> Ending:
        """How a send ends; whatever the gateway raises, nothing is taken for unsent lightly."""
        sent: Deferred[Any] = Deferred.fromCoroutine(line.gateway.send(outgoing))
        sent.addErrback(_as_ending, line.name)
        ending: Ending = await self._core.clock.within(LONGEST_SEND, sent)
        return ending

    # Settling

    def _settle(self, done: Done) -> None:
        self._done.append(done)
        if self._settles is None or self._settles.called:
            self._settles = self._core.tasks.spawn(self._settle_all(), "sms: settle")

    async def _settle_all(self) -> None:
        """Write down all that has ended; what ends meanwhile goes with the next handful."""
        many = HANDFUL
        while self._done:
            handful = self._done[:many]
            try:
                await self._write_down(handful)
            except Unavailable as error:
                log.warn("sms: not settled yet: {error}", error=error)
                await self._core.clock.sleep(AWAY)
                continue
            except CancelledError:
                raise
            except Exception:  # noqa: BLE001 - one odd ending must not keep all others
                many = 1
                if len(handful) > 1:
                    continue
                await self._set_aside(handful[0])
                many = HANDFUL
            del self._done[: len(handful)]
            self._held.difference_update(one.message.id for one in handful)
            self.poke()

    async def _write_down(self, handful: Sequence[Done]) -> None:
        now = self._core.clock.now()
        for id in await self._core.db.run(self._settling.settle, handful, now):
            log.warn("sms: message {id} was taken from its sender", id=id)

    async def _set_aside(self, done: Done) -> None:
        """What cannot be written down: the message was handed out, and is never sent again here."""
        log.failure("sms: cannot settle message {id}", id=done.message.id)
        while True:
            try:
                await self._core.db.run(self._settling.set_aside, done, self._core.clock.now())
            except Unavailable:
                await self._core.clock.sleep(AWAY)
            else:
                return

    async def _ended(self, deferreds: Collection[Deferred[None]], seconds: float) -> None:
        """Wait until all have ended, at most ``seconds``, without cancelling them."""
        ended: Deferred[None] = Deferred()
        everyone = DeferredList(list(deferreds))
        everyone.addCallback(lambda _: None if ended.called else ended.callback(None))
        try:
            await self._core.clock.within(seconds, ended)
        except TimeoutError:
            return


def _as_ending(failure: Failure, name: str) -> Ending:
    """An error of a send as its ending; an unforeseen one is a fault of ours, and uncertain."""
    error = failure.value
    if isinstance(error, Rejected | Busy | Uncertain):
        return error
    if isinstance(error, CancelledError):
        return Uncertain("the send had no end")
    log.failure("sms: gateway {name} failed", failure=failure, name=name)
    return Uncertain(type(error).__name__)
