"""A set-up that was changed on a page takes effect: Asterisk first, then this core."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.internet.defer import Deferred, DeferredLock

from careline.config import Settings
from careline.i18n import Text
from careline.setup.apply import Applied, apply_to_switch
from careline.storage import Database

RESTART = Text("Asterisk must be restarted for this: careline asterisk restart")


class Applying:
    """What ``careline`` does after a change, within the core; one change at a time."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        in_thread: Callable[..., Deferred[Applied]],
        reload: Callable[[], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._db = db
        self._in_thread = in_thread
        self._reload = reload
        self._lock = DeferredLock()

    async def __call__(self) -> tuple[Text, ...]:
        """Let everything read the set-up anew; gives what the administrator has to do yet.

        Raises Refused and Unavailable when Asterisk does not take it; it is stored all the same.
        """
        await self._lock.acquire()
        try:
            applied = await self._in_thread(apply_to_switch, self._settings, self._db)
        finally:
            self._lock.release()
            await self._reload()
        return (*applied.notes, *((RESTART,) if applied.restart else ()))
