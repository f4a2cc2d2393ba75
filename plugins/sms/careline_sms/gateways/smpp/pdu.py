"""PDUs of SMPP 3.4: written strictly, read leniently.

Centers cut fields short, make them longer than they may be and leave out what is mandatory
(SMPP 3.4, part 4); what can be read is read, since an unreadable receipt is a lost receipt.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import IntEnum

from attrs import Factory, frozen

HEADER = struct.Struct(">IIII")
MOST = 0x10000 + 512
"""Bytes: a payload of 64 KB and the fields around it."""
ANSWER = 0x80000000


class Command(IntEnum):
    """Command ids (5.1.2.1)."""

    GENERIC_NACK = 0x80000000
    BIND_RECEIVER = 0x00000001
    BIND_TRANSMITTER = 0x00000002
    SUBMIT_SM = 0x00000004
    DELIVER_SM = 0x00000005
    UNBIND = 0x00000006
    BIND_TRANSCEIVER = 0x00000009
    OUTBIND = 0x0000000B
    ENQUIRE_LINK = 0x00000015
    ALERT_NOTIFICATION = 0x00000102
    DATA_SM = 0x00000103


class Tag(IntEnum):
    """Optional parameters that we read (5.3.2)."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


@frozen
class Pdu:
    """One PDU with its body as bytes."""

    command: int
    status: int
    sequence: int
    body: bytes = b""

    def __bytes__(self) -> bytes:
        size = HEADER.size + len(self.body)
        return HEADER.pack(size, self.command, self.status, self.sequence) + self.body


def read_pdu(frame: bytes) -> Pdu:
    """A frame as a PDU; the frame has at least 16 bytes."""
    _, command, status, sequence = HEADER.unpack_from(frame)
    return Pdu(command, status, sequence, frame[HEADER.size :])


def c_string(text: str) -> bytes:
    """A C-octet string; what is no Latin-1 or would end it early becomes a question mark."""
    return text.encode("latin-1", "replace").replace(b"\0", b"?") + b"\0"


class Fields:
    """A body read from its beginning; what is not there any more is empty or zero."""

    def __init__(self, body: bytes) -> None:
        self._rest = body

    def string(self) -> str:
        """A C-octet string, of any length."""
        found, _, self._rest = self._rest.partition(b"\0")
        return found.decode("latin-1")

    def byte(self) -> int:
        """One octet."""
        found, self._rest = self._rest[:1], self._rest[1:]
        return found[0] if found else 0

    def octets(self, count: int) -> bytes:
        """So many octets, or as many as there are."""
        found, self._rest = self._rest[:count], self._rest[count:]
        return found

    def options(self) -> dict[int, bytes]:
        """The optional parameters, the first of each tag; the rest of what breaks off is left."""
        found: dict[int, bytes] = {}
        while len(self._rest) >= 4:
            tag, size = struct.unpack_from(">HH", self._rest)
            if len(self._rest) < 4 + size:
                break
            found.setdefault(tag, self._rest[4 : 4 + size])
            self._rest = self._rest[4 + size :]
        return found


@frozen(kw_only=True)
class Short:
    """What deliver_sm and data_sm carry, as far as it is of use."""

    source: str
    to: str
    esm_class: int
    data_coding: int
    data: bytes
    options: Mapping[int, bytes] = Factory(dict)

    def number(self, tag: Tag) -> int | None:
        """An optional parameter that is a number."""
        value = self.options.get(tag)
        return int.from_bytes(value, "big") if value else None


def read_short(pdu: Pdu) -> Short:
    """The body of deliver_sm (4.6.1) or data_sm (4.7.1)."""
    fields = Fields(pdu.body)
    fields.string()  # service_type
    international = fields.octets(2)[:1] == b"\1"
    source = fields.string()
    if international and source and not source.startswith("+"):
        source = f"+{source}"
    fields.octets(2)
    to = fields.string()
    esm_class = fields.byte()
    data = b""
    if pdu.command == Command.DATA_SM:
        fields.byte()  # registered_delivery
        data_coding = fields.byte()
    else:
        fields.octets(2)  # protocol_id, priority_flag
        fields.string()  # schedule_delivery_time
        fields.string()  # validity_period
        fields.octets(2)  # registered_delivery, replace_if_present_flag
        data_coding = fields.byte()
        fields.byte()  # sm_default_msg_id
        data = fields.octets(fields.byte())
    options = fields.options()
    return Short(
        source=source,
        to=to,
        esm_class=esm_class,
        data_coding=data_coding,
        data=data or options.get(Tag.MESSAGE_PAYLOAD, b""),
        options=options,
    )
