"""What may be said to Asterisk: names and values that cannot turn into something else.

In dialplan data ``,`` ends an argument, ``&`` and ``|`` join targets and ``$`` begins an expression
or a variable; a quote or backslash ends a word. Text of callers or of the web may reach Asterisk
only through these checks, and a list only as single values that are joined here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from careline.errors import Refused

_META = re.compile(r'[\x00-\x1f\x7f\ud800-\udfff,&|"\\$]')
_NAME = re.compile(r"[A-Za-z0-9_.@:/-]+")
_CHANNEL = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.@:/;=+*#-]+")
_VARIABLE = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]*")
_FUNCTION = re.compile(r"([A-Z][A-Z0-9_]*)\([A-Za-z0-9_@/:,;.-]*\)")
_EXTENSION = re.compile(r"[A-Za-z0-9_*#+.:-]+")

FUNCTIONS = frozenset(
    {
        "CALLERID",
        "CHANNEL",
        "CONNECTEDLINE",
        "DEVICE_STATE",
        "DIALPLAN_EXISTS",
        "GROUP",
        "GROUP_COUNT",
        "HANGUPCAUSE",
        "PJSIP_AOR",
        "PJSIP_CONTACT",
        "PJSIP_HEADER",
        "QUEUE_MEMBER",
        "QUEUE_VARIABLES",
        "QUEUE_WAITING_COUNT",
        "TALK_DETECT",
        "TIMEOUT",
        "VOLUME",
    }
)
"""Dialplan functions that only tell or set what belongs to a call; SHELL, FILE, DB ... are not."""

CONTEXTS = "careline-"
"""How the contexts of the generated dialplan begin; nothing is ever sent to any other."""


def plain(value: str, what: str) -> str:
    """``value`` as one argument; Refused for control characters and dialplan's own ones."""
    if _META.search(value):
        raise Refused("telephony.injection", "{what} holds characters that may not be", what=what)
    return value


def joined(values: str | Sequence[str], what: str) -> str:
    """One plain value, or several joined by ``&`` (files, targets) after each is checked."""
    if isinstance(values, str):
        return plain(values, what)
    return "&".join(plain(value, what) for value in values)


def _matching(pattern: re.Pattern[str], value: str, what: str) -> str:
    if not pattern.fullmatch(value):
        raise Refused("telephony.name", "{what} is not a name Asterisk may be given", what=what)
    return value


def name(value: str, what: str) -> str:
    """A name: letters, digits and ``_ . @ : / -``, at least one."""
    return _matching(_NAME, value, what)


def channel(value: str) -> str:
    """A channel's name such as ``PJSIP/1001-0000002a``.

    Asterisk takes a name that begins with ``/`` for a pattern that may match every channel.
    """
    return _matching(_CHANNEL, value, "the channel")


def extension(value: str) -> str:
    """An extension: digits, letters and ``_ * # + . : -`` (a channel's unique id is one too)."""
    return _matching(_EXTENSION, value, "the extension")


def context(value: str) -> str:
    """A context of our own dialplan."""
    if not value.startswith(CONTEXTS):
        raise Refused("telephony.context", "calls go to careline's own contexts only")
    return name(value, "the context")


def target(value: str) -> str:
    """What may be rung: ``PJSIP/...``, or ``Local/...`` into a context of our own dialplan."""
    technology, _, rest = channel(value).partition("/")
    if technology == "Local":
        exten, _, where = rest.partition("@")
        extension(exten)
        context(where.partition("/")[0])
    elif technology != "PJSIP":
        raise Refused("telephony.technology", "only PJSIP and Local channels are rung")
    return value


def file(value: str) -> str:
    """A sound or recording without options; ``..`` leads nowhere."""
    if ".." in value.split("/"):
        raise Refused("telephony.file", "a file name may not lead upwards")
    return plain(value, "the file")


def variable(value: str) -> str:
    """A channel variable, or a dialplan function that is harmless (:data:`FUNCTIONS`)."""
    function = _FUNCTION.fullmatch(value)
    if function and function.group(1) in FUNCTIONS:
        return value
    return _matching(_VARIABLE, value, "the variable")
