"""A scripted SIP phone: ``async with Phone(reactor, server, "2001", "secret") as phone: ...``."""

from __future__ import annotations

from careline.demo.phone.behaviour import Answer, Refuse, Ring
from careline.demo.phone.call import Call, CallState
from careline.demo.phone.events import PATIENCE_S, Event
from careline.demo.phone.phone import Phone
from careline.demo.phone.transfer import attended_transfer, blind_transfer
from careline.demo.phone.voice import Silence, Tone, Wav

__all__ = [
    "PATIENCE_S",
    "Answer",
    "Call",
    "CallState",
    "Event",
    "Phone",
    "Refuse",
    "Ring",
    "Silence",
    "Tone",
    "Wav",
    "attended_transfer",
    "blind_transfer",
]
