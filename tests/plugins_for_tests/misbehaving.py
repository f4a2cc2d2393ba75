"""A plugin that misbehaves in every hook, in the way its configuration says.

``raise``   raises; ``exit`` and ``cancel`` raise what is no usual error
``hang``    never answers
``stubborn``  never answers and swallows its cancellation
``block``   holds the whole process up for ``block_s`` seconds
``leak``    keeps all it is given, leaves a coroutine and a Deferred behind that never end, and
            answers with something of the wrong kind
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

from attrs import define, field, frozen
from twisted.internet.defer import CancelledError, Deferred

from careline.config import one_of
from careline.hooks import Kind, hook
from careline.hooks import specs as core_specs
from careline.hooks.kinds import specs_in
from careline.plugins import Plugin

MODES = ("raise", "exit", "cancel", "hang", "stubborn", "block", "leak")


@frozen
class MisbehavingConfig:
    """``[plugin.misbehaving]``: how, and in which hooks (none named: in all)."""

    mode: str = field(default="raise", validator=one_of(MODES))
    hooks: tuple[str, ...] = ()
    block_s: float = 0.2


@define(eq=False)
class Misbehaving:
    """One ``@hook`` method for each spec of the core is added below; all end in ``behave``."""

    core: Any
    config: MisbehavingConfig = field(factory=MisbehavingConfig)
    block: Callable[[float], object] = time.sleep
    calls: list[str] = field(factory=list)
    kept: list[object] = field(factory=list)
    HOOKS: ClassVar[tuple[str, ...]] = ()

    def behave(self, name: str, arguments: dict[str, object]) -> object:
        """Do what the mode says in hook ``name``."""
        self.calls.append(name)
        if self.config.hooks and name not in self.config.hooks:
            return None
        return getattr(self, f"_{self.config.mode}")(arguments)

    def _raise(self, _: object) -> None:
        raise RuntimeError("this plugin always fails")

    def _exit(self, _: object) -> None:
        raise SystemExit(1)

    def _cancel(self, _: object) -> None:
        raise CancelledError

    async def _hang(self, _: object) -> None:
        await Deferred()

    async def _stubborn(self, _: object) -> None:
        while True:
            try:
                await Deferred()
            except CancelledError:
                continue

    def _block(self, _: object) -> None:
        self.block(self.config.block_s)

    def _leak(self, arguments: object) -> object:
        self.kept.append(arguments)
        self.kept.append(Deferred.fromCoroutine(self._stubborn(None)))
        self.kept.append(Deferred())
        return object()


def _method(name: str, arguments: tuple[str, ...], provides: bool) -> Any:
    """A method with the spec's own argument names, as a hand-written one would have."""

    def misbehave(self: Misbehaving, **given: object) -> object:
        if provides and name not in self.config.hooks:
            return []  # else it would not even be loaded
        return self.behave(name, given)

    misbehave.__name__ = name
    return hook(misbehave)


for _spec in specs_in(core_specs, "core"):
    _made = _method(_spec.name, _spec.arguments, _spec.kind is Kind.PROVIDES)
    setattr(Misbehaving, _spec.name, _made)
    Misbehaving.HOOKS = (*Misbehaving.HOOKS, _spec.name)

plugin = Plugin(
    name="misbehaving",
    title="Misbehaving",
    version="1.0",
    hooks=Misbehaving,
    config=MisbehavingConfig,
)
