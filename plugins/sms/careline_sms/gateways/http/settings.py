"""Tables of gateways over HTTP, below ``[plugin.sms.gateway.<name>]``."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from careline.config import Secret, between, matches, one_of
from careline.errors import Invalid
from careline.i18n import Text

URL = matches(r"https?://[^\s/]+(/\S*)?", Text("an address with http:// or https://"))
HASHES = ("", "md5", "sha1", "sha256", "hmac-md5", "hmac-sha1", "hmac-sha256")


@frozen(kw_only=True)
class PushSettings:
    """Where receipts and replies hold what; names are paths (``data.status``)."""

    list: str = ""
    """Path of the list when several come at once; empty: the whole, a list or one."""
    id: str = ""
    number: str = ""
    text: str = ""
    to: str = ""
    state: str = ""
    code: str = ""
    delivered: tuple[str, ...] = ("DELIVRD",)
    """Values of ``state`` that mean delivered."""
    open: tuple[str, ...] = ("ACCEPTD", "ENROUTE", "UNKNOWN")
    """Values that are not the last word; all others mean failed."""
    wrong_numbers: tuple[str, ...] = ()
    """Values of ``code`` (or ``state``) that say for sure that there is no such number."""
    answer: str = "ok"
    """What the gateway wants to hear."""


@frozen(kw_only=True)
class HttpSettings:
    """Any gateway that takes a message as fields of a form, a query or JSON.

    Fields, headers and ``sign`` may hold ``{to}`` (13811112222), ``{e164}``, ``{text}`` (signed),
    ``{body}``, ``{signature}``, ``{template}``, ``{key}``, ``{id}``, ``{time}``, ``{user}``,
    ``{secret}``, ``{sign}`` and ``{value.<name>}``.
    """

    url: str = field(validator=URL)
    method: str = field(default="POST", validator=one_of(("POST", "GET")))
    body: str = field(default="form", validator=one_of(("form", "json")))
    charset: str = field(default="utf-8", validator=one_of(("utf-8", "gbk")))
    fields: Mapping[str, str]
    headers: Mapping[str, str] = field(factory=dict)
    user: str = ""
    secret: Secret | None = None
    time_format: str = "%Y%m%d%H%M%S"
    """``{time}`` in the hospital's zone; ``unix`` and ``unix_ms`` for seconds since 1970."""
    sign: str = ""
    """What is hashed to ``{sign}``; with ``sorted`` all fields in order, as ``a=1&b=2``."""
    sign_hash: str = field(default="", validator=one_of(HASHES))
    sign_upper: bool = False
    templates: Mapping[str, str] = field(factory=dict)
    """Our templates by the gateway's names for them; with any, others are not sent here."""
    answer: str = ""
    """Path of the code in a JSON answer; empty: the HTTP status decides."""
    ok: tuple[str, ...] = ("0",)
    busy: tuple[str, ...] = ()
    """Codes of "not now"."""
    wrong_numbers: tuple[str, ...] = ()
    """Codes of "no such number"; another gateway is tried."""
    refused: tuple[str, ...] = ()
    """Codes of "not sent", after which another gateway may be tried."""
    uncertain: tuple[str, ...] = ()
    """Codes after which nobody knows whether it was sent, whatever the HTTP status.

    With a good status every code that is listed nowhere is one of these.
    """
    reference: str = ""
    """Path of the message's id in the answer."""
    said: str = ""
    """Path of the gateway's words."""
    takes_key: bool = False
    """The gateway promises to send a message with the same ``{key}`` once."""
    timeout_s: float = field(default=15.0, validator=between(1, 120))
    window: int = field(default=4, validator=between(1, 100))
    """Messages sent side by side."""
    receipts: PushSettings | None = None
    replies: PushSettings | None = None

    def __attrs_post_init__(self) -> None:
        """A sign needs to know how."""
        if bool(self.sign) != bool(self.sign_hash):
            raise Invalid(
                "sms.sign", "{where}: sign and sign_hash belong together", where="sign_hash"
            )
        if self.takes_key and not any("{key}" in value for value in self.fields.values()):
            raise Invalid("sms.key", "{where}: no field holds {{key}}", where="takes_key")


@frozen(kw_only=True)
class AliyunSettings:
    """Aliyun's SMS service (dysmsapi, 2017-05-25)."""

    access_key: str
    secret: Secret
    signature: str = ""
    """The approved signature (签名名称); empty: the hospital's."""
    templates: Mapping[str, str]
    """Our templates by name (``visit_reminder``, ``visit_reminder.en``): ``SMS_...``."""
    url: str = field(default="https://dysmsapi.aliyuncs.com", validator=URL)
    timeout_s: float = field(default=15.0, validator=between(1, 120))
    window: int = field(default=8, validator=between(1, 100))


@frozen(kw_only=True)
class TencentTemplate:
    """An approved template: its number, and our values in the order of its {1}, {2}."""

    id: str
    values: tuple[str, ...] = ()


@frozen(kw_only=True)
class TencentSettings:
    """Tencent Cloud's SMS service (SendSms, 2021-01-11)."""

    secret_id: str
    secret_key: Secret
    app_id: str
    """SmsSdkAppId."""
    signature: str = ""
    """The approved signature; empty: the hospital's."""
    region: str = "ap-guangzhou"
    templates: Mapping[str, TencentTemplate]
    url: str = field(default="https://sms.tencentcloudapi.com", validator=URL)
    timeout_s: float = field(default=15.0, validator=between(1, 120))
    window: int = field(default=8, validator=between(1, 100))


@frozen(kw_only=True)
class TwilioSettings:
    """Twilio's Messages, 2010-04-01."""

    account: str
    token: Secret
    source: str = ""
    """Our number, in E.164; or a messaging service."""
    service: str = ""
    url: str = field(default="https://api.twilio.com", validator=URL)
    timeout_s: float = field(default=15.0, validator=between(1, 120))
    window: int = field(default=4, validator=between(1, 100))

    def __attrs_post_init__(self) -> None:
        """One of the two."""
        if bool(self.source) == bool(self.service):
            raise Invalid(
                "sms.twilio_source", "{where}: give either source or service", where="source"
            )


@frozen(kw_only=True)
class KannelSettings:
    """Kannel's sendsms, or a gateway that looks like it."""

    url: str = field(validator=URL)
    """As ``http://127.0.0.1:13013/cgi-bin/sendsms``."""
    user: str
    password: Secret
    source: str = ""
    smsc: str = ""
    """Kannel's own choice among its centers."""
    timeout_s: float = field(default=15.0, validator=between(1, 120))
    window: int = field(default=8, validator=between(1, 100))
