"""Flows as data: nodes by name, kinds of node as frozen values that plugins may add to.

Nothing here does I/O. The words of a flow: a *node* has a *kind*, *fields*, and *ways* out; each
way leads to a node of the same flow or to one of three places that every flow has.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from careline.errors import Invalid
from careline.i18n import Text
from careline.ivr.exits import (
    Exit,
    Hangup,
    ToAgent,
    ToCallback,
    ToNumber,
    ToQueue,
    ToVoicemail,
)
from careline.ivr.position import Frame, Position
from careline.ivr.prompt import Prompt, Speech

if TYPE_CHECKING:
    from careline.ivr.step import Step

OPERATOR = "@operator"
RETURN = "@return"
END = "@end"
PLACES = (OPERATOR, RETURN, END)
NAME = re.compile(r"[a-z][a-z0-9_-]{0,47}")
VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,31}")
FACTS = ("caller", "called", "campus", "holiday")
KEYS = "0123456789*#"


class FieldType(Enum):
    """What a field of a node holds, and so how it is checked, drawn and edited."""

    TARGET = "target"  # a node's name or a place
    TARGETS = "targets"  # key -> target
    PROMPTS = "prompts"  # list of prompt names and {variable:kind}
    SPEECH = "speech"  # language -> template
    TEMPLATE = "template"  # text with {variable}
    TEMPLATES = "templates"  # name -> template
    VARIABLE = "variable"
    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    QUEUE = "queue"
    FLOW = "flow"
    LOOK_UP = "look_up"

    @property
    def is_way(self) -> bool:
        """True for fields that lead out of the node."""
        return self in (FieldType.TARGET, FieldType.TARGETS)


@frozen(kw_only=True)
class Field:
    """One field of a node kind.

    ``by_caller`` says of a target that it is taken only after the caller pressed a key or waited:
    such ways may form a circle, others may not.
    """

    name: str
    type: FieldType
    title: Text
    required: bool = False
    default: Any = None
    low: int = 0
    high: int = 3600
    one_of: tuple[str, ...] = ()
    by_caller: bool = False


@frozen
class Node:
    """One node; ``fields`` holds what was written, completed by the kind's defaults."""

    name: str
    kind: str
    fields: Mapping[str, Any] = field(factory=dict)
    title: Mapping[str, str] = field(factory=dict)

    def __getitem__(self, name: str) -> Any:
        """The field's value, None when it has none."""
        return self.fields.get(name)


@frozen
class Flow:
    """One version of a flow; never changed once published.

    ``operator`` is the node that 0 and failed input lead to; a sub-flow (``sub``) may leave it to
    the flow that calls it.
    """

    name: str
    start: str
    nodes: Mapping[str, Node]
    operator: str = ""
    version: int = 0
    sub: bool = False
    languages: tuple[str, ...] = ("zh",)
    title: Mapping[str, str] = field(factory=dict)


@frozen
class Caller:
    """What the flow may know of the caller; numbers in E.164, empty when withheld.

    ``hours`` is ``open``, ``after_hours`` or ``holiday`` at the campus that was called. ``call`` is
    the call's id, ``patients`` are those on the phone: whoever has this number, or whom somebody
    said it is. Both are empty in a rehearsal.
    """

    number: str = ""
    called: str = ""
    campus: str = ""
    known: bool = False
    vip: bool = False
    blocklisted: bool = False
    hours: str = "open"
    holiday: str = ""
    call: str = ""
    patients: tuple[int, ...] = ()

    def facts(self) -> dict[str, str]:
        """The variables every flow has."""
        values = (self.number, self.called, self.campus, self.holiday)
        return dict(zip(FACTS, values, strict=True))


@frozen
class Enter:
    """A node's answer: go into ``flow``; come back by the node's way ``back`` (empty: never)."""

    flow: str
    back: str = ""


Answer = str | Exit | Enter
Problems = list["FlowFault"]


@frozen(kw_only=True)
class NodeKind:
    """A kind of node, the core's or a plugin's (hook ``ivr_nodes``).

    ``run`` gets a :class:`careline.ivr.step.Step` and answers with the name of a way out (a target
    field, or a key of a targets field), an Exit, or Enter. It may be cut off at any await and run
    again after a restart. A plugin's ``run`` that raises or takes longer than ``timeout_s`` seconds
    sends the caller to the operator. ``check`` may add problems of its own. ``serves`` marks kinds
    that bring the caller to a person or take a message.
    """

    name: str
    title: Text
    fields: tuple[Field, ...]
    run: Callable[[Step], Awaitable[Answer]]
    check: Callable[[Node, Place], Problems] | None = None
    serves: bool = False
    timeout_s: float = 120.0

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((one for one in self.fields if one.name == name), None)


@frozen
class Place:
    """Where in the data something is: the flow, node and field of a problem."""

    flow: str
    node: str = ""
    field: str = ""

    def __str__(self) -> str:
        """``main/menu.choices``."""
        text = f"{self.flow}/{self.node}" if self.node else self.flow
        return f"{text}.{self.field}" if self.field else text

    def at(self, node: str = "", field: str = "") -> Place:
        """A place further in."""
        return Place(self.flow, node or self.node, field or self.field)


class FlowFault(Invalid):
    """One fault of a flow; its message begins with ``{where}:``, its params name the place."""

    def __init__(self, code: str, message: str, place: Place, /, **params: object) -> None:
        super().__init__(
            f"flow.{code}",
            message,
            problems=(),
            where=str(place),
            flow=place.flow,
            node=place.node,
            field=place.field,
            **params,
        )


@frozen
class Way:
    """One way out of a node: the field and key it is written in, and where it leads."""

    outcome: str
    field: str
    target: str
    by_caller: bool


def ways(node: Node, kind: NodeKind) -> list[Way]:
    """All ways out of a node, defaults included, in the order of the kind's fields."""
    found: list[Way] = []
    for one in kind.fields:
        value = node[one.name]
        if value and one.type is FieldType.TARGET:
            found.append(Way(one.name, one.name, value, one.by_caller))
        elif value and one.type is FieldType.TARGETS:
            found += [Way(key, one.name, target, one.by_caller) for key, target in value.items()]
    return found


def kinds_by_name(kinds: Iterable[NodeKind]) -> dict[str, NodeKind]:
    """The kinds by name; Invalid when two have the same."""
    named: dict[str, NodeKind] = {}
    for kind in kinds:
        if kind.name in named:
            raise Invalid("flow.kind_twice", "node kind {name} is defined twice", name=kind.name)
        named[kind.name] = kind
    return named


__all__ = [
    "END",
    "OPERATOR",
    "RETURN",
    "Answer",
    "Caller",
    "Enter",
    "Exit",
    "Field",
    "FieldType",
    "Flow",
    "FlowFault",
    "Frame",
    "Hangup",
    "Node",
    "NodeKind",
    "Place",
    "Position",
    "Prompt",
    "Speech",
    "ToAgent",
    "ToCallback",
    "ToNumber",
    "ToQueue",
    "ToVoicemail",
    "Way",
    "kinds_by_name",
    "ways",
]
