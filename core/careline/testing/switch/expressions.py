"""Variables, functions and expressions of the dialplan: as much as careline's own one uses.

What is not known raises :class:`UnknownToSwitch`: a fake that guesses is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from careline.testing.switch.channel import Channel

if TYPE_CHECKING:
    from careline.testing.switch.core import Core


class UnknownToSwitch(AssertionError):
    """The scripted switch cannot do what the dialplan or the core asks of it: teach it."""


def substitute(channel: Channel, text: str) -> str:
    """``text`` with all ``${...}`` and ``$[...]`` replaced, innermost first."""
    parts: list[str] = []
    at = 0
    while at < len(text):
        opener = text[at : at + 2]
        if opener in ("${", "$["):
            end = _closing(text, at + 1)
            inside = substitute(channel, text[at + 2 : end])
            parts.append(variable(channel, inside) if opener == "${" else expression(inside))
            at = end + 1
        else:
            parts.append(text[at])
            at += 1
    return "".join(parts)


def _closing(text: str, start: int) -> int:
    """Where the bracket opened at ``start`` is closed."""
    opened, depth = text[start], 0
    closed = {"{": "}", "[": "]"}[opened]
    for at in range(start, len(text)):
        depth += (text[at] == opened) - (text[at] == closed)
        if not depth:
            return at
    raise UnknownToSwitch(f"unbalanced {opened} in {text!r}")


def variable(channel: Channel, inside: str) -> str:
    """The value of ``NAME``, ``NAME:offset:length`` or ``FUNCTION(argument)``."""
    call = re.match(r"([A-Z_]+)\((.*)\)((?::-?\d+){0,2})$", inside)
    if call:
        return _slice(_function(channel, call[1], call[2]), call[3])
    name, colon, rest = inside.partition(":")
    return _slice(_plain(channel, name), colon + rest)


def _slice(value: str, cut: str) -> str:
    if not cut:
        return value
    offset, _, length = cut[1:].partition(":")
    value = value[int(offset) :]
    return value[: int(length)] if length else value


def _plain(channel: Channel, name: str) -> str:
    special: dict[str, Callable[[], object]] = {
        "EXTEN": lambda: channel.place.exten,
        "CONTEXT": lambda: channel.place.context,
        "PRIORITY": lambda: channel.place.priority,
        "UNIQUEID": lambda: channel.unique_id,
        "CHANNEL": lambda: channel.name,
        "EPOCH": lambda: int(channel.core.clock.now().timestamp()),
    }
    if name in special:
        return str(special[name]())
    return channel.get(name) if channel.has(name) else channel.core.globals.get(name, "")


def _function(channel: Channel, name: str, argument: str) -> str:
    if name == "MASTER_CHANNEL":
        return variable(channel.master or channel, argument)
    if name in ("GLOBAL", "ENV"):
        return channel.core.globals.get(argument, "")
    if name == "IF":
        condition, _, values = argument.partition("?")
        yes, _, no = values.partition(":")
        return yes if truth(condition) else no
    if name == "LEN":
        return str(len(argument))
    if name == "FILTER":
        allowed, _, value = argument.partition(",")
        return "".join(re.findall(f"[{allowed}]", value))
    if name == "CHANNEL_EXISTS":
        return str(int(channel.core.find_channel(argument) is not None))
    if name == "PJSIP_AOR":
        return contacts(channel.core, argument)
    if name in ("CHANNEL", "CALLERID"):
        return _attribute(channel, name, argument)
    raise UnknownToSwitch(f"dialplan function {name}({argument})")


def contacts(core: Core, argument: str) -> str:
    """``PJSIP_AOR(name,contact)``: where a phone is registered, another word each time."""
    device = core.devices.get(f"PJSIP/{argument.partition(',')[0]}")
    return f"{device.name};@{device.registered}" if device and device.reachable else ""


def _attribute(channel: Channel, name: str, argument: str) -> str:
    known = {
        ("CHANNEL", "language"): channel.language,
        ("CHANNEL", "endpoint"): channel.device.partition("/")[2],
        ("CHANNEL", "linkedid"): channel.linked_id,
        ("CHANNEL", "uniqueid"): channel.unique_id,
        ("CHANNEL", "channeltype"): channel.device.partition("/")[0],
        ("CHANNEL", "name"): channel.name,
        ("CHANNEL", "rtcp,rxcount"): "0",
        ("CHANNEL", "state"): channel.state.name.capitalize(),
        ("CALLERID", "num"): channel.caller.number,
        ("CALLERID", "name"): channel.caller.name,
    }
    if (name, argument) not in known:
        raise UnknownToSwitch(f"dialplan function {name}({argument})")
    return known[name, argument]


def assign(channel: Channel, name: str, value: str) -> None:
    """What ``Set(name=value)`` does: a variable, or a function that can be written."""
    call = re.fullmatch(r"([A-Z_]+)\((.*)\)", name)
    if not call:
        channel.set(name, value)
    elif call[1] == "MASTER_CHANNEL":
        assign(channel.master or channel, call[2], value)
    elif call[1] == "GLOBAL":
        channel.core.globals[call[2]] = value
    elif (call[1], call[2]) == ("CHANNEL", "language"):
        channel.language = value
    elif call[1] in ("CHANNEL", "CALLERID", "TIMEOUT", "CONNECTEDLINE", "PJSIP_HEADER"):
        channel.variables[name] = value  # without an effect that anybody could see here
    else:
        raise UnknownToSwitch(f"Set({name}=...)")


OPERATORS: dict[str, Callable[[str, str], object]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: _number(a) > _number(b),
    "<": lambda a, b: _number(a) < _number(b),
    ">=": lambda a, b: _number(a) >= _number(b),
    "<=": lambda a, b: _number(a) <= _number(b),
    "+": lambda a, b: _number(a) + _number(b),
    "-": lambda a, b: _number(a) - _number(b),
    "&": lambda a, b: a if _true(a) and _true(b) else "0",
    "|": lambda a, b: a if _true(a) else b,
}
LEVELS = (("|",), ("&",), ("=", "!=", ">", "<", ">=", "<="), ("+", "-"))
TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|!=|>=|<=|[=<>&|+()-]|[^\s"=<>&|+()!-]+)')


def expression(text: str) -> str:
    """The value of what stands in ``$[...]``."""
    tokens = TOKEN.findall(text)
    value, rest = _level(tokens, 0)
    if rest:
        raise UnknownToSwitch(f"expression {text!r}")
    return value


def _level(tokens: list[str], level: int) -> tuple[str, list[str]]:
    if level == len(LEVELS):
        return _operand(tokens)
    left, rest = _level(tokens, level + 1)
    while rest and rest[0] in LEVELS[level]:
        right, after = _level(rest[1:], level + 1)
        result = OPERATORS[rest[0]](left, right)
        left, rest = str(int(result) if isinstance(result, bool) else result), after
    return left, rest


def _operand(tokens: list[str]) -> tuple[str, list[str]]:
    if not tokens:
        return "", []
    if tokens[0] == "(":
        value, rest = _level(tokens[1:], 0)
        return value, rest[1:]
    return tokens[0].strip('"'), tokens[1:]


def _number(text: str) -> int:
    return int(text or 0)


def _true(text: str) -> bool:
    return text not in ("", "0")


def truth(text: str) -> bool:
    """What ``GotoIf`` takes for true."""
    return _true(text.strip())
