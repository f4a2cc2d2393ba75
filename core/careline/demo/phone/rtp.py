"""The audio of one call: PCMU over RTP (RFC 3550) both ways, digits as RFC 4733 events."""

from __future__ import annotations

import secrets
import socket
import struct
from collections.abc import Callable
from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import DatagramProtocol

from careline.clock import Clock
from careline.demo.phone.ear import Ear
from careline.demo.phone.keypad import Keypad, Presses
from careline.demo.phone.sdp import OUR_EVENTS, PCMU, Media
from careline.demo.phone.voice import FRAME, QUIET, Voice

FRAME_SECONDS = 0.02
MOST_BEHIND = 25
HEADER = struct.Struct("!BBHII")


def _free(host: str, port: int) -> bool:
    """Look first: Twisted leaves the socket of a port in use to the garbage collector."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


class RtpSession(DatagramProtocol):
    """One RTP port with its 20 ms clock.

    ``voice`` may be changed at any time and ``muted`` set. ``ear`` holds what arrived; ``on_digit``
    is called with each digit that arrived; ``sent`` counts packets.
    """

    noisy = False

    def __init__(self, clock: Clock, voice: Voice, on_digit: Callable[[str], None]) -> None:
        self.voice, self.ear, self.on_digit = voice, Ear(clock), on_digit
        self.media: Media | None = None
        self.muted = False
        self.sent = 0
        self.port = 0
        self._clock = clock
        self._listening: Any = None
        self._timer: IDelayedCall | None = None
        self._due = 0.0
        self._number = 0
        self._sequence = secrets.randbelow(1 << 15)
        self._timestamp = secrets.randbelow(1 << 31)
        self._source = secrets.randbits(32)
        self._begins = True
        self._keypad, self._presses = Keypad(), Presses()

    def open(self, reactor: Any, host: str) -> None:
        """Bind a free even port of ``host``; the odd one above it stays free of our streams."""
        for _ in range(100):
            port = 20_000 + 2 * secrets.randbelow(6_000)
            if not _free(host, port):
                continue
            try:
                self._listening = reactor.listenUDP(port, self, interface=host)
            except CannotListenError:
                continue
            self.port = port
            return
        raise OSError(f"no free RTP port on {host}")

    def connect(self, media: Media) -> None:
        """Send to ``media`` from now on; the first call starts the clock."""
        self.media = media
        if self._timer is None:
            self._due = self._clock.seconds()
            self._tick()

    async def close(self) -> None:
        """Stop the clock and free the port."""
        if self._timer and self._timer.active():
            self._timer.cancel()
        if self._listening:
            listening, self._listening = self._listening, None
            await listening.stopListening()

    def send_digits(self, digits: str) -> float:
        """Queue ``digits`` (a space is a pause); the seconds that sending them takes."""
        return self._keypad.push(digits) * FRAME_SECONDS

    def _tick(self) -> None:
        """Send all frames that are due: a late timer makes two at once, never a slower voice."""
        now = self._clock.seconds()
        if now - self._due > MOST_BEHIND * FRAME_SECONDS:
            self._due = now
        while self._due <= now:
            self._send_frame()
            self._due += FRAME_SECONDS
        self._timer = self._clock.call_later(max(0.0, self._due - now), self._tick)

    def _send_frame(self) -> None:
        media = self.media
        if media is None or not media.wants_audio or self.muted:
            self._begins = True
        elif self._keypad.busy(self._timestamp):
            self._send_key(media)
        else:
            self._send(PCMU, self.voice.frame(self._number), self._timestamp, self._begins)
            self._begins = False
            self._number += 1
        self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF

    def _send_key(self, media: Media) -> None:
        packet = self._keypad.packet()
        if packet is None:
            self._send(PCMU, QUIET, self._timestamp)
        elif media.events is not None:
            self._send(media.events, packet.payload, packet.timestamp, packet.first)

    def _send(self, kind: int, payload: bytes, timestamp: int, mark: bool = False) -> None:
        if not self.media or not self._listening:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        second = kind | (0x80 if mark else 0)
        header = HEADER.pack(0x80, second, self._sequence, timestamp, self._source)
        self._listening.write(header + payload, (self.media.host, self.media.port))
        self.sent += 1

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        """Take one packet: voice for the ear, an event as a digit, the rest (RTCP) for nobody."""
        if len(datagram) < HEADER.size or datagram[0] >> 6 != 2:
            return
        first, second, _, timestamp, _ = HEADER.unpack_from(datagram)
        start = HEADER.size + 4 * (first & 0x0F)
        if first & 0x10 and len(datagram) >= start + 4:
            start += 4 + 4 * int.from_bytes(datagram[start + 2 : start + 4])
        payload, kind = datagram[start:], second & 0x7F
        if kind == PCMU:
            self.ear.take(payload)
        elif kind in (OUR_EVENTS, self.media.events if self.media else OUR_EVENTS):
            digit = self._presses.take(payload, timestamp)
            if digit:
                self.on_digit(digit)
