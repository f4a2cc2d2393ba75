"""A call's timeline in words, one line for each thing that happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from attrs import field, frozen

from careline.i18n import Text
from careline.terminal.language import language
from careline_cli.noted import noted
from careline_cli.words import OUTCOMES, RINGS

if TYPE_CHECKING:
    from careline.storage import Tx

Fact = Mapping[str, Any]
ZONE = "Asia/Shanghai"
SILENT = ("condition", "set", "look_up")


@frozen
class Names:
    """What things are called: queues and agents by id, flows and (flow, node) by name.

    A node without a title is called by its kind: its name is for those who write flows.
    ``silent`` are the nodes that a caller does not notice.
    """

    queues: Mapping[str, str] = field(factory=dict)
    agents: Mapping[str, str] = field(factory=dict)
    flows: Mapping[str, str] = field(factory=dict)
    nodes: Mapping[tuple[str, str], str] = field(factory=dict)
    silent: frozenset[tuple[str, str]] = frozenset()
    zone: tzinfo = field(factory=lambda: ZoneInfo(ZONE))

    def agent(self, number: str) -> str:
        """``8001 李敏``."""
        return f"{number} {self.agents.get(number, '')}".strip()

    def queue(self, queue: str) -> str:
        """The queue's title; an agent's own queue (familiar agent first) has the agent's."""
        own = queue.removeprefix("agent-")
        if own != queue:
            return Text("of agent {agent}", {"agent": self.agent(own)}).to(language())
        return self.queues.get(queue, queue)

    def step(self, flow: str, node: str) -> str:
        """``总机 · 主菜单``."""
        place = self.nodes.get((flow, node), node)
        return f"{self.flows.get(flow, flow)} · {place}"


def read_names(tx: Tx) -> Names:
    """The names of a site."""
    from careline.agents.store import list_agents
    from careline.campuses.store import list_campuses
    from careline.ivr.kinds import CORE_KINDS
    from careline.ivr.store import published
    from careline.queues.store import list_queues

    lang = language()
    kinds = {one.name: one.title.to(lang) for one in CORE_KINDS}
    flows: dict[str, str] = {}
    nodes: dict[tuple[str, str], str] = {}
    silent: set[tuple[str, str]] = set()
    for one in published(tx):
        flows[one.flow] = _title(one.document, lang) or one.flow
        for name, node in one.document.get("nodes", {}).items():
            nodes[one.flow, name] = _title(node, lang) or kinds.get(node.get("kind"), name)
            if node.get("kind") in SILENT:
                silent.add((one.flow, name))
    campuses = list_campuses(tx)
    return Names(
        queues={
            one.id: (one.title if lang == "zh" else one.title_en) or one.id
            for one in list_queues(tx)
        },
        agents={one.id: one.name for one in list_agents(tx)},
        flows=flows,
        nodes=nodes,
        silent=frozenset(silent),
        zone=ZoneInfo(campuses[0].timezone if campuses else ZONE),
    )


def _title(document: Mapping[str, Any], lang: str) -> str:
    titles = document.get("title")
    return str(titles.get(lang, "")) if isinstance(titles, Mapping) else str(titles or "")


def clock(at: str | datetime, names: Names) -> str:
    """``14:02:11`` in the zone of the campus."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{moment.astimezone(names.zone):%H:%M:%S}"


def line(fact: Fact, names: Names) -> str:
    """The line of a fact, with its time; empty for what only says something to machines."""
    words = WORDS.get(fact["what"], noted)(fact, names)
    if words is None:
        return ""
    return f"{clock(fact['at'], names)}  {words.to(language())}"


def _channel_up(fact: Fact, names: Names) -> Text | None:
    from careline.numbers.phone import masked

    if fact["channel"] != fact["call"]:
        return None
    fields: dict[str, object] = {
        "number": masked(fact["number"]) or "-",
        "extension": fact["extension"] or "-",
    }
    return Text("call from {number} to {extension}", fields)


def _channel_gone(fact: Fact, names: Names) -> Text | None:
    if fact["channel"] != fact["call"]:
        return None
    return Text("the caller's line is released")


def _identified(fact: Fact, names: Names) -> Text | None:
    if fact["blocked"]:
        return Text("the number is on the blocklist")
    return Text("the number is on the VIP list") if fact["vip"] else None


def _stepped(fact: Fact, names: Names) -> Text | None:
    if (fact["flow"], fact["node"]) in names.silent:
        return None
    fields: dict[str, object] = {
        "step": names.step(fact["flow"], fact["node"]),
        "result": fact["result"],
    }
    return Text("menu: {step} → {result}" if fact["result"] else "menu: {step}", fields)


def _queued(fact: Fact, names: Names) -> Text | None:
    fields: dict[str, object] = {"queue": names.queue(fact["queue"]), "position": fact["position"]}
    return Text("waits in queue {queue}, position {position}", fields)


def _dequeued(fact: Fact, names: Names) -> Text | None:
    if fact["reason"] == "abandoned":
        return Text("the caller gives up waiting")
    return None


def _rang(fact: Fact, names: Names) -> Text | None:
    return Text("rings at agent {agent}", {"agent": names.agent(fact["agent"])})


def _ring_ended(fact: Fact, names: Names) -> Text | None:
    if fact["result"] == "answered":
        return None
    return Text("ringing ends: {result}", {"result": RINGS.get(fact["result"], fact["result"])})


def _connected(fact: Fact, names: Names) -> Text | None:
    return Text("talks with agent {agent}", {"agent": names.agent(fact["agent"])})


def _held(fact: Fact, names: Names) -> Text | None:
    return Text("on hold")


def _resumed(fact: Fact, names: Names) -> Text | None:
    return Text("talks again")


def _transferred(fact: Fact, names: Names) -> Text | None:
    return Text("transferred to {target}", {"target": _target(fact["target"], names)})


def _consulted(fact: Fact, names: Names) -> Text | None:
    fields: dict[str, object] = {
        "agent": names.agent(fact["agent"]),
        "target": _target(fact["target"], names),
    }
    return Text("agent {agent} asks {target}, the other side waits", fields)


def _phone_lost(fact: Fact, names: Names) -> Text | None:
    agent = names.agent(fact["agent"])
    return Text("the phone of agent {agent} is lost, the other side waits", {"agent": agent})


def _target(text: str, names: Names) -> str:
    """Whom a call was passed to, in people's words."""
    from careline.numbers.phone import masked

    kind, colon, value = text.partition(":")
    if not colon:
        return text
    shown = {"agent": names.agent, "queue": names.queue, "outside": masked}.get(kind, str)
    return shown(value)


def _wrap_up(fact: Fact, names: Names) -> Text | None:
    return Text("agent {agent} wraps up", {"agent": names.agent(fact["agent"])})


def _wrapped_up(fact: Fact, names: Names) -> Text | None:
    return Text("agent {agent} has wrapped up", {"agent": names.agent(fact["agent"])})


def _settled(fact: Fact, names: Names) -> Text | None:
    return Text("outcome: {outcome}", {"outcome": OUTCOMES.get(fact["outcome"], fact["outcome"])})


WORDS: Mapping[str, Callable[[Fact, Names], Text | None]] = {
    "ChannelUp": _channel_up,
    "ChannelGone": _channel_gone,
    "Identified": _identified,
    "Stepped": _stepped,
    "Queued": _queued,
    "Dequeued": _dequeued,
    "Rang": _rang,
    "Called": _rang,
    "RingEnded": _ring_ended,
    "Connected": _connected,
    "Held": _held,
    "Resumed": _resumed,
    "Consulted": _consulted,
    "PhoneLost": _phone_lost,
    "Transferred": _transferred,
    "WrapUpStarted": _wrap_up,
    "WrapUpEnded": _wrapped_up,
    "Settled": _settled,
}


def figures(call: Mapping[str, Any]) -> list[tuple[Text, float]]:
    """The durations of a record in seconds (CALL-12), with their names."""
    ms = call["durations"]
    return [
        (Text("waiting"), ms["wait_ms"] / 1000),
        (Text("ring time"), ms["ring_ms"] / 1000),
        (Text("talk"), ms["talk_ms"] / 1000),
        (Text("wrap-up"), ms["wrap_up_ms"] / 1000),
        (Text("handling time"), ms["handling_ms"] / 1000),
        (Text("trunk time"), ms["trunk_ms"] / 1000),
    ]
