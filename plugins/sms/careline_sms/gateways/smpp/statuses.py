"""What a center's command_status means for a piece (SMPP 3.4, 5.1.3, and a few of vendors)."""

from __future__ import annotations

from careline_sms.gateways.link.messages import Verdict

OK = 0x00
TRY_AGAIN = 0x64
"""ESME_RX_T_APPN: our own word for "deliver it again later"."""
NOT_UNDERSTOOD = 0x03
"""ESME_RINVCMDID."""

NAMES = {
    0x01: "ESME_RINVMSGLEN",
    0x02: "ESME_RINVCMDLEN",
    0x03: "ESME_RINVCMDID",
    0x04: "ESME_RINVBNDSTS",
    0x05: "ESME_RALYBND",
    0x08: "ESME_RSYSERR",
    0x0A: "ESME_RINVSRCADR",
    0x0B: "ESME_RINVDSTADR",
    0x0C: "ESME_RINVMSGID",
    0x0D: "ESME_RBINDFAIL",
    0x0E: "ESME_RINVPASWD",
    0x0F: "ESME_RINVSYSID",
    0x14: "ESME_RMSGQFUL",
    0x45: "ESME_RSUBMITFAIL",
    0x48: "ESME_RINVSRCTON",
    0x49: "ESME_RINVSRCNPI",
    0x50: "ESME_RINVDSTTON",
    0x51: "ESME_RINVDSTNPI",
    0x58: "ESME_RTHROTTLED",
    0x62: "ESME_RINVEXPIRY",
    0x64: "ESME_RX_T_APPN",
    0x65: "ESME_RX_P_APPN",
    0x66: "ESME_RX_R_APPN",
    0xFF: "ESME_RUNKNOWNERR",
}
BUSY = {0x04, 0x08, 0x14, 0x58, 0x64}
"""Certainly not taken, and worth another try: throttled, queue full, in trouble, not bound."""
REFUSED = {0x0B}
"""The number is not taken: it is wrong, or written otherwise than the center wants it."""


def code_of(status: int) -> str:
    """The name of a status, or its number in hex."""
    return NAMES.get(status, f"0x{status:08X}")


def verdict_of(status: int) -> Verdict:
    """What becomes of a piece with this status."""
    if status == OK:
        return Verdict.TAKEN
    if status in BUSY:
        return Verdict.BUSY
    return Verdict.REFUSED if status in REFUSED else Verdict.NOT_HERE
