"""The five kinds of hook, declared once on the spec, and the marks a plugin puts on its answers.

A spec is a function with a docstring and no body. Its parameters are the hook's arguments, its
return annotation is what an answer must be; names it needs for that are imported under
``TYPE_CHECKING``, so that hooks stay below what they talk of.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from types import ModuleType
from typing import Any, TypeVar

import pluggy
from attrs import frozen

from careline.hooks.values import Refusal

F = TypeVar("F", bound=Callable[..., Any])

PROJECT = "careline"
hook = pluggy.HookimplMarker(PROJECT)
_spec = pluggy.HookspecMarker(PROJECT)

EVENT_TIMEOUT = 10.0
DURABLE_TIMEOUT = 50.0


class Kind(Enum):
    """How a hook is called, and what happens when a plugin fails in it."""

    PROVIDES = "provides"
    EVENT = "event"
    DURABLE = "durable event"
    ASKS = "asks"
    GATHERS = "gathers"


@frozen
class Spec:
    """One hook as declared; ``timeout`` is seconds for one plugin's answer."""

    name: str
    kind: Kind
    function: Callable[..., Any]
    timeout: float
    owner: str = "core"

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names by which the hook's arguments are passed."""
        return tuple(inspect.signature(self.function).parameters)

    @property
    def doc(self) -> str:
        """Its docstring, without indentation."""
        return inspect.getdoc(self.function) or ""

    def check_arguments(self, given: Mapping[str, object]) -> None:
        """Raise TypeError when the caller's arguments are not the spec's: a bug of the caller."""
        wrong = set(given).symmetric_difference(self.arguments)
        if wrong:
            raise TypeError(f"{self.name}() takes {self.arguments}, differs in {sorted(wrong)}")


def provides(function: F) -> F:
    """Spec: asked once when the plugin is loaded; a list of frozen values."""
    return _mark(function, Kind.PROVIDES, 0.0)


def event(*, durable: bool = False, timeout: float | None = None) -> Callable[[F], F]:
    """Spec: something happened; nobody waits. ``durable``: at least once, over the outbox."""
    kind = Kind.DURABLE if durable else Kind.EVENT
    default = DURABLE_TIMEOUT if durable else EVENT_TIMEOUT
    return lambda function: _mark(function, kind, default if timeout is None else timeout)


def asks(*, timeout: float) -> Callable[[F], F]:
    """Spec: the first answer that is not None, in configured order."""
    return lambda function: _mark(function, Kind.ASKS, timeout)


def gathers(*, timeout: float) -> Callable[[F], F]:
    """Spec: the answers of all plugins, asked side by side."""
    return lambda function: _mark(function, Kind.GATHERS, timeout)


def on_failure(refusal: Refusal) -> Callable[[F], F]:
    """On an implementation of an ``asks`` hook: answer ``refusal`` when it fails or is late.

    For guards, whose silence must not mean yes. Stands below ``@hook``.
    """

    def mark(function: F) -> F:
        function.__careline_on_failure__ = refusal  # type: ignore[attr-defined]  # a mark on a function
        return function

    return mark


def declared_on_failure(function: Callable[..., Any]) -> Refusal | None:
    """What ``on_failure`` put there, or None."""
    return getattr(function, "__careline_on_failure__", None)


def specs_in(module: ModuleType, owner: str) -> Iterator[Spec]:
    """All specs a module declares or imports, by the plugin ``owner``."""
    for name, member in vars(module).items():
        declared = getattr(member, "__careline_hook__", None)
        if declared:
            kind, timeout = declared
            yield Spec(name, kind, member, timeout, owner)


def _mark(function: F, kind: Kind, timeout: float) -> F:
    function.__careline_hook__ = (kind, timeout)  # type: ignore[attr-defined]  # a mark on a function
    return _spec(function)
