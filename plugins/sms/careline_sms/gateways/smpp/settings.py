"""``[plugin.sms.gateway.<name>.smpp]``."""

from __future__ import annotations

from attrs import evolve, field, frozen

from careline.config import Secret, between, matches, one_of, port
from careline.i18n import Text
from careline_sms.gateways.ground import Ground
from careline_sms.gateways.link.connection import Where
from careline_sms.gateways.link.gateway import LinkGateway, Plan
from careline_sms.gateways.link.ids import WAYS
from careline_sms.gateways.link.session import Limits
from careline_sms.gateways.parts import Alphabet
from careline_sms.gateways.smpp.dialect import Address, Smpp

ALPHABETS = ("gsm7", "latin1", "ascii", "ucs2")


@frozen(kw_only=True)
class SmppSettings:
    """An account at a message center that speaks SMPP 3.4."""

    host: str
    port: int = field(default=2775, validator=port)
    tls: bool = False
    system_id: str = field(
        validator=matches(r"[\x21-\x7e]{1,15}", Text("1 to 15 ASCII characters"))
    )
    password: Secret
    system_type: str = field(
        default="", validator=matches(r"[\x20-\x7e]{0,12}", Text("at most 12 ASCII characters"))
    )
    bind: str = field(default="transceiver", validator=one_of(("transceiver", "separate")))
    """``separate``: one connection sends, another receives; for centers without transceivers."""
    connections: int = field(default=1, validator=between(1, 10))
    """Connections that send."""
    source: str = field(
        default="", validator=matches(r"[\x20-\x7e]{0,20}", Text("at most 20 ASCII characters"))
    )
    """The number or name that messages come from, as the operator has given it."""
    source_ton: int = field(default=0, validator=between(0, 6))
    source_npi: int = field(default=0, validator=between(0, 18))
    to_ton: int = field(default=1, validator=between(0, 6))
    to_npi: int = field(default=1, validator=between(0, 18))
    plus: bool = False
    """Numbers go out as ``+86138...`` and not as ``86138...``."""
    service_type: str = field(
        default="", validator=matches(r"[\x20-\x7e]{0,5}", Text("at most 5 ASCII characters"))
    )
    alphabet: str = field(default="gsm7", validator=one_of(ALPHABETS))
    """What the center takes for its data_coding 0; ``ucs2`` sends everything in UCS-2."""
    validity_hours: int = field(default=0, validator=between(0, 168))
    """Hours for which the center tries; 0 for its own."""
    window: int = field(default=10, validator=between(1, 1000))
    """Pieces that may be unanswered at once, on each connection."""
    pieces_per_second: float = field(default=0.0, validator=between(0, 10_000))
    """Pieces a second at most; 0 for as many as the center takes."""
    answer_s: float = field(default=30.0, validator=between(1, 300))
    """Seconds after which an unanswered piece counts as uncertain."""
    ping_s: float = field(default=30.0, validator=between(1, 600))
    """Seconds of silence after which the center is asked whether it is there."""
    receipt_ids: str = field(default="", validator=one_of(("", *WAYS)))
    """How receipts write ids: ``same``, ``decimal``, ``hex``; empty: learned from the first."""
    wrong_number_codes: tuple[str, ...] = ()
    """Codes in receipts (``UNDELIV/001``) that say for sure that there is no such number.

    Not those that also stand for telephones that are switched off: the patient would get no
    messages any more.
    """


def build(name: str, ground: Ground, settings: SmppSettings) -> LinkGateway:
    """The gateway."""
    both = settings.bind == "transceiver"
    sender = Smpp(
        system_id=settings.system_id,
        password=settings.password.reveal(),
        system_type=settings.system_type,
        bind="transceiver" if both else "transmitter",
        source=Address(number=settings.source, ton=settings.source_ton, npi=settings.source_npi),
        to_ton=settings.to_ton,
        to_npi=settings.to_npi,
        plus=settings.plus,
        service_type=settings.service_type,
        usual=Alphabet(settings.alphabet),
        validity=_validity(settings.validity_hours),
    )
    return LinkGateway(
        Plan(
            name=name,
            where=Where(host=settings.host, port=settings.port, tls=settings.tls),
            senders=[sender] * settings.connections,
            receivers=[] if both else [evolve(sender, bind="receiver")],
            limits=Limits(
                window=settings.window, answer_s=settings.answer_s, ping_s=settings.ping_s
            ),
            usual=Alphabet(settings.alphabet),
            per_second=settings.pieces_per_second,
            ids=settings.receipt_ids,
            wrong_numbers=frozenset(settings.wrong_number_codes),
        ),
        ground,
    )


def _validity(hours: int) -> str:
    """As a relative time (SMPP 3.4, 7.1.1), which knows no zones."""
    return f"0000{hours // 24:02}{hours % 24:02}0000000R" if hours else ""
