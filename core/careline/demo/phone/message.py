"""SIP messages (RFC 3261) as values: parse a datagram, build one. No I/O.

Only what a phone on UDP needs: header names compare without case, compact forms are expanded,
repeated headers keep their order.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

from attrs import field, frozen

Headers = tuple[tuple[str, str], ...]

COMPACT = {
    "v": "Via",
    "f": "From",
    "t": "To",
    "i": "Call-ID",
    "m": "Contact",
    "c": "Content-Type",
    "l": "Content-Length",
    "r": "Refer-To",
    "o": "Event",
    "k": "Supported",
    "s": "Subject",
}
REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    603: "Decline",
}
MAX_DATAGRAM = 65_535


class SipSyntaxError(ValueError):
    """The datagram is no SIP message."""


@frozen
class _Message:
    headers: Headers = field(kw_only=True)
    body: str = field(kw_only=True, default="")

    def get(self, name: str, default: str = "") -> str:
        """Value of the first header ``name``, or ``default``."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), default)

    def getall(self, name: str) -> list[str]:
        """Values of all headers ``name``, in order."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    @property
    def call_id(self) -> str:
        """Call-ID: the dialog's first key."""
        return self.get("Call-ID")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method of CSeq; ``(0, "")`` when it makes no sense."""
        number, _, method = self.get("CSeq").partition(" ")
        return (int(number), method.strip()) if number.isdigit() else (0, "")

    @property
    def branch(self) -> str:
        """Branch of the topmost Via: the transaction's key."""
        return parameter(self.get("Via"), "branch")

    def _encode(self, start: str) -> bytes:
        body = self.body.encode()
        lines = [start, *(f"{key}: {value}" for key, value in self.headers)]
        lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@frozen
class Request(_Message):
    """A request: ``method`` and request URI with headers (without Content-Length) and body."""

    method: str
    uri: str

    def encode(self) -> bytes:
        """The datagram."""
        return self._encode(f"{self.method} {self.uri} SIP/2.0")


@frozen
class Response(_Message):
    """A response with its three-digit ``status``."""

    status: int
    reason: str = ""

    def encode(self) -> bytes:
        """The datagram."""
        return self._encode(f"SIP/2.0 {self.status} {self.reason or REASONS.get(self.status, '')}")


def parse(datagram: bytes) -> Request | Response:
    """The message in ``datagram``; SipSyntaxError when it is none.

    Bytes that are not UTF-8 (a name in GBK) are kept as replacement characters: never a failure.
    """
    head, _, rest = datagram.partition(b"\r\n\r\n")
    lines = _unfold(head.decode("utf-8", "replace")).split("\r\n")
    headers = tuple(_header(line) for line in lines[1:] if line)
    length = next((value for key, value in headers if key.lower() == "content-length"), "")
    body = rest[: int(length)] if length.isdigit() else rest
    kept = tuple(pair for pair in headers if pair[0].lower() != "content-length")
    text = body.decode("utf-8", "replace")
    words = lines[0].split(" ", 2)
    if words[0] == "SIP/2.0" and len(words) >= 2 and words[1].isdigit():
        reason = words[2] if len(words) == 3 else ""
        return Response(int(words[1]), reason, headers=kept, body=text)
    if len(words) == 3 and words[2] == "SIP/2.0":
        return Request(words[0], words[1], headers=kept, body=text)
    raise SipSyntaxError(f"no SIP start line: {lines[0][:60]!r}")


def _unfold(head: str) -> str:
    return re.sub(r"\r\n[ \t]+", " ", head)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise SipSyntaxError(f"no SIP header: {line[:60]!r}")
    name = name.strip()
    return COMPACT.get(name.lower(), name), value.strip()


def parameter(value: str, name: str) -> str:
    """Parameter ``name`` of a header value such as ``<sip:a@b>;tag=x``; "" when it has none.

    Parameters inside the angle brackets belong to the URI and are passed over.
    """
    tail = value[value.rfind(">") + 1 :]
    found = re.search(rf";\s*{re.escape(name)}\s*=\s*([^;,\s]+)", tail, re.IGNORECASE)
    return found[1] if found else ""


def uri_of(value: str) -> str:
    """The URI of an address header (From, To, Contact, Refer-To ...)."""
    found = re.search(r"<([^>]*)>", value)
    return found[1] if found else value.split(";", 1)[0].strip()


def user_of(value: str) -> str:
    """The user part of an address header: the number or the extension."""
    found = re.match(r"sips?:([^@;?]*)@", uri_of(value))
    return found[1] if found else ""


def host_of(uri: str) -> tuple[str, int]:
    """Host and port (5060 when it names none) of a SIP URI."""
    found = re.match(r"sips?:(?:[^@]*@)?([^:;?>]+)(?::(\d+))?", uri)
    if not found:
        raise SipSyntaxError(f"no SIP URI: {uri[:60]!r}")
    return found[1], int(found[2] or 5060)


def token(octets: int = 8) -> str:
    """A fresh random token for tags, branches and Call-IDs."""
    return secrets.token_hex(octets)


def response_to(
    request: Request,
    status: int,
    *,
    tag: str = "",
    headers: Iterable[tuple[str, str]] = (),
    body: str = "",
) -> Response:
    """The response ``status`` to ``request``; ``tag`` is our To tag if it has none yet."""
    to = request.get("To")
    if tag and not parameter(to, "tag"):
        to = f"{to};tag={tag}"
    copied = [("Via", via) for via in request.getall("Via")]
    copied += [("Record-Route", route) for route in request.getall("Record-Route")]
    copied += [("From", request.get("From")), ("To", to)]
    copied += [("Call-ID", request.call_id), ("CSeq", request.get("CSeq"))]
    return Response(status, headers=(*copied, *headers), body=body)
