"""Any gateway over HTTP, by configuration: fields with places to fill, a sign, paths to read."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from attrs import frozen

from careline.messaging.gateway import (
    NOT_TAKEN,
    WRONG_NUMBER,
    Busy,
    Fate,
    Outgoing,
    Rejected,
    Sent,
    Uncertain,
)
from careline_sms.gateways.http.asking import BUSY_RETRY_S, Answer, Request
from careline_sms.gateways.http.provider import (
    Push,
    Pushed,
    Receipt,
    Reply,
    at_path,
    items,
    template_of,
    text_at,
    told,
)
from careline_sms.gateways.http.settings import HttpSettings, PushSettings
from careline_sms.gateways.numbers import e164, national

_PLACE = re.compile(r"\{([a-z0-9_]+(?:\.[^{}]+)?)\}")


@frozen
class Generic:
    """``now`` is the local time of the hospital."""

    _settings: HttpSettings
    _now: Callable[[], datetime]

    @property
    def takes_key(self) -> bool:
        """As the gateway promises."""
        return self._settings.takes_key

    def request(self, message: Outgoing) -> Request:
        """The fields filled in, in a form, a query or JSON."""
        settings = self._settings
        values = self._values(message)
        if settings.sign:
            unsigned = {
                name: filled(text, values)
                for name, text in settings.fields.items()
                if "{sign}" not in text
            }
            values["sign"] = self._sign(values, unsigned)
        fields = {name: filled(text, values) for name, text in settings.fields.items()}
        headers = {name: _line(filled(text, values)) for name, text in settings.headers.items()}
        charset = settings.charset
        if settings.method == "GET":
            join = "&" if "?" in settings.url else "?"
            query = urlencode(fields, encoding=charset, errors="replace")
            return Request(url=f"{settings.url}{join}{query}", method="GET", headers=headers)
        if settings.body == "json":
            headers = {"Content-Type": f"application/json; charset={charset}", **headers}
            data = json.dumps(fields, ensure_ascii=False).encode(charset, "replace")
        else:
            headers = {
                "Content-Type": f"application/x-www-form-urlencoded; charset={charset}",
                **headers,
            }
            data = urlencode(fields, encoding=charset, errors="replace").encode()
        return Request(url=settings.url, headers=headers, data=data)

    def read(self, message: Outgoing, answer: Answer) -> Sent:
        """By the code at the path ``answer``, or by the status where there is none."""
        settings, value = self._settings, told(answer)
        code = text_at(value, settings.answer)
        said = text_at(value, settings.said)[:200]
        good = code in settings.ok if settings.answer else answer.good
        if good:
            reference = text_at(value, settings.reference)
            return Sent(reference=(reference,) if reference else ())
        if code in settings.busy:
            raise Busy(BUSY_RETRY_S, f"{code} {said}".strip())
        if code in settings.wrong_numbers:
            raise Rejected(NOT_TAKEN, f"{code} {said}".strip())
        if code in settings.uncertain or (code not in settings.refused and answer.status < 400):
            raise Uncertain(f"HTTP {answer.status} {code} {said}".strip())
        raise Rejected(code or f"HTTP {answer.status}", said)

    def pushed(self, push: Push) -> Pushed:
        """By the paths of ``receipts`` or ``replies``, in JSON, a form or a query."""
        settings = self._settings
        paths = settings.receipts if push.kind == "receipts" else settings.replies
        if paths is None:
            return Pushed()
        found = _content(push)
        if paths.list:
            found = at_path(found, paths.list)
        read = _receipt if push.kind == "receipts" else _reply
        read_ones = [read(one, paths) for one in items(found)]
        return Pushed([one for one in read_ones if one is not None], paths.answer)

    def _values(self, message: Outgoing) -> dict[str, str]:
        settings, now = self._settings, self._now()
        template = message.template
        if settings.templates:
            template = template_of(settings.templates, message)
        stamps = {
            "unix": str(int(now.timestamp())),
            "unix_ms": str(int(now.timestamp() * 1000)),
        }
        return {
            "to": national(message.to).lstrip("+"),
            "e164": message.to,
            "text": message.text,
            "body": message.body,
            "signature": message.signature,
            "template": template,
            "key": message.key,
            "id": str(message.id),
            "time": stamps.get(settings.time_format) or now.strftime(settings.time_format),
            "user": settings.user,
            "secret": settings.secret.reveal() if settings.secret else "",
            **{f"value.{name}": value for name, value in message.values.items()},
        }

    def _sign(self, values: Mapping[str, str], fields: Mapping[str, str]) -> str:
        settings = self._settings
        joined = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
        text = filled(settings.sign, {**values, "sorted": joined})
        kind, charset = settings.sign_hash, settings.charset
        data = text.encode(charset, "replace")
        if kind.startswith("hmac-"):
            key = values["secret"].encode()
            digest = hmac.new(key, data, kind.removeprefix("hmac-")).hexdigest()
        else:
            digest = hashlib.new(kind, data).hexdigest()
        return digest.upper() if settings.sign_upper else digest


def filled(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its places filled, once: what values hold is never read as a place."""
    return _PLACE.sub(lambda found: values.get(found[1], ""), text)


def _line(text: str) -> str:
    """A header's value: what would end its line is taken out."""
    return re.sub(r"[\r\n\0]", " ", text)


def _content(push: Push) -> Any:
    if push.data.strip()[:1] in (b"{", b"["):
        return push.json()
    return {**push.query, **push.form}


def _receipt(one: Mapping[str, Any], paths: PushSettings) -> Receipt | None:
    state, code = text_at(one, paths.state), text_at(one, paths.code)
    if not state or state in paths.open:
        return None
    good = state in paths.delivered
    if not good and (code in paths.wrong_numbers or state in paths.wrong_numbers):
        code = WRONG_NUMBER
    return Receipt(
        reference=text_at(one, paths.id),
        fate=Fate.DELIVERED if good else Fate.FAILED,
        code=code or ("" if good else state),
    )


def _reply(one: Mapping[str, Any], paths: PushSettings) -> Reply | None:
    number = e164(text_at(one, paths.number))
    if not number:
        return None
    return Reply(
        number=number,
        text=text_at(one, paths.text),
        to=text_at(one, paths.to),
        reference=text_at(one, paths.id),
    )
