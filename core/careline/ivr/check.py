"""Finds all that is wrong with a flow before a caller does: form, targets, circles, prompts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from attrs import field, frozen

from careline.errors import Invalid
from careline.i18n import Text
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.model import (
    OPERATOR,
    PLACES,
    FieldType,
    Flow,
    FlowFault,
    Node,
    NodeKind,
    Place,
    Problems,
    Way,
    kinds_by_name,
    ways,
)
from careline.ivr.parse import documents, parse
from careline.ivr.prompt import is_template


@frozen(kw_only=True)
class Known:
    """What flows may refer to; None where that is not known yet and so not checked."""

    kinds: Mapping[str, NodeKind] = field(factory=lambda: kinds_by_name(CORE_KINDS))
    prompts: Mapping[str, Collection[str]] | None = None
    queues: Collection[str] | None = None
    flows: Collection[str] | None = None
    look_ups: Collection[str] | None = None


def check_all(data: Mapping[str, Any], known: Known) -> list[Flow]:
    """The flows of a document; Invalid with every problem of every flow when there is one."""
    found = documents(data)
    if known.flows is not None:
        known = Known(
            kinds=known.kinds,
            prompts=known.prompts,
            queues=known.queues,
            flows={*known.flows, *found},
            look_ups=known.look_ups,
        )
    flows: list[Flow] = []
    problems: Problems = []
    for document in found.values():
        flow, faults = parse(document, known.kinds)
        problems += faults
        if flow:
            flows.append(flow)
            problems += problems_of(flow, known)
    if problems:
        raise Invalid(
            "flow.invalid",
            "the flow has {count} problems",
            count=len(problems),
            problems=problems,
        )
    return flows


def problems_of(flow: Flow, known: Known) -> Problems:
    """All problems of a flow that could be read, in the order of its nodes."""
    place = Place(flow.name)
    problems = _entries(flow, place)
    for node in flow.nodes.values():
        here = place.at(node=node.name)
        problems += _targets(flow, node, known, here)
        problems += _references(flow, node, known, here)
    reached = _reachable(flow, known, [flow.start, flow.operator])
    problems += [
        FlowFault("unreachable", "{where}: no way leads here", place.at(node=name))
        for name in flow.nodes
        if name not in reached and flow.start in flow.nodes
    ]
    return problems + _circles(flow, known, place) + _service(flow, known, place)


def _entries(flow: Flow, place: Place) -> Problems:
    """Start and operator must be nodes; only a sub-flow may leave the operator to its caller."""
    problems: Problems = []
    if flow.start and flow.start not in flow.nodes:
        problems.append(
            FlowFault(
                "target",
                "{where}: there is no node {target}",
                place.at(field="start"),
                target=flow.start,
            )
        )
    if flow.operator and flow.operator not in flow.nodes:
        problems.append(
            FlowFault(
                "target",
                "{where}: there is no node {target}",
                place.at(field="operator"),
                target=flow.operator,
            )
        )
    if not flow.operator and not flow.sub:
        problems.append(
            FlowFault(
                "operator", "{where}: names no node that 0 leads to", place.at(field="operator")
            )
        )
    return problems


def _targets(flow: Flow, node: Node, known: Known, place: Place) -> Problems:
    """Every way must lead to a node of the flow or to a place."""
    return [
        FlowFault(
            "target",
            "{where}: there is no node {target}",
            place.at(field=_field_of(way)),
            target=way.target,
        )
        for way in ways(node, known.kinds[node.kind])
        if way.target not in flow.nodes and way.target not in PLACES
    ]


def _field_of(way: Way) -> str:
    return way.field if way.field == way.outcome else f"{way.field}.{way.outcome}"


def _references(flow: Flow, node: Node, known: Known, place: Place) -> Problems:
    """Prompts in every language, queues, flows and look-ups must exist."""
    problems: Problems = []
    for one in known.kinds[node.kind].fields:
        value, here = node[one.name], place.at(field=one.name)
        if not value:
            continue
        if one.type is FieldType.PROMPTS:
            problems += _prompts(flow, value, known, here)
        elif one.type is FieldType.SPEECH:
            problems += [
                FlowFault(
                    "prompt", "{where}: has no text in language {language}", here, language=language
                )
                for language in flow.languages
                if language not in value
            ]
        else:
            problems += _reference(one.type, value, known, here)
    if node.kind == "transfer":
        types = {"queue": FieldType.QUEUE, "flow": FieldType.FLOW}
        kind = types.get(str(node["to"]), FieldType.TEXT)
        problems += _reference(kind, node["target"], known, place.at(field="target"))
    return problems


def _prompts(flow: Flow, items: Iterable[str], known: Known, place: Place) -> Problems:
    """Names without a prompt, in each language they may be played in."""
    prompts = known.prompts
    if prompts is None:
        return []
    wanted = [item.partition("@") for item in items if not is_template(item)]
    return [
        FlowFault(
            "prompt",
            "{where}: prompt {prompt} is missing in language {language}",
            place,
            prompt=name,
            language=language,
        )
        for name, _, fixed in wanted
        for language in ([fixed] if fixed else flow.languages)
        if name not in prompts.get(language, ())
    ]


def _reference(kind: FieldType, value: Any, known: Known, place: Place) -> Problems:
    """Unknown queue, flow or look-up."""
    sets: Mapping[FieldType, tuple[Collection[str] | None, Text]] = {
        FieldType.QUEUE: (known.queues, Text("{where}: there is no queue {target}")),
        FieldType.FLOW: (known.flows, Text("{where}: there is no flow {target}")),
        FieldType.LOOK_UP: (known.look_ups, Text("{where}: there is no look-up {target}")),
    }
    names, message = sets.get(kind, (None, Text("")))
    if names is None or value is None or value in names:
        return []
    return [FlowFault(kind.value, message.msgid, place, target=value)]


def _reachable(flow: Flow, known: Known, entries: Iterable[str]) -> set[str]:
    """Names of the nodes that can be reached from the entries."""
    reached: set[str] = set()
    ahead = [name for name in entries if name in flow.nodes]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += [target for target, _ in _edges(flow, known, name)]
    return reached


def _edges(flow: Flow, known: Known, name: str) -> list[tuple[str, bool]]:
    """(node, by_caller) for every way out, the operator resolved."""
    node = flow.nodes[name]
    edges: list[tuple[str, bool]] = []
    for way in ways(node, known.kinds[node.kind]):
        target = flow.operator if way.target == OPERATOR else way.target
        if target in flow.nodes:
            edges.append((target, way.by_caller))
    return edges


def _circles(flow: Flow, known: Known, place: Place) -> Problems:
    """Circles of ways that need nothing of the caller, each broken up to find the next."""
    graph = {
        name: {target for target, by_caller in _edges(flow, known, name) if not by_caller}
        for name in flow.nodes
    }
    problems: Problems = []
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = list(reversed(error.args[1]))
            graph[circle[0]].discard(circle[1])
            here = place.at(node=circle[0])
            problems.append(
                FlowFault(
                    "circle",
                    "{where}: runs in a circle without the caller: {circle}",
                    here,
                    circle=" -> ".join(circle),
                )
            )
        else:
            return problems


def _service(flow: Flow, known: Known, place: Place) -> Problems:
    """From the operator's node some node that serves the caller must be reachable."""
    if flow.operator not in flow.nodes:
        return []
    reached = _reachable(flow, known, [flow.operator])
    if any(known.kinds[flow.nodes[name].kind].serves for name in reached):
        return []
    return [
        FlowFault(
            "operator",
            "{where}: leads to no agent and takes no message",
            place.at(field="operator"),
        )
    ]
