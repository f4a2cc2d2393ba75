"""Kannel's sendsms, and gateways that look like it: a query, answered in one line of words.

kannel.org/download/1.4.5/userguide-1.4.5 (chapters "Using the HTTP interface", "Delivery report").
Kannel gives no ids: our own goes into ``dlr-url`` and comes back with each report.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from attrs import field, frozen

from careline.messaging.gateway import Busy, Fate, Outgoing, Rejected, Sent, Uncertain
from careline_sms.gateways.http.asking import BUSY_RETRY_S, Answer, Request
from careline_sms.gateways.http.provider import Push, Pushed, Receipt, Reply, number_of
from careline_sms.gateways.http.settings import KannelSettings
from careline_sms.gateways.numbers import e164
from careline_sms.gateways.parts import Alphabet, alphabet_of

DELIVERED, FAILED, REFUSED = 1, 2, 16
REPORTS = DELIVERED | FAILED | REFUSED
"""dlr-mask: what is final; 4 (buffered) and 8 (accepted) are not asked for."""
UCS2 = "2"
"""``%c`` of a text in UTF-16."""


@frozen
class Kannel:
    """``callback`` is where receipts shall be pushed, empty for nowhere."""

    _settings: KannelSettings
    _callback: str = field(default="", repr=False)
    takes_key: bool = False

    def request(self, message: Outgoing) -> Request:
        """GET sendsms; Kannel cuts long texts itself."""
        query = {
            "username": self._settings.user,
            "password": self._settings.password.reveal(),
            "from": self._settings.source,
            "to": message.to,
            "text": message.text,
            "charset": "UTF-8",
            "coding": "0" if alphabet_of(message.text) is Alphabet.GSM7 else "2",
        }
        if self._settings.smsc:
            query["smsc"] = self._settings.smsc
        if self._callback:
            query["dlr-mask"] = str(REPORTS)
            query["dlr-url"] = f"{self._callback}?ours={message.id}&type=%d"
        asked = urlencode(query, quote_via=quote)
        return Request(url=f"{self._settings.url}?{asked}", method="GET")

    def read(self, message: Outgoing, answer: Answer) -> Sent:
        """202 with ``0: Accepted for delivery`` or ``3: Queued for later delivery``."""
        text = answer.data.decode("utf-8", "replace").strip()[:200]
        if answer.good:
            return Sent(reference=())
        if text.startswith("Temporal failure"):
            raise Busy(BUSY_RETRY_S, text)
        if answer.status < 400:
            raise Uncertain(f"HTTP {answer.status} {text}")
        raise Rejected(f"HTTP {answer.status}", text)

    def pushed(self, push: Push) -> Pushed:
        """A report by our own ``dlr-url``; a reply by the ``get-url`` in docs (sms-gateways.md)."""
        query = {**push.query, **push.form}
        if push.kind == "replies":
            return Pushed([_reply(query, push.url)], "")
        ours, kind = number_of(query.get("ours", "")), query.get("type", "")
        fate = Fate.DELIVERED if kind == str(DELIVERED) else Fate.FAILED
        if not ours or kind not in (str(DELIVERED), str(FAILED), str(REFUSED)):
            return Pushed()
        return Pushed([Receipt(reference="", fate=fate, code="", ours=ours)])


def _reply(query: dict[str, str], url: str) -> Reply:
    return Reply(
        number=e164(query.get("from", "")),
        text=_text(url) if query.get("coding") == UCS2 else query.get("text", ""),
        to=query.get("to", ""),
        reference=query.get("id", ""),
    )


def _text(url: str) -> str:
    """``%b`` is the text's own bytes, which Kannel leaves in UTF-16 when they came so."""
    fields = parse_qsl(urlsplit(url).query, encoding="latin-1", keep_blank_values=True)
    data = dict(fields).get("text", "").encode("latin-1")
    return data.decode("utf-16-be", "replace")
