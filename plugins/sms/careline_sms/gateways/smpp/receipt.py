"""Receipts: by optional parameters where a center sends them, else by the text that all know.

The text is in SMPP 3.4, appendix B: ``id:IIII sub:SSS dlvrd:DDD submit date:... done date:...
stat:DDDDDDD err:E text:...``; its fields come in any order and case, and not all of them.
"""

from __future__ import annotations

import re

from attrs import frozen

from careline_sms.gateways.smpp.pdu import Short, Tag

RECEIPT, INTERMEDIATE = 0x04, 0x20
KINDS = 0x3C
"""Bits of esm_class that say what kind of message it is (5.2.12)."""

DONE = {"DELIVRD": True, "EXPIRED": False, "DELETED": False, "UNDELIV": False, "REJECTD": False}
STATES = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 8: "REJECTD"}
"""message_state (5.2.28) by the word of the text; the others are not the last word."""

_FIELD = re.compile(r"(?<![a-z])(id|stat|err):\s*([^\s]*)", re.IGNORECASE)


@frozen
class Receipt:
    """``delivered`` is None while nothing final is known."""

    reference: str
    delivered: bool | None
    code: str


def read_receipt(short: Short, text: str) -> Receipt | None:
    """The receipt that a message is, or None for a person's words."""
    kind = short.esm_class & KINDS
    head = re.split(r"(?<![a-z])text:", text, maxsplit=1, flags=re.IGNORECASE)[0]
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(head):
        found.setdefault(name.lower(), value)
    looks = text.lstrip().lower().startswith("id:") and "stat" in found
    if kind not in (RECEIPT, INTERMEDIATE) and not (kind == 0 and looks):
        return None
    state = short.number(Tag.MESSAGE_STATE)
    word = found.get("stat", "").upper() or STATES.get(state or 0, "")
    delivered = DONE.get(STATES.get(state or 0) or word, DONE.get(word))
    tlv = short.options.get(Tag.RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1")
    error = found.get("err", "")
    code = word if delivered or not error.strip("0") else f"{word}/{error}"
    return Receipt(
        tlv or found.get("id", ""),
        None if kind == INTERMEDIATE else delivered,
        code[:32],
    )
