"""``[plugin.sms.gateway.<name>.cmpp]``."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from attrs import field, frozen

from careline.config import Secret, between, matches, one_of, port
from careline.i18n import Text
from careline_sms.gateways.cmpp.dialect import Cmpp
from careline_sms.gateways.ground import Ground
from careline_sms.gateways.link.connection import Where
from careline_sms.gateways.link.gateway import LinkGateway, Plan
from careline_sms.gateways.link.ids import SAME
from careline_sms.gateways.link.session import Limits
from careline_sms.gateways.parts import Alphabet

CHINA = ZoneInfo("Asia/Shanghai")
"""All gateways of this protocol keep Beijing time; log-in stamps are in it."""


@frozen(kw_only=True)
class CmppSettings:
    """An account at a gateway that speaks CMPP (云MAS, many resellers)."""

    host: str
    port: int = field(default=7890, validator=port)
    version: str = field(default="2.0", validator=one_of(("2.0", "3.0")))
    sp_id: str = field(validator=matches(r"[\x21-\x7e]{1,6}", Text("1 to 6 ASCII characters")))
    """Source_Addr: the account (企业代码)."""
    secret: Secret
    source: str = field(validator=matches(r"\d{1,21}", Text("1 to 21 digits")))
    """Src_Id: the number that messages come from (``1065...``)."""
    service_id: str = field(
        default="", validator=matches(r"[\x21-\x7e]{0,10}", Text("at most 10 ASCII characters"))
    )
    """Service_Id (业务代码)."""
    alphabet: str = field(default="ucs2", validator=one_of(("ucs2", "gbk", "ascii")))
    """``ascii``: what is plain ASCII goes so, all else in UCS-2."""
    country_code: bool = False
    """Chinese numbers go out with ``86`` in front."""
    fee_user_type: int = field(default=2, validator=between(0, 3))
    connections: int = field(default=1, validator=between(1, 10))
    window: int = field(default=16, validator=between(1, 1000))
    """Pieces that may be unanswered at once, on each connection."""
    pieces_per_second: float = field(default=0.0, validator=between(0, 10_000))
    """Pieces a second at most; 0 for as many as the gateway takes."""
    answer_s: float = field(default=60.0, validator=between(1, 300))
    """Seconds after which an unanswered piece counts as uncertain."""
    ping_s: float = field(default=30.0, validator=between(1, 600))
    """Seconds of silence after which the gateway is asked whether it is there."""
    wrong_number_codes: tuple[str, ...] = ()
    """Codes in reports by which the operator says for sure that there is no such number.

    Not those that also stand for telephones that are switched off or barred (``MK:0001``): the
    patient would get no messages any more.
    """


def build(name: str, ground: Ground, settings: CmppSettings) -> LinkGateway:
    """The gateway."""
    dialect = Cmpp(
        sp_id=settings.sp_id,
        secret=settings.secret.reveal(),
        source=settings.source,
        service_id=settings.service_id,
        version=int(settings.version[0]),
        fee_user_type=settings.fee_user_type,
        plus86=settings.country_code,
        local_now=lambda: ground.clock.now().astimezone(CHINA),
    )
    return LinkGateway(
        Plan(
            name=name,
            where=Where(host=settings.host, port=settings.port),
            senders=[dialect] * settings.connections,
            limits=Limits(
                window=settings.window, answer_s=settings.answer_s, ping_s=settings.ping_s
            ),
            usual=Alphabet(settings.alphabet),
            per_second=settings.pieces_per_second,
            ids=SAME,
            wrong_numbers=frozenset(settings.wrong_number_codes),
        ),
        ground,
    )
