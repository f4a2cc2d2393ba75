"""What the command line can ask of the running core about the floor: figures and alarms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from careline.agents.model import Reason
from careline.alarms.model import Alarm, packed
from careline.control import Say
from careline.errors import Invalid
from careline.figures.lines import plain_agent, plain_campus, plain_queue, plain_tally
from careline.figures.model import NOTHING, Key, Kind
from careline.queues.model import interface

if TYPE_CHECKING:
    from careline.app.life import App


class FloorVerbs:
    """The verbs, each ``async (say, **arguments)``; :meth:`offer` gives them names."""

    def __init__(self, app: App) -> None:
        self._app = app

    def offer(self) -> None:
        """Offer all verbs on the control socket."""
        names = (
            "figures",
            "figures_of",
            "figures_check",
            "alarms",
            "alarm_ack",
            "board",
            "steer",
            "record_prompt",
            "wallboard",
        )
        for name in names:
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
            "teams": [
                {"team": team, **plain_tally(tally)} for team, tally in lines.teams().items()
            ],
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

    async def board(self, say: Say) -> Mapping[str, Any]:
        """Queues in order of trouble and agents with what they do, as the board shows them."""
        lines, now = self._app.lines, self._app.clock.now()
        return {
            "queues": [plain_queue(line) for line in lines.queues(now)],
            "agents": [plain_agent(line) for line in lines.agents(now)],
        }

    async def steer(self, say: Say, verb: str, agent: str, leader: str = "") -> None:
        """listen, whisper, barge, intercept or release an agent's call, ``leader``'s phone ringing.

        States are forced by ready, not_ready and sign_out.
        """
        app, control = self._app, self._app.callcontrol
        app.agents.status(agent)
        forced: Mapping[str, Callable[[], object]] = {
            "ready": lambda: app.agents.ready(agent),
            "not_ready": lambda: app.agents.not_ready(agent, Reason.BREAK),
            "sign_out": lambda: app.agents.sign_out(agent),
        }
        if verb in forced:
            forced[verb]()
        elif verb == "release":
            await control.release(agent, leader or "cli")
        elif verb in ("listen", "whisper", "barge", "intercept"):
            app.agents.status(leader)
            await getattr(control, verb)(leader, agent)
        else:
            raise Invalid("board.verb", "{verb} is nothing that can be done", verb=verb)
        act = "agent.forced" if verb in forced else f"call.{verb}"
        app.audit.write(act, actor="cli", kind="agent", whose=agent, what=f"{verb} {leader}")

    async def record_prompt(self, say: Say, name: str, lang: str, agent: str) -> str:
        """Ring an agent's phone to record a prompt; its id."""
        app = self._app
        phone = app.agents.status(agent).phone or app.agents.people[agent].phone
        if not phone:
            raise Invalid("prompt.no_phone", "agent {agent} has no phone", agent=agent)
        take = await app.takes.begin(name, lang, interface(phone), f"cli:{agent}")
        return take.id

    async def wallboard(
        self, say: Say, verb: str, title: str = "", campus: str = "", id: int = 0
    ) -> list[Mapping[str, Any]]:
        """Add or revoke an address for a screen, or list them; a new one comes with its path."""
        walls, path = self._app.wallboards, ""
        if verb == "add":
            added, token = await walls.add(title, campus, "cli")
            id, path = added.id, f"/wallboard/screen/{token}"
        elif verb == "revoke":
            await walls.revoke(id)
        return [
            {
                "id": one.id,
                "title": one.title,
                "campus": one.campus,
                "made": one.made.isoformat(),
                "by": one.made_by,
                "path": path if one.id == id and verb == "add" else "",
            }
            for one in walls.all
        ]

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
