"""What one kind of gateway over HTTP knows: how to ask, how to read, what it pushes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from attrs import field, frozen

from careline.errors import Invalid, Refused
from careline.messaging.gateway import Fate, Outgoing, Rejected, Sent
from careline_sms.gateways import words
from careline_sms.gateways.http.asking import Answer, Request


@frozen(kw_only=True)
class Receipt:
    """A final receipt; either ``reference`` or ``ours`` says of what."""

    reference: str
    fate: Fate
    code: str = ""
    ours: int = 0


@frozen(kw_only=True)
class Reply:
    """Somebody wrote to us."""

    number: str = field(repr=False)
    text: str = field(repr=False)
    to: str = ""
    reference: str = ""


@frozen(kw_only=True)
class Push:
    """A request of the gateway's; ``url`` is the address as it knows it."""

    kind: str
    """``receipts`` or ``replies``."""
    url: str = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] = field(factory=dict, repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    data: bytes = field(default=b"", repr=False)

    def json(self) -> Any:
        """The body as JSON; raises Invalid."""
        return parsed(self.data)


@frozen
class Pushed:
    """What a push says, and the answer that makes the gateway content."""

    found: Sequence[Receipt | Reply] = ()
    answer: str = "ok"
    mime: str = "text/plain; charset=utf-8"


class Provider(Protocol):
    """One account; no input and output in it."""

    @property
    def takes_key(self) -> bool:
        """See :class:`careline.messaging.gateway.Gateway`."""

    def request(self, message: Outgoing) -> Request:
        """How to ask for a message to be sent; raises Rejected."""

    def read(self, message: Outgoing, answer: Answer) -> Sent:
        """What the gateway said; raises Rejected, Busy or Uncertain."""

    def pushed(self, push: Push) -> Pushed:
        """What a push says; raises Refused when it is forged, Invalid when it is unreadable."""


def parsed(data: bytes) -> Any:
    """JSON; raises Invalid (``sms.json``)."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Invalid("sms.json", "what came is no JSON") from None


def told(answer: Answer) -> Any:
    """The JSON of an answer; an empty table for anything else."""
    try:
        return parsed(answer.data)
    except Invalid:
        return {}


def at_path(value: Any, path: str) -> Any:
    """What is at ``data.0.id``; None when nothing is, and for an empty path."""
    for name in path.split(".") if path else ["\0"]:
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def text_at(value: Any, path: str) -> str:
    """The same as text; numbers as they are written, nothing as an empty one."""
    found = at_path(value, path)
    if found is None or isinstance(found, dict | list):
        return ""
    return str(found).lower() if isinstance(found, bool) else str(found)


def items(value: Any) -> list[Any]:
    """A list of tables, or one table as a list; raises Invalid."""
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(one, dict) for one in found):
        raise Invalid("sms.json", "what came is no JSON")
    return found


def number_of(text: str) -> int:
    """Our id as the gateway echoes it; 0 when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def template_of(templates: Mapping[str, Any], message: Outgoing) -> Any:
    """The gateway's template for ours, in the message's language first; raises Rejected."""
    if not message.template:
        raise Rejected("no_template", words.NO_TEMPLATE)
    found = templates.get(f"{message.template}.{message.language}")
    found = found or templates.get(message.template)
    if not found:
        raise Rejected("no_template", words.NO_TEMPLATE)
    return found


def forged() -> Refused:
    """A push whose signature does not fit."""
    return Refused("sms.forged", "the signature does not fit")
