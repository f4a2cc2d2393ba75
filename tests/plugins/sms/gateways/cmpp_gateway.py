"""A gateway that speaks CMPP, written from the protocol's tables and not from careline's code.

What it does with a text depends on the last digits of the number: 01 flow control once, 02 a wrong
destination, 03 hangs up, 04 never answers; a text that holds 回复 is answered by a reply of two
parts. ``old_reports`` writes numbers of 21 bytes into reports of 3.0, as some gateways do.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

SECRET = b"secret"


class Side(Protocol):
    """One connection."""

    factory: Gateway

    def connectionMade(self) -> None:
        self.data = b""
        self.factory.sides.append(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.factory.sides.remove(self)

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        while len(self.data) >= 12:
            size, command, sequence = struct.unpack("!III", self.data[:12])
            if len(self.data) < size:
                return
            body, self.data = self.data[12:size], self.data[size:]
            self.factory.heard.append(command)
            if not self.factory.deaf:
                getattr(self, f"do_{command:x}", self.do_nothing)(sequence, body)

    def send(self, command: int, sequence: int, body: bytes = b"") -> None:
        assert self.transport is not None
        self.transport.write(struct.pack("!III", 12 + len(body), command, sequence) + body)

    def status(self, value: int) -> bytes:
        return struct.pack("!I" if self.factory.version == 3 else "!B", value)

    def do_nothing(self, sequence: int, body: bytes) -> None:
        pass

    def do_1(self, sequence: int, body: bytes) -> None:
        sp_id, digest, version, stamp = struct.unpack("!6s16sBI", body)
        right = hashlib.md5(  # noqa: S324 - what the protocol asks for
            sp_id.rstrip(b"\0") + b"\0" * 9 + SECRET + f"{stamp:010}".encode()
        ).digest()
        good = digest == right and version == self.factory.version << 4
        self.send(0x80000001, sequence, self.status(0 if good else 3) + b"\0" * 16 + b"\x20")

    def do_2(self, sequence: int, body: bytes) -> None:
        self.send(0x80000002, sequence)
        assert self.transport is not None
        self.transport.loseConnection()

    def do_8(self, sequence: int, body: bytes) -> None:
        self.send(0x80000008, sequence, b"\0")

    def do_80000005(self, sequence: int, body: bytes) -> None:
        self.factory.acknowledged.append(body)

    def do_4(self, sequence: int, body: bytes) -> None:
        sms = self.read_submit(body)
        self.factory.seen.append(sms)
        digits = sms["to"][-2:]
        if digits == "03":
            assert self.transport is not None
            self.transport.abortConnection()  # type: ignore[attr-defined]
            return
        if digits == "04":
            return
        result = {"02": 13}.get(digits, 0)
        if digits == "01" and not self.factory.once:
            self.factory.once, result = True, 8
        self.factory.last += 1
        ident = struct.pack("!Q", 0xA1B2C3D400000000 + self.factory.last)
        if result == 0:
            self.report(ident, sms["to"])  # before the answer
        self.send(0x80000004, sequence, ident + self.status(result))
        if "回复" in sms["text"]:
            self.reply(sms["to"])

    def read_submit(self, body: bytes) -> dict[str, Any]:
        three = self.factory.version == 3
        phone = 32 if three else 21
        layout = f"!8sBBBB10sB{phone}s{'B' if three else ''}BBB6s2s6s17s17s21sB{phone}s"
        layout += "BB" if three else "B"
        head = struct.calcsize(layout)
        found = struct.unpack(layout, body[:head])
        size = found[-1]
        assert len(body) == head + size + (20 if three else 8)
        content = body[head : head + size]
        at = 1 if three else 0
        udhi, coding = found[9 + at], found[10 + at]
        header = content[: content[0] + 1] if udhi else b""
        codec = {0: "ascii", 8: "utf-16-be", 15: "gbk"}[coding]
        return {
            "part": (found[2], found[1]),
            "service": found[5].rstrip(b"\0").decode(),
            "source": found[16 + at].rstrip(b"\0").decode(),
            "to": found[18 + at].rstrip(b"\0").decode(),
            "coding": coding,
            "header": header,
            "text": content[len(header) :].decode(codec),
        }

    def report(self, ident: bytes, number: str) -> None:
        size = 32 if self.factory.version == 3 and not self.factory.old_reports else 21
        stat = self.factory.stat
        content = struct.pack(
            f"!8s7s10s10s{size}sI", ident, stat, b"2611230900", b"2611230901", number.encode(), 5
        )
        self.deliver(number, content, report=1)

    def reply(self, number: str) -> None:
        for part, text in ((2, "改约谢谢"), (1, "我要")):
            header = bytes([5, 0, 3, 9, 2, part])
            self.deliver(number, header + text.encode("utf-16-be"), udhi=1, coding=8)

    def deliver(
        self, number: str, content: bytes, report: int = 0, udhi: int = 0, coding: int = 0
    ) -> None:
        self.factory.last += 1
        three = self.factory.version == 3
        phone = struct.pack("!32sB" if three else "!21s", number.encode(), *([0] if three else []))
        body = struct.pack("!Q21s10sBBB", self.factory.last, b"10650001", b"", 0, udhi, coding)
        body += phone + bytes([report, len(content)]) + content + b"\0" * (20 if three else 8)
        self.send(5, self.factory.last, body)


class Gateway(Factory):
    """What all connections share; ``deaf``: reads and says nothing any more."""

    protocol = Side
    noisy = False

    def __init__(self, version: int, old_reports: bool = False) -> None:
        self.version = version
        self.old_reports = old_reports
        self.stat = b"DELIVRD"
        self.sides: list[Side] = []
        self.seen: list[dict[str, Any]] = []
        self.acknowledged: list[bytes] = []
        self.heard: list[int] = []
        self.last = 0
        self.once = False
        self.deaf = False
