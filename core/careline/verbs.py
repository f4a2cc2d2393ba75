"""What the command line can ask of the running core."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import asdict

from careline.agents.model import AgentStatus, Reason
from careline.callcontrol.model import parse_target
from careline.calls import store as calls_store
from careline.calls.service import Change
from careline.control import Say
from careline.errors import Invalid, NotFound, Refused
from careline.supervisor.heart import BEAT_VARIABLE

if TYPE_CHECKING:
    from careline.app import App

#: Seconds in which the answer reaches the one who asked for a restart.
ANSWER_S = 0.2


class Verbs:
    """The verbs of one core, each ``async (say, **arguments)``; :meth:`offer` gives them names."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._in_step = False
        app.resynced.append(self._resynced)
        app.link.on_down(self._lost)

    def _resynced(self) -> None:
        self._in_step = True

    def _lost(self) -> None:
        self._in_step = False

    def offer(self) -> None:
        """Offer all verbs on the control socket."""
        names = (
            "ping",
            "status",
            "health",
            "reload",
            "call",
            "agent",
            "callback",
            "outbound",
            "line",
            "plugin",
            "bundle",
            "restart",
        )
        for name in names:
            self._app.control.add(name, getattr(self, name))
        self._app.control.add("follow", self.follow, endless=True)

    async def ping(self, say: Say) -> str:
        """That the core lives."""
        return "pong"

    async def status(self, say: Say) -> Mapping[str, Any]:
        """Calls, agents, queues and plugins at this moment."""
        app = self._app
        return {
            "link": app.link.state.value,
            "in_step": self._in_step,
            "calls": [
                {
                    "id": call.id,
                    "number": call.number,
                    "queue": call.waiting_in,
                    "agents": call.agents,
                    "channels": call.live_channels,
                }
                for call in app.calls.open
            ],
            "agents": [_agent(status) for status in app.agents.states.values()],
            "queues": list(app.routing.queues),
            "callbacks": len(app.callbacks.open),
            "plugins": [_plugin(one) for one in app.plugins.statuses()],
            "workspace": {
                "url": app.settings.web.address,
                "failure": app.workspace.site.failure,
                "streams": app.workspace.events.listening,
            },
        }

    async def health(self, say: Say) -> Mapping[str, Any]:
        """What plugins say of the things they depend on, and who did not answer why."""
        told = await self._app.hub.health()
        checks = [
            {"plugin": plugin, **asdict(check), "level": check.level.value}
            for plugin, answer in told.answers.items()
            for check in answer
        ]
        return {"checks": checks, "missing": dict(told.missing)}

    async def reload(self, say: Say) -> None:
        """Read the set-up anew: somebody has changed it in the database."""
        await self._app.routing.load()
        await self._app.auth.load()

    async def call(self, say: Say, call_id: str) -> Mapping[str, Any]:
        """One call as its record and timeline say."""
        await self._app.calls_writer.written()
        stored = await self._app.db.run(calls_store.load, call_id)
        if stored is None:
            raise NotFound("call.unknown", "there is no call {call}", call=call_id)
        return calls_store.shown(stored, self._app.clock.now())

    async def follow(self, say: Say, seconds: float = 3600.0) -> None:
        """Say each step of each call as it happens, for at most ``seconds``; first that it begins.

        The beginning is an event without a call, so that the asker misses nothing after it.
        """

        def changed(change: Change) -> None:
            say(calls_store.shown_fact(change.after.id, change.fact))

        stop = self._app.calls.listen(changed)
        say({"what": "Following"})
        try:
            await self._app.clock.sleep(seconds)
        finally:
            stop()

    async def agent(
        self, say: Say, verb: str, agent: str, reason: str = "break", phone: str = ""
    ) -> Mapping[str, Any]:
        """sign_in, sign_out, ready or not_ready of an agent."""
        wishes = self._app.wishes
        match verb:
            case "sign_in":
                status = await wishes.sign_in(agent, phone)
            case "sign_out":
                status = await wishes.sign_out(agent)
            case "ready":
                status = await wishes.ready(agent)
            case "not_ready":
                status = await wishes.not_ready(agent, _reason(reason))
            case _:
                raise Invalid("agent.verb", "an agent cannot {verb}", verb=verb)
        await self._app.queues.settled()
        return _agent(status)

    async def line(self, say: Say, act: str, agent: str, value: str = "") -> str:
        """Do ``act`` with an agent's call, as its desk can; the id of a call that was dialled."""
        control = self._app.callcontrol
        self._app.agents.status(agent)
        if act in ("hang_up", "hold", "resume", "complete", "cancel_consult", "conference"):
            await getattr(control, act)(agent)
        elif act in ("blind_transfer", "consult"):
            await getattr(control, act)(agent, parse_target(value))
        elif act in ("dtmf", "pick_up"):
            await getattr(control, act)(agent, value)
        elif act == "dial":
            return await control.dial(agent, value)
        else:
            raise Invalid("control.act", "{act} is nothing a call can do", act=act)
        self._app.audit.write(f"call.{act}", actor="cli", kind="agent", whose=agent, what=value)
        return ""

    async def callback(self, say: Say, verb: str, call: str, agent: str = "") -> Mapping[str, Any]:
        """Assign to an agent (or, with "", back to its queue), or done."""
        callbacks = self._app.callbacks
        match verb:
            case "assign":
                if agent and agent not in self._app.routing.agents:
                    raise NotFound("agent.unknown", "there is no agent {agent}", agent=agent)
                callbacks.assign(call, agent)
            case "done":
                callbacks.done(call)
            case _:
                raise Invalid("callback.verb", "a callback cannot {verb}", verb=verb)
        await self._app.all_written()
        return {"call": call}

    async def outbound(self, say: Say, verb: str, key: str, who: str) -> Mapping[str, Any]:
        """Withdraw a task to call somebody; whether that was in time."""
        if verb != "withdraw":
            raise Invalid("outbound.verb", "an outbound task cannot {verb}", verb=verb)
        app = self._app
        await app.outbound.get(key)
        done = await app.db.run(app.outbound.withdraw, key, f"by {who}")
        app.audit.write("outbound.withdrawn", actor=f"cli:{who}", kind="outbound", whose=key)
        return {"key": key, "done": done}

    async def plugin(self, say: Say, verb: str, name: str) -> Mapping[str, Any]:
        """enable, disable or purge a plugin, with calls up."""
        plugins = self._app.plugins
        match verb:
            case "enable":
                return _plugin(await plugins.enable(name))
            case "disable":
                return _plugin(await plugins.disable(name))
            case "purge":
                await plugins.purge(name)
                return _plugin(plugins.status(name))
            case _:
                raise Invalid("plugin.verb", "a plugin cannot {verb}", verb=verb)

    async def bundle(self, say: Say, names: list[str]) -> list[str]:
        """Enable several plugins together, or none; gives the new ones."""
        return list(await self._app.plugins.enable_all(names))

    async def restart(self, say: Say) -> None:
        """End, so that the supervisor starts this core anew; calls go on in Asterisk meanwhile."""
        if BEAT_VARIABLE not in os.environ:
            raise Refused(
                "core.alone", "this core has no supervisor: end careline, then start it again"
            )
        self._app.clock.call_later(ANSWER_S, self._app.reactor.stop)


def _agent(status: AgentStatus) -> Mapping[str, Any]:
    shown = asdict(status)
    return {name: getattr(value, "value", value) for name, value in shown.items()}


def _plugin(status: Any) -> Mapping[str, Any]:
    shown = asdict(status)
    return {name: getattr(value, "value", value) for name, value in shown.items()}


def _reason(text: str) -> Reason:
    try:
        return Reason(text)
    except ValueError:
        known = ", ".join(reason.value for reason in Reason if reason.value)
        raise Invalid(
            "agent.reason", "{reason} is no reason; there are {known}", reason=text, known=known
        ) from None
