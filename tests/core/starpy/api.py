"""Reads api.txt, the list of StarPy's public names."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

from attrs import frozen

from careline.starpy import error, fastagi, manager

MODULES = {"error": error, "manager": manager, "fastagi": fastagi}


@frozen
class Name:
    """One line of the list."""

    owner: str
    name: str
    signature: ast.arguments | None
    value: str
    kind: str
    action: str

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}"

    def found(self) -> Any:
        """What careline has under that name."""
        thing: Any = MODULES[self.owner.partition(".")[0]]
        for part in [*self.owner.split(".")[1:], self.name]:
            thing = getattr(thing, part)
        return thing


def _name(owner: str, line: str) -> Name:
    head, _, tail = line.partition(" -> ")
    kind, _, action = tail.partition(" | ")
    name, paren, parameters = head.partition("(")
    if not paren or owner == "error":
        name, _, value = head.partition(" = ") if not paren else (name, "", parameters[:-1])
        return Name(owner, name, None, value, "", "")
    function: Any = ast.parse(f"def f({parameters}: pass").body[0]
    return Name(owner, name, function.args, "", kind.strip(), action.strip())


def names() -> list[Name]:
    """All names of the list."""
    found, owner = [], ""
    for line in Path(__file__).with_name("api.txt").read_text().splitlines():
        if line.startswith("["):
            owner = line.strip("[]")
        elif line and not line.startswith("#"):
            found.append(_name(owner, line))
    return found


def parameters(signature: ast.arguments) -> list[tuple[str, str, object]]:
    """(name, "", "*" or "**", default or <empty>) of each listed parameter."""
    empty = inspect.Parameter.empty
    padding = [empty] * (len(signature.args) - len(signature.defaults))
    defaults = [*padding, *(ast.literal_eval(node) for node in signature.defaults)]
    found = [(arg.arg, "", default) for arg, default in zip(signature.args, defaults, strict=True)]
    if signature.vararg:
        found.append((signature.vararg.arg, "*", empty))
    if signature.kwarg:
        found.append((signature.kwarg.arg, "**", empty))
    return found


def own_parameters(function: Any) -> list[tuple[str, str, object]]:
    """The same of one of careline's functions, without what only careline adds by keyword."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [
        (one.name, stars.get(one.kind, ""), one.default)
        for one in inspect.signature(function).parameters.values()
        if one.name != "self" and one.kind is not inspect.Parameter.KEYWORD_ONLY
    ]
