"""Twilio: Messages (2010-04-01) with basic authorization; pushes are forms with a signature.

www.twilio.com/docs/messaging/api/message-resource, /docs/usage/security#validating-requests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from attrs import field, frozen

from careline.messaging.gateway import (
    BLOCKED,
    NOT_TAKEN,
    WRONG_NUMBER,
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
    forged,
    text_at,
    told,
)
from careline_sms.gateways.http.settings import TwilioSettings

WRONG = {"21211", "21214", "21217", "21614", "30005", "30006"}
"""Invalid, unreachable, no mobile; unknown number; a land line."""
WRONG_REPORTED = {"21211", "21614"}
"""Invalid, no mobile: the others also stand for telephones that are only switched off."""
BLOCKED_CODES = {"21610", "30004"}
BUSY = {"20429", "14107", "30022"}
FATES = {"delivered": Fate.DELIVERED, "undelivered": Fate.FAILED, "failed": Fate.FAILED}
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@frozen
class Twilio:
    """``callback`` is where receipts shall be pushed, empty for nowhere."""

    _settings: TwilioSettings
    _callback: str = field(default="", repr=False)
    takes_key: bool = False

    def request(self, message: Outgoing) -> Request:
        """POST Messages.json."""
        account, token = self._settings.account, self._settings.token.reveal()
        fields = {"To": message.to, "Body": message.text}
        if self._settings.service:
            fields["MessagingServiceSid"] = self._settings.service
        else:
            fields["From"] = self._settings.source
        if self._callback:
            fields["StatusCallback"] = self._callback
        pair = base64.b64encode(f"{account}:{token}".encode()).decode()
        return Request(
            url=f"{self._settings.url.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json",
            headers={
                "Authorization": f"Basic {pair}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            data=urlencode(fields).encode(),
        )

    def read(self, message: Outgoing, answer: Answer) -> Sent:
        """201 with a ``sid``, or an error with a ``code``."""
        value = told(answer)
        sid, code = text_at(value, "sid"), text_at(value, "code")
        if answer.good and sid:
            parts = text_at(value, "num_segments")
            return Sent(reference=(sid,), parts=int(parts) if parts.isdigit() else 0)
        text = text_at(value, "message")
        if answer.good:
            raise Uncertain(words.ODD_ANSWER)
        if code in BUSY:
            raise Busy(5.0, f"{code} {text}")
        if code in WRONG:
            raise Rejected(NOT_TAKEN, f"{code} {text}")
        if code in BLOCKED_CODES:
            raise Rejected(BLOCKED, f"{code} {text}", other_gateway=False)
        raise Rejected(code or f"HTTP {answer.status}", text)

    def pushed(self, push: Push) -> Pushed:
        """A form whose signature is checked with the account's token."""
        given = push.headers.get("x-twilio-signature", "")
        right = signature(self._settings.token.reveal(), push.url, push.form)
        if not hmac.compare_digest(given.encode(), right.encode()):
            raise forged()
        form = push.form
        if push.kind == "replies":
            found: list[Receipt | Reply] = [
                Reply(
                    number=form.get("From", ""),
                    text=form.get("Body", ""),
                    to=form.get("To", ""),
                    reference=form.get("MessageSid", ""),
                )
            ]
            return Pushed(found, EMPTY, "text/xml")
        fate = FATES.get(form.get("MessageStatus", ""))
        return Pushed([_receipt(form, fate)] if fate else [], EMPTY, "text/xml")


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """X-Twilio-Signature: over the address and each field with its value, in order."""
    whole = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(token.encode(), whole.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _receipt(form: Mapping[str, str], fate: Fate) -> Receipt:
    code = form.get("ErrorCode", "")
    if code in WRONG_REPORTED:
        code = WRONG_NUMBER
    elif code in BLOCKED_CODES:
        code = BLOCKED
    return Receipt(reference=form.get("MessageSid", ""), fate=fate, code=code)
