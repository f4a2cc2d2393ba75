"""What an answer holds, once it was read: its element, its result code, or a fault."""

from __future__ import annotations

from attrs import frozen
from lxml import etree

from careline.i18n import Text
from careline_his_webservice.adapters.soap.post import Answer
from careline_his_webservice.adapters.soap.rules import Result, Service
from careline_his_webservice.adapters.soap.xml import BadXml, find, local, parse, text_at


class Fault(Exception):
    """A SOAP fault: a code and words of theirs."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.text = text

    @property
    def words(self) -> str:
        """Both, for people and for rules."""
        return f"{self.code}: {self.text}"[:300]


class NotServed(Exception):
    """The web server has turned the question away: nothing was done."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@frozen
class Content:
    """An answer: ``node`` holds what paths of the rules lead to."""

    node: etree._Element
    code: str
    text: str


def content_of(answer: Answer, result: Result, service: Service | None) -> Content:
    """Read an answer (``service``: of style call_service); Fault or BadXml when it is none."""
    node = _said(answer)
    if service is not None:
        text = text_at(node, service.result) if service.result else _first_text(node)
        if not text:
            raise BadXml(Text("no text at {path}", {"path": service.result or local(node)}))
        node = parse(text)
    return Content(node, text_at(node, result.code), text_at(node, result.text))


def _said(answer: Answer) -> etree._Element:
    """The element within the body of the envelope."""
    try:
        inside = _inside(answer.body)
    except BadXml:
        _check_status(answer.status)
        raise
    if local(inside) == "Fault":
        raise _fault(inside)
    _check_status(answer.status)
    return inside


def _check_status(status: int) -> None:
    """Below 500 the server has not worked at all; above, nobody knows how far it came."""
    if 300 <= status < 500:
        raise NotServed(status)
    if status != 200:
        raise BadXml(Text("HTTP status {status}", {"status": status}))


def _inside(body: bytes) -> etree._Element:
    root = parse(body)
    if local(root) != "Envelope":
        raise BadXml(Text("not SOAP: it begins with <{name}>", {"name": local(root)}))
    inside = [child for one in find(root, "Body") for child in one if local(child)]
    if not inside:
        raise BadXml(Text("its SOAP body is empty"))
    return inside[0]


def _fault(node: etree._Element) -> Fault:
    """SOAP 1.1 (faultcode, faultstring) or 1.2 (Code/Value, Reason/Text)."""
    code = text_at(node, "faultcode") or text_at(node, "Code/Value")
    text = text_at(node, "faultstring") or text_at(node, "Reason/Text")
    return Fault(code.rpartition(":")[2], text)


def _first_text(node: etree._Element) -> str:
    """The text of its first element, or its own: <CallServiceResult> or whatever they call it."""
    for child in node:
        return (child.text or "").strip()
    return (node.text or "").strip()
