"""The table ``[plugin.sms]`` of careline.toml."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen
from attrs.validators import ge, le, max_len

from careline_sms.gateways.settings import GatewaySettings, WebhookSettings
from careline_sms.occasions.config import OccasionsConfig

REFUSING = ("TD", "T", "退订", "取消订阅", "STOP", "UNSUBSCRIBE", "END", "QUIT")
ALLOWING = ("HF", "恢复", "恢复订阅", "START", "UNSTOP")


@frozen(kw_only=True)
class SmsConfig:
    """How messages are sent; gateways are tried in the order of their tables.

    ``signature`` stands before each text in brackets, another one for campuses in ``signatures``.
    What was not sent ``max_age_hours`` after its time is not sent any more. Replies within
    ``reply_days`` belong to what was asked. ``refuse`` and ``allow``: words by which patients
    refuse messages and want them again. Without a receipt within ``receipt_hours`` a message that
    was sent counts as delivered, and one that is uncertain as not delivered. Texts are forgotten
    after ``keep_days``. ``abroad``: send to numbers of other countries too.
    """

    signature: str = field(default="", validator=max_len(30))
    signatures: Mapping[str, str] = field(factory=dict)
    gateway: Mapping[str, GatewaySettings] = field(factory=dict)
    webhooks: WebhookSettings = field(factory=WebhookSettings)
    occasions: OccasionsConfig = field(factory=OccasionsConfig)
    max_age_hours: int = field(default=48, validator=[ge(1), le(720)])
    reply_days: int = field(default=7, validator=[ge(1), le(60)])
    refuse: tuple[str, ...] = REFUSING
    allow: tuple[str, ...] = ALLOWING
    receipt_hours: int = field(default=24, validator=[ge(1), le(168)])
    keep_days: int = field(default=400, validator=[ge(31), le(3650)])
    abroad: bool = False

    def signature_of(self, campus: str) -> str:
        """What stands before texts of a campus."""
        return self.signatures.get(campus) or self.signature
