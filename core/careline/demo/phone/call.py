"""One call of a phone: what its owner can do with it, and what the other side does to it."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred

from careline.demo.phone import sdp
from careline.demo.phone.dialog import Dialog
from careline.demo.phone.events import PATIENCE_S, Milestone
from careline.demo.phone.message import Headers, Request, Response, response_to, user_of
from careline.demo.phone.rtp import RtpSession
from careline.demo.phone.transactions import ClientTransaction, ServerTransaction
from careline.errors import Unavailable

if TYPE_CHECKING:
    from careline.demo.phone.phone import Phone

SDP: Headers = (("Content-Type", "application/sdp"),)
ALLOW = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY, MESSAGE")


class CallState(enum.Enum):
    """Where a call stands."""

    TRYING = "trying"
    RINGING = "ringing"
    UP = "up"
    ENDED = "ended"


class Call:
    """A call in progress or over.

    ``number`` is who is called or who calls. ``status`` is the final SIP status of the INVITE (0
    until then). ``digits`` are those that the other side pressed. The ``..._at`` times are
    monotonic seconds of the phone's clock, None when it did not happen. ``ended_by`` is "us" or
    "them".
    """

    def __init__(self, phone: Phone, dialog: Dialog, number: str, *, incoming: bool) -> None:
        self.phone, self.dialog, self.number, self.incoming = phone, dialog, number, incoming
        self.state = CallState.TRYING
        self.status = 0
        self.began_at = phone.clock.seconds()
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.ended_by = ""
        self.digits = ""
        self.on_hold = False
        self.invite: Request | None = None
        self.refer: Deferred[int] | None = None
        self.rtp = RtpSession(phone.clock, phone.voice, self._digit)
        self.rtp.open(phone.reactor, phone.host)
        self._decided, self._over = Milestone(phone.clock), Milestone(phone.clock)
        self._version = 0
        self._client: ClientTransaction | None = None
        self._server: ServerTransaction | None = None
        self._given_up = False

    # -- what its owner does

    async def answered(self, timeout: float = PATIENCE_S) -> Call:
        """Wait until the call is up; Unavailable when it is refused, TimeoutError for neither."""
        await self._decided.wait(timeout)
        if self.answered_at is None:
            text = "{number} did not answer: SIP status {status}"
            raise Unavailable("phone.refused", text, number=self.number, status=self.status)
        return self

    async def decided(self, timeout: float = PATIENCE_S) -> Call:
        """Wait for the final answer to the INVITE, good or bad: see ``status``."""
        await self._decided.wait(timeout)
        return self

    async def ended(self, timeout: float = PATIENCE_S) -> Call:
        """Wait until the call is over; TimeoutError otherwise."""
        await self._over.wait(timeout)
        return self

    def answer(self) -> None:
        """Pick up an incoming call."""
        if self._server is None or self.state is not CallState.RINGING:
            return
        media = sdp.parse(self._server.request.body)
        if media is not None and not media.pcmu:
            self._server.respond(self._response(self._server.request, 488))
            self._end("them", "no common codec")
            return
        self._server.unacknowledged = self._never_acknowledged
        self._server.respond(self._response(self._server.request, 200, self._describe()))
        self.status = 200
        self._up(media)

    def refuse(self, status: int = 486) -> None:
        """Reject an incoming call: 486 busy, 603 declined, 480 not there."""
        if self._server and self.state is CallState.RINGING:
            self._server.respond(self._response(self._server.request, status))
            self.status = status
            self._end("us", str(status))

    async def hang_up(self) -> None:
        """End the call, whatever its state: BYE, CANCEL or a refusal."""
        if self.state is CallState.UP:
            bye = self.dialog.request("BYE")
            self._end("us", "BYE")
            await self.phone.ask(self.dialog, bye)
        elif self.state is not CallState.ENDED and self.incoming:
            self.refuse(603)
        elif self.state is not CallState.ENDED:
            await self._cancel()

    async def send_digits(self, digits: str, *, info: bool = False) -> None:
        """Press keys and wait until all are sent: in the audio (RFC 4733) or as SIP INFO."""
        if not info:
            await self.phone.clock.sleep(self.rtp.send_digits(digits))
            return
        for digit in digits:
            headers = (("Content-Type", "application/dtmf-relay"),)
            body = f"Signal={digit}\r\nDuration=160\r\n"
            await self.phone.ask(self.dialog, self.dialog.request("INFO", headers, body))

    async def hold(self) -> int:
        """Put the other side on hold (re-INVITE sendonly); the SIP status of the answer."""
        return await self._offer("sendonly")

    async def resume(self) -> int:
        """Take the other side back from hold; the SIP status of the answer."""
        return await self._offer("sendrecv")

    async def hears(self, frequency: float, timeout: float = PATIENCE_S) -> bool:
        """Wait until the tone of ``frequency`` Hz is heard; False when it is not in time."""
        return await self._until(lambda: self.rtp.ear.hears(frequency), timeout)

    async def hears_no(self, frequency: float, timeout: float = PATIENCE_S) -> bool:
        """Wait until the tone of ``frequency`` Hz is gone; False when it stays."""
        return await self._until(lambda: not self.rtp.ear.hears(frequency), timeout)

    async def _until(self, true: Callable[[], bool], timeout: float) -> bool:
        end = self.phone.clock.seconds() + timeout
        while not true():
            if self.phone.clock.seconds() >= end:
                return False
            await self.phone.clock.sleep(0.1)
        return True

    # -- placing a call

    async def place(self) -> None:
        """Send the INVITE and see it through to its final answer."""
        headers = (*SDP, ALLOW, *self.phone.extra_headers)
        invite = self.dialog.request("INVITE", headers, self._describe())
        response = await self.phone.ask(
            self.dialog, invite, self.phone.server, self._progress, self._sent
        )
        self.status = response.status
        if response.status >= 300 or self._client is None:
            self._end("us" if self._given_up else "them", str(response.status))
            return
        self.dialog.answered(response)
        self._client.acknowledge(self.dialog.ack(self._client.request), self.dialog.next_hop)
        self._up(sdp.parse(response.body))
        if self._given_up:
            await self.hang_up()

    def _sent(self, client: ClientTransaction) -> None:
        self._client = client

    def _progress(self, response: Response) -> None:
        media = sdp.parse(response.body)
        if media:
            self.rtp.connect(media)
        if response.status > 100 and self.state is CallState.TRYING:
            self._ring()

    async def _cancel(self) -> None:
        client = self._client
        self._given_up = True
        if client is None:
            return
        await client.provisional
        if client.ended_at is None:
            kept = ("Via", "Max-Forwards", "From", "To", "Call-ID", "Route")
            headers = [(key, value) for key, value in client.request.headers if key in kept]
            headers.append(("CSeq", f"{client.request.cseq[0]} CANCEL"))
            cancel = Request("CANCEL", client.request.uri, headers=tuple(headers))
            await self.phone.transactions.request(cancel, client.peer).final

    # -- what the other side does

    def ring(self, server: ServerTransaction) -> None:
        """An INVITE came: ring."""
        self._server, self.invite = server, server.request
        server.respond(self._response(server.request, 180))
        self._ring()

    def cancelled(self) -> None:
        """The caller gave up while it rang."""
        if self._server and self.state is CallState.RINGING:
            self._server.respond(self._response(self._server.request, 487))
            self.status = 487
            self._end("them", "CANCEL")

    def acknowledged(self, ack: Request) -> None:
        """The ACK of our 200 came; with its session description when the INVITE had none."""
        if self._server:
            self._server.acknowledged()
        media = sdp.parse(ack.body)
        if media:
            self.rtp.connect(media)

    def take(self, server: ServerTransaction) -> None:
        """A request within this call."""
        take = {
            "BYE": self._take_bye,
            "INVITE": self._take_offer,
            "UPDATE": self._take_offer,
            "INFO": self._take_info,
            "NOTIFY": self._take_notify,
            "REFER": self._take_refer,
        }.get(server.request.method, self._take_other)
        take(server)

    def _take_other(self, server: ServerTransaction) -> None:
        server.respond(self._response(server.request, 200))

    def _take_refer(self, server: ServerTransaction) -> None:
        server.respond(self._response(server.request, 603))

    def _take_bye(self, server: ServerTransaction) -> None:
        self._take_other(server)
        self._end("them", "BYE")

    def _take_offer(self, server: ServerTransaction) -> None:
        media = sdp.parse(server.request.body)
        self.dialog.refresh(server.request)
        if media is None and server.request.method == "UPDATE":
            self._take_other(server)
            return
        if server.request.method == "INVITE":
            self._server = server
        direction = sdp.ANSWERS[media.direction] if media else "sendrecv"
        server.respond(self._response(server.request, 200, self._describe(direction)))
        if media:
            before = self.rtp.media.direction if self.rtp.media else "sendrecv"
            self.rtp.connect(media)
            self._note_hold(before, media.direction)

    def _note_hold(self, before: str, now: str) -> None:
        held = ("sendonly", "inactive")
        if (before in held) != (now in held):
            self.phone.events.add("held" if now in held else "resumed", call=self)

    def _take_info(self, server: ServerTransaction) -> None:
        self._take_other(server)
        found = re.search(r"Signal\s*=\s*([0-9*#A-D])", server.request.body)
        if found:
            self._digit(found[1])

    def _take_notify(self, server: ServerTransaction) -> None:
        self._take_other(server)
        found = re.match(r"SIP/2.0 (\d{3})", server.request.body)
        if found and int(found[1]) >= 200 and self.refer and not self.refer.called:
            self.refer.callback(int(found[1]))

    def _digit(self, digit: str) -> None:
        self.digits += digit
        self.phone.events.add("digit", digit, self)

    # -- inside

    async def _offer(self, direction: str) -> int:
        invite = self.dialog.request("INVITE", (*SDP, ALLOW), self._describe(direction))
        response = await self.phone.ask(self.dialog, invite, started=self._sent)
        if response.status < 300 and self._client:
            self.dialog.refresh(response)
            self._client.acknowledge(self.dialog.ack(self._client.request), self.dialog.next_hop)
            media = sdp.parse(response.body)
            if media:
                self.rtp.connect(media)
            self.on_hold = direction == "sendonly"
            self.rtp.muted = self.on_hold
        return response.status

    def _describe(self, direction: str = "sendrecv") -> str:
        self._version += 1
        offered = sdp.parse(self.invite.body) if self.invite else None
        events = offered.events if offered else sdp.OUR_EVENTS
        return sdp.describe(self.phone.host, self.rtp.port, self._version, direction, events)

    def _response(self, request: Request, status: int, body: str = "") -> Response:
        headers = (("Contact", self.dialog.contact), ALLOW, *(SDP if body else ()))
        return response_to(request, status, tag=self.dialog.local_tag, headers=headers, body=body)

    def _ring(self) -> None:
        self.state = CallState.RINGING
        self.ringing_at = self.phone.clock.seconds()
        self.phone.events.add("ringing", self.number, self)

    def _up(self, media: sdp.Media | None) -> None:
        self.state = CallState.UP
        self.answered_at = self.phone.clock.seconds()
        if media:
            self.rtp.connect(media)
        self.phone.events.add("answered", self.number, self)
        self._decided.reach()

    def _never_acknowledged(self) -> None:
        self.phone.tasks.spawn(self.hang_up(), "give up a call without ACK")

    def _end(self, by: str, why: str) -> None:
        if self.state is CallState.ENDED:
            return
        self.state = CallState.ENDED
        self.ended_at = self.phone.clock.seconds()
        self.ended_by = by
        self.phone.tasks.spawn(self.rtp.close(), "close an RTP port")
        if self.refer and not self.refer.called:
            self.refer.callback(0)
        self.phone.forget(self)
        self.phone.events.add("ended", why, self)
        for milestone in (self._decided, self._over):
            milestone.reach()

    @property
    def caller_name(self) -> str:
        """The display name in the incoming INVITE's From."""
        sender = self.invite.get("From") if self.invite else ""
        return sender.partition("<")[0].strip().strip('"')

    @property
    def ring_seconds(self) -> float:
        """From the first ringing to the answer, or to the end of an unanswered call."""
        return _between(self.ringing_at, self.answered_at or self.ended_at)

    @property
    def talk_seconds(self) -> float:
        """From the answer to the end."""
        return _between(self.answered_at, self.ended_at)

    def __repr__(self) -> str:
        way = "from" if self.incoming else "to"
        return f"<Call {user_of(self.dialog.local)} {way} {self.number} {self.state.value}>"


def _between(start: float | None, end: float | None) -> float:
    """Seconds between two times; 0 when one of them did not come."""
    return end - start if start is not None and end is not None else 0.0
