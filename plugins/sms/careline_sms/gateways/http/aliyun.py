"""Aliyun: SendSms of dysmsapi, signed by ACS3-HMAC-SHA256; pushes are lists in JSON.

Requests: help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature; pushes:
help.aliyun.com/zh/sms/developer-reference/smsreport-2 and smsup-2.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import quote, urlsplit

from attrs import field, frozen

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
from careline_sms.gateways.http.asking import Answer, Request
from careline_sms.gateways.http.provider import (
    Push,
    Pushed,
    Receipt,
    Reply,
    items,
    number_of,
    template_of,
    text_at,
    told,
)
from careline_sms.gateways.http.settings import AliyunSettings
from careline_sms.gateways.numbers import e164, national

ALGORITHM = "ACS3-HMAC-SHA256"
CONTENT = '{"code":0,"msg":"成功"}'
WRONG = {"isv.MOBILE_NUMBER_ILLEGAL"}
BLOCKED_REPORTED = {"MOBILE_IN_BLACK", "BLACK_LIST"}
BUSY = ("Throttling", "ServiceUnavailable")
OPEN = ("InternalError", "isp.SYSTEM_ERROR", "isp.RAM_PERMISSION_TIMEOUT")


@frozen
class Aliyun:
    """See :class:`careline_sms.gateways.http.provider.Provider`."""

    _settings: AliyunSettings
    _now: Callable[[], datetime]
    _nonce: Callable[[], str] = field(default=lambda: secrets.token_hex(16))
    takes_key: bool = False

    def request(self, message: Outgoing) -> Request:
        """SendSms with a template and our id, which comes back with receipts."""
        template = template_of(self._settings.templates, message)
        query = {
            "OutId": str(message.id),
            "PhoneNumbers": national(message.to).lstrip("+"),
            "SignName": self._settings.signature or message.signature,
            "TemplateCode": template,
            "TemplateParam": json.dumps(dict(message.values), ensure_ascii=False),
        }
        headers = {
            "host": urlsplit(self._settings.url).netloc,
            "x-acs-action": "SendSms",
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": f"{self._now():%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": self._nonce(),
            "x-acs-version": "2017-05-25",
        }
        asked = canonical_query(query)
        headers["Authorization"] = authorization(
            self._settings.access_key, self._settings.secret.reveal(), "POST", asked, headers
        )
        return Request(url=f"{self._settings.url.rstrip('/')}/?{asked}", headers=headers)

    def read(self, message: Outgoing, answer: Answer) -> Sent:
        """``{"Code": "OK", "BizId": ...}``."""
        value = told(answer)
        code, text = text_at(value, "Code"), text_at(value, "Message")
        if code == "OK" and answer.good:
            return Sent(reference=(text_at(value, "BizId"),))
        if not code or code in OPEN:
            raise Uncertain(f"HTTP {answer.status} {code} {text}".strip())
        if code.startswith(BUSY):
            raise Busy(5.0, code)
        if code in WRONG:
            raise Rejected(NOT_TAKEN, f"{code} {text}".strip())
        raise Rejected(code, text)

    def pushed(self, push: Push) -> Pushed:
        """SmsReport or SmsUp; Aliyun signs neither, the address is the secret."""
        read = _receipt if push.kind == "receipts" else _reply
        return Pushed([read(one) for one in items(push.json())], CONTENT, "application/json")


def canonical_query(query: Mapping[str, str]) -> str:
    """Parameters in order, as RFC 3986 writes them."""
    return "&".join(
        f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query)
    )


def authorization(
    key: str, secret: str, method: str, query: str, headers: Mapping[str, str], path: str = "/"
) -> str:
    """The header Authorization over host, content-type and everything that begins with x-acs-."""
    signed = sorted(
        name.lower()
        for name in headers
        if name.lower() in ("host", "content-type") or name.lower().startswith("x-acs-")
    )
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    lines = "".join(f"{name}:{lower[name]}\n" for name in signed)
    names = ";".join(signed)
    whole = "\n".join([method, path, query, lines, names, lower["x-acs-content-sha256"]])
    digest = hashlib.sha256(whole.encode()).hexdigest()
    told = hmac.new(secret.encode(), f"{ALGORITHM}\n{digest}".encode(), hashlib.sha256)
    return f"{ALGORITHM} Credential={key},SignedHeaders={names},Signature={told.hexdigest()}"


def _receipt(one: Mapping[str, object]) -> Receipt:
    good = text_at(one, "success") in ("true", "1")
    code = "" if good else text_at(one, "err_code")
    if code in BLOCKED_REPORTED:
        code = BLOCKED
    return Receipt(
        reference=text_at(one, "biz_id"),
        fate=Fate.DELIVERED if good else Fate.FAILED,
        code=code,
        ours=number_of(text_at(one, "out_id")),
    )


def _reply(one: Mapping[str, object]) -> Reply:
    return Reply(
        number=e164(text_at(one, "phone_number")),
        text=text_at(one, "content"),
        to=text_at(one, "dest_code"),
        reference=text_at(one, "sequence_id"),
    )
