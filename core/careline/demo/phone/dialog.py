"""A SIP dialog (RFC 3261 section 12): who talks to whom, by which numbers and over which route."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, evolve, field

from careline.demo.phone.message import (
    Headers,
    Request,
    Response,
    host_of,
    parameter,
    token,
    uri_of,
)

Peer = tuple[str, int]


@define
class Dialog:
    """The state shared by the requests of one call.

    ``local`` and ``remote`` are whole address headers with their tags, ``target`` the other side's
    contact URI, ``routes`` the Route headers to put on requests, ``sequence`` our last CSeq number.
    """

    call_id: str
    local: str
    remote: str
    target: str
    contact: str
    via: str
    routes: list[str] = field(factory=list)
    sequence: int = 0

    @property
    def local_tag(self) -> str:
        """Our tag."""
        return parameter(self.local, "tag")

    @property
    def remote_tag(self) -> str:
        """The other side's tag; "" before its first answer."""
        return parameter(self.remote, "tag")

    @property
    def next_hop(self) -> Peer:
        """Where requests are sent: the first route, else the target."""
        return host_of(uri_of(self.routes[0]) if self.routes else self.target)

    def request(
        self, method: str, headers: Iterable[tuple[str, str]] = (), body: str = ""
    ) -> Request:
        """The next request in this dialog."""
        self.sequence += 1
        return self._build(method, self.sequence, headers, body)

    def ack(self, invite: Request) -> Request:
        """The ACK for the 2xx of ``invite``."""
        return self._build("ACK", invite.cseq[0], (), "")

    def _build(
        self, method: str, number: int, headers: Iterable[tuple[str, str]], body: str
    ) -> Request:
        fixed: Headers = (
            ("Via", f"{self.via};rport;branch=z9hG4bK{token()}"),
            ("Max-Forwards", "70"),
            *(("Route", route) for route in self.routes),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{number} {method}"),
            ("Contact", self.contact),
        )
        return Request(method, self.target, headers=(*fixed, *headers), body=body)

    def answered(self, response: Response) -> None:
        """Learn the other side's tag, contact and route from its answer to our INVITE."""
        self.remote = response.get("To")
        self.target = uri_of(response.get("Contact")) or self.target
        self.routes = list(reversed(response.getall("Record-Route")))

    def refresh(self, message: Request | Response) -> None:
        """Learn a changed contact from a re-INVITE or its answer."""
        self.target = uri_of(message.get("Contact")) or self.target


def dialog_of(invite: Request, local_tag: str, contact: str, via: str) -> Dialog:
    """The dialog that an incoming ``invite`` opens."""
    return Dialog(
        call_id=invite.call_id,
        local=f"{invite.get('To')};tag={local_tag}",
        remote=invite.get("From"),
        target=uri_of(invite.get("Contact")),
        contact=contact,
        via=via,
        routes=invite.getall("Record-Route"),
    )


def again(request: Request, number: int, extra: tuple[str, str]) -> Request:
    """``request`` as a new transaction: CSeq ``number``, a new branch, one more header."""
    replaced = {"CSeq": f"{number} {request.method}"}
    headers = [(key, replaced.get(key, value)) for key, value in request.headers]
    via = request.get("Via")
    fresh = via.replace(request.branch, f"z9hG4bK{token()}")
    headers = [(key, fresh if value is via else value) for key, value in headers]
    return evolve(request, headers=(*headers, extra))
