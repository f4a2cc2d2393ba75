"""The one place where StarPy's API meets the global reactor, which its signatures imply."""

from __future__ import annotations

from typing import Any


def running_reactor() -> Any:
    """Twisted's global reactor, imported when it is first needed and not when this module is."""
    from twisted.internet import reactor  # noqa: TID251 - StarPy's API has no reactor argument

    return reactor


def clock_of(factory: object) -> Any:
    """The timers of ``factory`` (its ``clock`` attribute, set in tests) or the reactor's."""
    return getattr(factory, "clock", None) or running_reactor()
