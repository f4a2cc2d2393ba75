"""Session descriptions (RFC 4566, RFC 3264) for one PCMU stream with RFC 4733 digits."""

from __future__ import annotations

import re

from attrs import frozen

PCMU = 0
OUR_EVENTS = 101

ANSWERS = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}


@frozen
class Media:
    """Where the other side wants its audio, and what it does with it.

    ``direction`` as the other side wrote it; ``events`` is its payload number for digits, None when
    it takes none; ``pcmu`` says whether it takes G.711 u-law.
    """

    host: str
    port: int
    direction: str = "sendrecv"
    events: int | None = None
    pcmu: bool = True

    @property
    def wants_audio(self) -> bool:
        """True when the other side listens: sending has a sense."""
        return self.port > 0 and self.direction in ("sendrecv", "recvonly")


def parse(body: str) -> Media | None:
    """The audio stream of a session description, or None when it has none."""
    audio = re.search(r"^m=audio (\d+) \S+ ([\d ]+)", body, re.MULTILINE)
    section = body[audio.start() :] if audio else ""
    address = re.search(r"^c=IN IP4 (\S+)", section, re.MULTILINE) or re.search(
        r"^c=IN IP4 (\S+)", body, re.MULTILINE
    )
    if not audio or not address:
        return None
    events = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", section, re.MULTILINE | re.I)
    direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\b", section, re.MULTILINE)
    return Media(
        host=address[1],
        port=int(audio[1]),
        direction=direction[1] if direction else "sendrecv",
        events=int(events[1]) if events else None,
        pcmu=str(PCMU) in audio[2].split(),
    )


def describe(
    host: str, port: int, version: int, direction: str = "sendrecv", events: int | None = OUR_EVENTS
) -> str:
    """Our session description; ``version`` grows with every change of it."""
    payloads = f"{PCMU} {events}" if events is not None else f"{PCMU}"
    lines = [
        "v=0",
        f"o=phone {port} {version} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {payloads}",
        f"a=rtpmap:{PCMU} PCMU/8000",
    ]
    if events is not None:
        lines += [f"a=rtpmap:{events} telephone-event/8000", f"a=fmtp:{events} 0-15"]
    lines += ["a=ptime:20", f"a={direction}", ""]
    return "\r\n".join(lines)
