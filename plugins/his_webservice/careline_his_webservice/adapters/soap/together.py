"""Several questions at once: all succeed, or the first failure ends the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, FirstError


async def all_of(waiting: Sequence[Deferred[Any]]) -> None:
    """Wait for all of them; cancelling this cancels them."""
    try:
        await DeferredList(waiting, fireOnOneErrback=True, consumeErrors=True)
    except FirstError as error:
        for one in waiting:
            one.cancel()
        error.subFailure.raiseException()
