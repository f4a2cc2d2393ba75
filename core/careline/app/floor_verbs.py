"""What the command line can ask of the running core about the floor: figures and alarms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from careline.alarms.model import Alarm, packed
from careline.control import Say
from careline.figures.lines import plain_agent, plain_campus, plain_queue, plain_tally
from careline.figures.model import NOTHING, Key, Kind

if TYPE_CHECKING:
    from careline.app.life import App


class FloorVerbs:
    """The verbs, each ``async (say, **arguments)``; :meth:`offer` gives them names."""

    def __init__(self, app: App) -> None:
        self._app = app

    def offer(self) -> None:
        """Offer all verbs on the control socket."""
        for name in ("figures", "figures_of", "figures_check", "alarms", "alarm_ack"):
            self._app.control.add(name, getattr(self, name))

    async def figures(self, say: Say) -> Mapping[str, Any]:
        """Everything of today, with the same weekday last week for the campuses."""
        lines, figures, now = self._app.lines, self._app.figures, self._app.clock.now()
        campuses = []
        for line in lines.campuses(now):
            week = await figures.last_week(line.campus)
            before = week.get(Key(Kind.CAMPUS, line.campus), NOTHING)
            campuses.append(plain_campus(line, now, before))
        return {
            "at": now.isoformat(),
            "campuses": campuses,
            "queues": [plain_queue(line) for line in lines.queues(now)],
            "agents": [plain_agent(line) for line in lines.agents(now)],
        }

    async def figures_of(self, say: Say, day: str) -> list[Mapping[str, Any]]:
        """A day that is over, as it was counted."""
        found = await self._app.figures.of_day(date.fromisoformat(day))
        return [
            {"kind": key.kind.value, "name": key.name, **plain_tally(tally)}
            for key, tally in sorted(found.items(), key=_order)
        ]

    async def figures_check(self, say: Say, day: str = "") -> Mapping[str, Any]:
        """Compute a day anew from the records; what differs from what was counted."""
        figures = self._app.figures
        wanted = date.fromisoformat(day) if day else figures.today() - timedelta(days=1)
        counted, computed = await figures.of_day(wanted), await figures.computed(wanted)
        keys = {*counted, *computed}
        wrong = [
            {
                "kind": key.kind.value,
                "name": key.name,
                "counted": plain_tally(counted.get(key, NOTHING)),
                "computed": plain_tally(computed.get(key, NOTHING)),
            }
            for key in keys
            if counted.get(key, NOTHING) != computed.get(key, NOTHING)
        ]
        return {"day": wanted.isoformat(), "checked": len(keys), "wrong": wrong}

    async def alarms(self, say: Say, past: bool = False) -> list[Mapping[str, Any]]:
        """Those that last, or the latest that are over."""
        found = await self._app.alarms.past() if past else self._app.alarms.open
        return [_plain(one) for one in found]

    async def alarm_ack(self, say: Say, alarm: str, who: str) -> Mapping[str, Any]:
        """Note that somebody has taken notice."""
        return _plain(self._app.alarms.acknowledge(alarm, who))


def _order(item: tuple[Key, Any]) -> tuple[str, str]:
    return item[0].kind.value, item[0].name


def _plain(one: Alarm) -> Mapping[str, Any]:
    return {
        "id": one.id,
        "level": one.level.value,
        "source": one.source,
        "title": packed(one.title),
        "detail": packed(one.detail),
        "remedy": packed(one.remedy),
        "raised": one.raised.isoformat(),
        "cleared": one.cleared.isoformat() if one.cleared else None,
        "acked_by": one.acked_by,
    }
