"""CMPP as the session speaks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import field, frozen

from careline_sms.gateways import udh
from careline_sms.gateways.cmpp import pdu
from careline_sms.gateways.cmpp.pdu import ANSWER, HEADER, MOST, PHONE, Command, octets, pack
from careline_sms.gateways.link.messages import (
    Bye,
    ByeAnswered,
    Incoming,
    LoggedIn,
    Message,
    Piece,
    Ping,
    Pong,
    Report,
    Strange,
    Submitted,
    Verdict,
)
from careline_sms.gateways.numbers import national
from careline_sms.gateways.parts import Alphabet

FORMATS = {Alphabet.ASCII: 0, Alphabet.UCS2: 8, Alphabet.GBK: 15}
READS = {8: Alphabet.UCS2, 15: Alphabet.GBK}
LOGIN = {
    1: "message structure",
    2: "illegal source address",
    3: "authentication failed",
    4: "version too high",
}
"""CMPP_CONNECT_RESP, Status."""
RESULTS = {
    1: "message structure",
    2: "command",
    3: "sequence number repeated",
    4: "message length",
    5: "fee code",
    6: "too long",
    7: "service code",
    8: "flow control",
    9: "not served here",
    10: "Src_Id",
    11: "Msg_src",
    12: "Fee_terminal_Id",
    13: "Dest_terminal_Id",
}
"""CMPP_SUBMIT_RESP, Result."""
FLOW_CONTROL, WRONG_DESTINATION = 8, 13
DONE = {"DELIVRD": True, "EXPIRED": False, "DELETED": False, "UNDELIV": False, "REJECTD": False}
OPEN = {"ACCEPTD", "UNKNOWN", ""}
"""What is not the last word; any other code (``MK:0001``) is an operator's reason of failure."""


@frozen(kw_only=True)
class Cmpp:
    """How one gateway is spoken to; ``local_now`` is the wall clock of its zone."""

    sp_id: str
    secret: str = field(repr=False)
    source: str
    service_id: str
    version: int = 2
    fee_user_type: int = 2
    fee_type: str = "01"
    fee_code: str = "000000"
    plus86: bool = False
    local_now: Callable[[], datetime]

    header = HEADER.size
    most = MOST

    def login(self, sequence: int) -> bytes:
        """CMPP_CONNECT."""
        stamp = f"{self.local_now():%m%d%H%M%S}"
        body = octets(self.sp_id, 6) + pdu.authenticator(self.sp_id, self.secret, stamp)
        body += bytes([self.version << 4]) + int(stamp).to_bytes(4, "big")
        return pack(Command.CONNECT, sequence, body)

    def ping(self, sequence: int) -> bytes:
        """CMPP_ACTIVE_TEST."""
        return pack(Command.ACTIVE_TEST, sequence)

    def bye(self, sequence: int) -> bytes:
        """CMPP_TERMINATE."""
        return pack(Command.TERMINATE, sequence)

    def submit(self, sequence: int, piece: Piece) -> bytes:
        """CMPP_SUBMIT, with a report asked for."""
        phone, three = PHONE[self.version], self.version == 3
        place, data = piece.place, piece.data
        body = bytes(8) + bytes([place.total if place else 1, place.number if place else 1])
        body += bytes([1, 1]) + octets(self.service_id, 10) + bytes([self.fee_user_type])
        body += bytes(phone) + (b"\0" if three else b"")  # Fee_terminal_Id, Fee_terminal_type
        body += bytes([0, 1 if place else 0, FORMATS[piece.alphabet]]) + octets(self.sp_id, 6)
        body += octets(self.fee_type, 2) + octets(self.fee_code, 6)
        body += bytes(17 + 17) + octets(self.source, 21)  # ValId_Time, At_Time, Src_Id
        body += b"\1" + octets(self._number(piece.to), phone) + (b"\0" if three else b"")
        body += bytes([len(data)]) + data + bytes(pdu.TAIL[self.version])
        return pack(Command.SUBMIT, sequence, body)

    def read(self, frame: bytes) -> Message:
        """What a frame says."""
        _, command, sequence = HEADER.unpack_from(frame)
        body = frame[HEADER.size :]
        if command == Command.CONNECT | ANSWER:
            status = pdu.status_of(body, 17)
            return LoggedIn(sequence, str(status) if status else "", LOGIN.get(status, ""))
        if command == Command.SUBMIT | ANSWER:
            return _submitted(sequence, body)
        if command == Command.DELIVER:
            return self._came(sequence, command, body)
        plain = _PLAIN.get(command)
        return plain(sequence) if plain else Strange(sequence, command)

    def answer(self, message: Message, taken: bool) -> bytes:
        """The answer; a deliver of which nothing can be read is answered too, else it comes again.

        CMPP has no "not now": without an answer the gateway sends it again.
        """
        if isinstance(message, Ping):
            return pack(Command.ACTIVE_TEST | ANSWER, message.sequence, b"\0")
        if isinstance(message, Bye):
            return pack(Command.TERMINATE | ANSWER, message.sequence)
        if isinstance(message, Report | Incoming) and taken:
            return self._delivered(message.sequence, bytes.fromhex(message.id), 0)
        if isinstance(message, Strange) and message.command == Command.DELIVER:
            return self._delivered(message.sequence, bytes(8), 1)
        return b""

    def _delivered(self, sequence: int, ident: bytes, result: int) -> bytes:
        body = ident + result.to_bytes(4 if self.version == 3 else 1, "big")
        return pack(Command.DELIVER | ANSWER, sequence, body)

    def _number(self, to: str) -> str:
        home = national(to).lstrip("+")
        return f"86{home}" if self.plus86 and to.startswith("+86") else home

    def _came(self, sequence: int, command: int, body: bytes) -> Message:
        found = pdu.read_deliver(body, self.version)
        if found is None:
            return Strange(sequence, command)
        ident = found.id.hex()
        if found.is_report:
            state = pdu.read_report(found.data)
            if state is None:
                return Strange(sequence, command)
            open_ = state.stat.upper() in OPEN
            delivered = None if open_ else DONE.get(state.stat.upper(), False)
            return Report(
                sequence,
                state.number or found.source,
                state.id.hex(),
                delivered,
                state.stat,
                ident,
                command,
            )
        place, data = udh.strip(found.data) if found.udhi else (None, found.data)
        text = READS.get(found.format, Alphabet.LATIN1).decode(data)
        return Incoming(sequence, found.source, found.to, text, place, ident, command)


def _submitted(sequence: int, body: bytes) -> Submitted:
    if len(body) < 9:  # no id, no result: whether it was taken is unknown, so it was
        return Submitted(sequence, Verdict.TAKEN, body[:8].hex())
    result = pdu.status_of(body[8:], 0)
    reference, code = body[:8].hex(), f"{result}"
    text = RESULTS.get(result, "")
    if result == 0:
        return Submitted(sequence, Verdict.TAKEN, reference)
    if result == FLOW_CONTROL:
        return Submitted(sequence, Verdict.BUSY, code=code, text=text)
    refused = Verdict.REFUSED if result == WRONG_DESTINATION else Verdict.NOT_HERE
    return Submitted(sequence, refused, code=code, text=text)


_PLAIN: dict[int, type[Message]] = {
    Command.ACTIVE_TEST: Ping,
    Command.ACTIVE_TEST | ANSWER: Pong,
    Command.TERMINATE: Bye,
    Command.TERMINATE | ANSWER: ByeAnswered,
}
