"""Threads that are none: everything runs at once in the caller, for unit tests and the CLI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec

from twisted.internet.interfaces import IReactorFromThreads
from zope.interface import implementer

P = ParamSpec("P")


@implementer(IReactorFromThreads)
class InlineThreads:
    """Both a pool and a reactor's thread side."""

    def callInThread(self, func: Callable[P, object], *args: P.args, **kw: P.kwargs) -> None:
        """Call now."""
        func(*args, **kw)

    def callFromThread(self, callable: Callable[..., Any], *args: object, **kwargs: object) -> None:
        """Call now."""
        callable(*args, **kwargs)

    def stop(self) -> None:
        """Nothing to stop."""
