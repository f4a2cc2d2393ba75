"""SIP transactions over UDP (RFC 3261 section 17, RFC 6026): retransmission and its absorption.

No sockets: datagrams go out through a function and come in through :meth:`Transactions.received`,
timers are the injected clock's. T1 is 0.5 s as in the RFC.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from careline.clock import Clock
from careline.demo.phone.message import (
    Request,
    Response,
    SipSyntaxError,
    parse,
    response_to,
)

log = Logger()

Peer = tuple[str, int]
Send = Callable[[bytes, Peer], None]

T1 = 0.5
T2 = 4.0
GIVE_UP = 64  # times T1


class Retransmission:
    """Sends one datagram again after T1, 2 T1, 4 T1 ... until stopped or 64 T1 are over."""

    def __init__(
        self, clock: Clock, send: Callable[[], None], expired: Callable[[], None], cap: float | None
    ) -> None:
        self._clock, self._send, self._expired, self._cap = clock, send, expired, cap
        self._wait = T1
        self._timer: IDelayedCall = clock.call_later(T1, self._again)
        self._end: IDelayedCall = clock.call_later(T1 * GIVE_UP, self._over)

    def _again(self) -> None:
        self._send()
        self._wait = min(self._wait * 2, self._cap) if self._cap else self._wait * 2
        self._timer = self._clock.call_later(self._wait, self._again)

    def _over(self) -> None:
        self.stop()
        self._expired()

    def slow_down(self) -> None:
        """Somebody is there: go on at T2 only (timer E in state Proceeding)."""
        self._wait = self._cap or self._wait

    def stop(self) -> None:
        """No more sending and no expiry."""
        for timer in (self._timer, self._end):
            if timer.active():
                timer.cancel()


class ClientTransaction:
    """A request of ours: sent until answered; ``final`` fires with its final response.

    A time-out fires it with a 408 of our own making. ``provisional`` says whether any 1xx came.
    """

    def __init__(
        self,
        layer: Transactions,
        request: Request,
        peer: Peer,
        on_provisional: Callable[[Response], None] | None,
    ) -> None:
        self.request, self.peer = request, peer
        self.final: Deferred[Response] = Deferred()
        self.provisional: Deferred[None] = Deferred()
        self.ended_at: float | None = None
        self._layer, self._on_provisional = layer, on_provisional
        self._ack: bytes | None = None
        self._invite = request.method == "INVITE"
        datagram = request.encode()
        self._resend = partial(layer.send, datagram, peer)
        self._resend()
        self._timers = Retransmission(
            layer.clock, self._resend, self._expire, None if self._invite else T2
        )

    def _expire(self) -> None:
        self._finish(response_to(self.request, 408))

    def _finish(self, response: Response) -> None:
        self._timers.stop()
        self.ended_at = self._layer.clock.seconds()
        if not self.provisional.called:
            self.provisional.callback(None)
        self.final.callback(response)

    def received(self, response: Response) -> None:
        """Take a response that belongs to this transaction."""
        if self.ended_at is not None:
            if self._ack and response.status >= 200:
                self._layer.send(self._ack, self.peer)
            return
        if response.status < 200:
            self._proceed(response)
            return
        if self._invite and response.status >= 300:
            self.acknowledge(_ack_for(self.request, response), self.peer)
        self._finish(response)

    def _proceed(self, response: Response) -> None:
        if self._invite:
            self._timers.stop()
        else:
            self._timers.slow_down()
        if not self.provisional.called:
            self.provisional.callback(None)
        if self._on_provisional:
            self._on_provisional(response)

    def acknowledge(self, ack: Request, peer: Peer) -> None:
        """Send ``ack``, now and whenever the final response is repeated."""
        self._ack, self.peer = ack.encode(), peer
        self._layer.send(self._ack, peer)

    def stop(self) -> None:
        """Forget about it without an outcome."""
        self._timers.stop()


def _ack_for(request: Request, response: Response) -> Request:
    """The ACK of a refused INVITE: part of its transaction, so with the same branch."""
    number, _ = request.cseq
    kept = ("Via", "From", "Call-ID", "Max-Forwards", "Route")
    headers = [(key, value) for key, value in request.headers if key in kept]
    headers += [("To", response.get("To")), ("CSeq", f"{number} ACK")]
    return Request("ACK", request.uri, headers=tuple(headers))


class ServerTransaction:
    """A request of the other side: answered once by us, and again whenever it is repeated."""

    def __init__(self, layer: Transactions, request: Request, peer: Peer) -> None:
        self.request, self.peer = request, peer
        self.status = 0
        self.ended_at: float | None = None
        self.unacknowledged: Callable[[], None] = lambda: None
        self._layer = layer
        self._last: bytes | None = None
        self._timers: Retransmission | None = None

    def respond(self, response: Response) -> None:
        """Send ``response``; the final one of an INVITE is repeated until its ACK."""
        if self.status >= 200:
            return
        self.status = response.status
        self._last = response.encode()
        self.repeat()
        if self.status >= 200:
            self.ended_at = self._layer.clock.seconds()
            if self.request.method == "INVITE":
                self._timers = Retransmission(self._layer.clock, self.repeat, self._lost, T2)

    def _lost(self) -> None:
        self.unacknowledged()

    def repeat(self) -> None:
        """Send the last response once more."""
        if self._last:
            self._layer.send(self._last, self.peer)

    def acknowledged(self) -> None:
        """The ACK is here: stop repeating."""
        self.stop()

    def stop(self) -> None:
        """No more repeating."""
        if self._timers:
            self._timers.stop()


class Transactions:
    """All transactions of one UDP socket.

    ``on_request(transaction)`` is called for every new request; ``on_ack(request)`` for the ACK of
    a 2xx, which stands outside of transactions.
    """

    def __init__(
        self,
        clock: Clock,
        send: Send,
        on_request: Callable[[ServerTransaction], None],
        on_ack: Callable[[Request], None],
    ) -> None:
        self.clock, self.send = clock, send
        self._on_request, self._on_ack = on_request, on_ack
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[tuple[str, str], ServerTransaction] = {}

    def request(
        self,
        request: Request,
        peer: Peer,
        on_provisional: Callable[[Response], None] | None = None,
    ) -> ClientTransaction:
        """Send ``request`` and see it through."""
        self._forget_old()
        transaction = ClientTransaction(self, request, peer, on_provisional)
        self._clients[request.branch, request.method] = transaction
        return transaction

    def received(self, datagram: bytes, peer: Peer) -> None:
        """Take a datagram from the socket; what is no SIP (a keep-alive) is passed over."""
        try:
            message = parse(datagram)
        except SipSyntaxError as error:
            if datagram.strip(b"\r\n\0"):
                log.debug("not SIP from {peer}: {error}", peer=peer, error=error)
            return
        if isinstance(message, Response):
            client = self._clients.get((message.branch, message.cseq[1]))
            if client:
                client.received(message)
        else:
            self._take_request(message, peer)

    def _take_request(self, request: Request, peer: Peer) -> None:
        method = "INVITE" if request.method == "ACK" else request.method
        known = self._servers.get((request.branch, method))
        if request.method == "ACK":
            if known:
                known.acknowledged()
            else:
                self._on_ack(request)
        elif known:
            known.repeat()
        else:
            self._forget_old()
            server = ServerTransaction(self, request, peer)
            self._servers[request.branch, request.method] = server
            self._on_request(server)

    def invite_of(self, cancel: Request) -> ServerTransaction | None:
        """The INVITE that a CANCEL means: the one with the same branch."""
        return self._servers.get((cancel.branch, "INVITE"))

    def _forget_old(self) -> None:
        """Drop what ended 64 T1 ago: nobody repeats it any more. A look, not a timer each."""
        since = self.clock.seconds() - GIVE_UP * T1
        clients, servers = self._clients.items(), self._servers.items()
        self._clients = {key: one for key, one in clients if (one.ended_at or since) >= since}
        self._servers = {key: one for key, one in servers if (one.ended_at or since) >= since}

    def close(self) -> None:
        """Stop all timers."""
        for client in self._clients.values():
            client.stop()
        for server in self._servers.values():
            server.stop()
