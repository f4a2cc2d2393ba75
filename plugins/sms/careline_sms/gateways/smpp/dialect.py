"""SMPP 3.4 as the session speaks it."""

from __future__ import annotations

from attrs import field, frozen

from careline_sms.gateways import udh
from careline_sms.gateways.link.messages import (
    Bye,
    ByeAnswered,
    Incoming,
    LoggedIn,
    Message,
    Nack,
    Piece,
    Ping,
    Pong,
    Report,
    Strange,
    Submitted,
)
from careline_sms.gateways.parts import Alphabet
from careline_sms.gateways.smpp import statuses
from careline_sms.gateways.smpp.pdu import (
    ANSWER,
    HEADER,
    MOST,
    Command,
    Fields,
    Pdu,
    Short,
    Tag,
    c_string,
    read_pdu,
    read_short,
)
from careline_sms.gateways.smpp.receipt import read_receipt

VERSION = 0x34
UDHI = 0x40
"""esm_class: the text begins with a user data header."""
CODINGS = {Alphabet.ASCII: 1, Alphabet.LATIN1: 3, Alphabet.UCS2: 8}
"""data_coding (5.2.19); the center's own alphabet is 0, whichever it is."""
BINDS = {
    "transceiver": Command.BIND_TRANSCEIVER,
    "transmitter": Command.BIND_TRANSMITTER,
    "receiver": Command.BIND_RECEIVER,
}
LOGGED_IN = {command | ANSWER for command in BINDS.values()}


@frozen(kw_only=True)
class Address:
    """An address with its type of number and plan (5.2.5, 5.2.6)."""

    number: str = ""
    ton: int = 0
    npi: int = 0

    def __bytes__(self) -> bytes:
        return bytes([self.ton, self.npi]) + c_string(self.number)


@frozen(kw_only=True)
class Smpp:
    """How one center is spoken to; ``usual`` is the alphabet that its data_coding 0 means.

    UCS-2 there means that all goes in UCS-2; what comes with 0 is GSM then.
    """

    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    bind: str = "transceiver"
    source: Address = Address()
    to_ton: int = 1
    to_npi: int = 1
    plus: bool = False
    service_type: str = ""
    usual: Alphabet = Alphabet.GSM7
    validity: str = ""

    header = HEADER.size
    most = MOST

    @property
    def _own(self) -> Alphabet:
        return Alphabet.GSM7 if self.usual is Alphabet.UCS2 else self.usual

    def login(self, sequence: int) -> bytes:
        """Bind."""
        body = b"".join(c_string(one) for one in (self.system_id, self.password, self.system_type))
        body += bytes([VERSION]) + bytes(Address())
        return bytes(Pdu(BINDS[self.bind], 0, sequence, body))

    def ping(self, sequence: int) -> bytes:
        """enquire_link."""
        return bytes(Pdu(Command.ENQUIRE_LINK, 0, sequence))

    def bye(self, sequence: int) -> bytes:
        """Unbind."""
        return bytes(Pdu(Command.UNBIND, 0, sequence))

    def submit(self, sequence: int, piece: Piece) -> bytes:
        """submit_sm (4.4.1), with a receipt asked for."""
        data = piece.data
        number = piece.to if self.plus else piece.to.lstrip("+")
        body = c_string(self.service_type) + bytes(self.source)
        body += bytes(Address(number=number, ton=self.to_ton, npi=self.to_npi))
        body += bytes([UDHI if piece.place else 0, 0, 0]) + c_string("") + c_string(self.validity)
        coding = 0 if piece.alphabet is self._own else CODINGS[piece.alphabet]
        body += bytes([1, 0, coding, 0, len(data)]) + data
        return bytes(Pdu(Command.SUBMIT_SM, 0, sequence, body))

    def read(self, frame: bytes) -> Message:
        """What a PDU says."""
        pdu = read_pdu(frame)
        code = statuses.code_of(pdu.status) if pdu.status else ""
        if pdu.command in LOGGED_IN:
            return LoggedIn(pdu.sequence, code)
        if pdu.command == Command.SUBMIT_SM | ANSWER:
            reference = Fields(pdu.body).string()
            return Submitted(pdu.sequence, statuses.verdict_of(pdu.status), reference, code)
        if pdu.command in (Command.DELIVER_SM, Command.DATA_SM):
            return self._came(pdu)
        if pdu.command == Command.GENERIC_NACK:
            return Nack(pdu.sequence, code or "ESME_ROK", statuses.verdict_of(pdu.status or 0xFF))
        plain = _PLAIN.get(pdu.command)
        return plain(pdu.sequence) if plain else Strange(pdu.sequence, pdu.command)

    def answer(self, message: Message, taken: bool) -> bytes:
        """The answer PDU; a strange request is told that it is, a strange answer nothing."""
        if isinstance(message, Report | Incoming):
            status = statuses.OK if taken else statuses.TRY_AGAIN
            return bytes(Pdu(message.command | ANSWER, status, message.sequence, b"\0"))
        if isinstance(message, Ping):
            return bytes(Pdu(Command.ENQUIRE_LINK | ANSWER, 0, message.sequence))
        if isinstance(message, Bye):
            return bytes(Pdu(Command.UNBIND | ANSWER, 0, message.sequence))
        if isinstance(message, Strange) and not message.command & ANSWER:
            status = statuses.NOT_UNDERSTOOD
            return bytes(Pdu(Command.GENERIC_NACK, status, message.sequence))
        return b""

    def _came(self, pdu: Pdu) -> Report | Incoming:
        short = read_short(pdu)
        place, data = udh.strip(short.data) if short.esm_class & UDHI else (None, short.data)
        text = _decoded(data, short.data_coding, self._own)
        receipt = read_receipt(short, text)
        if receipt is None:
            return Incoming(
                pdu.sequence,
                short.source,
                short.to,
                text,
                place or _sar(short),
                command=pdu.command,
            )
        return Report(
            pdu.sequence,
            short.source,
            receipt.reference,
            receipt.delivered,
            receipt.code,
            command=pdu.command,
        )


def _sar(short: Short) -> udh.Place | None:
    """The place by optional parameters, as some centers give it instead of a header."""
    total = short.number(Tag.SAR_TOTAL_SEGMENTS)
    number = short.number(Tag.SAR_SEGMENT_SEQNUM)
    if total is None or number is None:
        return None
    return udh.place_of(short.number(Tag.SAR_MSG_REF_NUM) or 0, total, number)


def _decoded(data: bytes, coding: int, own: Alphabet) -> str:
    """Bytes by data_coding, classes and groups of 3GPP TS 23.038 included."""
    group = coding & 0xF0
    if coding in (8, 0x18) or (group in (0x10, 0x50) and coding & 0x0C == 0x08) or group == 0xE0:
        return Alphabet.UCS2.decode(data)
    if coding in (1, 2, 3, 4):
        return Alphabet.LATIN1.decode(data)
    if coding == 15:
        return Alphabet.GBK.decode(data)
    return own.decode(data)


_PLAIN: dict[int, type[Message]] = {
    Command.ENQUIRE_LINK: Ping,
    Command.ENQUIRE_LINK | ANSWER: Pong,
    Command.UNBIND: Bye,
    Command.UNBIND | ANSWER: ByeAnswered,
    Command.ALERT_NOTIFICATION: Pong,
    Command.OUTBIND: Pong,
}
