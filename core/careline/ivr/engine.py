"""Leads a caller through a flow until the switch must take over. Nothing of Asterisk in it.

The position is kept at each node's entry, so a run that is cut off anywhere is taken up by the next
one at the node where it was. A circle without the caller's doing ends at an agent.
"""

from __future__ import annotations

from attrs import evolve
from twisted.logger import Logger

from careline.errors import CarelineError, NotFound
from careline.ivr.book import FlowBook
from careline.ivr.contained import contained
from careline.ivr.exits import ANSWERED, DONE, FAILED, Exit, Hangup, ToQueue
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.line import Line
from careline.ivr.model import END, OPERATOR, RETURN, Answer, Caller, Enter, Way, ways
from careline.ivr.position import Position
from careline.ivr.step import Step

log = Logger()
MAX_IDLE = 100
MAX_NAME = 48
LAST_RESORT = "@last_resort"
UNTIMED = frozenset(kind.name for kind in CORE_KINDS)


async def run(
    flows: FlowBook, position: Position, line: Line, caller: Caller, outcome: str = ""
) -> Exit:
    """Run from ``position`` to the next exit; raises ``CallerGone`` when the caller hangs up.

    ``outcome`` is the switch's answer to the exit that ``position`` waits for. Without one, or
    when the position does not wait, the node runs again. The position is kept through
    ``line.keep`` at every node and, marked as waiting, before an exit is returned.
    """
    if position.waiting and outcome:
        position = _after(flows, position, outcome)
    while position.node != END:
        position = _counted(flows, position)
        await line.keep(position)
        position, answer = await _answer(flows, position, line, caller)
        if not isinstance(answer, str | Enter):
            await line.keep(evolve(position, waiting=True))
            return answer
        position = _follow(flows, position, answer)
    return Hangup()


def _counted(flows: FlowBook, position: Position) -> Position:
    """One more node entered; too many without the caller's doing lead to the operator, then on."""
    position = evolve(position, idle=position.idle + 1, waiting=False)
    if position.idle == MAX_IDLE:
        log.error("flow {flow} runs in circles at {node}", flow=position.flow, node=position.node)
        return _operator(flows, position)
    return position.at(LAST_RESORT) if position.idle > 2 * MAX_IDLE else position


async def _answer(
    flows: FlowBook, position: Position, line: Line, caller: Caller
) -> tuple[Position, Answer]:
    """Run the node; any failure of it leads to the operator."""
    if position.node == LAST_RESORT:
        return position, ToQueue(queue=flows.last_resort)
    try:
        flow = flows.get(position.flow, position.version)
        kind = flows.kinds[flow.nodes[position.node].kind]
    except (NotFound, KeyError):
        log.error("flow {flow} has no {node} to run", flow=position.flow, node=position.node)
        return position, OPERATOR
    step = Step(flow, flow.nodes[position.node], position, line, caller, flows)
    limit_s = 0 if kind.name in UNTIMED else kind.timeout_s
    try:
        answer = await contained(kind.run(step), f"node {step.node.name}", flows.clock, limit_s)
    except CarelineError:
        return step.position, OPERATOR
    return step.position, answer


def _follow(flows: FlowBook, position: Position, answer: str | Enter) -> Position:
    """The position that a node's answer leads to."""
    by = answer.flow if isinstance(answer, Enter) else answer
    position = evolve(position, by=by[:MAX_NAME])
    if isinstance(answer, Enter):
        return _enter(flows, position, answer)
    way = _way(flows, position, answer)
    if way is None:
        return _operator(flows, position)
    if way.by_caller:
        position = evolve(position, idle=0)
    return _go(flows, position, way.target)


def _after(flows: FlowBook, position: Position, outcome: str) -> Position:
    """The position that the switch's outcome leads to; unnamed ones end it or are failures."""
    if position.node == LAST_RESORT:
        return position.at(END)
    if _way(flows, position, outcome) is None:
        if outcome in (ANSWERED, DONE):
            return position.at(END)
        outcome = FAILED
    return _follow(flows, position, outcome)


def _way(flows: FlowBook, position: Position, outcome: str) -> Way | None:
    """The way out of the current node for an outcome, None when there is none."""
    try:
        node = flows.get(position.flow, position.version).nodes[position.node]
        found = ways(node, flows.kinds[node.kind])
    except (NotFound, KeyError):
        return None
    return next((way for way in found if way.outcome == outcome), None)


def _enter(flows: FlowBook, position: Position, enter: Enter) -> Position:
    """Into another flow, or to the operator when it is not there or too deep."""
    way = _way(flows, position, enter.back)
    try:
        flow = flows.get(enter.flow)
        return position.push(flow.name, flow.version, flow.start, way.target if way else "")
    except CarelineError as error:
        log.error("cannot enter flow {flow}: {error}", flow=enter.flow, error=str(error))
        return _operator(flows, position)


def _go(flows: FlowBook, position: Position, target: str) -> Position:
    """At a node of the same flow or at a place."""
    if target == RETURN:
        back = position.pop()
        return _operator(flows, position) if back is None else _go(flows, back, back.node)
    return _operator(flows, position) if target == OPERATOR else position.at(target)


def _operator(flows: FlowBook, position: Position) -> Position:
    """At the operator of this flow or of the flow that called it, else at the last resort."""
    if position.node == LAST_RESORT:
        return position
    here: Position | None = position
    while here is not None:
        try:
            flow = flows.get(here.flow, here.version)
        except NotFound:
            flow = None
        if flow and flow.operator in flow.nodes:
            return here.at(flow.operator)
        here = here.pop()
    return position.at(LAST_RESORT)
