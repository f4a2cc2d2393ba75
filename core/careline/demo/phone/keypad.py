"""Digits as RFC 4733 events: on their way out, frame by frame, and as they come in."""

from __future__ import annotations

import struct
from collections import deque

from attrs import define, frozen

DIGITS = "0123456789*#ABCD"
PRESS_FRAMES = 6  # 120 ms
END_REPEATS = 3
GAP_FRAMES = 5  # 100 ms
FRAMES = PRESS_FRAMES + END_REPEATS + GAP_FRAMES
FRAME = 160
VOLUME = 10
EVENT = struct.Struct("!BBH")


@frozen
class Packet:
    """One event packet: its payload, the RTP time of the press, whether it is the first."""

    payload: bytes
    timestamp: int
    first: bool


@define
class _Press:
    code: int | None
    timestamp: int
    frame: int = 0


class Keypad:
    """Digits waiting to be sent, and the press that is under way."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._press: _Press | None = None

    def push(self, digits: str) -> int:
        """Queue ``digits``, where a space is a pause; the number of frames until all are sent."""
        unknown = set(digits.upper()) - set(DIGITS) - {" "}
        if unknown:
            raise ValueError(f"no keypad digits: {sorted(unknown)}")
        self._waiting.extend(digits.upper())
        return (len(self._waiting) + (self._press is not None)) * FRAMES

    def busy(self, timestamp: int) -> bool:
        """True while a digit or its gap takes up the frame at RTP time ``timestamp``."""
        if self._press is None and self._waiting:
            digit = self._waiting.popleft()
            self._press = _Press(None if digit == " " else DIGITS.index(digit), timestamp)
        return self._press is not None

    def packet(self) -> Packet | None:
        """The event packet of the current frame; None in the gap."""
        press = self._press
        if press is None:
            return None
        frame, press.frame = press.frame, press.frame + 1
        if press.frame >= FRAMES:
            self._press = None
        if press.code is None or frame >= PRESS_FRAMES + END_REPEATS:
            return None
        end = 0x80 if frame >= PRESS_FRAMES else 0
        length = min(frame + 1, PRESS_FRAMES) * FRAME
        payload = EVENT.pack(press.code, VOLUME | end, length)
        return Packet(payload, press.timestamp, first=frame == 0)


class Presses:
    """Tells the presses of the other side apart: its packets of one press share their RTP time."""

    def __init__(self) -> None:
        self._last: int | None = None

    def take(self, payload: bytes, timestamp: int) -> str:
        """The digit, when this packet is the first of its press; else ""."""
        if len(payload) < EVENT.size or timestamp == self._last or payload[0] >= len(DIGITS):
            return ""
        self._last = timestamp
        return DIGITS[payload[0]]
