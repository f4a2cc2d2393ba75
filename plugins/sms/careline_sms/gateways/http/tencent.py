"""Tencent Cloud: SendSms, signed by TC3-HMAC-SHA256; pushes are JSON.

Requests: cloud.tencent.com/document/api/382/55981 and 382/52072; pushes: 382/59178, 382/59180.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from attrs import frozen

from careline.messaging.gateway import (
    BLOCKED,
    NOT_TAKEN,
    Busy,
    Fate,
    Outgoing,
    Rejected,
    Sent,
    Uncertain,
)
from careline_sms.gateways import words
from careline_sms.gateways.http.asking import Answer, Request
from careline_sms.gateways.http.provider import (
    Push,
    Pushed,
    Receipt,
    Reply,
    items,
    template_of,
    text_at,
    told,
)
from careline_sms.gateways.http.settings import TencentSettings
from careline_sms.gateways.numbers import e164

ALGORITHM = "TC3-HMAC-SHA256"
SERVICE = "sms"
CONTENT_TYPE = "application/json; charset=utf-8"
CONTENT = '{"result":0,"errmsg":"OK"}'
WRONG = {"InvalidParameterValue.IncorrectPhoneNumber"}
BLOCKED_CODES = {"FailedOperation.PhoneNumberInBlacklist"}
BUSY = ("RequestLimitExceeded", "LimitExceeded.DeliveryFrequencyLimit")
OPEN = ("InternalError",)


@frozen
class Tencent:
    """See :class:`careline_sms.gateways.http.provider.Provider`."""

    _settings: TencentSettings
    _now: Callable[[], datetime]
    takes_key: bool = False

    def request(self, message: Outgoing) -> Request:
        """SendSms to one number, with a template whose values are by position."""
        template = template_of(self._settings.templates, message)
        body = {
            "PhoneNumberSet": [message.to],
            "SmsSdkAppId": self._settings.app_id,
            "SignName": self._settings.signature or message.signature,
            "TemplateId": template.id,
            "TemplateParamSet": [message.values.get(name, "") for name in template.values],
            "SessionContext": str(message.id),
        }
        data = json.dumps(body, ensure_ascii=False).encode()
        host, now = urlsplit(self._settings.url).netloc, self._now()
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Host": host,
            "X-TC-Action": "SendSms",
            "X-TC-Region": self._settings.region,
            "X-TC-Timestamp": str(int(now.timestamp())),
            "X-TC-Version": "2021-01-11",
            "Authorization": authorization(
                self._settings.secret_id,
                self._settings.secret_key.reveal(),
                SERVICE,
                host,
                data,
                now,
            ),
        }
        return Request(url=self._settings.url, headers=headers, data=data)

    def read(self, message: Outgoing, answer: Answer) -> Sent:
        """``{"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": ...}]}}``."""
        value = told(answer)
        if error := text_at(value, "Response.Error.Code"):
            raise _ended(error, text_at(value, "Response.Error.Message"))
        code = text_at(value, "Response.SendStatusSet.0.Code")
        if code == "Ok":
            fee = text_at(value, "Response.SendStatusSet.0.Fee")
            return Sent(
                reference=(text_at(value, "Response.SendStatusSet.0.SerialNo"),),
                parts=int(fee) if fee.isdigit() else 0,
            )
        if not code:
            raise Uncertain(words.ODD_ANSWER)
        raise _ended(code, text_at(value, "Response.SendStatusSet.0.Message"))

    def pushed(self, push: Push) -> Pushed:
        """Receipts come as a list, a reply alone; Tencent signs neither."""
        read = _receipt if push.kind == "receipts" else _reply
        return Pushed([read(one) for one in items(push.json())], CONTENT, "application/json")


def authorization(
    key: str, secret: str, service: str, host: str, data: bytes, now: datetime
) -> str:
    """The header Authorization of a POST to /, over content-type, host and body; ``now`` is UTC."""
    day, stamp = f"{now:%Y-%m-%d}", int(now.timestamp())
    lines = f"content-type:{CONTENT_TYPE}\nhost:{host}\n"
    digest = hashlib.sha256(data).hexdigest()
    whole = "\n".join(["POST", "/", "", lines, "content-type;host", digest])
    scope = f"{day}/{service}/tc3_request"
    hashed = hashlib.sha256(whole.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashed}"
    signing = _hmac(_hmac(_hmac(f"TC3{secret}".encode(), day), service), "tc3_request")
    signature = _hmac(signing, to_sign).hex()
    return (
        f"{ALGORITHM} Credential={key}/{scope}, SignedHeaders=content-type;host, "
        f"Signature={signature}"
    )


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _ended(code: str, text: str) -> Exception:
    if code.startswith(BUSY):
        return Busy(5.0, code)
    if code.startswith(OPEN):
        return Uncertain(f"{code} {text}")
    if code in WRONG:
        return Rejected(NOT_TAKEN, f"{code} {text}".strip())
    if code in BLOCKED_CODES:
        return Rejected(BLOCKED, text, other_gateway=False)
    return Rejected(code, text)


def _receipt(one: Mapping[str, object]) -> Receipt:
    good = text_at(one, "report_status").upper() == "SUCCESS"
    return Receipt(
        reference=text_at(one, "sid"),
        fate=Fate.DELIVERED if good else Fate.FAILED,
        code="" if good else text_at(one, "errmsg"),
    )


def _reply(one: Mapping[str, object]) -> Reply:
    nation = text_at(one, "nationcode") or "86"
    return Reply(
        number=e164(f"+{nation.lstrip('+')}{text_at(one, 'mobile')}"),
        text=text_at(one, "text"),
        to=text_at(one, "extend"),
        reference=text_at(one, "mobile") + "/" + text_at(one, "time"),
    )
