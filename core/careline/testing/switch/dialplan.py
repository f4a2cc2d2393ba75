"""Reads extensions.conf: the scripted switch runs the dialplan that the real one gets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import define, field, frozen

from careline.testing.switch.channel import Place


@frozen
class Step:
    """One priority: the application and its data, with variables not yet replaced."""

    application: str
    data: str


@define
class Extension:
    """The steps of one extension, by priority, and where its labels stand."""

    steps: dict[int, Step] = field(factory=dict)
    labels: dict[str, int] = field(factory=dict)


@define
class Dialplan:
    """All contexts, and the [globals]."""

    contexts: dict[str, dict[str, Extension]] = field(factory=dict)
    includes: dict[str, list[str]] = field(factory=dict)
    globals: dict[str, str] = field(factory=dict)

    def find(self, context: str, exten: str) -> Extension | None:
        """The extension that ``exten`` reaches in ``context``: exact, else the closest pattern."""
        extensions = self.contexts.get(context, {})
        if exten in extensions:
            return extensions[exten]
        fitting = [name for name in extensions if name[0] == "_" and matches(name, exten)]
        if fitting:
            return extensions[min(fitting, key=breadth)]
        found = (self.find(other, exten) for other in self.includes.get(context, ()))
        return next((one for one in found if one), None)

    def step(self, place: Place) -> Step | None:
        """What stands at ``place``."""
        extension = self.find(place.context, place.exten)
        return extension.steps.get(place.priority) if extension else None

    def priority(self, context: str, exten: str, name: str) -> int:
        """A priority given as number or label; 0 when there is no such label."""
        if name.isdigit():
            return int(name)
        extension = self.find(context, exten)
        return extension.labels.get(name, 0) if extension else 0


SETS = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*"}


def _parts(pattern: str) -> Iterator[str]:
    for part in re.findall(r"\[[^\]]*\]|.", pattern[1:]):
        yield SETS.get(part.upper(), part if part[0] == "[" else re.escape(part))


def matches(pattern: str, exten: str) -> bool:
    """True when the extension pattern (``_X.``, ``_[0-9+]!``) takes ``exten``."""
    return re.fullmatch("".join(_parts(pattern)), exten) is not None


def breadth(pattern: str) -> tuple[int, ...]:
    """How much a pattern takes, place by place: the smallest is the most specific."""
    alphabet = [chr(code) for code in range(33, 127)]
    sizes = []
    for part in _parts(pattern):
        wild = 1000 if part in (".+", ".*") else 0
        sizes.append(wild or sum(bool(re.fullmatch(part, letter)) for letter in alphabet))
    return tuple(sizes)


def read(text: str) -> Dialplan:
    """The dialplan in the text of an extensions.conf."""
    plan = Dialplan()
    context, exten, last = "", "", 0
    for line in _lines(text):
        if line.startswith("["):
            context = line[1 : line.index("]")]
            continue
        key, _, value = line.partition("=")
        key, value = key.strip(), value.removeprefix(">").strip()
        if context == "globals":
            plan.globals[key] = value
        elif key == "include":
            plan.includes.setdefault(context, []).append(value)
        elif key in ("exten", "same"):
            if key == "exten":
                exten, _, value = value.partition(",")
            last = _add(plan.contexts.setdefault(context, {}), exten.strip(), value, last)
    return plan


def _lines(text: str) -> Iterator[str]:
    for raw in text.splitlines():
        line = re.sub(r"(?<!\\);.*", "", raw).replace("\\;", ";").strip()
        if line:
            yield line


def _add(extensions: dict[str, Extension], exten: str, value: str, last: int) -> int:
    """Take in ``priority(label),App(data)``; the priority it got."""
    where, _, call = value.partition(",")
    found = re.fullmatch(r"\s*(n|\d+)(?:\((\w+)\))?\s*", where)
    if not found:
        return last  # a hint
    number = last + 1 if found[1] == "n" else int(found[1])
    extension = extensions.setdefault(exten, Extension())
    if found[2]:
        extension.labels[found[2]] = number
    name, _, data = call.strip().partition("(")
    extension.steps[number] = Step(name.strip(), data[:-1] if data.endswith(")") else data)
    return number
