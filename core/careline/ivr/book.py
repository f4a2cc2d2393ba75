"""All flows a core has at hand, in memory, so that no call waits for the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from attrs import define, field

from careline.clock import Clock
from careline.errors import NotFound
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.model import PLACES, Caller, Flow, NodeKind, kinds_by_name, ways
from careline.ivr.position import Position

LookUp = Callable[[Caller, Mapping[str, str]], Awaitable[Mapping[str, str] | None]]
"""Answers a ``look_up`` node from the caller and its arguments: values, or None when not found."""

LAST_RESORT = "careline-fallback"


@define(kw_only=True)
class FlowBook:
    """Published flows with every version still in use, node kinds, look-ups and the last resort.

    ``last_resort`` is the queue for callers whom no flow can serve any more.
    """

    clock: Clock
    kinds: Mapping[str, NodeKind] = field(factory=lambda: kinds_by_name(CORE_KINDS))
    look_ups: Mapping[str, LookUp] = field(factory=dict)
    last_resort: str = LAST_RESORT
    _versions: dict[str, dict[int, Flow]] = field(factory=dict)

    def put(self, flows: Iterable[Flow]) -> None:
        """Add versions; the highest of a name is the one new calls get."""
        for flow in flows:
            self._versions.setdefault(flow.name, {})[flow.version] = flow

    def names(self) -> list[str]:
        """Names of all flows, sorted."""
        return sorted(self._versions)

    def get(self, name: str, version: int | None = None) -> Flow:
        """That version, else the newest that can run; NotFound when there is no such flow.

        One cannot run whose plugin is switched off: calls get the version before it, if there is
        one, else what is left of it, which leads to the operator.
        """
        versions = self._versions.get(name)
        if not versions:
            raise NotFound("flow.unknown", "there is no flow {flow}", flow=name)
        if version in versions:
            return versions[version]
        newest_first = [versions[number] for number in sorted(versions, reverse=True)]
        return next((flow for flow in newest_first if self._runs(flow)), newest_first[0])

    def _runs(self, flow: Flow) -> bool:
        """True when every node's kind is known and leads somewhere."""
        return flow.start in flow.nodes and all(
            node.kind in self.kinds
            and all(
                way.target in flow.nodes or way.target in PLACES
                for way in ways(node, self.kinds[node.kind])
            )
            for node in flow.nodes.values()
        )

    def begin(self, name: str, language: str = "") -> Position:
        """The start of a flow's newest version; without ``language`` in the flow's first."""
        flow = self.get(name)
        return Position(flow.name, flow.version, flow.start, language or flow.languages[0])
