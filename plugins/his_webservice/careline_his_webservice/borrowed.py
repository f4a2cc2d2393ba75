"""Adapters that other plugins bring: they come into their campuses and go with their plugins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from careline.clinic.his import His, HisKind
from careline.errors import CarelineError, Unavailable
from careline.plugins import Core
from careline_his_webservice.campus import Campus
from careline_his_webservice.config import CampusSettings
from careline_his_webservice.ground import Ground

LOOK_S = 2.0
"""Seconds between two looks at who brings what."""
PATIENCE_S = 5.0

log = Logger()


@define(eq=False)
class Borrowing:
    """Follows what plugins bring; a campus without its plugin says so in its state."""

    _core: Core
    _campuses: Sequence[Campus]
    _ground: Callable[[str, CampusSettings], Ground]
    _kinds: dict[str, HisKind] = field(factory=dict)
    _following: Deferred[None] | None = None

    async def start(self) -> None:
        """Take what is there, and what comes later."""
        if self._campuses:
            await self.look()
            self._following = self._core.tasks.spawn(self._follow(), "his: adapters of plugins")

    async def stop(self) -> None:
        """Follow no more; the adapters are stopped with all others."""
        if self._following is not None:
            self._following.cancel()

    async def look(self) -> None:
        """Let each campus have what its plugin brings now."""
        for campus in self._campuses:
            brought = self._core.hub.his_adapters()
            kind = next((one for one in brought if one.name == campus.settings.borrowed), None)
            if kind is None or kind is not self._kinds.get(campus.name):
                await self._leave(campus)
            if kind is not None and campus.name not in self._kinds:
                self._kinds[campus.name] = kind
                await self._take(campus, kind)

    async def _follow(self) -> None:
        while True:
            await self._core.clock.sleep(LOOK_S)
            await self.look()

    async def _take(self, campus: Campus, kind: HisKind) -> None:
        try:
            his = kind.build(self._ground(campus.name, campus.settings))
            await self._core.clock.within(PATIENCE_S, his.start())
        except CancelledError:
            raise
        except CarelineError as error:
            campus.fault = error
        except Exception:  # noqa: BLE001 - another plugin's code must not harm other campuses
            log.failure("the adapter of campus {campus} has failed", campus=campus.name)
            campus.fault = _broken(campus.name)
        else:
            campus.his, campus.fault = his, None
            campus.door.reset()

    async def _leave(self, campus: Campus) -> None:
        self._kinds.pop(campus.name, None)
        his, campus.his = campus.his, None
        campus.fault = _missing(campus.name, campus.settings.borrowed)
        if his is not None:
            await self._end(campus, his)

    async def _end(self, campus: Campus, his: His) -> None:
        try:
            await self._core.clock.within(PATIENCE_S, his.stop())
        except CancelledError:
            raise
        except Exception:  # noqa: BLE001 - another plugin's code, and it is gone anyway
            log.failure("the adapter of campus {campus} did not stop", campus=campus.name)


def _missing(campus: str, kind: str) -> Unavailable:
    return Unavailable(
        "his.no_plugin",
        "no plugin that is enabled brings the kind {kind}, which campus {campus} is set to",
        kind=kind,
        campus=campus,
    )


def _broken(campus: str) -> Unavailable:
    return Unavailable(
        "his.broken",
        "the adapter of campus {campus} has failed; the log says why",
        campus=campus,
    )
