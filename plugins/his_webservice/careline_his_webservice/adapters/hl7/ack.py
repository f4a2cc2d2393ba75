"""Acknowledgements in original mode (HL7 v2.5 chapter 2.9.2): written for senders, and read."""

from __future__ import annotations

from enum import Enum

from attrs import field, frozen

from careline.errors import Invalid
from careline_his_webservice.adapters.hl7.charset import SAYS
from careline_his_webservice.adapters.hl7.message import Message, comp, header, segment


class Code(Enum):
    """MSA-1: taken; an error in what was said; rejected whatever it says."""

    TAKEN = "AA"
    ERROR = "AE"
    REJECTED = "AR"


class Fault(Enum):
    """What was wrong, by HL7 table 0357."""

    SEQUENCE = "100"
    MISSING = "101"
    TYPE = "102"
    VALUE = "103"
    MESSAGE_TYPE = "200"
    EVENT = "201"
    INTERNAL = "207"


@frozen
class Answer:
    """What an acknowledgement says; ``reference`` is the filler's appointment id, if it has one.

    ``outpatient_number`` is that of the patient whom the hospital found or registered.
    """

    code: Code
    control_id: str
    message: Message = field(repr=False)
    text: str = ""
    reference: str = ""
    outpatient_number: str = ""


def acknowledgement(
    to: Message | None,
    code: Code,
    *,
    at: str,
    charset: str,
    application: str,
    fault: Fault | None = None,
    text: str = "",
) -> str:
    """The answer to ``to``, or to something in which nothing could be read."""
    get = to.get if to else _nothing
    event = get("MSH", 9, 2)
    lines = [
        header(
            {
                3: comp(application),
                4: comp(get("MSH", 6)),
                5: comp(get("MSH", 3)),
                6: comp(get("MSH", 4)),
                7: at,
                9: comp("ACK", event, "ACK") if event else "ACK",
                10: comp(f"A{get('MSH', 10)}"[:20]),
                11: comp(get("MSH", 11) or "P"),
                12: comp(get("MSH", 12) or "2.5"),
                18: SAYS[charset],
            }
        ),
        segment("MSA", {1: code.value, 2: comp(get("MSH", 10)), 3: comp(text[:80])}),
    ]
    if fault is not None:
        lines.append(segment("ERR", {3: comp(fault.value), 4: "E", 8: comp(text[:250])}))
    return "\r".join(lines) + "\r"


def _nothing(segment: str, field: int, component: int = 1, repeat: int = 1) -> str:
    return ""


def read_answer(message: Message) -> Answer:
    """What came back; raises Invalid (``hl7.answer``) when it is no acknowledgement.

    CA is none: the message is kept, and whether the visit can be is said by the AA that follows.
    """
    said = message.get("MSA", 1).upper()
    code = next((one for one in Code if one.value[1] == said[1:] and said[:1] in "AC"), None)
    if code is None or said == "CA":
        raise Invalid("hl7.answer", "MSA-1: {code} is no acknowledgement", code=said[:10])
    text = message.get("ERR", 8) or message.get("MSA", 3) or message.get("ERR", 3, 2)
    numbers = [one[0] for one in message.repeats("PID", 3) if one[4:5] in (["PN"], ["MR"])]
    return Answer(
        code,
        message.get("MSA", 2),
        message,
        text[:200],
        message.get("SCH", 2)[:64],
        "".join(numbers[:1])[:32],
    )
