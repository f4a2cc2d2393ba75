"""The alarms now: each source tells all that is wrong by it, and what it does not tell is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from uuid import uuid4

from attrs import evolve

from careline.alarms import store
from careline.alarms.model import Alarm, Condition
from careline.clock import Clock
from careline.errors import NotFound
from careline.hooks.values import Level
from careline.storage import Database
from careline.storage.behind import WriteBehind

KEPT = timedelta(days=366)


class Alarms:
    """Open alarms in memory, all of them stored behind; :meth:`load` first."""

    def __init__(self, clock: Clock, db: Database, node: str, behind: WriteBehind[Alarm]) -> None:
        self._clock = clock
        self._db = db
        self._node = node
        self._behind = behind
        self._open: dict[tuple[str, str], Alarm] = {}
        self._listeners: list[Callable[[], object]] = []

    def listen(self, listener: Callable[[], object]) -> None:
        """Have ``listener`` called whenever an alarm has changed, on the reactor thread."""
        self._listeners.append(listener)

    async def load(self) -> None:
        """Take up what an earlier core left open; the sources say soon whether it still is."""
        await self._db.run(store.forget, self._clock.now() - KEPT)
        found = await self._db.run(store.open_alarms, self._node)
        self._open = {(one.source, one.name): one for one in found}

    @property
    def open(self) -> Sequence[Alarm]:
        """All that last, the worst first, then the oldest."""
        return sorted(self._open.values(), key=lambda one: (one.urgency, one.raised))

    @property
    def unseen(self) -> Sequence[Alarm]:
        """Those of which nobody has taken notice."""
        return [one for one in self.open if one.acked is None]

    def worst(self) -> Level:
        """The level of the worst, OK when there is none."""
        return next((one.level for one in self.open), Level.OK)

    def take(self, source: str, conditions: Iterable[Condition]) -> None:
        """What is wrong by ``source`` now: the new is raised, what is not among it is cleared."""
        now = {(source, one.name): one for one in conditions if one.level is not Level.OK}
        changed = False
        for key, condition in now.items():
            was = self._open.get(key)
            alarm = was.follows(condition) if was else self._raised(source, condition)
            if alarm != was:
                changed = True
                self._put(alarm)
        for key in [key for key in self._open if key[0] == source and key not in now]:
            changed = True
            self._put(evolve(self._open[key], cleared=self._clock.now()))
        if changed:
            self._tell()

    def drop(self, keep: Iterable[str]) -> None:
        """Clear the alarms of all sources but these: one that is gone tells nothing any more."""
        kept = set(keep)
        for source in {source for source, _ in self._open if source not in kept}:
            self.take(source, ())

    def get(self, alarm_id: str) -> Alarm:
        """An open alarm; NotFound when there is none of that id."""
        for alarm in self._open.values():
            if alarm.id == alarm_id:
                return alarm
        raise NotFound("alarm.unknown", "This alarm is over.")

    def acknowledge(self, alarm_id: str, who: str) -> Alarm:
        """Note that ``who`` has taken notice; a second time changes nothing."""
        alarm = self.get(alarm_id)
        if alarm.acked is None:
            alarm = evolve(alarm, acked=self._clock.now(), acked_by=who)
            self._put(alarm)
            self._tell()
        return alarm

    async def past(self, limit: int = 200) -> Sequence[Alarm]:
        """The latest alarms that are over."""
        await self._behind.written()
        return await self._db.run(store.past, limit)

    def _raised(self, source: str, condition: Condition) -> Alarm:
        return Alarm(
            id=uuid4().hex,
            source=source,
            name=condition.name,
            level=condition.level,
            title=condition.title,
            detail=condition.detail,
            remedy=condition.remedy,
            raised=self._clock.now(),
        )

    def _put(self, alarm: Alarm) -> None:
        key = alarm.source, alarm.name
        if alarm.cleared is None:
            self._open[key] = alarm
        else:
            self._open.pop(key, None)
        self._behind.put(alarm)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
