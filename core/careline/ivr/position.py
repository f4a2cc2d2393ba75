"""Where a caller is: small enough to ride on the channel, so that any core can take up the call."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from attrs import asdict, evolve, field, frozen

from careline.errors import Invalid, Refused

MAX_ENCODED = 4000
ROOM = 400  # characters kept free for longer names and counts at later nodes
MAX_DEPTH = 8
MAX_VALUE = 400


@frozen
class Frame:
    """A flow that waits for its sub-flow: the version it runs at and the node to go on at."""

    flow: str
    version: int
    node: str


@frozen
class Position:
    """A call's place in its flow.

    ``tries`` counts wrong or missing keys at this node, ``idle`` nodes entered since the caller
    last did something; ``waiting`` is set while the switch does what the last exit said; ``by`` is
    the key or outcome that led here, for the call's timeline.
    """

    flow: str
    version: int
    node: str
    language: str = "zh"
    vars: Mapping[str, str] = field(factory=dict)
    tries: int = 0
    idle: int = 0
    waiting: bool = False
    stack: tuple[Frame, ...] = ()
    by: str = ""

    def at(self, node: str) -> Position:
        """The same caller at another node of the same flow, with all tries left."""
        return evolve(self, node=node, tries=0, waiting=False)

    def with_var(self, name: str, value: str) -> Position:
        """With a variable set; Refused when the position would no longer fit on the channel."""
        if len(value) > MAX_VALUE:
            raise Refused("ivr.value_long", "variable {name} is too long", name=name)
        changed = evolve(self, vars={**self.vars, name: value})
        changed.encode(MAX_ENCODED - ROOM)
        return changed

    def push(self, flow: str, version: int, node: str, back: str) -> Position:
        """Into a sub-flow that returns to ``back``; an empty ``back`` never returns."""
        stack = self.stack
        if back:
            stack = (*stack, Frame(self.flow, self.version, back))
        if len(stack) > MAX_DEPTH:
            raise Refused(
                "ivr.too_deep", "sub-flows are nested more than {limit} deep", limit=MAX_DEPTH
            )
        moved = evolve(self.at(node), flow=flow, version=version, stack=stack)
        moved.encode(MAX_ENCODED - ROOM)
        return moved

    def pop(self) -> Position | None:
        """Back in the flow that called this one; None when nobody did."""
        if not self.stack:
            return None
        frame = self.stack[-1]
        back = evolve(self.at(frame.node), flow=frame.flow, version=frame.version)
        return evolve(back, stack=self.stack[:-1])

    def encode(self, most: int = MAX_ENCODED) -> str:
        """URL-safe base64 of compact JSON, at most ``most`` characters, else Refused."""
        text = json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))
        encoded = urlsafe_b64encode(text.encode()).decode()
        if len(encoded) > most:
            raise Refused("ivr.position_full", "the call carries too many variables")
        return encoded

    @classmethod
    def decode(cls, encoded: str) -> Position:
        """Read what :meth:`encode` wrote; Invalid for anything else."""
        try:
            data = json.loads(urlsafe_b64decode(encoded.encode()))
            return cls._from_data(data)
        except (binascii.Error, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Invalid("ivr.position", "the call's state is unreadable") from error

    @classmethod
    def _from_data(cls, data: dict[str, Any]) -> Position:
        """Build from decoded JSON with the types checked: it came over the channel."""
        known = {name: data[name] for name in data if name not in ("vars", "stack")}
        variables = {str(name): str(value) for name, value in data["vars"].items()}
        position = cls(**known, vars=variables, stack=tuple(Frame(**f) for f in data["stack"]))
        texts = [position.flow, position.node, position.language, position.by]
        counts = [position.version, position.tries, position.idle]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError
        if not all(isinstance(count, int) for count in counts):
            raise TypeError
        return position
