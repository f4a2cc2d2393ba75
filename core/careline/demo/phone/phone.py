"""A scripted SIP phone on Twisted UDP, for demonstrations and tests.

It registers, calls, answers, holds, transfers and presses keys as told, sends its own voice and
says what it hears. Several live in one process on 127.0.0.x addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from twisted.internet.defer import TimeoutError
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import DatagramProtocol

from careline.clock import Clock
from careline.demo.phone.behaviour import Answer, Refuse, Ring
from careline.demo.phone.call import ALLOW, Call
from careline.demo.phone.dialog import Dialog, again, dialog_of
from careline.demo.phone.digest import authorization
from careline.demo.phone.events import PATIENCE_S, Event, Events
from careline.demo.phone.message import (
    Request,
    Response,
    parameter,
    response_to,
    token,
    user_of,
)
from careline.demo.phone.transactions import (
    ClientTransaction,
    Peer,
    ServerTransaction,
    Transactions,
)
from careline.demo.phone.voice import Tone, Voice
from careline.tasks import Tasks

REFRESH = 0.8
FAREWELL = 2.0
A440 = Tone(440)
AT_ONCE = Answer()


class _Socket(DatagramProtocol):
    """The UDP socket of the signalling."""

    noisy = False

    def __init__(self, received: Callable[[bytes, Peer], None]) -> None:
        self._received = received

    def datagramReceived(self, datagram: bytes, addr: Peer) -> None:
        self._received(datagram, addr)


class Phone:
    """One phone: a user at a SIP server.

    ``behaviour`` says what it does with incoming calls (see behaviour.py) and may be changed at any
    time; while ``busy_in_call`` it refuses a second one with 486. ``voice`` is what new calls say.
    ``events`` holds what happened. Without ``password`` it is a trunk's side: it calls without
    registering. Use it as an async context manager, or :meth:`open` and :meth:`close` it.
    """

    def __init__(
        self,
        reactor: Any,
        server: Peer,
        user: str,
        password: str = "",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        name: str = "",
        behaviour: Answer | Ring | Refuse = AT_ONCE,
        voice: Voice = A440,
    ) -> None:
        self.reactor, self.server, self.user, self.password = reactor, server, user, password
        self.host, self.port, self.name = host, port, name
        self.behaviour, self.voice = behaviour, voice
        self.busy_in_call = True
        self.clock = Clock(reactor)
        self.tasks = Tasks()
        self.events = Events(self.clock)
        self.calls: list[Call] = []
        self.requests: list[Request] = []
        self.extra_headers: tuple[tuple[str, str], ...] = ()
        self.transactions = Transactions(self.clock, self._send, self._request, self._ack)
        self._listening: Any = None
        self._registration: Dialog | None = None
        self._refresh: IDelayedCall | None = None

    # -- life

    def open(self) -> Self:
        """Bind the signalling port (a free one when 0)."""
        self._listening = self.reactor.listenUDP(
            self.port, _Socket(self.transactions.received), interface=self.host
        )
        self.port = self._listening.getHost().port
        return self

    async def close(self) -> None:
        """Hang up all calls, unregister, and leave nothing behind."""
        for call in list(self.calls):
            await self._briefly(call.hang_up())
        if self._registration:
            await self._briefly(self.unregister())
        await self.tasks.stop()
        self.transactions.close()
        if self._listening:
            listening, self._listening = self._listening, None
            await listening.stopListening()

    async def _briefly(self, farewell: Any) -> None:
        try:
            await self.clock.within(FAREWELL, farewell)
        except TimeoutError:
            return

    async def __aenter__(self) -> Self:
        return self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def address(self) -> str:
        """Our address of record."""
        return f"sip:{self.user}@{self.server[0]}:{self.server[1]}"

    @property
    def contact(self) -> str:
        """Our Contact header."""
        return f"<sip:{self.user}@{self.host}:{self.port}>"

    async def event(self, name: str, timeout: float = PATIENCE_S) -> Event:
        """The next event ``name`` that was not taken yet; TimeoutError tells what came instead."""
        return await self.events.take(name, timeout)

    # -- what its owner does

    async def register(self, expires: int = 300) -> int:
        """Register and keep registered; the final SIP status. ``expires=0`` unregisters."""
        self._stop_refresh()
        if self._registration is None:
            host, port = self.server
            self._registration = self._dialog(f"sip:{host}:{port}", f"<{self.address}>")
        request = self._registration.request("REGISTER", (("Expires", str(expires)),))
        response = await self.ask(self._registration, request, self.server)
        self.events.add("registered", str(response.status))
        if response.status == 200 and expires:
            self._refresh = self.clock.call_later(
                expires * REFRESH,
                lambda: void(self.tasks.spawn(self.register(expires), "register again")),
            )
        else:
            self._registration = None
        return response.status

    async def unregister(self) -> int:
        """Take the registration back; the final SIP status."""
        return await self.register(expires=0)

    def dial(self, number: str) -> Call:
        """Begin a call and return it at once; await ``call.answered()`` or events for the rest."""
        host, port = self.server
        uri = f"sip:{number}@{host}:{port}"
        call = Call(self, self._dialog(uri, f"<{uri}>"), number, incoming=False)
        self.calls.append(call)
        self.tasks.spawn(call.place(), "place a call")
        return call

    async def call(self, number: str, timeout: float = PATIENCE_S) -> Call:
        """Call ``number`` and wait for the final answer: ``call.status`` is 200 when it is up.

        Raises TimeoutError, and cancels the call, when none came within ``timeout`` seconds.
        """
        call = self.dial(number)
        try:
            await call.decided(timeout)
        except TimeoutError:
            await self._briefly(call.hang_up())
            raise
        return call

    # -- for its calls

    async def ask(
        self,
        dialog: Dialog,
        request: Request,
        peer: Peer | None = None,
        on_provisional: Callable[[Response], None] | None = None,
        started: Callable[[ClientTransaction], None] = lambda _: None,
    ) -> Response:
        """Send ``request`` and return the final response, answering one digest challenge.

        ``started`` is called with each transaction that this takes. 408 is the answer of nobody.
        """
        hop = peer or dialog.next_hop
        transaction = self.transactions.request(request, hop, on_provisional)
        started(transaction)
        response = await transaction.final
        if response.status in (401, 407) and self.password:
            dialog.sequence += 1
            retry = again(request, dialog.sequence, self._credentials(request, response))
            transaction = self.transactions.request(retry, hop, on_provisional)
            started(transaction)
            response = await transaction.final
        return response

    def forget(self, call: Call) -> None:
        """``call`` is over."""
        if call in self.calls:
            self.calls.remove(call)

    def _credentials(self, request: Request, response: Response) -> tuple[str, str]:
        asks, gives = ("WWW-Authenticate", "Authorization")
        if response.status == 407:
            asks, gives = ("Proxy-Authenticate", "Proxy-Authorization")
        challenge = response.get(asks)
        return gives, authorization(
            challenge, self.user, self.password, request.method, request.uri
        )

    def _dialog(self, target: str, remote: str) -> Dialog:
        name = f'"{self.name}" ' if self.name else ""
        return Dialog(
            call_id=f"{token(12)}@{self.host}",
            local=f"{name}<{self.address}>;tag={token()}",
            remote=remote,
            target=target,
            contact=self.contact,
            via=self._via,
        )

    @property
    def _via(self) -> str:
        return f"SIP/2.0/UDP {self.host}:{self.port}"

    def _stop_refresh(self) -> None:
        if self._refresh and self._refresh.active():
            self._refresh.cancel()

    # -- from the network

    def _send(self, datagram: bytes, peer: Peer) -> None:
        if self._listening:
            self._listening.write(datagram, peer)

    def _find(self, request: Request) -> Call | None:
        tag = parameter(request.get("To"), "tag")
        for call in self.calls:
            if call.dialog.call_id == request.call_id and tag in ("", call.dialog.local_tag):
                return call
        return None

    def _ack(self, ack: Request) -> None:
        call = self._find(ack)
        if call:
            call.acknowledged(ack)

    def _request(self, server: ServerTransaction) -> None:
        request = server.request
        self.requests.append(request)
        in_dialog = bool(parameter(request.get("To"), "tag"))
        if request.method == "CANCEL":
            self._cancel(server)
        elif in_dialog:
            call = self._find(request)
            if call:
                call.take(server)
            else:
                server.respond(response_to(request, 481))
        elif request.method == "INVITE":
            self._incoming(server)
        else:
            server.respond(response_to(request, 200, tag=token(), headers=(ALLOW,)))

    def _cancel(self, server: ServerTransaction) -> None:
        invite = self.transactions.invite_of(server.request)
        server.respond(response_to(server.request, 200 if invite else 481, tag=token()))
        call = self._find(server.request)
        if invite and call:
            call.cancelled()

    def _incoming(self, server: ServerTransaction) -> None:
        refusal = self.behaviour if isinstance(self.behaviour, Refuse) else None
        if self.calls and self.busy_in_call:
            refusal = Refuse()
        if refusal is not None:
            onward = (("Contact", f"<{refusal.contact}>"),) if refusal.contact else ()
            response = response_to(server.request, refusal.status, tag=token(), headers=onward)
            server.respond(response)
            return
        dialog = dialog_of(server.request, token(), self.contact, self._via)
        call = Call(self, dialog, user_of(server.request.get("From")), incoming=True)
        self.calls.append(call)
        call.ring(server)
        if isinstance(self.behaviour, Answer):
            self.tasks.spawn(self._answer(call, self.behaviour.after), "answer a call")

    async def _answer(self, call: Call, after: float) -> None:
        if after:
            await self.clock.sleep(after)
        call.answer()


def void(_: object) -> None:
    """Take a value that nobody needs."""
