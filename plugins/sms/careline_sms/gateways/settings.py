"""``[plugin.sms.gateway.<name>]`` and ``[plugin.sms.webhooks]``."""

from __future__ import annotations

from typing import Any

from attrs import Attribute, field, frozen

from careline.config import Secret, between, matches, one_of
from careline.errors import Invalid
from careline.i18n import Text
from careline_sms.gateways.cmpp.settings import CmppSettings
from careline_sms.gateways.gammu.settings import GammuSettings
from careline_sms.gateways.http.settings import (
    AliyunSettings,
    HttpSettings,
    KannelSettings,
    TencentSettings,
    TwilioSettings,
)
from careline_sms.gateways.smpp.settings import SmppSettings

CONSOLE = "console"
"""Shows messages on a page and sends nothing."""
KINDS = ("console", "smpp", "cmpp", "http", "aliyun", "tencent", "twilio", "kannel", "gammu")
BORROWED = "plugin:"
"""What stands before a kind that another plugin brings."""


def _kind(instance: object, attribute: Attribute[str], value: str) -> None:
    if not value.startswith(BORROWED):
        one_of((*KINDS, f"{BORROWED}…"))(instance, attribute, value)


@frozen(kw_only=True)
class GatewaySettings:
    """One gateway; the first in the file that may take a message is the first asked.

    The table of its kind stands below it: ``[plugin.sms.gateway.<name>.smpp]``.
    """

    kind: str = field(validator=_kind)
    """One of those that come along, or ``plugin:NAME`` for one that another plugin brings."""
    per_second: float = field(default=10.0, validator=between(0.01, 10_000))
    """Messages a second at most."""
    price: int = field(default=45, validator=between(0, 1_000_000))
    """What a part costs, in thousandths of the currency."""
    campuses: tuple[str, ...] = ()
    """Campuses whose messages it takes; empty for all."""
    purposes: tuple[str, ...] = ()
    """Purposes that it takes; empty for all."""
    charges_ucs2: bool = True
    """Parts count 70 and 67 characters whatever they are, as operators in China count."""
    push_token: Secret | None = None
    """What must stand in the address to which receipts and replies are pushed."""
    smpp: SmppSettings | None = None
    cmpp: CmppSettings | None = None
    http: HttpSettings | None = None
    aliyun: AliyunSettings | None = None
    tencent: TencentSettings | None = None
    twilio: TwilioSettings | None = None
    kannel: KannelSettings | None = None
    gammu: GammuSettings | None = None

    def __attrs_post_init__(self) -> None:
        """A gateway that cannot work without its table says so at once."""
        if self.kind != CONSOLE and not self.borrowed and self.own is None:
            raise Invalid(
                "sms.table_missing",
                "{where}: missing; a gateway of kind {kind} needs a table of its own",
                where=self.kind,
                kind=self.kind,
            )

    @property
    def any_text(self) -> bool:
        """False for one that sends texts only that its operator has approved."""
        approved = self.http is not None and bool(self.http.templates)
        return self.kind not in ("aliyun", "tencent") and not (self.kind == "http" and approved)

    @property
    def borrowed(self) -> str:
        """The name of a kind that another plugin brings; empty for the others."""
        return self.kind[len(BORROWED) :] if self.kind.startswith(BORROWED) else ""

    @property
    def own(self) -> Any:
        """The table of its kind."""
        return getattr(self, self.kind, None)


@frozen(kw_only=True)
class WebhookSettings:
    """A port of its own for receipts and replies that gateways push, apart from people's pages.

    A proxy with TLS stands before it, and lets in what begins with ``/<gateway>/``.
    """

    listen_port: int = field(default=0, validator=between(0, 65535))
    """0: nothing is listened on."""
    listen_host: str = "127.0.0.1"
    public_url: str = field(
        default="",
        validator=matches(r"(https?://\S+[^/])?", Text("an address without / at its end")),
    )
    """As gateways reach it; goes to those that want to be told where to push."""
